/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page moves against copies: a buffer goes to the peer and back, as a pages object that moves with
 * a call and its answer, or as its bytes in messages of 4 KiB.
 */
#include <errno.h>
#include <string.h>
#include "experiment.h"
#include "lib/memory.h"
#include "lib/syscall.h"

#define PROTECTION (ANSER_PROT_READ | ANSER_PROT_WRITE)

static void arrange(struct lab_stage *stage)
{
    const struct lab_point *point = lab_stage_point(stage);
    uint64_t bytes = lab_value(point, "bytes");
    struct channel channel = lab_channel(stage, ANSER_ELEMENT_MAX, 0);
    /* The buffer, and the page table for it. */
    lab_memory(stage, bytes + bytes / 256 + 16 * ANSER_PAGE_SIZE);
    lab_add1(stage, "owner", channel.send);
    lab_add1(stage, "peer", channel.receive);
}

/* Writes a word to each page, so that it is there, and in this process's page table. */
static void touch(unsigned char *bytes, uint64_t length, uint64_t value)
{
    for (uint64_t at = 0; at < length; at += ANSER_PAGE_SIZE)
        *(volatile uint64_t *)(bytes + at) = value;
}

static bool has_touched(const unsigned char *bytes, uint64_t length, uint64_t value)
{
    for (uint64_t at = 0; at < length; at += ANSER_PAGE_SIZE)
        if (*(const volatile uint64_t *)(bytes + at) != value)
            return false;
    return true;
}

/* ---- Moving. --------------------------------------------------------------------------------- */

/* Maps the object, looks for `seen` in each page unless it is 0, and writes `value`. Sending the
 * object is what unmaps it again. */
static int work_on(struct lab_work *work, anser_handle pages, uint64_t seen, uint64_t value)
{
    uint64_t length = memory_round_up(lab_value(work->point, "bytes"));
    if (!lab_is(work->point, "touch", "yes"))
        return 0;
    unsigned char *bytes = memory_map_object(pages, 0, length, PROTECTION);
    if (bytes == NULL)
        return -errno;
    if (seen != 0 && !has_touched(bytes, length, seen))
        return -EIO;
    touch(bytes, length, value);
    return 0;
}

static int move_once(struct lab_work *work, anser_handle *pages, uint64_t round)
{
    uint64_t answer;
    int status = work_on(work, *pages, round, round + 1);
    struct channel_out out = {
        .data = &round, .length = sizeof(round), .handle_count = 1, .handles = {*pages}};
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    if (status == 0)
        status = channel_call(work->handles[0], &out, &in, CLOCK_NEVER);
    if (status < 0)
        return status;
    if (in.handle_count != 1)
        return -EIO;
    *pages = in.handles[0];
    return 0;
}

/* What the peer writes is what the owner looks for: the number of the round that comes. */
static int serve_move(struct lab_work *work)
{
    uint64_t round;
    for (;;) {
        struct channel_in in = {.data = &round, .capacity = sizeof(round)};
        int status = channel_receive(work->handles[0], &in, 0, CLOCK_NEVER);
        if (status < 0 || (in.flags & ANSER_INFO_CLOSED))
            return status;
        if (in.handle_count != 1)
            return -EIO;
        status = work_on(work, in.handles[0], round + 1, round + 1);
        struct channel_out out = {
            .data = &round, .length = sizeof(round), .handle_count = 1, .handles = {in.handles[0]}};
        if (status == 0)
            status = channel_reply(0, &out);
        if (status < 0)
            return status;
    }
}

/* ---- Copying. -------------------------------------------------------------------------------- */

/* The info word is the same for each piece but the last, which may be shorter. */
static int copy_once(struct lab_work *work, unsigned char *bytes, uint64_t round)
{
    uint64_t left = lab_value(work->point, "bytes");
    if (lab_is(work->point, "touch", "yes")) {
        if (round != 0 && !has_touched(bytes, left, round))
            return -EIO;
        touch(bytes, left, round + 1);
    }
    for (; left > 0;) {
        uint64_t piece = left < ANSER_ELEMENT_MAX ? left : ANSER_ELEMENT_MAX;
        struct anser_message message = {.send_data = (uint64_t)bytes,
                                        .send_length = piece,
                                        .recv_data = (uint64_t)bytes,
                                        .recv_capacity = piece};
        int64_t status = sys_call(work->handles[0], ANSER_INFO_MEM, &message).status;
        if (status < 0 || message.recv_length != piece)
            return status < 0 ? (int)status : -EIO;
        bytes += piece;
        left -= piece;
    }
    return 0;
}

/* Has the bytes in a buffer of its own, as the other side of a copy does. */
static int serve_copy(struct lab_work *work)
{
    uint64_t length = lab_value(work->point, "bytes"), at = 0;
    unsigned char *bytes = memory_map(length);
    if (bytes == NULL)
        return -errno;
    struct anser_message message = {.recv_data = (uint64_t)bytes,
                                    .recv_capacity = ANSER_ELEMENT_MAX};
    int64_t status = sys_recv(work->handles[0], ANSER_INFO_MEM, &message).status;
    while (status >= 0 && !(status & ANSER_INFO_CLOSED)) {
        message.send_data = message.recv_data;
        message.send_length = message.recv_length;
        at = (at + message.recv_length) % length;
        message.recv_data = (uint64_t)bytes + at;
        status = sys_reply_recv(work->handles[0], ANSER_INFO_MEM, &message).status;
    }
    return status < 0 ? (int)status : 0;
}

/* ---- Roles. ---------------------------------------------------------------------------------- */

/* The first two rounds bring the pages in, on both sides. */
static int measure(struct lab_work *work, anser_handle pages, unsigned char *bytes)
{
    uint64_t rounds = lab_value(work->point, "rounds");
    int status = 0;
    for (uint64_t round = 0; round < rounds + 2 && status == 0; round++) {
        if (round == 2)
            lab_begin(work);
        status = bytes != NULL ? copy_once(work, bytes, round) : move_once(work, &pages, round);
    }
    lab_end(work, rounds);
    return status;
}

static int owner(struct lab_work *work)
{
    uint64_t length = lab_value(work->point, "bytes");
    if (lab_is(work->point, "by", "copy")) {
        unsigned char *bytes = memory_map(length);
        return bytes == NULL ? -errno : measure(work, 0, bytes);
    }
    anser_handle pages = memory_create_pages(length);
    return pages < 0 ? (int)pages : measure(work, pages, NULL);
}

static int peer(struct lab_work *work)
{
    return lab_is(work->point, "by", "copy") ? serve_copy(work) : serve_move(work);
}

LAB_EXPERIMENT(pages){
    .name = "pages",
    .summary = "A buffer there and back, as pages that move or as copies of its bytes",
    .operation = "buffer there and back",
    .go = true,
    .parameters = {{.name = "bytes",
                    .meaning = "bytes of the buffer",
                    .otherwise = 65536,
                    .least = 1,
                    .most = 4 << 20},
                   {.name = "by", .meaning = "how it gets there", .choices = "move copy"},
                   {.name = "touch",
                    .meaning = "whether both sides map it and write a word to each page",
                    .choices = "no yes"},
                   LAB_ROUNDS(200)},
    .roles = {{"owner", owner}, {"peer", peer}},
    .arrange = arrange,
};
