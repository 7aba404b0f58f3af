/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Priority inversion: a low process holds what a high one needs, and a medium one, which needs
 * neither, keeps it from giving it back. With the critical section in a server of higher priority
 * than all who call it, it cannot happen.
 */
#include <errno.h>
#include "experiment.h"
#include "lib/clock.h"

/* What the server is called with. */
enum { ENTER_SHORT, ENTER_LONG, LEAVE };

enum { PRIORITY_LOW = 1, PRIORITY_MEDIUM = 3, PRIORITY_HIGH = 5, PRIORITY_SERVER = 7 };

/*
 * The token is an element of a channel with room for one: who has received it has the lock. Wake
 * channels have room for one, so that who sends there does not wait.
 */
static void arrange(struct lab_stage *stage)
{
    bool token = lab_is(lab_stage_point(stage), "lock", "token");
    struct channel lock = lab_channel(stage, 8, token ? 1 : 0);
    struct channel high = lab_channel(stage, 16, 1), medium = lab_channel(stage, 16, 1);
    struct channel done = lab_channel(stage, 8, 2);
    lab_add(stage, "high", 4,
            (anser_handle[]){high.receive, token ? lock.receive : lock.send, lock.send, done.send});
    lab_add2(stage, "medium", medium.receive, done.send);
    lab_add(stage, "low", 5,
            (anser_handle[]){token ? lock.receive : lock.send, lock.send, high.send, medium.send,
                             done.receive});
    if (!token)
        lab_add(stage, "server", 3, (anser_handle[]){lock.receive, high.send, medium.send});
}

/* The counters when the critical section's holder let the others go. */
struct moment {
    uint64_t instructions;
    uint64_t ticks;
};

static int send_bytes(anser_handle send, const void *data, size_t length)
{
    struct channel_out out = {.data = data, .length = length};
    return channel_send(send, &out, CLOCK_NEVER);
}

/* 1, 0: closed, -errno. */
static int receive_bytes(anser_handle receive, void *data, size_t length)
{
    struct channel_in in = {.data = data, .capacity = length};
    int status = channel_receive(receive, &in, 0, CLOCK_NEVER);
    return status < 0 ? status : !(in.flags & ANSER_INFO_CLOSED);
}

static int call_word(anser_handle send, uint64_t word)
{
    struct channel_out out = {.data = &word, .length = sizeof(word)};
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    return channel_call(send, &out, &in, CLOCK_NEVER);
}

/* Lets high and medium go: from now on both want to run. */
static int release_others(anser_handle high, anser_handle medium)
{
    struct moment moment = {.instructions = clock_instructions(), .ticks = clock_now()};
    int status = send_bytes(high, &moment, sizeof(moment));
    return status == 0 ? send_bytes(medium, &moment, sizeof(moment)) : status;
}

/* ---- Roles. ---------------------------------------------------------------------------------- */

/* The critical section of low: the others want to run when half of it is done. */
static int hold(const struct lab_point *point, anser_handle high, anser_handle medium)
{
    uint64_t instructions = lab_value(point, "hold");
    lab_burn(instructions / 2);
    int status = release_others(high, medium);
    lab_burn(instructions / 2);
    return status;
}

static int enter_with_token(struct lab_work *work)
{
    uint64_t word;
    int status = receive_bytes(work->handles[0], &word, sizeof(word));
    if (status > 0)
        status = hold(work->point, work->handles[2], work->handles[3]);
    return status < 0 ? status : send_bytes(work->handles[1], &word, sizeof(word));
}

static int low(struct lab_work *work)
{
    uint64_t rounds = lab_value(work->point, "rounds"), word = 0;
    bool token = lab_is(work->point, "lock", "token");
    int status = lab_priority(PRIORITY_LOW);
    if (status == 0 && token)
        status = send_bytes(work->handles[1], &word, sizeof(word));
    lab_begin(work);
    for (uint64_t round = 0; round < rounds && status >= 0; round++) {
        status = token ? enter_with_token(work) : call_word(work->handles[0], ENTER_LONG);
        for (int others = 0; others < 2 && status >= 0; others++)
            status = receive_bytes(work->handles[4], &word, sizeof(word));
    }
    lab_end(work, rounds);
    if (status >= 0 && !token)
        status = call_word(work->handles[0], LEAVE);
    return status < 0 ? status : 0;
}

