/* SPDX-License-Identifier: BSD-2-Clause */
/* Episodes: making channels and workers, killing, closing, collecting what is reported. */
#include <errno.h>
#include <stdio.h>
#include <anser/init.h>
#include "clock.h"
#include "start.h"
#include "stress_keeper.h"
#include "syscall.h"
#include "thread.h"

#define PATIENCE_MS  60000 /* without any report, before it is said that somebody hangs */
#define GRACE_MS     100   /* for senders to finish where channels end with their send ends */
#define KILLS        10    /* looks for somebody to kill in a long episode, at least */
#define KILLED       99    /* the status of a worker that was killed */
#define BATCH        40
#define WORKER_PAGES 160

/* How an episode ends. */
enum ending { END_CLOSE, END_SENDERS_GO, END_ABANDON };

static struct mutex starting; /* stress_plan is the keeper's one copy, and so is child_start's */

static uint64_t bit(unsigned worker)
{
    return 1ul << worker;
}

static void say(struct stress_cell *cell, const char *what, int64_t value)
{
    printf("# cell %u, episode %lu: %s: %ld\n", cell->number, cell->episodes, what, (long)value);
    cell->good = false;
}

/* ---- Channels. */

static void open_channels(struct stress_cell *cell)
{
    static const unsigned sizes[] = {8, 8, 64, 64, 16, 65, 500, 4096};
    static const unsigned capacities[] = {0, 0, 0, 1, 2, 7, 64};
    struct stress_plan *plan = &cell->plan;
    for (unsigned i = 0; i < plan->channels; i++) {
        plan->element_size[i] = sizes[stress_below(&cell->random, 8)];
        plan->capacity[i] = capacities[stress_below(&cell->random, 7)];
        if (channel_create(&cell->channels[i], plan->element_size[i], plan->capacity[i]) < 0)
            say(cell, "no channel", i);
    }
    if (channel_create(&cell->reports, BATCH * 8, 4) < 0 ||
        channel_create_signal(&cell->signal) < 0)
        say(cell, "no channel for reports", 0);
}

static void drop(struct channel *channel)
{
    handle_close(channel->send);
    handle_close(channel->receive);
    *channel = (struct channel){0, 0};
}

/* ---- Workers. */

static int64_t give_ends(struct stress_cell *cell, struct child_options *options)
{
    anser_handle *to = options->handles;
    to[STRESS_REPORTS] = handle_duplicate(cell->reports.send);
    to[STRESS_SIGNAL_SEND] = handle_duplicate(cell->signal.send);
    to[STRESS_SIGNAL_RECEIVE] = handle_duplicate(cell->signal.receive);
    options->handle_count = STRESS_FIRST_CHANNEL;
    for (unsigned i = 0; i < cell->plan.channels; i++) {
        to[options->handle_count++] =
            channel_mint(cell->channels[i].receive, cell->plan.worker + 1);
        to[options->handle_count++] = handle_duplicate(cell->channels[i].receive);
    }
    for (unsigned i = 0; i < options->handle_count; i++)
        if (to[i] < 0)
            return to[i];
    return 0;
}

static void start_worker(struct stress_cell *cell)
{
    struct child_options options = {.budget_pages = WORKER_PAGES, .own_priority = true};
    unsigned worker = cell->plan.worker;
    cell->plan.threads = 1 + stress_below(&cell->random, STRESS_THREADS);
    options.priority = stress_below(&cell->random, cell->plan.priority + 1);
    int64_t status = give_ends(cell, &options);
    mutex_lock(&starting);
    stress_plan = cell->plan;
    stress_plan.priority = (unsigned)options.priority;
    cell->receivers[worker] = stress_receivers();
    if (status == 0)
        status = child_start(&cell->workers[worker], stress_work, 0, &options);
    mutex_unlock(&starting);
    if (status < 0) {
        say(cell, "a worker does not start", status);
        return;
    }
    cell->alive |= bit(worker);
    cell->plan.worker++;
    cell->started++;
}

