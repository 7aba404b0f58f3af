/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a stock Go program costs from its start to its end: init starts it, as it does for a
 * console, its output goes to the console, and the exit event tells that all it had is returned.
 */
#include <inttypes.h>
#include <stdio.h>
#include "channel.h"
#include "clock.h"
#include "bench_start.h"

#define STARTS 300

/* Runs it to its end; false: it did not start, or did not end with status 0. */
static bool run(const char *name, const struct channel *exits)
{
    uint64_t words[8] = {0};
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    anser_handle process = bench_start(name, channel_mint(exits->receive, 1));
    if (process < 0) {
        printf("%s cannot be started: error %" PRId64 "\n", name, -process);
        return false;
    }
    int error;
    do
        error = channel_receive(exits->receive, &in, 0, CLOCK_NEVER);
    while (error == 0 && !(in.flags & ANSER_INFO_EVENT));
    handle_close(process);
    return error == 0 && words[1] == 0 && words[2] == ANSER_EXIT_NORMAL;
}

int main(void)
{
    struct channel exits;
    if (channel_create(&exits, sizeof(uint64_t) * 8, 0) < 0 || !run("gohello", &exits))
        return 1;
    uint64_t begin = clock_instructions();
    for (int i = 0; i < STARTS; i++)
        if (!run("gohello", &exits))
            return 1;
    printf("BENCH go_hello instructions %" PRIu64 " start to end, mean of %d\n",
           (clock_instructions() - begin) / STARTS, STARTS);
    return 0;
}
