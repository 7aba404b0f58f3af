/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads are in what their state says and nowhere else; harts know who is ready. */
#include "ipc/reply.h"
#include "ipc/waiter.h"
#include "kern/check.h"
#include "kern/hart.h"
#include "kern/lock.h"
#include "kern/process.h"
#include "kern/sched.h"

uint32_t check_list(const struct list *head, const struct object *object)
{
    uint32_t count = 0;
    for (const struct list *node = head->next; node != head; node = node->next) {
        CHECK(node && node->next && node->next->prev == node && node->prev->next == node, object,
              "neighbours in a list agree with each other");
        CHECK(++count < 1u << 20, object, "a list ends");
    }
    return count;
}

/* ---- Harts. */

static uint32_t check_ready_queue(const struct hart *hart, uint32_t priority)
{
    const struct list *queue = &hart->ready[priority];
    const struct thread *thread;
    uint32_t count = check_list(queue, NULL);
    CHECK((count > 0) == (hart->ready_mask >> priority & 1), NULL,
          "a hart's ready_mask says which queues hold threads");
    list_each (thread, queue, queue)
        CHECK(thread->state == ANSER_STATE_READY && thread->hart == hart &&
                  thread->priority == priority,
              &thread->object, "who is in a ready queue is ready there, at that priority");
    return count;
}

/* Threads that are ready on it. */
static uint32_t check_hart(const struct hart *hart)
{
    uint32_t count = 0, highest = 0;
    for (uint32_t priority = 0; priority < ANSER_PRIORITIES; priority++) {
        uint32_t here = check_ready_queue(hart, priority);
        highest = here ? priority : highest;
        count += here;
    }
    CHECK_EQUAL(hart->queue_max, highest, NULL, "a hart's queue_max is its highest ready priority");
    const struct thread *next = hart->next;
    if (next) {
        CHECK(next->state == ANSER_STATE_READY && next->hart == hart && list_empty(&next->queue),
              &next->object, "who is left aside is ready there, in no queue");
        CHECK((next->process->space.hart_mask >> hart->index & 1) && !next->process->handles.slow,
              &next->object, "assembly may switch to who is left aside");
        highest = next->priority > highest ? next->priority : highest;
        count++;
    }
    CHECK(hart->reschedule || hart->max_ready == highest, next ? &next->object : NULL,
          "a hart's max_ready is the highest priority that waits there");
    CHECK(!hart->reschedule || hart->max_ready >= highest, NULL,
          "a hart's max_ready lets nobody pass who is outranked");
    return count;
}

static uint32_t ready_count;

void check_harts(void)
{
    ready_count = 0;
    for (uint32_t i = 0; i < hart_count; i++)
        ready_count += check_hart(&harts[i]);
}

/* ---- One thread. */

static bool in_no_queue(const struct thread *thread)
{
    return list_empty(&thread->waiting.link) && !thread->word_node.linked &&
           !thread->deadline.node.linked && (!thread->selection || thread->selection->count == 0);
}

/* Who may answer whom: both sides say the same. */
static void check_answers(const struct thread *thread)
{
    const struct object *object = &thread->object;
    const struct thread *caller = thread->caller ? thread->caller : thread->odd_caller;
    CHECK(!thread->caller || !thread->odd_caller, object,
          "a thread owes an implicit answer to one caller at most");
    CHECK(!caller || (caller->server == thread && caller->state == ANSER_STATE_CALLING), object,
          "whom a thread may answer is calling, and waits for it");
    const struct thread *server = thread->server;
    CHECK(!server || server->caller == thread || server->odd_caller == thread, object,
          "the server that a caller waits for may answer it");
    CHECK(!thread->reply || thread->reply->caller == thread, object,
          "the reply object of a caller answers it");
    CHECK(!(server && thread->reply), object, "one right to answer exists for a call");
    CHECK(!thread->last_reply, object, "a reply object is linked before the kernel is left");
}

