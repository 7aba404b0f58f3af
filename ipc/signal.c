/* SPDX-License-Identifier: BSD-2-Clause */
/* The signal object. */
#include "ipc/signal.h"
#include "ipc/message.h"
#include "kern/calls.h"
#include "kern/process.h"
#include "kern/thread.h"

#define SHUTDOWN_PIECE 32

uint64_t signal_take(struct signal *signal)
{
    uint64_t bits = signal->bits;
    signal->bits = 0;
    signal_update_pending(signal);
    return bits;
}

void signal_cancel(struct thread *thread, status_t status)
{
    struct signal *signal = (struct signal *)thread->wait_object;
    if (signal->waiter == thread)
        signal->waiter = NULL;
    else
        list_remove(&thread->waiting.link);
    signal_update_pending(signal);
    message_clear_registers(thread);
    thread->x[REG_A1] = status == 0 ? signal->bits : 0;
    thread_wake(thread, status);
}

/* Wakes who has waited longest; false if nobody waits. */
static bool wake_first(struct signal *signal, status_t status)
{
    struct waiter *waiter = signal_first_waiter(signal);
    if (!waiter)
        return false;
    if (!waiter_selects(waiter)) {
        signal_cancel(waiter->thread, status);
        return true;
    }
    waiter_end_case(waiter, status);
    if (status == 0)
        waiter->thread->x[REG_A1] = signal->bits;
    return true;
}

void signal_post(struct signal *signal, uint64_t bits)
{
    const struct waiter *waiter;
    signal->bits |= bits;
    while ((waiter = signal_first_waiter(signal)) && waiter_lost(waiter))
        wake_first(signal, -ANSER_EBADF);
    if (signal->bits && wake_first(signal, 0))
        signal->bits = 0;
    signal_update_pending(signal);
}

bool signal_shutdown_reclaim(struct object *object)
{
    struct signal *signal = container_of(object, struct signal, shutdown);
    for (unsigned n = 0; n < SHUTDOWN_PIECE; n++)
        if (!wake_first(signal, -ANSER_EPIPE)) {
            object_release(&signal->object);
            return true;
        }
    return false;
}

void signal_end_changed(struct signal *signal, uint64_t rights, int change)
{
    if (rights & ANSER_RIGHT_SEND)
        signal->send_ends += (uint32_t)change;
    if (rights & ANSER_RIGHT_RECV)
        signal->receive_ends += (uint32_t)change;
    if (signal->closed || (signal->send_ends > 0 && signal->receive_ends > 0) || change > 0)
        return;
    signal->closed = true;
    signal_slow_down(signal);
    object_reference(&signal->object);
    work_push(&signal->shutdown);
}

/* ---- System calls. */

status_t call_signal_create(struct thread *self)
{
    struct signal *signal =
        object_create(self->process->account, ANSER_TYPE_SIGNAL, sizeof(struct signal));
    if (!signal)
        return -ANSER_ENOMEM;
    signal->receiver = &channel_busy;
    signal->one_word = UINT32_MAX;
    signal->eight_words = UINT32_MAX;
    signal->shutdown.type = TYPE_SIGNAL_SHUTDOWN;
    list_init(&signal->waiters);
    return handle_publish_ends(self, &signal->object);
}

status_t call_signal(struct thread *self)
{
    struct capability capability;
    status_t status = handle_argument(self, ANSER_TYPE_SIGNAL, ANSER_RIGHT_SEND, &capability);
    if (status < 0)
        return status;
    struct signal *signal = (struct signal *)capability.object;
    if (signal->closed)
        return -ANSER_EPIPE;
    signal_post(signal, self->x[REG_A1]);
    return 0;
}

status_t call_wait(struct thread *self)
{
    struct capability capability;
    uint64_t info = self->x[REG_A1];
    uint64_t until = info & ANSER_INFO_DEADLINE ? self->x[REG_A2] : UINT64_MAX;
    status_t status = handle_argument(self, ANSER_TYPE_SIGNAL, ANSER_RIGHT_RECV, &capability);
    if (status < 0)
        return status;
    if (info & ~(uint64_t)(ANSER_INFO_NB | ANSER_INFO_DEADLINE))
        return -ANSER_EINVAL;
    struct signal *signal = (struct signal *)capability.object;
    if (signal->bits) {
        self->x[REG_A1] = signal_take(signal);
        return 0;
    }
    status = signal->closed ? -ANSER_EPIPE : thread_may_block(self, info, until);
    if (status < 0)
        return status;
    signal_add_waiter(signal, &self->waiting, info == 0 && !self->process->handles.slow);
    thread_wait_on(self, &signal->object, ANSER_STATE_SIGNAL, until);
    return 0;
}
