/* SPDX-License-Identifier: BSD-2-Clause */
/* Thousands of processes come and go; what is free afterwards is what was free before. */
/* smp: 1 4 */
/* timeout: 150 */
/* sources: tests/target/support/balance.c */
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "clock.h"
#include "self_image.h"
#include "start.h"
#include "support/balance.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define CYCLES_ALONE    10000 /* on one hart */
#define CYCLES_TOGETHER 1000  /* on several, eight processes at a time */
#define AT_A_TIME       8
#define STATUS_KILLED   77

/* The program, in frozen pages, so that its text and constants are mapped where they are. */
static struct {
    anser_handle pages;
    const void *image;
    size_t size;
} program;

static bool load_program(void)
{
    size_t size;
    const struct self_image *image = self_image_make(&size);
    program.size = size;
    program.pages = memory_create_pages(size);
    void *view = memory_map_object(program.pages, 0, memory_round_up(size),
                                   ANSER_PROT_READ | ANSER_PROT_WRITE);
    if (program.pages < 0 || view == NULL)
        return false;
    memcpy(view, image, size);
    memory_unmap(view, memory_round_up(size));
    memory_unmap((void *)image, memory_round_up(size));
    sys_pages_freeze(program.pages);
    program.image = memory_map_object(program.pages, 0, memory_round_up(size),
                                      ANSER_PROT_READ | ANSER_PROT_EXEC);
    return program.image != NULL;
}

/* One process: "exit" ends by itself with 42, "wait" sleeps until it is killed. */
static anser_handle start(bool exits, anser_handle exit_event)
{
    struct spawn spawn = {
        .budget_pages = 64, .exit = exit_event, .pages = program.pages, .stack_size = MEMORY_PAGE};
    return self_start(&spawn, program.image, program.size, exits ? "exit" : "wait", NULL, 0);
}

static bool ended_well(anser_handle receive, uint64_t badge, bool exits)
{
    uint64_t words[6];
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    return channel_receive(receive, &in, 0, clock_after(10000)) == 0 && in.badge == badge &&
           in.flags & ANSER_INFO_EVENT && words[0] == ANSER_EVENT_EXIT &&
           words[1] == (exits ? 42 : STATUS_KILLED) &&
           words[2] == (exits ? ANSER_EXIT_NORMAL : ANSER_EXIT_KILLED);
}

/* `together` processes, each with an exit channel of its own: made, run, ended. */
static bool cycle(uint64_t round, unsigned together)
{
    struct channel exits[AT_A_TIME];
    anser_handle processes[AT_A_TIME];
    bool good = true;
    for (unsigned i = 0; i < together; i++) {
        good &= channel_create(&exits[i], 48, 0) == 0;
        processes[i] = start((round + i) % 2, exits[i].send);
        good &= processes[i] > 0;
        handle_close(exits[i].send);
    }
    for (unsigned i = 0; i < together; i++) {
        bool by_itself = (round + i) % 2;
        if (!by_itself)
            sys_process_kill(processes[i], STATUS_KILLED);
        good &= ended_well(exits[i].receive, 0, by_itself);
        handle_close(processes[i]);
        handle_close(exits[i].receive);
    }
    return good;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "exit") == 0)
        return 42;
    if (argc == 2 && strcmp(argv[1], "wait") == 0)
        return clock_sleep(100000);
    struct anser_system_info info;
    TEST(load_program(), "a program in frozen pages");
    sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    unsigned together = info.harts == 1 ? 1 : AT_A_TIME;
    uint64_t cycles = info.harts == 1 ? CYCLES_ALONE : CYCLES_TOGETHER;
    bool good = true;
    for (uint64_t i = 0; i < 4; i++)
        good &= cycle(i, together);
    struct balance before = balance_now();
    uint64_t begin = clock_now();
    for (uint64_t i = 0; i < cycles / together && good; i++)
        good &= cycle(i, together);
    TEST(good, "%lu processes, %u at a time, were made, ran, ended or were killed, in %lu ms",
         cycles, together, clock_nanoseconds(clock_now() - begin) / 1000000);
    TEST(balance_is(&before), "free pages, handles and objects are exactly what they were");
    return tap_done();
}