/* Not blocked: it runs, may run, or is in no state to. */
static void check_awake(const struct thread *thread)
{
    const struct object *object = &thread->object;
    CHECK(in_no_queue(thread), object, "a thread that does not wait is in no queue");
    CHECK(!thread->server && !thread->reply, object, "a thread that does not call has no server");
    CHECK(thread->state != ANSER_STATE_READY || thread->info == 0, object,
          "a thread that goes to user mode has info 0");
    if (thread->state == ANSER_STATE_RUNNING || thread->state == ANSER_STATE_DYING)
        CHECK(list_empty(&thread->queue), object, "only who is ready is in a ready queue");
}

static void check_blocked(const struct thread *thread)
{
    const struct object *object = &thread->object;
    CHECK(list_empty(&thread->queue), object, "only who is ready is in a ready queue");
    CHECK(thread->word_node.linked == (thread->state == ANSER_STATE_WORD), object,
          "a thread is among the words exactly if it waits for one");
    CHECK(thread->state == ANSER_STATE_CALLING || (!thread->server && !thread->reply), object,
          "a thread that does not call has no server");
    CHECK(thread->state == ANSER_STATE_SELECTING || !thread->selection ||
              thread->selection->count == 0,
          object, "only who selects has places in several queues");
    CHECK(!thread->ended, object, "a thread that has ended waits for nothing");
}

void check_thread(const struct thread *thread)
{
    const struct object *object = &thread->object;
    CHECK(thread->state <= ANSER_STATE_SELECTING, object, "a thread's state is one that there is");
    CHECK((thread->work != NULL) == ((thread->attention & ATTENTION_WORK) != 0), object,
          "a thread's attention says whether it has work");
    CHECK(thread->waiting.thread == thread, object, "a thread's place in queues is its own");
    CHECK(thread->handler_level <= 2, object, "handlers are two levels deep at most");
    CHECK(thread->ended || (thread->gate == &closed_gate) == thread->interrupt_deferred, object,
          "the gate is closed exactly while an interruption is deferred");
    check_answers(thread);
    if (thread_blocked(thread))
        check_blocked(thread);
    else
        check_awake(thread);
}

/* ---- All of them. */

static uint32_t words_of(const struct process *process)
{
    uint32_t count = 0;
    const struct tree_node *node;
    for (node = tree_first(&process->words); node; node = tree_next(node)) {
        const struct thread *thread = container_of(node, const struct thread, word_node);
        CHECK(thread->process == process && thread->state == ANSER_STATE_WORD, &thread->object,
              "who is among the words of a process waits for one");
        count++;
    }
    return count;
}

static uint32_t check_threads_of(const struct process *process)
{
    const struct thread *thread;
    uint32_t count = check_list(&process->threads, &process->object), words = 0;
    list_each (thread, &process->threads, siblings) {
        CHECK(thread->process == process && !thread->ended, &thread->object,
              "a process lists its own threads that have not ended");
        words += thread->state == ANSER_STATE_WORD;
    }
    CHECK_EQUAL(process->thread_count, count, &process->object,
                "thread_count says how many threads a process has");
    CHECK_EQUAL(words, words_of(process), &process->object,
                "all threads that wait for a word are among the words");
    return count;
}

/* At most one thread runs on a hart, whatever the fast paths did since it was last seen. */
static void check_running(void)
{
    uint32_t running[HARTS_MAX] = {0};
    uint32_t cursor = 0, ready = 0;
    const struct tally *tally;
    while ((tally = tally_next(&cursor))) {
        const struct thread *thread = (const struct thread *)tally->object;
        if (tally->object->type != ANSER_TYPE_THREAD)
            continue;
        check_thread(thread);
        ready += thread->state == ANSER_STATE_READY;
        if (thread->state == ANSER_STATE_RUNNING)
            CHECK(running[thread->hart->index]++ == 0, &thread->object,
                  "one thread at most runs on a hart");
    }
    CHECK(!tally_complete() || ready == ready_count, NULL,
          "everybody who is ready is in a ready queue");
}

void check_threads(void)
{
    const struct process *process;
    uint64_t count = 0;
    check_harts();
    check_running();
    list_each (process, &process_list, siblings)
        count += check_threads_of(process);
    CHECK_EQUAL(thread_total, count, NULL, "thread_total says how many threads there are");
}
