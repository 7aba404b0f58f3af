/* SPDX-License-Identifier: BSD-2-Clause */
/* lwIP without threads: its clock, its timer, and the round that moves everything. */
#include <errno.h>
#include "acknowledge.h"
#include "channel.h"
#include "clock.h"
#include "ethernet.h"
#include "session.h"
#include "stack.h"
#include "stream.h"
#include "syscall.h"
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>

#define NEVER      UINT64_MAX
#define ROUNDS_MAX 64 /* of the loopback at a time: two ends that answer each other go on later */

static struct {
    anser_handle timer;
    uint64_t ticks_per_ms;
    uint64_t armed; /* the deadline that the timer has, ticks */
    bool starved;
} stack;

uint32_t sys_now(void)
{
    return (uint32_t)(clock_now() / stack.ticks_per_ms);
}

int stack_begin(anser_handle receive)
{
    stack.ticks_per_ms = clock_hertz() / 1000;
    stack.armed = NEVER;
    anser_handle send = channel_mint(receive, STACK_BADGE_TIMER);
    if (send < 0)
        return (int)send;
    stack.timer = sys_timer_create(send);
    if (stack.timer < 0)
        return (int)stack.timer;
    if (!memory_begin())
        return -ENOMEM;
    lwip_init();
    return 0;
}

void stack_starve(void)
{
    stack.starved = true;
}

bool stack_starves(void)
{
    return stack.starved;
}

/* Sets the timer for lwIP's next deadline; one that is too early does no harm. */
static void arm(void)
{
    uint32_t wait = sys_timeouts_sleeptime();
    uint64_t now = clock_now();
    if (stack.armed <= now)
        stack.armed = NEVER;
    if (wait == SYS_TIMEOUTS_SLEEPTIME_INFINITE)
        return;
    uint64_t deadline = now + (uint64_t)wait * stack.ticks_per_ms;
    if (deadline + stack.ticks_per_ms >= stack.armed)
        return;
    stack.armed = deadline + 1;
    sys_timer_set(stack.timer, stack.armed, 0);
}

/* What the loopback interfaces hold. True: something came. */
static bool poll_loopback(void)
{
    bool some = false;
    struct netif *netif;
    NETIF_FOREACH(netif)
    {
        if (netif->loop_first == NULL)
            continue;
        some = true;
        ethernet_trust(netif); /* its checksums were never made */
        netif_poll(netif);
    }
    return some;
}

void stack_work(void)
{
    bool more = true;
    for (int round = 0; more && round < ROUNDS_MAX; round++) {
        sys_check_timeouts();
        ethernet_receive();
        more = poll_loopback();
        stream_receive_burst();
        acknowledge_burst();
        if (stack.starved && ethernet_has_room()) {
            stack.starved = false;
            stream_output_all();
        }
        more |= ethernet_flush();
    }
    session_wake_all();
    if (more) { /* the loopback is busy: come back when others had their turn */
        stack.armed = clock_now();
        sys_timer_set(stack.timer, stack.armed + 1, 0);
        return;
    }
    arm();
}
