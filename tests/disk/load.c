/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load for a disk, of which every byte is checked: `load DISK REQUESTS DEPTH KILLS SEED [LEAVERS]`.
 * Random writes, reads, zeroes and flushes, up to DEPTH at a time, while the disk's server is
 * killed KILLS times at random moments. A read must give what was last completed there, whoever
 * completed it. At the end the whole disk is read, and the generation of each unit is printed for
 * the host, which looks at the image: a disk that was flushed after its last write has them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <anser/init.h>
#include "block.h"
#include "channel.h"
#include "start.h"
#include "tap.h"
#include "thread.h"
#include "pattern.h"

#define UNITS_MAX  8192 /* of the disk that are used */
#define SPAN_MAX   8    /* units of a request */
#define SLOT_BYTES (SPAN_MAX * PATTERN_UNIT)
#define SLOTS_MAX  64

static struct block *disk;
static uint64_t seed, choices;
static uint32_t units;
static uint32_t generation[UNITS_MAX]; /* what is on the disk */
static bool in_use[UNITS_MAX];         /* by a request that is in flight */
static uint32_t last_generation;
static char *area;
static bool can_zero;

static struct slot {
    uint32_t operation;
    uint32_t unit;
    uint32_t span;
    uint32_t generation;
} slots[SLOTS_MAX];
static uint32_t free_slots[SLOTS_MAX];
static unsigned free_count;

static uint64_t reads, writes, zeroes, flushes, wrong, errors;

/* ---- Kills. ---------------------------------------------------------------------------------- */

static struct {
    const char *disk;
    uint32_t wanted;
    volatile uint32_t done;
    volatile bool stop;
    uint64_t random;
    int error;
} killer;

/* Ends the server when it runs; init starts it again at once. */
static int kill_server(void)
{
    struct init_query request = {.type = INIT_RESTART};
    int64_t status = 0;
    strncpy(request.name, killer.disk, sizeof(request.name) - 1);
    struct channel_out out = {.data = &request, .length = sizeof(request)};
    struct channel_in in = {.data = &status, .capacity = sizeof(status)};
    int error = channel_call(start_handle(START_INIT), &out, &in, CLOCK_NEVER);
    return error < 0 ? error : (int)status;
}

static void kill_often(void *argument)
{
    (void)argument;
    while (killer.done < killer.wanted && !killer.stop && killer.error == 0) {
        clock_sleep_until(clock_now() + clock_ticks(pattern_random(&killer.random) % 20000000));
        int status = kill_server();
        if (status == 0)
            killer.done++;
        else if (status != -EAGAIN && status != -ESRCH) /* not there yet, or dying */
            killer.error = status;
    }
}

/* Clients that end while their server is dead, or before they have attached to its successor: it
 * must not keep their regions, nor init their records. */
static bool leave_often(const char *name, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct block *leaver;
        int status = block_open(&leaver, name, 4096, 1);
        if (status == 0)
            status = kill_server();
        block_close(leaver);
        if (status < 0 && status != -EAGAIN && status != -ESRCH) {
            printf("# leaver %u: %d\n", i, status);
            return false;
        }
    }
    return true;
}

/* ---- Requests. ------------------------------------------------------------------------------- */

static uint32_t choose(uint32_t below)
{
    return (uint32_t)(pattern_random(&choices) >> 33) % below;
}

/* A place that no request in flight touches; span 0: none was found quickly. */
static uint32_t choose_place(uint32_t *unit)
{
    for (int i = 0; i < 20; i++) {
        uint32_t span = choose(4) == 0 ? 1 + choose(SPAN_MAX) : 1, end;
        *unit = choose(units - span + 1);
        for (end = 0; end < span && !in_use[*unit + end]; end++)
            ;
        if (end == span)
            return span;
    }
    return 0;
}

static void fill(const struct slot *slot, char *bytes)
{
    for (uint32_t i = 0; i < slot->span; i++)
        pattern_make(bytes + i * PATTERN_UNIT, seed, slot->unit + i, slot->generation);
}

