/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several harts: what a call costs whose server is on another hart, and what N clients with a
 * server each, all in processes of their own, get done together on N harts. Under -icount QEMU runs
 * the harts by turns and `instret` counts all of them, so there the instructions of a call mean
 * something and the throughput does not; without -icount it is the other way round. Prints what
 * means something: BENCH name unit value how. What is checked, always, is the answers.
 */
/* timeout: 90 */
/* sources: tests/target/support/child.c tests/target/support/task.c */
#include <anser/init.h>
#include "clock.h"
#include "start.h"
#include "support/child.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define PAIRS_MAX  4
#define CROSSINGS  1000 /* calls across harts, if ... */
#define CROSS_MS   1500 /* they are done by then */
#define TRIES      200  /* to get two threads onto two harts */
#define SPIN_TICKS 10000
#define BATCH      64  /* calls of a batch on one hart */
#define BATCHES    50  /* where instructions are counted */
#define START_MS   20  /* until everybody has found a hart */
#define WINDOW_MS  400 /* what is measured where they are not */

static uint64_t harts;
static bool counting; /* instructions */

/* What makes a thread stay on its hart: live floating-point registers. */
static void hold_hart(void)
{
    __asm__ volatile("fmv.d.x ft0, zero" : : : "ft0");
}

/* ---- The server: adds one. It runs until its channel is closed. ------------------------------ */

static int64_t serve(uint64_t unused)
{
    (void)unused;
    struct ipc_registers first = {.info = 0};
    int64_t status = ipc_exchange(ANSER_CALL_recv, child_handles[0], &first);
    uint64_t word = first.words[0], badge;
    while (status == (ANSER_INFO_CALL | 8)) {
        word++;
        status = ipc_reply_recv_word(child_handles[0], &word, &badge);
    }
    return status == ANSER_INFO_CLOSED ? 0 : 1;
}

/* ---- A call whose server is on another hart. ------------------------------------------------- */

static void spin(uint64_t ticks)
{
    for (uint64_t end = clock_now() + ticks; clock_now() < end;) {}
}

/* For every word that comes the server keeps a hart busy for a while, and stays there. */
static int64_t serve_elsewhere(uint64_t unused)
{
    while (receive_word(child_handles[1], CLOCK_NEVER) == 1) {
        spin(SPIN_TICKS);
        hold_hart();
    }
    return serve(unused);
}

struct crossing {
    anser_handle server; /* where it is called */
    anser_handle settle; /* a word: look for a hart; closed: found */
    uint64_t thread;     /* its id */
    uint64_t client;     /* the id of who calls */
    uint64_t taken[CROSSINGS];
    uint64_t count; /* of them */
    bool together;  /* at the end */
};

static bool elsewhere(const struct crossing *crossing)
{
    struct anser_thread_info server, client;
    return task_look_up(crossing->thread, &server) && task_look_up(crossing->client, &client) &&
           server.hart != client.hart;
}

/* While the client keeps its hart busy, the server, which waits there, is given to an idle one. */
static bool settle(const struct crossing *crossing)
{
    bool found = false;
    for (int i = 0; i < TRIES && !found; i++) {
        if (send_word(crossing->settle, 1, CLOCK_NEVER) < 0)
            return false;
        spin(2 * SPIN_TICKS);
        hold_hart();
        found = elsewhere(crossing);
    }
    handle_close(crossing->settle);
    return found;
}

static uint64_t meter(void)
{
    return counting ? clock_instructions() : clock_now();
}

/*
 * Returns how many calls were answered, if all rightly and, where instructions are counted, from
 * another hart. A host that does not let a hart run for long enough makes the kernel move threads
 * that wait there.
 */
static int64_t cross(void *argument)
{
    struct crossing *crossing = argument;
    crossing->client = object_id(thread_handle());
    bool good = settle(crossing);
    uint64_t word = 0, end = clock_after(CROSS_MS);
    while (good && crossing->count < CROSSINGS && (crossing->count == 0 || clock_now() < end)) {
        uint64_t begin = meter();
        good &= ipc_call_word(crossing->server, &word) == 8;
        crossing->taken[crossing->count++] = meter() - begin;
    }
    /* Not between the calls: a hart that is out of QEMU's turn while it looks has the lock. */
    crossing->together = !elsewhere(crossing);
    return good && !(crossing->together && counting) ? (int64_t)word : -1;
}

static uint64_t median(uint64_t values[], size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && values[j - 1] > values[j]; j--) {
            uint64_t value = values[j];
            values[j] = values[j - 1];
            values[j - 1] = value;
        }
    return values[count / 2];
}

static void report_crossing(struct crossing *crossing)
{
    if (crossing->together) {
        printf("# a busy host brought client and server together: no figure\n");
        return;
    }
    uint64_t taken = median(crossing->taken, crossing->count);
    printf("BENCH call_reply_cross_hart %s %lu call and reply, 1 word, client and server kept on "
           "two of %lu harts, median of %lu\n",
           counting ? "instructions" : "nanoseconds",
           (unsigned long)(counting ? taken : clock_nanoseconds(taken)), (unsigned long)harts,
           (unsigned long)crossing->count);
}

static void bench_cross_hart(void)
{
    struct channel calls = make_channel(ANSER_REGISTER_BYTES, 0), settle = make_channel(8, 0);
    struct child_options options = {.handle_count = 2, .handles = {calls.receive, settle.receive}};
    struct child server;
    struct task client;
    if (!TEST(child_start(&server, serve_elsewhere, 0, &options) == 0, "a server for other harts"))
        return;
    struct crossing crossing = {
        .server = calls.send, .settle = settle.send, .thread = object_id(server.thread)};
    task_start(&client, cross, &crossing);
    TEST(task_join(&client) == (int64_t)crossing.count,
         "calls are answered rightly by a server on another hart");
    report_crossing(&crossing);
    handle_close(calls.send);
    TEST(child_wait(&server).status == 0, "the server ends well");
}

