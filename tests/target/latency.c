/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long the kernel keeps a thread of higher priority waiting: while one thread makes calls that
 * have much to do, another one sleeps for a moment, again and again, and looks how late it is. What
 * it is late beyond what a waking thread always is, is a piece of the kernel's work. Instructions
 * are what is limited, so this means something under -icount only (tests/test_latency.py);
 * elsewhere the calls are made for their own sake.
 */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
/* timeout: 120 */
#include "clock.h"
#include "memory.h"
#include "support/balance.h"
#include "support/child.h"
#include "syscall.h"
#include "tap.h"
#include "thread.h"

#define PAGE        MEMORY_PAGE
#define R           ANSER_PROT_READ
#define RW          (ANSER_PROT_READ | ANSER_PROT_WRITE)
#define PLACE       0x3400000000ul /* nothing is there */
#define COPY        (PLACE + (1ul << 30))
#define MANY        1024ul
#define LOW         3 /* priority of the thread that makes the calls */
#define PAUSE_TICKS 50
#define PIECE_MAX   10000 /* instructions, design section 3 */

static volatile uint64_t worst_ticks, samples;
static volatile bool stop;

static void watch(void *unused)
{
    (void)unused;
    while (!stop) {
        uint64_t wanted = clock_now() + PAUSE_TICKS;
        clock_sleep_until(wanted);
        uint64_t late = clock_now() - wanted;
        if (late > worst_ticks)
            worst_ticks = late;
        samples++;
    }
}

/* ---- What there is to do. Each function leaves what the next one needs. */

static anser_handle pages;

static int64_t idle(void)
{
    for (volatile unsigned i = 0; i < 100000; i++)
        continue;
    return 0;
}

static int64_t touch(uint64_t address, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        *(volatile uint64_t *)(address + i * PAGE) = i;
    return 0;
}

static int64_t map(uint64_t address, uint64_t count, uint64_t prot, anser_handle object)
{
    return sys_region_map(0, address, count * PAGE, prot | ANSER_MAP_FIXED, object, 0).status;
}

static int64_t create(void)
{
    pages = sys_pages_create(2 * MANY, 0, 0);
    return pages > 0 ? 0 : pages;
}

static int64_t map_pages(void)
{
    return map(PLACE, 2 * MANY, RW, pages);
}

static int64_t freeze(void)
{
    return sys_pages_freeze(pages);
}

/* Not at a megapage: by single entries. */
static int64_t map_pages_odd(void)
{
    return map(PLACE + PAGE, 2 * MANY, R, pages);
}

static int64_t read_pages(void)
{
    for (uint64_t i = 1; i <= 2 * MANY; i++)
        (void)*(volatile uint64_t *)(PLACE + i * PAGE);
    return 0;
}

static int64_t unmap_pages(void)
{
    return sys_region_unmap(0, PLACE, (2 * MANY + 1) * PAGE);
}

static int64_t close_pages(void)
{
    return sys_handle_close(pages);
}

static int64_t map_anonymous(void)
{
    return map(PLACE, MANY, RW, 0);
}

static int64_t touch_anonymous(void)
{
    return touch(PLACE, MANY);
}

static int64_t protect(void)
{
    return sys_region_protect(0, PLACE, MANY * PAGE, R);
}

static int64_t protect_back(void)
{
    return sys_region_protect(0, PLACE, MANY * PAGE, RW);
}

static int64_t copy(void)
{
    return sys_region_copy(0, COPY, PLACE, MANY * PAGE, RW);
}

static int64_t write_copied(void)
{
    return touch(PLACE, MANY / 2);
}

static int64_t decommit(void)
{
    return sys_region_decommit(0, PLACE, MANY * PAGE);
}

static int64_t unmap_copy(void)
{
    return sys_region_unmap(0, COPY, MANY * PAGE);
}

static int64_t replace(void)
{
    return map(PLACE, MANY, RW, 0);
}

static int64_t make_regions(void)
{
    int64_t status = sys_region_unmap(0, PLACE, MANY * PAGE);
    for (uint64_t i = 0; i < MANY && status == 0; i++)
        status = map(PLACE + 2 * i * PAGE, 1, RW, 0);
    return status;
}

static int64_t unmap_regions(void)
{
    return sys_region_unmap(0, PLACE, 2 * MANY * PAGE);
}

static int64_t child_touches(uint64_t count)
{
    return map(PLACE, count, RW, 0) == 0 ? touch(PLACE, count) : -1;
}

static int64_t child_makes_regions(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (map(PLACE + 2 * i * PAGE, 1, RW, 0) != 0)
            return -1;
    return 0;
}

static int64_t run_child(int64_t (*function)(uint64_t))
{
    struct child_options options = {.budget_pages = 3000, .own_priority = true, .priority = LOW};
    return child_run(function, MANY, &options).status;
}

static int64_t end_of_pages(void)
{
    return run_child(child_touches);
}

static int64_t end_of_regions(void)
{
    return run_child(child_makes_regions);
}

static const struct {
    int64_t (*function)(void);
    const char *what;
} works[] = {
    {create, "making 2048 pages"},
    {map_pages, "mapping them"},
    {freeze, "freezing them"},
    {unmap_pages, "unmapping them"},
    {map_pages_odd, "mapping them one by one"},
    {read_pages, "reading each"},
    {unmap_pages, "unmapping each"},
    {close_pages, "giving them back"},
    {map_anonymous, "mapping 1024 pages of nothing"},
    {touch_anonymous, "writing to each"},
    {protect, "making them read-only"},
    {protect_back, "making them writable"},
    {copy, "copying them"},
    {write_copied, "writing to half of them"},
    {decommit, "decommitting them"},
    {unmap_copy, "unmapping the copy"},
    {touch_anonymous, "writing to each again"},
    {replace, "replacing them"},
    {make_regions, "making 1024 regions"},
    {unmap_regions, "unmapping 1024 regions"},
    {end_of_pages, "a process of 1024 pages"},
    {end_of_regions, "a process of 1024 regions"},
};

static int64_t measure(int64_t (*function)(void), uint64_t *ticks)
{
    clock_sleep_until(clock_now() + 20 * PAUSE_TICKS);
    worst_ticks = 0;
    int64_t status = function();
    *ticks = worst_ticks;
    return status;
}

int main(void)
{
    /* A tick of time is 100 instructions where one instruction is a nanosecond. */
    uint64_t ticks, usual, instructions = 1000000000 / clock_hertz();
    bool counted = clock_counts_instructions();
    struct thread *watcher;
    struct thread_options options = {.own_priority = true, .priority = child_priority_max()};
    TEST(thread_create(&watcher, watch, NULL, &options) == 0, "a thread that wakes often");
    sys_thread_priority(0, LOW);
    struct balance before = {0};
    for (unsigned round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        measure(idle, &usual);
        /* Only counted time is fair to every hart: a loaded host may let the watcher sleep. */
        TEST(samples > 0 || !counted, "it is usually no more than %lu instructions late",
             usual * instructions);
        for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
            int64_t status = measure(works[i].function, &ticks);
            uint64_t piece = ticks > usual ? (ticks - usual) * instructions : 0;
            TEST(status == 0 && (!counted || piece <= PIECE_MAX), "%s: status %ld, %lu more",
                 works[i].what, status, piece);
        }
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    stop = true;
    thread_join(watcher);
    return tap_done();
}
