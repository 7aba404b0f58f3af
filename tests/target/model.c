/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sequences of the model test, with the outcomes that they have on the host, by real threads on
 * the real kernel. A thread waits if the kernel says so, not if it takes long.
 */
/* smp: 1 2 */
/* sources: tests/target/support/replay.c tests/host/channel_operation.c */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
#include <string.h>
#include <anser/init.h>
#include "clock.h"
#include "start.h"
#include "support/balance.h"
#include "support/replay.h"
#include "syscall.h"
#include "tap.h"

#define PATIENCE_MS 10000

__asm__(".section .rodata.sequences, \"a\", @progbits\n"
        ".globl sequences\n"
        "sequences: .incbin \"go/test/gomodel/sequences.txt\"\n"
        ".byte 0\n"
        ".text\n");
extern const char sequences[];

static struct replay_thread threads[REPLAY_THREADS];
static bool waits[REPLAY_THREADS];
static struct outcome wanted[REPLAY_THREADS];
static uint64_t own_process;

/* ---- Has everybody ended who should, and do all others wait? */

static bool waits_for_message(uint64_t state)
{
    return (state >= ANSER_STATE_SENDING && state <= ANSER_STATE_CALLING) ||
           state == ANSER_STATE_SIGNAL || state == ANSER_STATE_SELECTING;
}

static unsigned count_waiting(void)
{
    struct anser_thread_info info;
    unsigned count = 0;
    uint64_t index = 0;
    for (;;) {
        struct sys_result result = sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_THREAD,
                                                   index, &info, sizeof(info));
        if (result.status <= 0)
            return count;
        count += info.process == own_process && waits_for_message(info.state);
        index = result.value;
    }
}

static bool settled(void)
{
    unsigned waiting = 0;
    for (int i = 0; i < REPLAY_THREADS; i++) {
        waiting += waits[i];
        if (replay_done(&threads[i]) == waits[i])
            return false;
    }
    return count_waiting() == waiting;
}

static bool settle(void)
{
    uint64_t end = clock_after(PATIENCE_MS);
    while (!settled()) {
        if (clock_now() > end)
            return false;
        replay_pause();
    }
    return true;
}

/* ---- What came of it. */

static bool handle_came(int64_t name, anser_handle handle)
{
    uint64_t object = object_id(handle);
    if (replay_objects[name] != 0 && replay_objects[name] != object)
        return false;
    replay_handles[name] = handle;
    replay_objects[name] = object;
    return object != 0;
}

static bool message_came(const struct replay_thread *thread, const struct outcome *outcome)
{
    if (outcome->from < 0)
        return true;
    if (thread->length != outcome->length)
        return false;
    for (int64_t i = 0; i < outcome->length; i++)
        if (thread->data[i] != operation_byte(outcome->from, (uint64_t)i))
            return false;
    for (unsigned i = 0; i < carried_count(outcome->carried); i++)
        if (!handle_came(outcome->carried[i], thread->handles[i]))
            return false;
    return outcome->reply == NO_NAME || handle_came(outcome->reply, thread->reply);
}

static bool as_wanted(int thread)
{
    const struct replay_thread *seen = &threads[thread];
    return seen->status == wanted[thread].status && (int64_t)seen->value == wanted[thread].value &&
           message_came(seen, &wanted[thread]);
}

static void complain(int thread)
{
    struct outcome seen = outcome_empty;
    bool done = replay_done(&threads[thread]);
    printf("# thread %d %s; on the host, %s\n", thread, done ? "ended:" : "waits",
           waits[thread] ? "it waits" : "it ends:");
    seen.status = threads[thread].status;
    seen.value = (int64_t)threads[thread].value;
    seen.length = threads[thread].length;
    if (done)
        outcome_write(stdout, thread, &seen);
    if (!waits[thread])
        outcome_write(stdout, thread, &wanted[thread]);
}

/* ---- Sequences. */

/* Does one operation, whose outcomes are in wanted. */
static bool step(const struct operation *operation)
{
    bool good = true;
    bool ended[REPLAY_THREADS];
    for (int i = 0; i < REPLAY_THREADS; i++) {
        ended[i] = wanted[i].ended != 0;
        waits[i] = (waits[i] || i == operation->thread) && !ended[i];
    }
    replay_tell(&threads[operation->thread], operation);
    good = settle();
    for (int i = 0; i < REPLAY_THREADS; i++)
        if (replay_done(&threads[i]) == waits[i] || (ended[i] && !as_wanted(i))) {
            complain(i);
            good = false;
        }
    if (!good) {
        printf("# at: ");
        operation_write(stdout, operation);
    }
    return good;
}

/* Reads the outcomes behind an operation. */
static void read_outcomes(const char **at)
{
    struct script_line line;
    for (int i = 0; i < REPLAY_THREADS; i++)
        wanted[i].ended = 0;
    while (**at == '>' && script_read(at, &line) > 0)
        wanted[line.thread] = line.outcome;
}

/* With the handles that are left everybody who waits is woken; who waits for an answer is when the
 * thread that owes it ends. */
static void end_sequence(void)
{
    unsigned left = REPLAY_THREADS;
    for (int name = 0; name < NAMES_MAX; name++)
        if (replay_handles[name] != 0)
            sys_handle_close(replay_handles[name]);
    while (left > 0) {
        for (int i = 0; i < REPLAY_THREADS; i++) {
            if (threads[i].leaving || !replay_done(&threads[i]))
                continue;
            replay_leave(&threads[i]);
            left--;
        }
        if (left > 0)
            replay_pause();
    }
}

static void begin_sequence(void)
{
    struct anser_thread_info info;
    memset(replay_handles, 0, sizeof(replay_handles));
    memset(replay_objects, 0, sizeof(replay_objects));
    memset(waits, 0, sizeof(waits));
    for (int i = 0; i < REPLAY_THREADS; i++)
        replay_start(&threads[i]);
    task_look_up(threads[0].task.id, &info);
    own_process = info.process;
}

/* Runs the sequence whose first line has been read. False: not all went as it should; the rest of
 * it is passed over. */
static bool run_sequence(const char **at, unsigned *count)
{
    struct script_line line;
    bool good = true;
    const char *here = *at;
    begin_sequence();
    for (*count = 0; script_read(at, &line) > 0 && line.operation.kind != OP_SEQUENCE; ++*count) {
        read_outcomes(at);
        here = *at;
        good = good && step(&line.operation);
    }
    *at = here; /* before the next one's first line */
    end_sequence();
    return good;
}

/* Runs up to `most` sequences; how many ended as they should. */
static unsigned run_all(unsigned most, bool report)
{
    struct script_line line;
    unsigned good = 0;
    unsigned count;
    const char *at = sequences;
    while (most-- > 0 && script_read(&at, &line) > 0) {
        bool held = run_sequence(&at, &count);
        good += held;
        if (report)
            TEST(held && count > 0, "sequence %ld: %u operations end as they do on the host",
                 line.operation.until, count);
    }
    return good;
}

int main(void)
{
    memset(threads, 0xff, sizeof(threads)); /* so that all of it is there */
    memset(threads, 0, sizeof(threads));
    TEST(run_all(2, false) == 2, "two sequences, so that stacks and tables are as they will be");
    struct balance before = balance_now();
    run_all(UINT32_MAX, true);
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