static int medium(struct lab_work *work)
{
    struct moment moment;
    int status = lab_priority(PRIORITY_MEDIUM);
    if (status < 0)
        return status;
    while ((status = receive_bytes(work->handles[0], &moment, sizeof(moment))) > 0) {
        lab_burn(lab_value(work->point, "load"));
        status = send_bytes(work->handles[1], &moment.ticks, sizeof(moment.ticks));
        if (status < 0)
            break;
    }
    return status;
}

/* The lock, for no work at all: 0 or -errno. */
static int enter_high(struct lab_work *work)
{
    uint64_t word;
    if (!lab_is(work->point, "lock", "token"))
        return call_word(work->handles[1], ENTER_SHORT);
    int status = receive_bytes(work->handles[1], &word, sizeof(word));
    return status > 0 ? send_bytes(work->handles[2], &word, sizeof(word)) : status;
}

static int high(struct lab_work *work)
{
    uint64_t instructions = 0, ticks = 0, longest = 0, rounds = 0;
    struct moment moment;
    int status = lab_priority(PRIORITY_HIGH);
    while (status >= 0 && (status = receive_bytes(work->handles[0], &moment, sizeof(moment))) > 0) {
        status = enter_high(work);
        uint64_t waited = clock_now() - moment.ticks;
        instructions += clock_instructions() - moment.instructions;
        ticks += waited;
        longest = waited > longest ? waited : longest;
        rounds++;
        if (status >= 0)
            status = send_bytes(work->handles[3], &waited, sizeof(waited));
    }
    if (rounds > 0) {
        lab_report(work, "wait", clock_nanoseconds(ticks) / rounds);
        lab_report(work, "longest", clock_nanoseconds(longest));
        if (clock_counts_instructions())
            lab_report(work, "wait_instructions", instructions / rounds);
    }
    return status;
}

/* The critical section, for whoever calls. At the end it lets the others' channels go, too: high
 * would otherwise wait for the server, and the server for high. */
static int server(struct lab_work *work)
{
    int status = lab_priority(PRIORITY_SERVER);
    uint64_t word = ENTER_SHORT;
    while (status >= 0 && word != LEAVE) {
        struct channel_out out = {.data = &word, .length = sizeof(word)};
        status = receive_bytes(work->handles[0], &word, sizeof(word));
        if (status <= 0)
            break;
        if (word == ENTER_LONG)
            status = hold(work->point, work->handles[1], work->handles[2]);
        if (status >= 0)
            status = channel_reply(0, &out);
    }
    return status;
}

LAB_EXPERIMENT(inversion){
    .name = "inversion",
    .summary = "Priority inversion: how long a high process waits for what a low one holds",
    .operation = "round of low, medium and high",
    .parameters = {{.name = "hold",
                    .meaning = "instructions of the critical section",
                    .otherwise = 10000,
                    .most = 100000000},
                   {.name = "load",
                    .meaning = "instructions of the medium process",
                    .otherwise = 100000,
                    .most = 1000000000},
                   {.name = "lock",
                    .meaning = "a token in a channel, or a server of high priority",
                    .choices = "token server"},
                   LAB_ROUNDS(50)},
    .columns = {{.name = "wait", .meaning = "nanoseconds that the high process waited, mean"},
                {.name = "longest", .meaning = "the longest such wait", .combine = LAB_MOST},
                {.name = "wait_instructions", .meaning = "instructions meanwhile, mean"}},
    .roles = {{"low", low}, {"medium", medium}, {"high", high}, {"server", server}},
    .arrange = arrange,
};
