/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages that are shared on purpose: who may do what with them, who sees what, who pays and until
 * when, and what becomes of those that a device may reach when its driver dies.
 */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
#include <errno.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "clock.h"
#include "memory.h"
#include "start.h"
#include "support/balance.h"
#include "support/child.h"
#include "syscall.h"
#include "tap.h"

#define PAGE  ((uint64_t)MEMORY_PAGE)
#define R     ANSER_PROT_READ
#define W     ANSER_PROT_WRITE
#define X     ANSER_PROT_EXEC
#define PLACE 0x3400000000ul /* nothing is there, in children either */
#define COUNT 40ul
#define RTC   0x101000ul /* a device that reaches no memory: nothing is at risk */

#define RIGHTS       (ANSER_RIGHT_READ | ANSER_RIGHT_WRITE | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)
#define RIGHTS_GIVEN (RIGHTS & ~ANSER_RIGHT_DUP)

static volatile uint64_t *word(uint64_t page)
{
    return (volatile uint64_t *)(PLACE + page * PAGE);
}

static int64_t map(anser_handle process, anser_handle pages, uint64_t count, uint64_t prot)
{
    return sys_region_map(process, PLACE, count * PAGE, prot | ANSER_MAP_FIXED, pages, 0).status;
}

static void unmap(uint64_t count)
{
    sys_region_unmap(0, PLACE, count * PAGE);
}

static anser_handle create(uint64_t count)
{
    return sys_pages_create(count, ANSER_PAGES_SHARED, 0);
}

static int send_handle(anser_handle send, anser_handle handle)
{
    struct channel_out out = {.handle_count = 1, .handles = {handle}};
    return channel_send(send, &out, CLOCK_NEVER);
}

static anser_handle receive_handle(anser_handle receive)
{
    uint64_t nothing;
    struct channel_in in = {.data = &nothing, .capacity = sizeof(nothing)};
    int status = channel_receive(receive, &in, 0, CLOCK_NEVER);
    return status < 0 ? status : in.handle_count == 1 ? in.handles[0] : 0;
}

/* What system_info says of this process. */
static struct anser_process_info self_info(void)
{
    struct anser_process_info info = {.id = 0};
    uint64_t next = 0;
    do
        next = sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_PROCESS, next, &info,
                               sizeof(info))
                   .value;
    while (!strstr(info.name, "pages_shared") && next > 0);
    return info;
}

/* ---- Rights. --------------------------------------------------------------------------------- */

static void test_rights(void)
{
    anser_handle pages = create(COUNT);
    struct sys_result info = sys_handle_info(pages);
    TEST(info.status == ANSER_TYPE_PAGES && (uint32_t)info.value == RIGHTS,
         "no right to run them, nor to know where they are");
    TEST(sys_pages_freeze(pages) == -EBUSY, "they are never frozen");
    anser_handle reader = sys_handle_dup(pages, ANSER_RIGHT_READ);
    TEST(reader > 0, "they may be duplicated, with fewer rights");
    TEST(sys_pages_freeze(reader) == -EPERM, "without WRITE not even that is asked");
    TEST(sys_handle_dup(reader, ANSER_RIGHT_READ) == -EPERM, "without DUP not again");
    TEST(sys_handle_dup(reader, RIGHTS) == -EPERM, "nor with more");
    TEST(map(0, pages, COUNT, R | X) == -EPERM, "nobody runs them");
    TEST(map(0, reader, COUNT, R | W) == -EPERM, "without WRITE nobody writes to them");
    TEST(map(0, reader, COUNT, R) == 0 && *word(3) == 0, "but reads");
    TEST(sys_region_protect(0, PLACE, PAGE, R | W) == -EPERM, "and no more than that later");
    TEST(sys_region_decommit(0, PLACE, PAGE) == -EINVAL, "they are not decommitted");
    TEST(sys_region_copy(0, PLACE + COUNT * PAGE, PLACE, PAGE, R | W) == -EINVAL, "nor copied");
    struct channel_out out = {.handle_count = 2, .handles = {pages, pages}};
    struct channel channel;
    channel_create(&channel, 8, 1);
    TEST(channel_send(channel.send, &out, 0) == -EINVAL, "a handle goes once in a message");
    TEST(send_handle(channel.send, reader) == -EPERM, "and not without TRANSFER");
    handle_close(channel.send);
    handle_close(channel.receive);
    unmap(COUNT);
    handle_close(reader);
    handle_close(pages);
    TEST(sys_pages_create(1, ANSER_PAGES_SHARED | 8, 0) == -EINVAL, "a flag that is none");
    pages = sys_pages_create(600, ANSER_PAGES_SHARED | ANSER_PAGES_CONTIGUOUS, 0);
    TEST(pages > 0 && sys_pages_info(pages).value == 0, "contiguous ones do not tell where");
    handle_close(pages);
}

/* ---- Two processes. -------------------------------------------------------------------------- */

