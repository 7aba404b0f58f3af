/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of functions through which calls go upwards. */
#include "kern/boot.h"
#include "ipc/select.h"
#include "ipc/signal.h"
#include "kern/calls.h"
#include "kern/hart.h"
#include "kern/process.h"
#include "kern/panic.h"
#include "kern/sched.h"

static const struct object_type types[] = {
    [ANSER_TYPE_PROCESS] = {process_reclaim, NULL},
    [ANSER_TYPE_THREAD] = {thread_reclaim, NULL},
    [ANSER_TYPE_CHANNEL] = {channel_reclaim, ends_changed},
    [ANSER_TYPE_SIGNAL] = {NULL, ends_changed},
    [ANSER_TYPE_REPLY] = {reply_reclaim, NULL},
    [ANSER_TYPE_PAGES] = {pages_reclaim, NULL},
    [ANSER_TYPE_IRQ] = {irq_reclaim, NULL},
    [ANSER_TYPE_DEVICE] = {device_reclaim, NULL},
    [ANSER_TYPE_TIMER] = {timer_reclaim, NULL},
    /* The `system` object is there for ever. */
    [TYPE_BADGE] = {badge_reclaim, NULL},
    [TYPE_PARCEL] = {parcel_reclaim, NULL},
    [TYPE_TEARDOWN] = {teardown_reclaim, NULL},
    [TYPE_KILLING] = {killing_reclaim, NULL},
    [TYPE_SWEEP] = {sweep_reclaim, NULL},
    [TYPE_CHANNEL_WORK] = {channel_work_reclaim, NULL},
    [TYPE_SIGNAL_SHUTDOWN] = {signal_shutdown_reclaim, NULL},
};

static cancel_wait *const cancellers[] = {
    [ANSER_STATE_SENDING] = calls_cancel, [ANSER_STATE_RECEIVING] = calls_cancel,
    [ANSER_STATE_CALLING] = calls_cancel, [ANSER_STATE_WORD] = word_cancel,
    [ANSER_STATE_SIGNAL] = signal_cancel, [ANSER_STATE_SELECTING] = select_cancel,
};

static const struct sched_hooks hooks = {exit_attend, exit_blocked, exit_bury, interrupts_poll};

void tables_init(void)
{
    object_types = types;
    thread_cancellers = cancellers;
    sched_hooks = &hooks;
    panic_dump = dump_threads;
    select_seed(time_now());
}
