/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every kernel object starts with. References come from handles, from messages under way,
 * from regions and from other objects. The last drop queues the object on the work list of the
 * thread that dropped it; that thread does the reclaiming, in bounded pieces, before it returns to
 * user mode (below). Never recursion.
 */
#pragma once

#include <anser/abi.h>
#include "kern/account.h"
#include "kern/types.h"

struct capability;

struct object {
    uint32_t references;
    uint8_t type;  /* ANSER_TYPE_*, or a kernel-private one */
    uint16_t size; /* as given to slab_alloc */
    uint64_t id;   /* unique for ever, for people */
    struct account *payer;
    struct object *next_work;
};

/* Kernel-private types of objects that are never behind a handle of their own. */
#define TYPE_BADGE           32
#define TYPE_PARCEL          33
#define TYPE_TEARDOWN        34 /* embedded in a process; size 0: not freed by itself */
#define TYPE_CHANNEL_WORK    35 /* embedded in a channel, likewise */
#define TYPE_SWEEP           14 /* embedded in a process, likewise */
#define TYPE_KILLING         16 /* embedded in a process, likewise */
#define TYPE_SIGNAL_SHUTDOWN 15 /* embedded in a signal, likewise */

/* A zeroed object with one reference, charged to the payer; NULL: no budget. */
void *object_create(struct account *payer, uint8_t type, size_t size);
void object_reference(struct object *object);
/* Drops one reference; the last one queues the object for reclaiming. */
void object_release(struct object *object);

/*
 * Each type's reclaim function: takes apart at most about 10,000 instructions' worth; true when
 * nothing but the object's own memory is left, which work_piece then frees.
 */
typedef bool object_reclaim(struct object *object);
object_reclaim process_reclaim, thread_reclaim, channel_reclaim, reply_reclaim, pages_reclaim,
    irq_reclaim, device_reclaim, timer_reclaim, badge_reclaim, parcel_reclaim, teardown_reclaim,
    killing_reclaim, sweep_reclaim, channel_work_reclaim, signal_shutdown_reclaim;

/*
 * What a type knows to do. The table is set at boot by the room on top of all others
 * (kern/tables.c), so that this one knows nothing of what objects contain.
 */
struct object_type {
    object_reclaim *reclaim; /* NULL: there is nothing but its memory */
    /* A capability with such an object appears (+1) or disappears (-1); NULL: nobody counts. */
    void (*capability_changed)(const struct capability *capability, int change);
};
extern const struct object_type *object_types;

extern uint64_t object_count; /* alive, of all types */

/*
 * Work lists: objects without references, waiting to be taken apart by the thread that dropped the
 * last one. The thread does that before it sees user mode again, a bounded piece at a time, and may
 * be preempted between pieces.
 */

/* Queues an object on the running thread's list. */
void work_push(struct object *object);
/* Does one piece of the running thread's work; true if there is more. */
bool work_piece(struct thread *self);
/* Frees a reclaimed object's own memory. */
void object_free(struct object *object);
/* Hands a thread's remaining work to another one. */
void work_give(struct thread *to, struct thread *from);

/* The thread that this hart runs, or its idle thread: tp in the kernel. */
static inline struct thread *current_thread(void)
{
    struct thread *self;
    __asm__ volatile("mv %0, tp" : "=r"(self));
    return self;
}
