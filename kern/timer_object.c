/* SPDX-License-Identifier: BSD-2-Clause */
/* Timer objects: an event at a time, once or periodically. */
#include "kern/calls.h"
#include "kern/process.h"
#include "kern/thread.h"
#include "kern/timer_object.h"

/*
 * Expiries that were missed are counted, not made up for: the next one is the first multiple of the
 * period that is still to come, so a periodic timer neither drifts nor piles up interrupts.
 */
static void timer_expired(struct deadline *deadline)
{
    struct timer *timer = container_of(deadline, struct timer, deadline);
    uint64_t count = 1;
    uint64_t step;
    uint64_t next = 0;
    if (timer->period != 0) {
        count += (time_now() - timer->next) / timer->period;
        if (!__builtin_mul_overflow(count, timer->period, &step) &&
            !__builtin_add_overflow(timer->next, step, &next))
            deadline_arm(&timer->deadline, next);
        else
            next = 0;
    }
    timer->next = next;
    event_post(&timer->event, ANSER_EVENT_TIMER, count);
}

/*
 * timer_create(send handle): a timer whose expiries are events there. The caller keeps its send
 * handle. -EBADF, -EPERM (the handle), -ENOMEM, -EMFILE.
 */
status_t call_timer_create(struct thread *self)
{
    struct process *process = self->process;
    struct timer *timer = object_create(process->account, ANSER_TYPE_TIMER, sizeof(*timer));
    if (timer == NULL)
        return -ANSER_ENOMEM;
    timer->deadline.expired = timer_expired;
    status_t status = event_bind(&timer->event, process, (anser_handle)self->x[REG_A0]);
    if (status < 0) {
        object_release(&timer->object);
        return status;
    }
    return handle_publish(process, &timer->object,
                          ANSER_RIGHT_MANAGE | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER);
}

/*
 * timer_set(timer, deadline, period): replaces what was set before, and returns 1 if that was still
 * to expire, else 0; deadline 0 stops. A deadline in the past expires at once. An expiry that was
 * not received yet stays to be received. -EBADF, -EPERM (MANAGE).
 */
status_t call_timer_set(struct thread *self)
{
    struct capability capability;
    status_t status = handle_argument(self, ANSER_TYPE_TIMER, ANSER_RIGHT_MANAGE, &capability);
    if (status < 0)
        return status;
    struct timer *timer = container_of(capability.object, struct timer, object);
    bool was_running = timer->next != 0;
    deadline_cancel(&timer->deadline);
    timer->next = self->x[REG_A1];
    timer->period = self->x[REG_A2];
    if (timer->next != 0)
        deadline_arm(&timer->deadline, timer->next);
    return was_running;
}

bool timer_reclaim(struct object *object)
{
    struct timer *timer = container_of(object, struct timer, object);
    deadline_cancel(&timer->deadline);
    event_unbind(&timer->event);
    return true;
}