/* Its end, as it must be. */
static void bury_worker(struct stress_cell *cell, unsigned worker, bool may_be_killed)
{
    struct child_end end = child_wait(&cell->workers[worker]);
    cell->alive &= ~bit(worker);
    if (may_be_killed && end.reason == ANSER_EXIT_KILLED && end.status == KILLED) {
        cell->losses.killed |= bit(worker);
        cell->losses.in_hand += cell->receivers[worker];
        cell->killed++;
        return;
    }
    if (end.reason == ANSER_EXIT_NORMAL && end.status == 0)
        return;
    printf("# worker %u ended: reason %lu, status %ld, cause %lu, value %#lx, pc %#lx\n", worker,
           end.reason, (long)end.status, end.cause, end.value, end.pc);
    say(cell, "a worker did not end as it should", worker);
}

static void kill_worker(struct stress_cell *cell, unsigned worker)
{
    sys_process_kill(cell->workers[worker].process, KILLED);
    bury_worker(cell, worker, true);
}

static void kill_somebody(struct stress_cell *cell)
{
    unsigned worker = stress_below(&cell->random, cell->plan.worker);
    if (!(cell->alive & bit(worker)))
        return;
    kill_worker(cell, worker);
    if (cell->plan.worker < STRESS_WORKERS)
        start_worker(cell);
}

/* ---- Reports. */

/* Takes what is reported until then. */
static void collect(struct stress_cell *cell, uint64_t deadline)
{
    uint64_t records[BATCH];
    struct channel_in in = {.data = records, .capacity = sizeof(records)};
    int status;
    while ((status = channel_receive(cell->reports.receive, &in, 0, deadline)) == 0) {
        cell->heard = clock_now();
        for (size_t i = 0; i < in.length / 8; i++)
            stress_ledger_enter(cell->ledger, records[i]);
        if (deadline != 0 && cell->heard >= deadline)
            return;
    }
    if (status != -ETIMEDOUT && status != -EAGAIN)
        say(cell, "the reports cannot be received", status);
}

static bool all_finished(const struct stress_cell *cell)
{
    return (cell->ledger->finished & cell->alive) == cell->alive;
}

/* Until all have finished, or nothing more is to be expected. */
static void wait_for_all(struct stress_cell *cell, uint64_t deadline)
{
    cell->heard = clock_now();
    while (!all_finished(cell) && clock_now() < deadline)
        collect(cell, clock_after(2));
}

/* ---- An episode. */

static void begin(struct stress_cell *cell)
{
    struct stress_plan *plan = &cell->plan;
    stress_ledger_clear(cell->ledger);
    cell->losses = (struct stress_losses){0};
    cell->alive = 0;
    cell->good = true;
    *plan = (struct stress_plan){.seed = stress_random(&cell->random)};
    plan->channels = 1 + stress_below(&cell->random, STRESS_CHANNELS);
    plan->batch = BATCH;
    plan->priority = (unsigned)child_priority_max();
    plan->closers = stress_one_in(&cell->random, 4);
    plan->until =
        clock_now() + clock_ticks(1000000ul * (1 + stress_below(&cell->random, cell->episode_ms)));
    open_channels(cell);
}

static void close_early(struct stress_cell *cell)
{
    unsigned channel = stress_below(&cell->random, cell->plan.channels);
    sys_chan_close(cell->channels[channel].send);
}

static void run(struct stress_cell *cell, bool kills, bool closes)
{
    unsigned most = (unsigned)clock_ticks(cell->episode_ms * 1000000ul) / KILLS;
    while (clock_now() < cell->plan.until && cell->good && cell->alive != 0) {
        collect(cell, clock_now() + stress_below(&cell->random, most));
        if (kills && stress_one_in(&cell->random, 2))
            kill_somebody(cell);
        if (closes && stress_one_in(&cell->random, 8))
            close_early(cell);
    }
}

static void close_all(struct stress_cell *cell)
{
    for (unsigned i = 0; i < cell->plan.channels; i++) {
        struct channel *channel = &cell->channels[i];
        if (channel->send == 0) /* given up for END_SENDERS_GO */
            channel->send = channel_mint(channel->receive, STRESS_KEEPER);
        sys_chan_close(channel->send);
        handle_close(channel->send);
        channel->send = 0;
    }
}

/* The last receive end goes while messages lie in buffers and senders wait. */
static void abandon(struct stress_cell *cell)
{
    cell->losses.notices = true;
    for (unsigned i = 0; i < cell->plan.channels; i++) {
        cell->losses.in_buffers += cell->plan.capacity[i];
        drop(&cell->channels[i]);
    }
    for (unsigned worker = 0; worker < cell->plan.worker; worker++)
        if (cell->alive & bit(worker))
            kill_worker(cell, worker);
}

