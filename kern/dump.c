/* SPDX-License-Identifier: BSD-2-Clause */
/* Why are you stuck? A line for each thread, with what it waits for. */
#include "kern/hart.h"
#include "kern/log.h"
#include "kern/panic.h"
#include "kern/process.h"
#include "kern/thread.h"

static const char *const state_names[] = {
    [ANSER_STATE_READY] = "ready",     [ANSER_STATE_RUNNING] = "running",
    [ANSER_STATE_SENDING] = "sending", [ANSER_STATE_RECEIVING] = "receiving",
    [ANSER_STATE_CALLING] = "calling", [ANSER_STATE_WORD] = "in word_wait",
    [ANSER_STATE_SIGNAL] = "in wait",  [ANSER_STATE_FAULTED] = "stopped by a fault",
    [ANSER_STATE_DYING] = "dying",     [ANSER_STATE_SELECTING] = "in select",
};

static void dump_thread(const struct thread *thread)
{
    uint32_t state = thread->state;
    const struct object *object = thread_wait_object(thread);
    kprintf("  thread %lu, priority %u, hart %u, pc %lx: %s", thread->object.id, thread->priority,
            thread->hart->index, thread->x[REG_PC],
            state < array_length(state_names) ? state_names[state] : "in an unknown state");
    if (state == ANSER_STATE_WORD)
        kprintf(" at %lx", thread->word_node.key);
    else if (object != NULL)
        kprintf(" on channel %lu", object->id);
    else if (thread->server != NULL)
        kprintf(", waits for the answer of thread %lu", thread->server->object.id);
    kprintf("\n");
}

void dump_threads(void)
{
    const struct process *process;
    const struct thread *thread;
    list_each (process, &process_list, siblings) {
        kprintf("%s (%lu):\n", process->name, process->object.id);
        list_each (thread, &process->threads, siblings)
            dump_thread(thread);
    }
}