/* Finds what the parent wrote, answers in every page, and again when it is told to. */
static int64_t answer_pages(uint64_t rounds)
{
    anser_handle pages = receive_handle(child_handles[0]);
    if (map(0, pages, COUNT, R | W) != 0)
        return -1;
    for (uint64_t round = 1; round <= rounds; round++) {
        for (uint64_t i = 0; i < COUNT; i++) {
            if (*word(i) != round * 1000 + i)
                return -2;
            *word(i) = ~*word(i);
        }
        uint64_t nothing = 0;
        struct channel_out said = {.data = &nothing, .length = sizeof(nothing)};
        struct channel_in in = {.data = &nothing, .capacity = sizeof(nothing)};
        if (channel_send(child_handles[1], &said, CLOCK_NEVER) < 0 ||
            channel_receive(child_handles[0], &in, 0, CLOCK_NEVER) < 0)
            return -3;
    }
    return 7;
}

static bool play_round(uint64_t round, anser_handle tell, anser_handle hear)
{
    uint64_t nothing = 0, good = 0;
    struct channel_in in = {.data = &nothing, .capacity = sizeof(nothing)};
    struct channel_out out = {.data = &nothing, .length = sizeof(nothing)};
    if (channel_receive(hear, &in, 0, CLOCK_NEVER) < 0)
        return false;
    for (uint64_t i = 0; i < COUNT; i++) {
        good += *word(i) == ~(round * 1000 + i);
        *word(i) = (round + 1) * 1000 + i;
    }
    return good == COUNT && channel_send(tell, &out, CLOCK_NEVER) == 0;
}

static void test_both_write(void)
{
    struct channel to, from;
    channel_create(&to, 8, 4);
    channel_create(&from, 8, 4);
    struct child_options options = {.handle_count = 2, .handles = {to.receive, from.send}};
    struct child child;
    anser_handle pages = create(COUNT);
    map(0, pages, COUNT, R | W);
    for (uint64_t i = 0; i < COUNT; i++)
        *word(i) = 1000 + i;
    child_start(&child, answer_pages, 20, &options);
    TEST(send_handle(to.send, pages) == 0 && sys_pages_info(pages).status == -EBADF,
         "a handle that is sent is gone");
    TEST(*word(5) == 1005 || *word(5) == ~1005ul, "its mapping is not");
    uint64_t good = 0;
    for (uint64_t round = 1; round <= 20; round++)
        good += play_round(round, to.send, from.receive);
    TEST(good == 20, "20 times, each sees what the other has written (%lu)", (unsigned long)good);
    struct child_end end = child_wait(&child);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 7, "so says the child (%ld)", end.status);
    TEST(*word(2) == 21002, "which took nothing with it");
    unmap(COUNT);
    handle_close(to.send);
    handle_close(from.receive);
}

/* ---- A handle in a buffer, and a mapping made for somebody else. ----------------------------- */

static int64_t read_mapped(uint64_t expected)
{
    uint64_t nothing;
    struct channel_in in = {.data = &nothing, .capacity = sizeof(nothing)};
    channel_receive(child_handles[0], &in, 0, CLOCK_NEVER);
    bool same = *word(1) == expected;
    *word(1) = expected + 1;
    return same ? 9 : -1;
}

static void test_given(void)
{
    struct channel channel;
    struct child child;
    uint64_t nothing = 0;
    struct channel_out out = {.data = &nothing, .length = sizeof(nothing)};
    anser_handle pages = create(COUNT);
    map(0, pages, COUNT, R | W);
    channel_create(&channel, 8, 1);
    send_handle(channel.send, sys_handle_dup(pages, RIGHTS));
    *word(1) = 31;
    handle_close(channel.receive);
    handle_close(channel.send);
    TEST(*word(1) == 31, "one that nobody received takes nothing along");
    channel_create(&channel, 8, 1);
    struct child_options options = {.handle_count = 1, .handles = {channel.receive}};
    child_start(&child, read_mapped, 31, &options);
    TEST(map(child.process, pages, COUNT, R | W) == 0, "mapped into another process,");
    TEST(sys_pages_info(pages).status == COUNT && *word(1) == 31, "they are here as well");
    channel_send(channel.send, &out, CLOCK_NEVER);
    struct child_end end = child_wait(&child);
    TEST(end.status == 9 && *word(1) == 32, "and one word there is one word here (%ld)",
         end.status);
    unmap(COUNT);
    handle_close(pages);
    handle_close(channel.send);
}

/* ---- Who pays. ------------------------------------------------------------------------------- */

#define MANY 200ul

/* Maps more than its budget could ever pay for. */
static int64_t hold(uint64_t count)
{
    anser_handle pages = receive_handle(child_handles[0]);
    if (map(0, pages, count, R | W) != 0)
        return -1;
    sys_handle_close(pages);
    *word(count - 1) = 5;
    return receive_handle(child_handles[0]) == 0 ? 3 : -2;
}