static void end(struct stress_cell *cell, enum ending ending)
{
    if (ending == END_ABANDON) {
        abandon(cell);
        return;
    }
    if (ending == END_SENDERS_GO) {
        for (unsigned i = 0; i < cell->plan.channels; i++) {
            handle_close(cell->channels[i].send);
            cell->channels[i].send = 0;
        }
        wait_for_all(cell, clock_after(GRACE_MS));
    }
    close_all(cell);
}

/* What nobody has received is received here. */
static void drain(struct stress_cell *cell, unsigned channel)
{
    uint64_t data[ANSER_ELEMENT_MAX / 8];
    struct channel_in in = {.data = data, .capacity = sizeof(data)};
    while (channel_receive(cell->channels[channel].receive, &in, 0, 0) == 0 &&
           !(in.flags & ANSER_INFO_CLOSED)) {
        bool notice = in.flags & (ANSER_INFO_GONE | ANSER_INFO_EVENT);
        uint64_t record = stress_record(STRESS_GONE, channel, (unsigned)in.badge - 1, 0);
        if (!notice) {
            if (!stress_stamp_good(cell->plan.seed, data[0]))
                say(cell, "a message that nobody sent is left", (int64_t)data[0]);
            record = stress_record(STRESS_RECEIVED, channel, stress_id_of(data[0]),
                                   stress_sequence_of(data[0]));
        }
        if (!(in.flags & ANSER_INFO_EVENT) && !(notice && in.badge == STRESS_KEEPER))
            stress_ledger_enter(cell->ledger, record);
        for (unsigned i = 0; i < in.handle_count; i++)
            handle_close(in.handles[i]);
    }
}

/* Who does not finish hangs: nothing may wait for ever once all channels are closed. */
static void settle(struct stress_cell *cell)
{
    cell->heard = clock_now();
    while (!all_finished(cell) && clock_now() < cell->heard + clock_ticks(PATIENCE_MS * 1000000ul))
        collect(cell, clock_after(2));
    if (!all_finished(cell)) {
        say(cell, "workers hang (a bit each)", (int64_t)(cell->alive & ~cell->ledger->finished));
        sys_log_console(start_handle(START_SYSTEM), 1);
        sys_system_debug(start_handle(START_SYSTEM), ANSER_DEBUG_DUMP, 0);
    }
    for (unsigned worker = 0; worker < cell->plan.worker; worker++) {
        if (!(cell->alive & bit(worker)))
            continue;
        if (cell->ledger->finished & bit(worker))
            bury_worker(cell, worker, false);
        else
            kill_worker(cell, worker);
    }
}

static void look_at_signal(struct stress_cell *cell)
{
    uint64_t word;
    if (channel_wait(cell->signal.receive, &word, 0) == 0)
        stress_ledger_enter(cell->ledger, stress_record(STRESS_BITS, 0, 0, word));
}

bool stress_episode(struct stress_cell *cell)
{
    bool kills = stress_one_in(&cell->random, 2);
    bool closes = stress_one_in(&cell->random, 4);
    unsigned choice = stress_below(&cell->random, 8);
    enum ending ending = choice < 4 ? END_CLOSE : choice < 7 ? END_SENDERS_GO : END_ABANDON;
    begin(cell);
    if (kills || ending == END_ABANDON)
        cell->plan.batch = 1;
    for (unsigned i = 2 + stress_below(&cell->random, 3); i > 0 && cell->good; i--)
        start_worker(cell);
    run(cell, kills, closes);
    end(cell, ending);
    settle(cell);
    collect(cell, 0);
    look_at_signal(cell);
    for (unsigned i = 0; i < cell->plan.channels; i++) {
        if (ending != END_ABANDON)
            drain(cell, i);
        drop(&cell->channels[i]);
    }
    drop(&cell->reports);
    drop(&cell->signal);
    if (!stress_ledger_close(cell->ledger, cell->plan.channels, cell->plan.worker, &cell->losses))
        say(cell, "the ledger is wrong; seed of the episode", (int64_t)cell->plan.seed);
    cell->episodes++;
    cell->messages += cell->ledger->received;
    cell->answers += cell->ledger->answered;
    cell->expiries += cell->ledger->expired;
    return cell->good;
}
