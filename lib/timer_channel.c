/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers as channels: a timer object, and a channel of which it is the only send end. */
#include <errno.h>
#include <string.h>
#include "syscall.h"
#include "timer_channel.h"

/* CLOCK_NEVER stops it, which the kernel calls 0; 1 is as long ago as 0 would be. */
static int64_t set(const struct timer_channel *timer, uint64_t deadline, uint64_t period)
{
    uint64_t when = deadline == CLOCK_NEVER ? 0 : deadline == 0 ? 1 : deadline;
    return sys_timer_set(timer->timer, when, period);
}

int timer_channel_after(struct timer_channel *timer, uint64_t deadline)
{
    struct channel ends;
    int status = channel_create(&ends, TIMER_CHANNEL_ROOM, 0);
    if (status < 0)
        return status;
    timer->receive = ends.receive;
    timer->timer = sys_timer_create(ends.send);
    handle_close(ends.send);
    if (timer->timer < 0) {
        handle_close(ends.receive);
        return (int)timer->timer;
    }
    set(timer, deadline, 0);
    return 0;
}

static uint64_t end_of(uint64_t period)
{
    uint64_t end;
    return __builtin_add_overflow(clock_now(), period, &end) ? CLOCK_NEVER : end;
}

int timer_channel_every(struct timer_channel *timer, uint64_t period)
{
    if (period == 0)
        return -EINVAL;
    int status = timer_channel_after(timer, CLOCK_NEVER);
    if (status == 0)
        set(timer, end_of(period), period);
    return status;
}

/* Once it is stopped nothing new comes, so what is there now is all. */
int timer_channel_stop(struct timer_channel *timer)
{
    int64_t running = set(timer, CLOCK_NEVER, 0);
    if (running < 0)
        return (int)running;
    int64_t unread = timer_channel_wait(timer->receive, 0);
    if (unread < 0 && unread != -EAGAIN)
        return (int)unread;
    return running > 0 || unread > 0;
}

int timer_channel_reset(struct timer_channel *timer, uint64_t deadline)
{
    int stopped = timer_channel_stop(timer);
    if (stopped >= 0)
        set(timer, deadline, 0);
    return stopped;
}

int timer_channel_reset_every(struct timer_channel *timer, uint64_t period)
{
    if (period == 0)
        return -EINVAL;
    int stopped = timer_channel_stop(timer);
    if (stopped >= 0)
        set(timer, end_of(period), period);
    return stopped;
}

uint64_t timer_channel_count(const struct channel_in *in)
{
    uint64_t words[2];
    if (!(in->flags & ANSER_INFO_EVENT) || in->length < sizeof(words))
        return 0;
    memcpy(words, in->data, sizeof(words));
    return words[0] == ANSER_EVENT_TIMER ? words[1] : 0;
}

int64_t timer_channel_wait(anser_handle receive, uint64_t deadline)
{
    uint64_t words[2];
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    int status = channel_receive(receive, &in, 0, deadline);
    if (status < 0)
        return status;
    return in.flags & ANSER_INFO_CLOSED ? -EPIPE : (int64_t)timer_channel_count(&in);
}

void timer_channel_close(struct timer_channel *timer)
{
    handle_close(timer->timer);
    handle_close(timer->receive);
    *timer = (struct timer_channel){0, 0};
}