static void test_maker_pays(void)
{
    struct channel channel;
    struct child child;
    channel_create(&channel, 8, 0);
    struct child_options options = {
        .budget_pages = 90, .handle_count = 1, .handles = {channel.receive}};
    child_start(&child, hold, MANY, &options);
    uint64_t before = self_info().pages_used;
    anser_handle pages = create(MANY);
    map(0, pages, MANY, R | W);
    TEST(self_info().pages_used >= before + MANY, "whoever makes them pays");
    TEST(send_handle(channel.send, sys_handle_dup(pages, RIGHTS)) == 0,
         "one with less memory than that gets them");
    while (*word(MANY - 1) != 5)
        sys_thread_yield();
    unmap(MANY);
    handle_close(pages);
    TEST(self_info().pages_used >= before + MANY, "their maker pays for what another one maps");
    struct channel_out out = {.length = 0};
    channel_send(channel.send, &out, CLOCK_NEVER);
    struct child_end end = child_wait(&child);
    uint64_t after = self_info().pages_used;
    TEST(end.status == 3 && after < before + MANY, "until that has gone (%ld, %lu, %lu)",
         end.status, (unsigned long)before, (unsigned long)after);
    handle_close(channel.send);
}

static int64_t make_and_die(uint64_t count)
{
    anser_handle pages = create(count);
    map(0, pages, count, R | W);
    *word(count - 1) = 11;
    return send_handle(child_handles[0], pages);
}

static void test_maker_dies(void)
{
    struct channel channel;
    channel_create(&channel, 8, 1);
    uint64_t before = self_info().pages_budget;
    struct child_options options = {.budget_pages = MANY + 100, .handle_count = 1};
    options.handles[0] = handle_duplicate(channel.send);
    struct child_end end = child_run(make_and_die, MANY, &options);
    anser_handle pages = receive_handle(channel.receive);
    uint64_t held = before - self_info().pages_budget;
    TEST(end.status == 0 && pages > 0, "a dead process leaves them");
    TEST(held >= MANY && held < MANY + 20, "its budget keeps %lu pages for %lu", held, MANY);
    TEST(map(0, pages, MANY, R | W) == 0 && *word(MANY - 1) == 11, "they are what they were");
    handle_close(pages);
    TEST(self_info().pages_budget < before, "a mapping is enough");
    unmap(MANY);
    TEST(self_info().pages_budget == before, "and without it, all of the budget is back");
    handle_close(channel.send);
    handle_close(channel.receive);
}

/* ---- Memory of a device. --------------------------------------------------------------------- */

/* A driver: gives its client what both use, and dies. */
static int64_t drive(uint64_t count)
{
    anser_handle pages =
        sys_pages_create(count, ANSER_PAGES_DMA | ANSER_PAGES_SHARED, child_handles[0]);
    struct sys_result info = sys_pages_info(pages);
    if (info.status != (int64_t)count || info.value == 0 || map(0, pages, count, R | W) != 0)
        return -1;
    for (uint64_t i = 0; i < count; i++)
        *word(i) = info.value + i;
    return send_handle(child_handles[1], sys_handle_dup(pages, RIGHTS_GIVEN));
}

static anser_handle get_from_driver(anser_handle device)
{
    struct channel channel;
    channel_create(&channel, 8, 1);
    struct child_options options = {.handle_count = 2};
    options.handles[0] =
        sys_handle_dup(device, ANSER_RIGHT_READ | ANSER_RIGHT_WRITE | ANSER_RIGHT_TRANSFER);
    options.handles[1] = channel.send;
    struct child_end end = child_run(drive, 8, &options);
    anser_handle pages = receive_handle(channel.receive);
    TEST(end.status == 0 && pages > 0, "a dead driver's client has its memory (%ld)", end.status);
    handle_close(channel.receive);
    return pages;
}

static uint64_t frames_free(void)
{
    struct anser_system_info info = {0};
    sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    return info.frames_free;
}

static void test_device(void)
{
    anser_handle device = sys_device_create(start_handle(START_SYSTEM), RTC, PAGE);
    anser_handle pages = get_from_driver(device);
    TEST(sys_pages_info(pages).status == 8 && sys_pages_info(pages).value == 0,
         "which does not tell where it is");
    TEST(map(0, pages, 8, R | W) == 0 && *word(7) == *word(0) + 7, "what was there, is there");
    handle_close(pages);
    unmap(8);
    uint64_t free = frames_free();
    TEST(sys_pages_release(device) == 8 && frames_free() >= free + 8,
         "dropped before the device was reset, it is in quarantine until then");

    pages = get_from_driver(device);
    map(0, pages, 8, R | W);
    uint64_t first = *word(0);
    TEST(sys_pages_release(device) == 8, "the device is reset while the client has it,");
    TEST(*word(7) == first + 7 && sys_pages_release(device) == 0, "who keeps it");
    *word(7) = 1;
    anser_handle next = sys_pages_create(8, ANSER_PAGES_DMA | ANSER_PAGES_SHARED, device);
    TEST(next > 0 && sys_pages_info(next).value != first, "the next driver gets other memory");
    free = frames_free();
    handle_close(pages);
    unmap(8);
    TEST(frames_free() >= free + 8, "what the client drops now is free at once");
    handle_close(next);
    TEST(sys_pages_release(device) == 8, "the next driver's is in quarantine");
    handle_close(device);
}

int main(void)
{
    struct balance before = {0};
    for (unsigned round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_rights();
        test_both_write();
        test_given();
        test_maker_pays();
        test_maker_dies();
        test_device();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