static uint32_t choose_operation(void)
{
    uint32_t dice = choose(100);
    if (dice < 60)
        return BLOCK_OP_WRITE;
    if (dice < 92)
        return BLOCK_OP_READ;
    return dice < 96 && can_zero ? BLOCK_OP_ZERO : BLOCK_OP_FLUSH;
}

/* Makes a request; false: everything near is in flight. */
static bool make_request(struct block_request *request)
{
    uint32_t number = free_slots[free_count - 1];
    struct slot *slot = &slots[number];
    *slot = (struct slot){.operation = choose_operation()};
    if (slot->operation != BLOCK_OP_FLUSH) {
        slot->span = choose_place(&slot->unit);
        if (slot->span == 0)
            return false;
    }
    if (slot->operation == BLOCK_OP_WRITE) {
        slot->generation = ++last_generation;
        fill(slot, area + number * SLOT_BYTES);
    }
    for (uint32_t i = 0; i < slot->span; i++)
        in_use[slot->unit + i] = true;
    *request =
        (struct block_request){.sector = (uint64_t)slot->unit * (PATTERN_UNIT / BLOCK_SECTOR),
                               .cookie = number,
                               .operation = slot->operation,
                               .offset = number * SLOT_BYTES,
                               .bytes = slot->span * PATTERN_UNIT};
    free_count--;
    return true;
}

static void check_unit(const char *bytes, uint32_t unit)
{
    unsigned line = pattern_check(bytes, seed, unit, generation[unit]);
    if (line == PATTERN_LINES)
        return;
    const uint64_t *words = (const uint64_t *)(bytes + 64 * line);
    if (wrong++ < 10)
        printf("# unit %" PRIu32 " line %u: generation %" PRIu64 " of unit %" PRIu64
               " instead of %" PRIu32 ", server %u\n",
               unit, line, words[2], words[1], generation[unit], block_recoveries(disk));
}

static void end_request(const struct block_completion *completion)
{
    struct slot *slot = &slots[completion->cookie];
    if (completion->status < 0 && errors++ < 10)
        printf("# operation %" PRIu32 " of unit %" PRIu32 ": error %d\n", slot->operation,
               slot->unit, (int)completion->status);
    for (uint32_t i = 0; i < slot->span; i++) {
        uint32_t unit = slot->unit + i;
        in_use[unit] = false;
        if (slot->operation == BLOCK_OP_READ)
            check_unit(area + completion->cookie * SLOT_BYTES + i * PATTERN_UNIT, unit);
        else if (completion->status == 0)
            generation[unit] = slot->generation;
    }
    reads += slot->operation == BLOCK_OP_READ;
    writes += slot->operation == BLOCK_OP_WRITE;
    zeroes += slot->operation == BLOCK_OP_ZERO;
    flushes += slot->operation == BLOCK_OP_FLUSH;
    free_slots[free_count++] = (uint32_t)completion->cookie;
}

/* Puts in what there is room for, a random number at a time. Returns how many. */
static int put_some(unsigned depth)
{
    struct block_request requests[SLOTS_MAX];
    unsigned room = free_count - (SLOTS_MAX - depth), count = 0;
    unsigned most = room > 0 ? 1 + choose(room) : 0;
    while (count < most && make_request(&requests[count]))
        count++;
    int put = block_submit(disk, requests, count);
    return put == (int)count ? put : put < 0 ? put : -EPROTO;
}

static int reap_some(uint64_t deadline)
{
    struct block_completion completions[SLOTS_MAX];
    int count = block_reap(disk, completions, SLOTS_MAX, deadline);
    for (int i = 0; i < count; i++)
        end_request(&completions[i]);
    return count;
}

/* Until there were as many requests as wanted, and as many kills. */
static int run(uint64_t wanted, unsigned depth)
{
    uint64_t put = 0;
    while (put < wanted || killer.done < killer.wanted) {
        int status = put_some(depth);
        if (status < 0 || killer.error < 0)
            return status < 0 ? status : killer.error;
        put += (uint64_t)status;
        status = reap_some(CLOCK_NEVER);
        if (status < 0)
            return status;
    }
    while (block_in_flight(disk) > 0) {
        int status = reap_some(CLOCK_NEVER);
        if (status < 0)
            return status;
    }
    return 0;
}