/* ---- Pairs. ---------------------------------------------------------------------------------- */

/* What a client is told, and what it tells. Times are in ticks. */
struct window {
    uint64_t begin, end;
    uint64_t batches; /* at most */
    uint64_t work;    /* turns of an empty loop between two calls */
};
struct result {
    uint64_t calls;
    uint64_t best; /* instructions of the best batch */
};

static bool call_batch(anser_handle server, uint64_t work, uint64_t *word)
{
    int64_t wrong = 0;
    for (uint64_t i = 0; i < BATCH; i++) {
        wrong |= ipc_call_word(server, word) ^ 8;
        for (uint64_t turn = work; turn > 0; turn--)
            __asm__ volatile("" : "+r"(turn));
    }
    return wrong == 0;
}

/* The client: calls from the window's begin to its end, as often as it can. */
static int64_t call_in_window(uint64_t unused)
{
    (void)unused;
    struct window window;
    struct result result = {0, UINT64_MAX};
    struct channel_in in = {.data = &window, .capacity = sizeof(window)};
    if (channel_receive(child_handles[1], &in, 0, CLOCK_NEVER) != 0)
        return 1;
    uint64_t word = 0;
    while (clock_now() < window.begin) {}
    bool good = call_batch(child_handles[0], window.work, &word); /* the server comes here */
    word = 0;
    while (good && clock_now() < window.end && window.batches-- > 0) {
        uint64_t begin = clock_instructions();
        good = call_batch(child_handles[0], window.work, &word);
        uint64_t taken = clock_instructions() - begin;
        if (taken < result.best)
            result.best = taken;
    }
    result.calls = word;
    struct channel_out out = {.data = &result, .length = sizeof(result)};
    return channel_send(child_handles[2], &out, CLOCK_NEVER) < 0 || !good;
}

struct pair {
    struct child client, server;
};

static bool pair_start(struct pair *pair, anser_handle start, anser_handle result)
{
    struct channel calls = make_channel(ANSER_REGISTER_BYTES, 0);
    struct child_options server = {.handle_count = 1, .handles = {calls.receive}};
    struct child_options client = {
        .handle_count = 3,
        .handles = {calls.send, handle_duplicate(start), handle_duplicate(result)},
    };
    return child_start(&pair->server, serve, 0, &server) == 0 &&
           child_start(&pair->client, call_in_window, 0, &client) == 0;
}

/* Sends each the window and takes its result; the sum of calls, and the best batch of all. */
static bool run_window(uint64_t pairs, uint64_t work, anser_handle start, anser_handle results,
                       struct result *all)
{
    uint64_t begin = clock_after(START_MS);
    struct window window = {.begin = begin, .batches = BATCHES, .work = work, .end = CLOCK_NEVER};
    if (!counting) {
        window.end = begin + clock_ticks(WINDOW_MS * 1000000ul);
        window.batches = UINT64_MAX;
    }
    struct channel_out out = {.data = &window, .length = sizeof(window)};
    struct result one;
    struct channel_in in = {.data = &one, .capacity = sizeof(one)};
    bool good = true;
    for (uint64_t i = 0; i < pairs; i++)
        good &= channel_send(start, &out, CLOCK_NEVER) == 0;
    for (uint64_t i = 0; i < pairs && good; i++) {
        good &= channel_receive(results, &in, 0, CLOCK_NEVER) == 0;
        all->calls += one.calls;
        all->best = one.best < all->best ? one.best : all->best;
    }
    return good;
}

static void report_pairs(uint64_t pairs, uint64_t work, const struct result *all)
{
    printf("BENCH pairs_%lu_harts_%lu", (unsigned long)pairs, (unsigned long)harts);
    if (counting)
        printf(" instructions %lu call and reply, 1 word, best batch of %d of all pairs\n",
               (unsigned long)((all->best + BATCH - 1) / BATCH), BATCH);
    else
        printf("_work_%lu calls_a_second %lu all pairs together, so many turns of a loop between "
               "calls\n",
               (unsigned long)work, (unsigned long)(all->calls * 1000 / WINDOW_MS));
}

static void bench_pairs(uint64_t pairs, uint64_t work)
{
    struct channel start = make_channel(sizeof(struct window), 0);
    struct channel results = make_channel(sizeof(struct result), 0);
    struct pair all[PAIRS_MAX];
    bool good = true;
    for (uint64_t i = 0; i < pairs; i++)
        good &= pair_start(&all[i], start.receive, results.send);
    if (!TEST(good, "%lu pairs of processes", (unsigned long)pairs))
        return;
    struct result sum = {0, UINT64_MAX};
    TEST(run_window(pairs, work, start.send, results.receive, &sum), "each pair has its results");
    report_pairs(pairs, work, &sum);
    drop_channel(start);
    drop_channel(results);
    int64_t wrong = 0;
    for (uint64_t i = 0; i < pairs; i++)
        wrong |= child_wait(&all[i].client).status | child_wait(&all[i].server).status;
    TEST(wrong == 0, "and all calls were answered rightly");
}

int main(void)
{
    struct anser_system_info info;
    sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    harts = info.harts;
    counting = clock_counts_instructions();
    if (harts > 1)
        bench_cross_hart();
    uint64_t most = harts < PAIRS_MAX ? harts : PAIRS_MAX;
    static const uint64_t works[] = {0, 1000, 20000};
    for (uint64_t w = 0; w < (counting ? 1 : sizeof(works) / sizeof(works[0])); w++) {
        bench_pairs(1, works[w]);
        if (most > 1)
            bench_pairs(most, works[w]);
    }
    return tap_done();
}
