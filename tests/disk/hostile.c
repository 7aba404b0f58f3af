/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `hostile DISK`: clients that do what they should not: counts that cannot be, requests that are
 * changed while they are judged, no room for completions, memory without end, an end with requests
 * in flight. The server says what is wrong to whoever did it, and a good client does not notice.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "block.h"
#include "block_session.h"
#include "channel.h"
#include "ipc.h"
#include "names.h"
#include "tap.h"
#include "thread.h"
#include "pattern.h"

#define SEED       0x7e57
#define GOOD_UNITS 64 /* of the disk's beginning; nobody else writes there */

static const char *name;
static struct block *good;
static char bytes[PATTERN_UNIT];

/* ---- The good client. ------------------------------------------------------------------------ */

static void begin_good(void)
{
    int status = block_open(&good, name, 0, 4);
    for (unsigned unit = 0; unit < GOOD_UNITS && status == 0; unit++) {
        pattern_make(bytes, SEED, unit, 1);
        status = block_write(good, bytes, unit * PATTERN_UNIT, sizeof(bytes));
    }
    TEST(status == 0, "a good client writes (%d)", status);
}

static bool good_reads(void)
{
    for (unsigned unit = 0; unit < GOOD_UNITS; unit++)
        if (block_read(good, bytes, unit * PATTERN_UNIT, sizeof(bytes)) < 0 ||
            pattern_check(bytes, SEED, unit, 1) != PATTERN_LINES)
            return false;
    return block_recoveries(good) == 0;
}

/* ---- One that does not use the library. ------------------------------------------------------ */

static anser_handle bad;

static int64_t call(const void *request, size_t length, anser_handle handle,
                    struct block_attached *answer, anser_handle *region)
{
    struct channel_out out = {.data = request, .length = length};
    struct channel_in in = {.data = answer, .capacity = sizeof(*answer)};
    if (handle > 0) {
        out.handle_count = 1;
        out.handles[0] = handle;
    }
    int error = channel_call(bad, &out, &in, CLOCK_NEVER);
    if (error < 0)
        return error;
    *region = in.handle_count > 0 ? in.handles[0] : 0;
    return answer->status;
}

static int64_t attach(uint64_t size, uint64_t entries, anser_handle notify)
{
    struct block_attach request = {BLOCK_ATTACH, size, entries};
    struct block_attached answer;
    anser_handle region = 0;
    int64_t status = call(&request, sizeof(request), notify, &answer, &region);
    handle_close(region);
    return status;
}

static int64_t kick(void)
{
    uint64_t word = BLOCK_KICK;
    int64_t status = ipc_call_word(bad, &word);
    return status < 0 ? status : (int64_t)word;
}

static anser_handle make_signal(void)
{
    struct channel signal;
    if (channel_create_signal(&signal) < 0)
        return 0;
    handle_close(signal.receive);
    return signal.send;
}

static void test_attaching(void)
{
    struct channel channel;
    struct block_attached answer;
    anser_handle region;
    uint64_t unknown = 0x7ff;
    bad = names_lookup(name);
    TEST(kick() == -ESTALE, "a kick of somebody who is not attached");
    TEST(call(&unknown, 8, 0, &answer, &region) == -ENOSYS, "a request that there is not");
    TEST(call(&unknown, 4, 0, &answer, &region) == -EINVAL, "half a request");
    TEST(attach(4096, 8, 0) == -EINVAL, "no signal");
    TEST(channel_create(&channel, 64, 0) == 0 && attach(4096, 8, channel.send) == -EINVAL,
         "a channel for a signal");
    TEST(attach(0, 8, make_signal()) == -EINVAL, "no memory");
    TEST(attach(BLOCK_REGION_MAX + 1, 8, make_signal()) == -EINVAL, "too much memory");
    TEST(attach(UINT64_MAX, 8, make_signal()) == -EINVAL, "all memory");
    TEST(attach(4096, 0, make_signal()) == -EINVAL, "no entries");
    TEST(attach(4096, 3, make_signal()) == -EINVAL, "three entries");
    TEST(attach(4096, 512, make_signal()) == -EINVAL, "too many entries");
    TEST(attach(4096, (1ul << 32) + 1, make_signal()) == -EINVAL, "more than fit into a word");
    TEST(attach(4096, 8, make_signal()) == 0 && kick() == 0, "attached, kicked for nothing");
    TEST(attach(8192, 16, make_signal()) == 0 && kick() == 0, "attached again");
    handle_close(bad);
    handle_close(channel.receive);
    TEST(good_reads(), "the good one reads on");
}

