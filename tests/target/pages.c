/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages objects: made, mapped, given away, frozen. */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
/* sources: tests/target/support/task.c */
#include <errno.h>
#include <string.h>
#include <anser/init.h>
#include "clock.h"
#include "memory.h"
#include "start.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define PAGE  ((uint64_t)MEMORY_PAGE)
#define R     ANSER_PROT_READ
#define W     ANSER_PROT_WRITE
#define X     ANSER_PROT_EXEC
#define FIXED ANSER_MAP_FIXED
#define PLACE 0x3400000000ul
#define COUNT 40ul

static int64_t map_pages(anser_handle process, uint64_t address, anser_handle pages, uint64_t first,
                         uint64_t count, uint64_t flags)
{
    struct sys_result result =
        sys_region_map(process, address, count * PAGE, flags, pages, first * PAGE);
    return result.status < 0 ? result.status : (int64_t)result.value;
}

static volatile uint64_t *at(uint64_t address)
{
    return (volatile uint64_t *)address;
}

static int send_handle(anser_handle send, anser_handle handle, uint64_t deadline)
{
    struct channel_out out = {.handle_count = 1, .handles = {handle}};
    return channel_send(send, &out, deadline);
}

static anser_handle receive_handle(anser_handle receive, uint64_t deadline)
{
    uint64_t nothing;
    struct channel_in in = {.data = &nothing, .capacity = sizeof(nothing)};
    int status = channel_receive(receive, &in, 0, deadline);
    return status < 0 ? status : in.handle_count == 1 ? in.handles[0] : 0;
}

/* ---- Making and mapping. --------------------------------------------------------------------- */

static void test_create(void)
{
    TEST(sys_pages_create(0, 0, 0) == -EINVAL, "no pages: EINVAL");
    TEST(sys_pages_create(ANSER_PAGES_MAX + 1, 0, 0) == -EINVAL, "too many: EINVAL");
    TEST(sys_pages_create(UINT64_MAX, 0, 0) == -EINVAL, "2^64 - 1: EINVAL");
    TEST(sys_pages_create(1, 8, 0) == -EINVAL, "a flag that is none: EINVAL");
    TEST(sys_pages_create(1, 0, start_handle(START_SYSTEM)) == -EINVAL, "a device, but no DMA");
    TEST(sys_pages_create(1, ANSER_PAGES_DMA, 0) == -EBADF, "DMA without a device: EBADF");
    TEST(sys_pages_create(1, ANSER_PAGES_DMA, start_handle(START_SYSTEM)) == -EBADF,
         "DMA for what is no device: EBADF");
    TEST(sys_pages_create(ANSER_PAGES_MAX, 0, 0) == -ENOMEM, "1 GiB of a small machine: ENOMEM");
    anser_handle pages = sys_pages_create(COUNT, 0, 0);
    struct sys_result info = sys_pages_info(pages), handle = sys_handle_info(pages);
    TEST(pages > 0 && info.status == COUNT && info.value == 0, "%lu pages", COUNT);
    TEST(handle.status == ANSER_TYPE_PAGES &&
             (uint32_t)handle.value == (ANSER_RIGHT_READ | ANSER_RIGHT_WRITE | ANSER_RIGHT_EXEC |
                                        ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER),
         "with all rights but that to know where they are");
    handle_close(pages);
    TEST(sys_pages_info(pages).status == -EBADF, "gone");
    pages = sys_pages_create(64, ANSER_PAGES_CONTIGUOUS, 0);
    TEST(pages > 0 && sys_pages_info(pages).value == 0, "contiguous ones do not tell either");
    handle_close(pages);
}

