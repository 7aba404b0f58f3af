/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fairness of select: senders keep a channel each full, one process receives from whichever select
 * takes. How often each was taken is compared with the uniform distribution by Pearson's
 * chi-square.
 */
#include <errno.h>
#include <string.h>
#include "experiment.h"
#include "lib/clock.h"
#include "lib/select.h"
#include "lib/syscall.h"

#define CASES_MAX (LAB_WORKERS_MAX - 1)

static void arrange(struct lab_stage *stage)
{
    const struct lab_point *point = lab_stage_point(stage);
    unsigned count = (unsigned)lab_value(point, "processes") - 1;
    anser_handle receive[CASES_MAX], send[CASES_MAX];
    for (unsigned i = 0; i < count; i++) {
        struct channel channel =
            lab_channel(stage, lab_value(point, "size"), lab_value(point, "cap"));
        receive[i] = channel.receive;
        send[i] = channel.send;
    }
    lab_add(stage, "selector", count, receive);
    for (unsigned i = 0; i < count; i++)
        lab_add1(stage, "sender", send[i]);
}

/* Sends until the selector has had enough. */
static int sender(struct lab_work *work)
{
    int status = 0;
    for (uint64_t i = 0; status == 0; i++)
        status = lab_send(work, work->handles[0], i);
    return status == -EPIPE ? 0 : status;
}

/* Waits until all buffers are full; senders that wait to meet a receiver cannot be seen. */
static int wait_for_senders(const struct lab_work *work)
{
    for (unsigned i = 0; i < work->handle_count; i++) {
        struct sys_result result = sys_chan_len(work->handles[i]);
        while (result.status >= 0 && (uint64_t)result.status < result.value) {
            clock_sleep(1);
            result = sys_chan_len(work->handles[i]);
        }
        if (result.status < 0)
            return (int)result.status;
    }
    return 0;
}

/* Takes `rounds` elements and counts where they came from. */
static int take(struct lab_work *work, uint64_t rounds, uint64_t taken[static CASES_MAX])
{
    static _Alignas(ANSER_PAGE_SIZE)
        uint64_t buffers[CASES_MAX][ANSER_ELEMENT_MAX / sizeof(uint64_t)];
    struct select_case cases[CASES_MAX];
    struct channel_in in[CASES_MAX];
    for (unsigned i = 0; i < work->handle_count; i++) {
        in[i] = (struct channel_in){.data = buffers[i], .capacity = work->size};
        cases[i] = select_receive(work->handles[i], &in[i]);
    }
    for (uint64_t round = 0; round < rounds; round++) {
        int index = select_wait(cases, work->handle_count, CLOCK_NEVER);
        if (index < 0)
            return index;
        if (in[index].flags & ANSER_INFO_CLOSED)
            return -EPIPE;
        if (work->size >= sizeof(uint64_t) && buffers[index][0] != taken[index])
            return -EIO;
        taken[index]++;
    }
    return 0;
}

/* A square root; the library's would bring more than this program needs of it. */
static double root(double value)
{
    double guess = value > 1 ? value : 1;
    for (int i = 0; i < 60; i++)
        guess = (guess + value / guess) / 2;
    return guess;
}

/* What chi-square exceeds in one of ten thousand fair runs, by Wilson and Hilferty. */
static double bound(double degrees)
{
    const double quantile = 3.719; /* of the normal distribution, 0.9999 */
    double scaled = 1 - 2 / (9 * degrees) + quantile * root(2 / (9 * degrees));
    return degrees * scaled * scaled * scaled;
}

static void report(struct lab_work *work, uint64_t rounds, const uint64_t *taken)
{
    unsigned count = work->handle_count;
    double expected = (double)rounds / count, chi_square = 0;
    uint64_t most = 0, least = UINT64_MAX;
    for (unsigned i = 0; i < count; i++) {
        double off = (double)taken[i] - expected;
        chi_square += off * off / expected;
        most = taken[i] > most ? taken[i] : most;
        least = taken[i] < least ? taken[i] : least;
    }
    lab_report(work, "most", most);
    lab_report(work, "least", least);
    lab_report(work, "chi_square", (uint64_t)(chi_square * 1000));
    if (count > 1)
        lab_report(work, "bound", (uint64_t)(bound(count - 1) * 1000));
}

/*
 * A priority below that of the senders: whenever one can send it does, so that all cases are ready
 * at each choice, also on one hart.
 */
static int selector(struct lab_work *work)
{
    uint64_t taken[CASES_MAX] = {0}, rounds = lab_value(work->point, "rounds");
    int status = lab_priority(LAB_PRIORITY_MAX / 2);
    if (status == 0)
        status = wait_for_senders(work);
    if (status < 0)
        return status;
    lab_begin(work);
    status = take(work, rounds, taken);
    lab_end(work, rounds);
    report(work, rounds, taken);
    for (unsigned i = 0; i < work->handle_count; i++)
        handle_close(work->handles[i]);
    return status;
}

LAB_EXPERIMENT(select_fairness){
    .name = "select",
    .summary = "Fairness of select among channels that are always ready",
    .operation = "select that receives",
    .go = true,
    .parameters = {LAB_SIZE(8), LAB_CAPACITY(64), LAB_PROCESSES(9, 2), LAB_ROUNDS(20000)},
    .columns = {{.name = "most", .meaning = "times that the case was taken that was taken most"},
                {.name = "least", .meaning = "the same of the one that was taken least"},
                {.name = "chi_square", .meaning = "distance from uniform", .thousandths = true},
                {.name = "bound",
                 .meaning = "what a fair choice exceeds once in 10000 runs",
                 .thousandths = true}},
    .roles = {{"selector", selector}, {"sender", sender}},
    .arrange = arrange,
};
