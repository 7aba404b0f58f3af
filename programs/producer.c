/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `producer [ROUNDS]`: fills a 2 MiB pages object, sends it to `consumer`, gets it back, checks
 * what was done to it, and so on. The object moves; its bytes are never copied.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "clock.h"
#include "memory.h"
#include "names.h"
#include "pages_work.h"

#define ROUNDS_DEFAULT 8
#define PATIENCE_MS    1000 /* for a consumer that has only just been started */

struct answer {
    int64_t status;
    uint64_t sum;
};

/* Gives *pages to the consumer and takes it back. Returns 0 or -errno; *pages is 0 if it is lost.
 */
static int exchange(anser_handle consumer, anser_handle *pages, uint64_t round, uint64_t *sum)
{
    uint64_t request[2] = {PAGES_WORK_ROUND, round};
    struct answer answer = {.status = -EIO};
    struct channel_out out = {
        .data = request, .length = sizeof(request), .handle_count = 1, .handles = {*pages}};
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    int status = channel_call(consumer, &out, &in, CLOCK_NEVER);
    if (status < 0)
        return status;
    *pages = in.handle_count == 1 ? in.handles[0] : 0;
    *sum = answer.sum;
    return (int)answer.status;
}

static uint64_t fill(uint64_t *words, uint64_t round)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < PAGES_WORK_WORDS; i++) {
        words[i] = pages_work_word(round, i);
        sum += words[i];
    }
    return sum;
}

static int turned_over(const uint64_t *words, uint64_t round)
{
    for (uint64_t i = 0; i < PAGES_WORK_WORDS; i++) {
        if (words[i] != ~pages_work_word(round, i))
            return 0;
    }
    return 1;
}

static uint64_t *map(anser_handle pages)
{
    return memory_map_object(pages, 0, PAGES_WORK_SIZE, ANSER_PROT_READ | ANSER_PROT_WRITE);
}

/* One round; adds to *moving the ticks from sending it to having it mapped again. */
static int play(anser_handle consumer, anser_handle *pages, uint64_t round, uint64_t *moving)
{
    uint64_t *words = map(*pages);
    if (words == NULL)
        return -errno;
    uint64_t expected = fill(words, round), sum;
    uint64_t begin = clock_now();
    int status = exchange(consumer, pages, round, &sum);
    if (status < 0)
        return status;
    words = map(*pages);
    *moving += clock_now() - begin;
    if (words == NULL)
        return -errno;
    int good = sum == expected && turned_over(words, round);
    memory_unmap(words, PAGES_WORK_SIZE);
    return good ? 0 : -EIO;
}

static int produce(uint64_t rounds)
{
    uint64_t moving = 0;
    anser_handle consumer = names_wait(PAGES_WORK_NAME, clock_after(PATIENCE_MS));
    if (consumer < 0) {
        fprintf(stderr,
                "producer: nobody has published " PAGES_WORK_NAME
                " (%s); start `consumer &` first\n",
                strerror((int)-consumer));
        return 1;
    }
    anser_handle pages = memory_create_pages(PAGES_WORK_SIZE);
    int status = pages < 0 ? (int)pages : 0;
    for (uint64_t round = 0; round < rounds && status == 0; round++)
        status = play(consumer, &pages, round, &moving);
    handle_close(pages);
    handle_close(consumer);
    if (status < 0) {
        fprintf(stderr, "producer: %s\n", strerror(-status));
        return 1;
    }
    printf("%lu times 2 MiB there and back, %lu us a time with the consumer's work\n",
           (unsigned long)rounds, (unsigned long)(clock_nanoseconds(moving) / rounds / 1000));
    return 0;
}

int main(int argc, char **argv)
{
    char *end = "";
    uint64_t rounds = argc == 2 ? strtoul(argv[1], &end, 10) : ROUNDS_DEFAULT;
    if (argc > 2 || *end != '\0' || rounds == 0) {
        fprintf(stderr, "usage: producer [ROUNDS]\n");
        return 2;
    }
    return produce(rounds);
}
