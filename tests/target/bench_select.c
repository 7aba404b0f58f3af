/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction counts of select for `make bench`, one line a figure: BENCH name unit value how. They
 * mean something on one hart under -icount only; what is checked here, on any number, is that the
 * messages are right.
 */
/* sources: tests/target/support/task.c */
#include "clock.h"
#include "ipc.h"
#include "syscall.h"
#include "support/task.h"
#include "support/words.h"
#include "tap.h"

#define ROUNDS 4000
#define WARM   100

static struct anser_message blocks[ANSER_SELECT_MAX];
static uint64_t words[ANSER_SELECT_MAX];
static struct anser_case cases[ANSER_SELECT_MAX];
static struct channel channels[ANSER_SELECT_MAX];

static void report(const char *name, uint64_t instructions, const char *how)
{
    printf("BENCH %s instructions %lu %s, mean of %d\n", name, (instructions + ROUNDS / 2) / ROUNDS,
           how, ROUNDS);
}

static void make_cases(unsigned count, size_t capacity)
{
    for (unsigned i = 0; i < count; i++) {
        channels[i] = make_channel(8, capacity);
        blocks[i] = (struct anser_message){.recv_data = (uint64_t)&words[i], .recv_capacity = 8};
        cases[i] = (struct anser_case){channels[i].receive, 0, (uint64_t)&blocks[i]};
    }
}

static void drop_cases(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        drop_channel(channels[i]);
}

/* ---- A case is ready. --------------------------------------------------------------------------
 */

static void bench_ready(unsigned count, const char *name, const char *how)
{
    bool good = true;
    uint64_t instructions = 0;
    make_cases(count, 1);
    for (uint64_t round = 0; round < WARM + ROUNDS; round++) {
        send_word(channels[count - 1].send, round, 0);
        uint64_t begin = clock_instructions();
        struct sys_result result = sys_chan_select(cases, count, ANSER_INFO_NB, 0);
        if (round >= WARM)
            instructions += clock_instructions() - begin;
        good &= result.status >> ANSER_SELECT_INDEX_SHIFT == count - 1 && words[count - 1] == round;
    }
    TEST(good, "one of %u is ready", count);
    report(name, instructions, how);
    drop_cases(count);
}

/* ---- It waits. ---------------------------------------------------------------------------------
 */

static struct channel answers;

static int64_t select_and_answer(void *argument)
{
    unsigned count = *(unsigned *)argument;
    for (;;) {
        struct sys_result result = sys_chan_select(cases, count, 0, 0);
        if (result.status < 0 || result.status & ANSER_INFO_CLOSED)
            return result.status;
        uint64_t index = (uint64_t)result.status >> ANSER_SELECT_INDEX_SHIFT;
        ipc_send_word(answers.send, words[index] + index);
    }
}

static bool ask(unsigned index, uint64_t word)
{
    uint64_t answer, badge;
    return ipc_send_word(channels[index].send, word) == 0 &&
           ipc_recv_word(answers.receive, &answer, &badge) == 8 && answer == word + index;
}

static void bench_parked(unsigned count, const char *name, const char *how)
{
    struct task task;
    bool good = true;
    uint64_t begin = 0;
    make_cases(count, 0);
    answers = make_channel(8, 0);
    task_start(&task, select_and_answer, &count);
    task_wait_state(&task, ANSER_STATE_SELECTING);
    for (uint64_t round = 0; round < WARM + ROUNDS; round++) {
        if (round == WARM)
            begin = clock_instructions();
        good &= ask((unsigned)round % count, round);
    }
    uint64_t instructions = clock_instructions() - begin;
    sys_chan_close(channels[0].send);
    TEST(task_join(&task) == ANSER_INFO_CLOSED && good, "%u cases, all in turn", count);
    report(name, instructions, how);
    drop_channel(answers);
    drop_cases(count);
}

int main(void)
{
    bench_ready(2, "select_2_ready", "chan_select, not waiting, 1 of 2 receives ready");
    bench_ready(64, "select_64_ready", "the same, 1 of 64");
    bench_parked(2, "select_2_wait",
                 "send to a thread that selects on 2 receives, its answer by send");
    bench_parked(8, "select_8_wait", "the same, 8 receives");
    bench_parked(64, "select_64_wait", "the same, 64 receives");
    return tap_done();
}
