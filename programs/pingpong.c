/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ping-pong over a published channel. `pingpong serve` publishes it and answers; `pingpong
 * [ROUNDS]` calls and prints how many instructions a round trip took, kernel and server included.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "clock.h"
#include "ipc.h"
#include "names.h"

#define NAME           "demo/pingpong"
#define ROUNDS_DEFAULT 10000
#define PATIENCE_MS    1000 /* for a server that has only just been started */

/* Answers every call with its word and one more, until the channel ends. */
static int64_t answer_all(anser_handle receive)
{
    struct ipc_registers first = {.info = 0};
    int64_t status = ipc_exchange(ANSER_CALL_recv, receive, &first);
    uint64_t word = first.words[0], badge;
    while (status >= 0 && !(status & ANSER_INFO_CLOSED)) {
        word++;
        status = ipc_reply_recv_word(receive, &word, &badge);
    }
    return status;
}

static int serve(void)
{
    struct channel channel;
    int status = channel_create(&channel, ANSER_REGISTER_BYTES, 0);
    if (status == 0)
        status = names_publish(NAME, channel.send);
    if (status < 0) {
        fprintf(stderr, "pingpong: cannot publish " NAME ": %s\n", strerror(-status));
        return 1;
    }
    return answer_all(channel.receive) < 0;
}

/* Calls `rounds` times. Returns 0 and the instructions that it took, or -errno, -EIO for a wrong
 * answer. */
static int64_t play(anser_handle server, uint64_t rounds, uint64_t *instructions)
{
    uint64_t begin = clock_instructions();
    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t word = round;
        int64_t status = ipc_call_word(server, &word);
        if (status < 0 || word != round + 1)
            return status < 0 ? status : -EIO;
    }
    *instructions = clock_instructions() - begin;
    return 0;
}

static void report(uint64_t rounds, uint64_t instructions, uint64_t ticks)
{
    printf("%lu round trips, %lu ns each", (unsigned long)rounds,
           (unsigned long)(clock_nanoseconds(ticks) / rounds));
    if (clock_counts_instructions())
        printf(", %lu instructions each\n", (unsigned long)(instructions / rounds));
    else
        printf(" (instructions are counted under QEMU's -icount only)\n");
}

static int call(uint64_t rounds)
{
    anser_handle server = names_wait(NAME, clock_after(PATIENCE_MS));
    if (server < 0) {
        fprintf(stderr,
                "pingpong: nobody has published " NAME " (%s); start `pingpong serve &` first\n",
                strerror((int)-server));
        return 1;
    }
    /* The first round brings both sides' pages in. */
    uint64_t instructions;
    int64_t status = play(server, 1, &instructions);
    uint64_t begin = clock_now();
    if (status == 0)
        status = play(server, rounds, &instructions);
    uint64_t ticks = clock_now() - begin;
    handle_close(server);
    if (status < 0) {
        fprintf(stderr, "pingpong: %s\n", strerror((int)-status));
        return 1;
    }
    report(rounds, instructions, ticks);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "serve") == 0)
        return serve();
    char *end = "";
    uint64_t rounds = argc == 2 ? strtoul(argv[1], &end, 10) : ROUNDS_DEFAULT;
    if (argc > 2 || *end != '\0' || rounds == 0) {
        fprintf(stderr, "usage: pingpong [ROUNDS] or pingpong serve\n");
        return 2;
    }
    return call(rounds);
}