/* Clients and memory without end: the server runs out of either, and says so. */
static void test_exhausting(void)
{
    anser_handle handles[80];
    int64_t status = 0;
    unsigned count = 0;
    while (status == 0 && count < 80) {
        bad = handles[count++] = names_lookup(name);
        status = attach(4096, 1, make_signal());
    }
    TEST(status == -EMFILE && count > 32, "too many clients are refused (%u, %d)", count,
         (int)status);
    TEST(good_reads(), "the good one reads on");
    while (count > 0)
        handle_close(handles[--count]);
    for (status = 0; status == 0 && count < 20;) {
        bad = handles[count++] = names_lookup(name);
        status = attach(BLOCK_REGION_MAX, 256, make_signal());
    }
    TEST(status == -ENOMEM && count < 10, "too much memory is refused (%u, %d)", count,
         (int)status);
    TEST(good_reads(), "the good one reads on");
    while (count > 0)
        handle_close(handles[--count]);
    bad = names_lookup(name);
    TEST(attach(1u << 20, 256, make_signal()) == 0, "what they gave back can be had again");
    handle_close(bad);
}

/* ---- Rings that lie. ------------------------------------------------------------------------- */

static struct block *open_bad(unsigned depth)
{
    struct block *block;
    int status = block_open(&block, name, 65536, depth);
    if (status < 0)
        printf("# %s does not open: %d\n", name, status);
    return block;
}

/* A kick after one of the counts was changed: the server drops the client. */
static void test_count(uint32_t *(*which)(struct block *), uint32_t value, const char *what)
{
    struct block *block = open_bad(8);
    bad = block->handle;
    *which(block) = value;
    TEST(kick() == -EPROTO && kick() == -ESTALE, "%s: the client is one no more", what);
    block_close(block);
    TEST(good_reads(), "the good one reads on");
}

static uint32_t *requests_put(struct block *block)
{
    return block->session.requests.count;
}

static uint32_t *completions_taken(struct block *block)
{
    return block->session.completions.count;
}

static void put_raw(struct block *block, uint32_t place, struct block_request request)
{
    memcpy(ring_entry(&block->session.requests, place), &request, sizeof(request));
}

/* Never takes a completion: the server stops when the ring is full, and nobody waits for it. */
static void test_no_room(void)
{
    struct block *block = open_bad(8);
    bad = block->handle;
    for (unsigned round = 0; round < 4; round++) {
        for (uint32_t i = 0; i < 8; i++)
            put_raw(block, i, (struct block_request){.operation = 99, .cookie = i});
        uint32_t taken = __atomic_load_n(block->session.requests.their_count, __ATOMIC_ACQUIRE);
        __atomic_store_n(block->session.requests.count, taken + 8, __ATOMIC_SEQ_CST);
        kick();
    }
    uint32_t put = __atomic_load_n(block->session.completions.their_count, __ATOMIC_ACQUIRE);
    TEST(put == 8, "no more completions than have room (%u)", (unsigned)put);
    TEST(good_reads(), "the good one reads on");
    block_close(block);
}

/* Another thread changes the requests all the time, from what is right to what is wrong. */
static struct {
    struct block *block;
    volatile bool stop;
} changer;

static void change(void *argument)
{
    (void)argument;
    uint64_t random = 1;
    while (!changer.stop) {
        for (uint32_t i = 0; i < 8; i++) {
            struct block_request *request =
                (struct block_request *)changer.block->session.requests.entries + i;
            uint64_t dice = pattern_random(&random);
            request->sector = dice & 1 ? dice : 1024;
            request->offset = dice & 2 ? (uint32_t)dice : 0;
            request->bytes = dice & 4 ? dice : 512;
            request->operation = dice & 8 ? (uint32_t)dice : BLOCK_OP_READ;
        }
        if (pattern_random(&random) % 64 == 0)
            thread_yield(); /* on one hart it would take a time slice for each round */
    }
}