static void test_map(void)
{
    anser_handle pages = sys_pages_create(COUNT, 0, 0);
    int64_t first = map_pages(0, 0, pages, 0, COUNT, R | W);
    int64_t second = map_pages(0, 0, pages, 10, 5, R);
    TEST(first > 0 && second > 0 && first != second, "mapped twice");
    bool zero = true;
    for (uint64_t i = 0; i < COUNT; i++) {
        zero &= *at((uint64_t)first + i * PAGE) == 0;
        *at((uint64_t)first + i * PAGE) = i;
    }
    TEST(zero, "they begin as zeros");
    TEST(*at((uint64_t)second) == 10 && *at((uint64_t)second + 4 * PAGE) == 14,
         "what is written at one place is seen at the other");
    TEST(map_pages(0, 0, pages, 0, COUNT + 1, R) == -EINVAL &&
             map_pages(0, 0, pages, COUNT, 1, R) == -EINVAL &&
             map_pages(0, 0, pages, ~0ul >> 12, 2, R) == -EINVAL,
         "beyond the end: EINVAL");
    TEST(sys_region_map(0, 0, PAGE, R, pages, 8).status == -EINVAL, "an odd offset: EINVAL");
    TEST(map_pages(0, 0, pages, 0, 1, R | W | X) == -EINVAL, "writable and executable: EINVAL");
    TEST(sys_region_map(0, 0, PAGE, R, start_handle(START_SYSTEM), 0).status == -EBADF,
         "what is no memory: EBADF");
    TEST(sys_region_decommit(0, (uint64_t)first, PAGE) == -EINVAL, "decommitting them: EINVAL");
    TEST(sys_region_unmap(0, (uint64_t)first, COUNT * PAGE) == 0 &&
             sys_region_unmap(0, (uint64_t)second, 5 * PAGE) == 0,
         "unmapped");
    first = map_pages(0, 0, pages, 0, COUNT, R);
    TEST(first > 0 && *at((uint64_t)first + 12 * PAGE) == 12, "mapped again, all is there");
    handle_close(pages);
    TEST(*at((uint64_t)first + 12 * PAGE) == 12, "the mapping outlives the handle");
    TEST(sys_region_protect(0, (uint64_t)first, PAGE, R | W) == 0, "it may be made writable");
    sys_region_unmap(0, (uint64_t)first, COUNT * PAGE);
}

static void test_rights(void)
{
    anser_handle pages = sys_pages_create(2, 0, 0);
    TEST(sys_handle_dup(pages, ANSER_RIGHT_READ) == -EINVAL, "unfrozen, they have one owner");
    int64_t place = map_pages(0, 0, pages, 0, 2, R | W);
    *at((uint64_t)place) = 77;
    TEST(sys_pages_freeze(pages) == 0 && sys_pages_freeze(pages) == 0, "frozen, for good");
    TEST(*at((uint64_t)place) == 77, "still mapped");
    TEST(sys_region_protect(0, (uint64_t)place, PAGE, R | W) == -EPERM,
         "what was writable is so no more: EPERM");
    TEST(map_pages(0, 0, pages, 0, 2, R | W) == -EPERM, "nor anew: EPERM");
    anser_handle reader = sys_handle_dup(pages, ANSER_RIGHT_READ);
    TEST(reader > 0, "frozen, they may be duplicated");
    TEST(map_pages(0, 0, reader, 0, 2, R | X) == -EPERM, "without EXEC not to be run: EPERM");
    int64_t other = map_pages(0, 0, reader, 0, 2, R);
    TEST(other > 0 && *at((uint64_t)other) == 77, "but to be read");
    TEST(sys_region_protect(0, (uint64_t)other, PAGE, R | X) == -EPERM,
         "also by protect afterwards: EPERM");
    int64_t code = map_pages(0, 0, pages, 0, 2, R | X);
    TEST(code > 0, "with EXEC they may be run");
    sys_region_unmap(0, (uint64_t)code, 2 * PAGE);
    sys_region_unmap(0, (uint64_t)other, 2 * PAGE);
    sys_region_unmap(0, (uint64_t)place, 2 * PAGE);
    handle_close(reader);
    handle_close(pages);
}

