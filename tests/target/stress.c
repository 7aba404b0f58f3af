/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes send, receive, select, call, answer, close, mint, give, move pages, signal, use timers
 * and get killed, all at random; what each of them reports goes into a ledger, in which no message
 * may be missing, doubled or out of its sender's order. At the end all memory, handles, objects and
 * threads are back.
 *     test=stress -- seconds=60 seed=7 cells=4
 * seconds (or ms=) are the guest's; how much is done in them depends on the host, but not whether
 * it is right.
 */
/* timeout: 150 */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
/* sources: tests/target/support/stress_keeper.c tests/target/support/stress_ledger.c */
/* sources: tests/target/support/stress_worker.c tests/target/support/stress_message.c */
/* sources: tests/target/support/stress_select.c */
#include <stdlib.h>
#include <string.h>
#include <anser/init.h>
#include "clock.h"
#include "memory.h"
#include "start.h"
#include "support/balance.h"
#include "support/stress_keeper.h"
#include "syscall.h"
#include "tap.h"
#include "thread.h"

#define CELLS_MAX    8
#define HANDLES_MOST 600
#define EPISODE_MS   4000 /* at most */

static uint64_t milliseconds = 3000, seed = 20260807, cell_count;
/* Ticks. After `until` a cell goes on for as long as nothing was sent at all: two harts that take
 * turns may spend most of their time waiting for each other. */
static uint64_t until, latest;
static struct stress_cell *cells;

static void read_arguments(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "seconds=", 8) == 0)
            milliseconds = 1000 * strtoul(argv[i] + 8, NULL, 10);
        else if (strncmp(argv[i], "ms=", 3) == 0)
            milliseconds = strtoul(argv[i] + 3, NULL, 10);
        else if (strncmp(argv[i], "seed=", 5) == 0)
            seed = strtoul(argv[i] + 5, NULL, 10);
        else if (strncmp(argv[i], "cells=", 6) == 0)
            cell_count = strtoul(argv[i] + 6, NULL, 10);
        else
            TEST(false, "argument \"%s\" is seconds=, ms=, seed= or cells=", argv[i]);
    }
    struct anser_system_info info;
    sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    if (cell_count == 0)
        cell_count = info.harts < 3 ? info.harts + 1 : 3;
    if (cell_count > CELLS_MAX)
        cell_count = CELLS_MAX;
    printf("# seed=%lu ms=%lu cells=%lu, %lu harts\n", seed, milliseconds, cell_count, info.harts);
}

/* Long enough for something to happen, short enough for many of them. */
static unsigned episode_ms(void)
{
    uint64_t share = 20 + milliseconds / 8;
    return share < EPISODE_MS ? (unsigned)share : EPISODE_MS;
}

/* In memory of their own: each worker begins with a copy of our data. */
static bool make_cells(void)
{
    cells = memory_map(cell_count * sizeof(*cells));
    for (unsigned i = 0; cells != NULL && i < cell_count; i++) {
        cells[i] = (struct stress_cell){.number = i, .episode_ms = episode_ms()};
        cells[i].random = stress_mix(seed * CELLS_MAX + i) | 1;
        cells[i].ledger = memory_map(sizeof(*cells[i].ledger));
        if (cells[i].ledger == NULL)
            return false;
    }
    return cells != NULL;
}

/* A ledger is large, and is not what the workers' copies of our data should hold: its own memory.
 */
static void cell_main(void *argument)
{
    struct stress_cell *cell = argument;
    uint64_t now;
    do {
        stress_episode(cell);
        now = clock_now();
    } while ((now < until || (cell->messages == 0 && now < latest)) && cell->good);
}

static bool run_cells(void)
{
    struct thread *threads[CELLS_MAX];
    bool good = true;
    for (unsigned i = 0; i < cell_count; i++)
        if (thread_create(&threads[i], cell_main, &cells[i], NULL) < 0)
            return false;
    for (unsigned i = 0; i < cell_count; i++) {
        thread_join(threads[i]);
        good &= cells[i].good;
    }
    return good;
}

static void show_totals(void)
{
    static struct stress_cell all;
    for (unsigned i = 0; i < cell_count; i++) {
        all.episodes += cells[i].episodes;
        all.messages += cells[i].messages;
        all.answers += cells[i].answers;
        all.expiries += cells[i].expiries;
        all.started += cells[i].started;
        all.killed += cells[i].killed;
    }
    printf("# %lu episodes, %lu processes, %lu of them killed; %lu messages, %lu answers, "
           "%lu timer expiries\n",
           all.episodes, all.started, all.killed, all.messages, all.answers, all.expiries);
}

/* A handle table grows, and never shrinks: to what is needed at most before books are kept. */
static void grow_handle_table(void)
{
    static anser_handle handles[HANDLES_MOST];
    for (unsigned i = 0; i < HANDLES_MOST; i++)
        handles[i] = handle_duplicate(start_handle(START_SYSTEM));
    for (unsigned i = 0; i < HANDLES_MOST; i++)
        handle_close(handles[i]);
}

int main(int argc, char **argv)
{
    read_arguments(argc, argv);
    if (!TEST(make_cells(), "memory for the ledgers"))
        return tap_done();
    grow_handle_table();
    child_priority_max(); /* asked for once, before there are several to ask */
    TEST(run_cells(), "an episode in each cell"); /* what is mapped once, is mapped now */
    struct balance before = balance_now();
    until = clock_after(milliseconds);
    latest = clock_after(milliseconds * 4);
    bool good = run_cells();
    show_totals();
    TEST(good, "in %lu ms no message was lost, doubled or out of order, and nobody hung",
         milliseconds);
    TEST(balance_is_but_places(&before), "all memory, handles, objects and threads are back");
    return tap_done();
}