static void test_changing(void)
{
    struct block *block = changer.block = open_bad(8);
    struct thread *thread;
    bad = block->handle;
    TEST(thread_create(&thread, change, NULL, NULL) == 0, "a thread changes its requests");
    bool well = true;
    for (unsigned round = 0; round < 500 && well; round++) {
        uint32_t put = __atomic_load_n(block->session.completions.their_count, __ATOMIC_ACQUIRE);
        __atomic_store_n(block->session.completions.count, put, __ATOMIC_SEQ_CST);
        uint32_t taken = __atomic_load_n(block->session.requests.their_count, __ATOMIC_ACQUIRE);
        __atomic_store_n(block->session.requests.count, taken + 8, __ATOMIC_SEQ_CST);
        well = kick() == 0;
        thread_yield();
    }
    changer.stop = true;
    thread_join(thread);
    TEST(well, "the server goes on");
    TEST(good_reads(), "the good one reads on");
    block_close(block);
}

/* ---- Ends with requests in flight. ----------------------------------------------------------- */

static void test_leaving(void)
{
    bool well = true;
    for (unsigned round = 0; round < 100 && well; round++) {
        struct block *block = open_bad(64);
        struct block_request requests[64];
        well = block != NULL;
        for (unsigned i = 0; i < 64; i++)
            requests[i] =
                (struct block_request){.sector = (GOOD_UNITS + i) * 8,
                                       .operation = i % 2 ? BLOCK_OP_READ : BLOCK_OP_WRITE,
                                       .offset = i % 8 * 8192,
                                       .bytes = 4096};
        well = well && block_submit(block, requests, 64) == 64;
        block_close(block);
    }
    TEST(well, "a hundred clients end with 64 requests in flight each");
    TEST(good_reads(), "the good one reads on");
}

/* ---- Fairness. ------------------------------------------------------------------------------- */

/* Keeps all that it may in flight; how many were done while the other one had one in flight. */
static unsigned greedy_meanwhile(struct block *greedy, struct block *modest)
{
    struct block_request request = {.sector = 8, .bytes = 4096};
    struct block_completion done[256];
    unsigned count = 0;
    if (block_submit(modest, &request, 1) != 1)
        return UINT32_MAX;
    while (block_reap(modest, done, 1, 0) == -EAGAIN && count < 100000) {
        int reaped = block_reap(greedy, done, 256, CLOCK_NEVER);
        if (reaped <= 0)
            return UINT32_MAX;
        count += (unsigned)reaped;
        for (int i = 0; i < reaped; i++)
            if (block_submit(greedy, &request, 1) != 1)
                return UINT32_MAX;
    }
    return count;
}

static void test_fairness(void)
{
    struct block *greedy = open_bad(256), *modest = open_bad(1);
    struct block_request requests[256];
    unsigned worst = 0, queue = block_describe(greedy)->queue_size;
    for (unsigned i = 0; i < 256; i++)
        requests[i] = (struct block_request){.sector = 16, .bytes = 4096};
    TEST(block_submit(greedy, requests, 256) == 256, "a greedy client has 256 in flight");
    for (unsigned i = 0; i < 50; i++) {
        unsigned count = greedy_meanwhile(greedy, modest);
        worst = count > worst ? count : worst;
    }
    TEST(worst <= 4 * queue, "a modest one waits for at most %u of them (%u)", 4 * queue, worst);
    block_close(greedy);
    block_close(modest);
}

int main(int argc, char **argv)
{
    name = argc > 1 ? argv[1] : "disk0";
    begin_good();
    test_attaching();
    test_exhausting();
    test_count(requests_put, 9, "nine requests in a ring of eight");
    test_count(requests_put, 0x80000000, "far more");
    test_count(requests_put, UINT32_MAX, "fewer than none");
    test_count(completions_taken, 1, "a completion taken that was not there");
    test_count(completions_taken, 0x80000000, "many of them");
    test_no_room();
    test_changing();
    test_leaving();
    test_fairness();
    TEST(good_reads(), "after all that, the good one reads on");
    block_close(good);
    return tap_done();
}