/* A write to what was frozen under it. */
static int64_t write_frozen(uint64_t how)
{
    anser_handle pages = sys_pages_create(COUNT, 0, 0);
    map_pages(0, PLACE, pages, 0, COUNT, R | W | FIXED);
    for (uint64_t i = 0; i < COUNT; i++)
        *at(PLACE + i * PAGE) = i;
    if (how == 0)
        sys_pages_freeze(pages);
    *at(PLACE + 3 * PAGE) = 5;
    return 0;
}

/* An access to what was sent away. */
static int64_t use_after_send(uint64_t store)
{
    anser_handle pages = sys_pages_create(COUNT, 0, 0);
    map_pages(0, PLACE, pages, 0, COUNT, R | W | FIXED);
    for (uint64_t i = 0; i < COUNT; i++)
        *at(PLACE + i * PAGE) = i;
    if (send_handle(child_handles[0], pages, CLOCK_NEVER) != 0)
        return 1;
    if (store)
        *at(PLACE + 3 * PAGE) = 5;
    return (int64_t)*at(PLACE + 3 * PAGE);
}

static void test_faults(void)
{
    struct child_end end = child_run(write_frozen, 0, NULL);
    TEST(end.reason == ANSER_EXIT_FAULT && end.value == PLACE + 3 * PAGE && end.cause == 15,
         "a write to frozen pages: a fault");
    TEST(child_run(write_frozen, 1, NULL).reason == ANSER_EXIT_NORMAL, "but not before");
    for (uint64_t store = 0; store < 2; store++) {
        for (size_t capacity = 0; capacity < 2; capacity++) {
            struct channel channel = make_channel(8, capacity);
            struct child child;
            struct child_options options = {.handle_count = 1, .handles = {channel.send}};
            child_start(&child, use_after_send, store, &options);
            anser_handle pages = receive_handle(channel.receive, clock_after(5000));
            TEST(pages > 0, "a child sends its pages");
            end = child_wait(&child);
            TEST(end.reason == ANSER_EXIT_FAULT && end.status == ANSER_FAULT_ACCESS &&
                     end.value == PLACE + 3 * PAGE && end.cause == (store ? 15 : 13),
                 "a %s afterwards: a fault", store ? "store" : "load");
            int64_t place = map_pages(0, 0, pages, 0, COUNT, R);
            TEST(place > 0 && *at((uint64_t)place + 3 * PAGE) == 3,
                 "its pages are ours, as they were");
            sys_region_unmap(0, (uint64_t)place, COUNT * PAGE);
            handle_close(pages);
            handle_close(channel.receive);
        }
    }
}

/* ---- Back and forth, with contents. ---------------------------------------------------------- */

#define LARGE 512ul /* 2 MiB: a megapage */

static int64_t add_to_pages(uint64_t rounds)
{
    for (uint64_t i = 0; i < rounds; i++) {
        anser_handle pages = receive_handle(child_handles[0], CLOCK_NEVER);
        int64_t place = map_pages(0, 0, pages, 0, LARGE, R | W);
        if (place < 0)
            return place;
        for (uint64_t page = 0; page < LARGE; page += 7)
            *at((uint64_t)place + page * PAGE) += page;
        if (send_handle(child_handles[1], pages, CLOCK_NEVER) != 0)
            return 2;
    }
    return 0;
}

static void test_back_and_forth(void)
{
    struct channel to = make_channel(8, 0), back = make_channel(8, 1);
    struct child child;
    struct child_options options = {.budget_pages = LARGE + CHILD_BUDGET,
                                    .handle_count = 2,
                                    .handles = {to.receive, back.send}};
    anser_handle pages = sys_pages_create(LARGE, ANSER_PAGES_CONTIGUOUS, 0);
    bool good = pages > 0 && child_start(&child, add_to_pages, 20, &options) == 0;
    for (uint64_t i = 0; i < 20 && good; i++) {
        int64_t place = map_pages(0, 0, pages, 0, LARGE, R | W);
        for (uint64_t page = 0; page < LARGE; page += 7)
            good &= *at((uint64_t)place + page * PAGE) == i * page * 2;
        for (uint64_t page = 0; page < LARGE; page += 7)
            *at((uint64_t)place + page * PAGE) += page;
        good &= send_handle(to.send, pages, CLOCK_NEVER) == 0;
        pages = receive_handle(back.receive, clock_after(5000));
        good &= pages > 0;
    }
    TEST(good, "2 MiB go back and forth 20 times");
    TEST(child_wait(&child).status == 0, "the other side has seen the same");
    handle_close(pages);
    handle_close(to.send);
    handle_close(back.receive);
}

