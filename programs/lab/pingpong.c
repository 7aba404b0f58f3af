/* SPDX-License-Identifier: BSD-2-Clause */
/* Ping-pong: a message there, one back. By call and reply, or by two channels. */
#include <errno.h>
#include "exchange.h"
#include "experiment.h"

static void arrange(struct lab_stage *stage)
{
    const struct lab_point *point = lab_stage_point(stage);
    uint64_t size = lab_value(point, "size"), capacity = lab_value(point, "cap");
    bool send = lab_is(point, "by", "send");
    struct channel there = lab_channel(stage, size, capacity);
    struct channel back = lab_channel(stage, size, capacity);
    if (lab_is(point, "by", "inline") && size != 8 && size != 64)
        lab_refuse(stage, "by=inline moves just 8 or 64 bytes; by=call any size");
    if (send && lab_value(point, "processes") > 2)
        lab_refuse(stage, "by=send is for two processes: who would a message back be for?");
    for (uint64_t i = 1; i < lab_value(point, "processes"); i++)
        lab_add2(stage, "client", there.send, back.receive);
    lab_add2(stage, "server", there.receive, back.send);
}

static int play_send(struct lab_work *work, uint64_t rounds)
{
    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t word = round;
        int status = lab_send(work, work->handles[0], word);
        if (status == 0)
            status = lab_receive(work, work->handles[1], &word);
        if (status <= 0)
            return status < 0 ? status : -EPIPE;
        if (work->size >= sizeof(word) && word != round)
            return -EIO;
    }
    return 0;
}

static int play(struct lab_work *work, uint64_t rounds)
{
    if (lab_is(work->point, "by", "send"))
        return play_send(work, rounds);
    if (lab_is(work->point, "by", "inline"))
        return exchange_call_inline(work, work->handles[0], rounds);
    return exchange_call(work, work->handles[0], rounds);
}

/* One round before the measurement brings both sides' pages in. */
static int client(struct lab_work *work)
{
    uint64_t rounds = lab_value(work->point, "rounds");
    int status = play(work, 1);
    if (status == 0) {
        lab_begin(work);
        status = play(work, rounds);
        lab_end(work, rounds);
    }
    return status;
}

static int server(struct lab_work *work)
{
    if (lab_is(work->point, "by", "send"))
        return lab_forward(work, work->handles[0], work->handles[1], 0);
    if (lab_is(work->point, "by", "inline"))
        return exchange_serve_inline(work, work->handles[0]);
    return exchange_serve(work, work->handles[0]);
}

LAB_EXPERIMENT(pingpong){
    .name = "pingpong",
    .summary = "Ping-pong between processes, a server with one client or several",
    .operation = "round trip",
    .go = true,
    .parameters = {LAB_SIZE(8),
                   LAB_CAPACITY(0),
                   LAB_PROCESSES(2, 2),
                   {.name = "by",
                    .meaning = "call and reply, the same by inlined stubs, or two channels",
                    .choices = "call inline send"},
                   LAB_ROUNDS(10000)},
    .roles = {{"client", client}, {"server", server}},
    .arrange = arrange,
};