/* ---- Begin and end. -------------------------------------------------------------------------- */

static int begin(const char *name, unsigned depth)
{
    size_t size;
    int status = block_open(&disk, name, SLOTS_MAX * SLOT_BYTES, depth);
    if (status < 0)
        return status;
    area = block_area(disk, &size);
    units = (uint32_t)(block_size(disk) / PATTERN_UNIT);
    if (units > UNITS_MAX)
        units = UNITS_MAX;
    can_zero = block_describe(disk)->flags & BLOCK_CAN_ZERO;
    if (units < 2 * SPAN_MAX || size < SLOTS_MAX * SLOT_BYTES)
        return -ENOSPC;
    for (uint32_t i = 0; i < SLOTS_MAX; i++)
        free_slots[i] = SLOTS_MAX - 1 - i;
    free_count = SLOTS_MAX;
    return block_zero(disk, 0, (uint64_t)units * PATTERN_UNIT);
}

static int check_all(void)
{
    static char bytes[SLOT_BYTES];
    for (uint32_t unit = 0; unit < units; unit += SPAN_MAX) {
        uint32_t span = units - unit < SPAN_MAX ? units - unit : SPAN_MAX;
        int status = block_read(disk, bytes, (uint64_t)unit * PATTERN_UNIT, span * PATTERN_UNIT);
        if (status < 0)
            return status;
        for (uint32_t i = 0; i < span; i++)
            check_unit(bytes + i * PATTERN_UNIT, unit + i);
    }
    return 0;
}

static void print_generations(void)
{
    for (uint32_t unit = 0; unit < units; unit += 16) {
        printf("# units %" PRIu32 ":", unit);
        for (uint32_t i = unit; i < units && i < unit + 16; i++)
            printf(" %" PRIu32, generation[i]);
        printf("\n");
    }
}

static uint64_t number(int argc, char **argv, int index, uint64_t otherwise)
{
    return index < argc ? strtoull(argv[index], NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "disk0";
    uint64_t requests = number(argc, argv, 2, 1000);
    unsigned depth = (unsigned)number(argc, argv, 3, 32);
    seed = number(argc, argv, 5, 1);
    choices = killer.random = seed * 2 + 1;
    killer.disk = name;
    killer.wanted = (uint32_t)number(argc, argv, 4, 0);
    int status = depth <= SLOTS_MAX ? begin(name, depth) : -EINVAL;
    TEST(status == 0, "%s can be used (%d)", name, status);
    if (status < 0)
        return tap_done();
    if (argc > 6)
        TEST(leave_often(name, (unsigned)number(argc, argv, 6, 0)), "%s clients leave", argv[6]);
    struct thread *thread = NULL;
    if (killer.wanted > 0)
        TEST(thread_create(&thread, kill_often, NULL, NULL) == 0, "the one who kills starts");
    status = run(requests, depth);
    killer.stop = true;
    if (thread != NULL)
        thread_join(thread);
    TEST(status == 0 && errors == 0, "all requests were done (%d, %" PRIu64 " errors)", status,
         errors);
    TEST(killer.done == killer.wanted, "the server was killed %" PRIu32 " times (%d)", killer.done,
         killer.error);
    TEST(block_flush(disk) == 0, "flushed");
    TEST(check_all() == 0 && wrong == 0, "each read gave what was written last (%" PRIu64 " wrong)",
         wrong);
    printf("# %" PRIu64 " reads, %" PRIu64 " writes, %" PRIu64 " zeroes, %" PRIu64
           " flushes, %u recoveries, seed %" PRIu64 "\n",
           reads, writes, zeroes, flushes, block_recoveries(disk), seed);
    print_generations();
    block_close(disk);
    return tap_done();
}