/* ---- Other ways. ----------------------------------------------------------------------------- */

static void test_two_spaces(void)
{
    struct anser_process_params params = {.name = "empty", .budget_pages = 100};
    anser_handle process = sys_process_create(&params), pages = sys_pages_create(4, 0, 0);
    int64_t place = map_pages(0, 0, pages, 0, 4, R | W);
    TEST(process > 0 && place > 0, "pages that are mapped here");
    int64_t there = map_pages(process, PLACE, pages, 0, 4, R | W | FIXED);
    TEST(there == (int64_t)PLACE, "are mapped in another process");
    TEST(sys_pages_info(pages).status == -EBADF, "which owns them from now on");
    handle_close(process);

    process = sys_process_create(&params);
    pages = sys_pages_create(4, 0, 0);
    sys_pages_freeze(pages);
    place = map_pages(0, 0, pages, 0, 4, R);
    TEST(map_pages(process, PLACE, pages, 0, 4, R | FIXED) > 0 && *at((uint64_t)place) == 0,
         "frozen ones may be mapped in both");
    TEST(sys_pages_info(pages).status == 4, "and stay here");
    sys_region_unmap(0, (uint64_t)place, 4 * PAGE);
    handle_close(process);
    handle_close(pages);

    struct anser_process_params poor = {.name = "poor", .budget_pages = 12};
    process = sys_process_create(&poor);
    pages = sys_pages_create(COUNT, 0, 0);
    place = map_pages(0, 0, pages, 0, 1, R | W);
    *at((uint64_t)place) = 5;
    TEST(map_pages(process, PLACE, pages, 0, COUNT, R | FIXED) == -ENOMEM,
         "for one with too small a budget: ENOMEM");
    TEST(sys_handle_give(process, pages) == -ENOMEM, "also as a gift");
    TEST(sys_pages_info(pages).status == COUNT && *at((uint64_t)place) == 5,
         "they stay, mapped as they were");
    sys_region_unmap(0, (uint64_t)place, PAGE);
    handle_close(process);
    handle_close(pages);
}

/* Memory that another process had: no byte of it is ever seen. */
static int64_t fill_and_die(uint64_t pages)
{
    anser_handle handle = sys_pages_create(pages, 0, 0);
    int64_t place = map_pages(0, 0, handle, 0, pages, R | W);
    if (place < 0)
        return place;
    memset((void *)place, 0x5a, pages * PAGE);
    return 0;
}

static void test_recycled(void)
{
    struct child_options options = {.budget_pages = 1500};
    bool good = true;
    for (int round = 0; round < 3; round++) {
        good &= child_run(fill_and_die, 1000, &options).status == 0;
        anser_handle pages = sys_pages_create(2000, 0, 0);
        int64_t place = map_pages(0, 0, pages, 0, 2000, R);
        const uint64_t *words = (const uint64_t *)place;
        uint64_t all = 0;
        for (uint64_t i = 0; i < 2000 * PAGE / 8 && place > 0; i++)
            all |= words[i];
        good &= place > 0 && all == 0;
        sys_region_unmap(0, (uint64_t)place, 2000 * PAGE);
        handle_close(pages);
    }
    TEST(good, "2,000 pages after another process died with 1,000: all zero, three times");
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_create();
        test_map();
        test_rights();
        test_faults();
        test_back_and_forth();
        test_two_spaces();
        test_recycled();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
