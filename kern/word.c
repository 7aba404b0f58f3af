/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for a 32-bit word to change. */
#include "kern/calls.h"
#include "kern/process.h"
#include "kern/thread.h"

void word_cancel(struct thread *thread, status_t status)
{
    tree_remove(&thread->process->words, &thread->word_node);
    thread_wake(thread, status);
}

uint64_t word_wake(struct process *process, uint64_t address, uint64_t count)
{
    uint64_t woken = 0;
    while (woken < count) {
        struct tree_node *node = tree_ceiling(&process->words, address);
        if (!node || node->key != address)
            break;
        word_cancel(container_of(node, struct thread, word_node), 0);
        woken++;
    }
    return woken;
}

status_t call_word_wait(struct thread *self)
{
    uint64_t address = self->x[REG_A0];
    uint64_t until = self->x[REG_A2] ? self->x[REG_A2] : UINT64_MAX;
    uint32_t *word;
    if (address & 3)
        return -ANSER_EINVAL;
    status_t status = user_word(&self->process->space, user(address), &word, false);
    if (status < 0)
        return status;
    if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != (uint32_t)self->x[REG_A1])
        return -ANSER_EAGAIN;
    status = thread_may_block(self, 0, until);
    if (status < 0)
        return status;
    tree_insert(&self->process->words, &self->word_node, address);
    thread_block(self, ANSER_STATE_WORD, until);
    return 0;
}

status_t call_word_wake(struct thread *self)
{
    uint64_t count = self->x[REG_A1];
    if (self->x[REG_A0] & 3)
        return -ANSER_EINVAL;
    return (status_t)word_wake(self->process, self->x[REG_A0], min(count, ANSER_WAKE_MAX));
}
