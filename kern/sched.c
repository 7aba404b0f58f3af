/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs next on a hart. */
#include "kern/sched.h"
#include "kern/hart.h"
#include "kern/lock.h"
#include "kern/panic.h"
#include "kern/process.h"

#define SLICES_PER_SECOND 100
#define SHARE_PART        100 /* of a slice: 100 us */

struct thread idle_threads[HARTS_MAX];
uint64_t slice_ticks;
const struct sched_hooks *sched_hooks;

static inline void set_current(struct thread *thread)
{
    __asm__ volatile("mv tp, %0" : : "r"(thread) : "memory");
}

void sched_init(uint64_t ticks_per_second)
{
    slice_ticks = ticks_per_second / SLICES_PER_SECOND;
    for (uint32_t h = 0; h < HARTS_MAX; h++) {
        struct hart *hart = &harts[h];
        struct thread *idle = &idle_threads[h];
        for (uint32_t p = 0; p < ANSER_PRIORITIES; p++)
            list_init(&hart->ready[p]);
        hart->slice_end = UINT64_MAX;
        hart->lock = &kernel_gate.lock;
        hart->idle = idle;
        hart->current = idle;
        idle->hart = hart;
        list_init(&idle->queue);
    }
    set_current(&idle_threads[0]);
}

/* ---- Ready queues. */

static uint32_t highest(const struct hart *hart)
{
    uint64_t mask = hart->ready_mask;
    uint32_t found = 0;
    for (uint32_t half = ANSER_PRIORITIES / 2; half > 0; half /= 2) {
        uint32_t up = mask >> half != 0 ? half : 0;
        mask >>= up;
        found += up;
    }
    return found;
}

/* For the fast path: while the hart is to reschedule, nothing may pass by the scheduler. */
static void update_max(struct hart *hart)
{
    hart->max_ready = hart->reschedule ? UINT32_MAX : hart->queue_max;
}

static void link_ready(struct hart *hart, struct thread *thread, bool first)
{
    struct list *queue = &hart->ready[thread->priority];
    if (first)
        list_prepend(queue, &thread->queue);
    else
        list_append(queue, &thread->queue);
    if (!hart->ready_mask)
        hart->waiting_since = time_now();
    hart->ready_mask |= 1ul << thread->priority;
    hart->queue_max = max(hart->queue_max, thread->priority);
}

/* Of the registers of a thread that a fast path left aside, those that are lost are stale. */
static void forget_lost_registers(struct thread *thread, uint64_t left)
{
    for (unsigned r = REG_T0; r < 32 && left != NEXT_ALL; r++) {
        bool word = (r >= REG_T0 && r < REG_T0 + 3) || (r >= REG_A2 && r < REG_A7);
        if (r != REG_A0 && r != REG_A1 && r != REG_S11 && !(word && left == NEXT_WORDS))
            thread->x[r] = 0;
    }
}

static struct thread *take_aside(struct hart *hart)
{
    struct thread *thread = hart->next;
    kassert(thread->state == ANSER_STATE_READY && thread->hart == hart);
    hart->next = NULL;
    hart->max_ready = hart->queue_max;
    forget_lost_registers(thread, hart->next_registers);
    return thread;
}

/* The thread that a fast path left aside goes where it belongs: nobody waits before it there. */
static void settle(struct hart *hart)
{
    if (!hart->next)
        return;
    link_ready(hart, take_aside(hart), true);
    update_max(hart);
}

static void enqueue(struct hart *hart, struct thread *thread, bool first)
{
    settle(hart);
    thread->hart = hart;
    thread->state = ANSER_STATE_READY;
    link_ready(hart, thread, first);
    hart->reschedule = 1;
    update_max(hart);
}

/* Takes a ready thread out of its queue. */
static void unready(struct thread *thread)
{
    struct hart *hart = thread->hart;
    settle(hart);
    list_remove(&thread->queue);
    if (list_empty(&hart->ready[thread->priority])) {
        hart->ready_mask &= ~(1ul << thread->priority);
        hart->queue_max = highest(hart);
    }
    update_max(hart);
}

/*
 * Where a thread that wakes is queued: here, for whoever woke it will often block soon. One with
 * live floating-point registers stays where they are: only that hart can save them.
 */
static struct hart *home(const struct thread *thread)
{
    return thread->hart->float_owner == thread ? thread->hart : hart_self();
}

static void enqueue_and_tell(struct hart *hart, struct thread *thread, bool first)
{
    /* Asked first: a thread whose wait is cancelled as it blocks is still the current one here, and
     * its hart is about to be another. */
    bool own = hart == hart_self();
    enqueue(hart, thread, first);
    if (own)
        return;
    kernel_gate.idle_harts &= ~(1ul << hart->index); /* the next one looks for another */
    hart_poke(hart);
}

/* Assembly may switch to who is left aside: shootdowns must know of its space here, and it must
 * need no fence. */
static bool may_switch(const struct hart *hart, const struct thread *thread)
{
    return (thread->process->space.hart_mask >> hart->index & 1) && !thread->process->handles.slow;
}

/* As a fast path leaves who becomes ready (ipc/fastpath.S), if it would be the next one here. */
static bool leave_aside(struct hart *hart, struct thread *thread)
{
    const struct thread *self = current_thread();
    if (thread->priority <= hart->queue_max || hart->next || hart->reschedule ||
        hart != self->hart || thread->attention || !may_switch(hart, thread) ||
        (kernel_gate.idle_harts && self != hart->idle))
        return false;
    if (thread->priority == self->priority && !hart->slice_armed)
        timer_set_slice(time_now() + slice_ticks); /* as a rival */
    thread->hart = hart;
    thread->state = ANSER_STATE_READY;
    hart->next = thread;
    hart->next_registers = NEXT_ALL;
    hart->max_ready = thread->priority;
    if (thread->priority > self->priority) {
        hart->reschedule = 1;
        hart->max_ready = UINT32_MAX;
    }
    return true;
}

void sched_ready(struct thread *thread)
{
    kassert(thread->state != ANSER_STATE_READY && thread->state != ANSER_STATE_RUNNING);
    struct hart *hart = home(thread);
    if (!leave_aside(hart, thread))
        enqueue_and_tell(hart, thread, false);
}

void sched_ready_next(struct thread *thread)
{
    struct hart *hart = home(thread);
    if (hart == hart_self())
        hart->heir = thread;
    if (!leave_aside(hart, thread))
        enqueue_and_tell(hart, thread, hart == hart_self());
}

void sched_yield(struct thread *self)
{
    struct hart *hart = self->hart;
    settle(hart);
    if (!(hart->ready_mask >> self->priority & 1))
        return;
    timer_set_slice(0); /* over: to the end of the queue */
    hart->reschedule = 1;
}

void sched_set_priority(struct thread *thread, uint32_t priority)
{
    bool ready = thread->state == ANSER_STATE_READY;
    if (ready)
        unready(thread);
    thread->priority = priority;
    if (ready)
        enqueue_and_tell(thread->hart, thread, false);
}

void sched_summon(struct thread *thread)
{
    struct hart *hart = thread->hart;
    settle(hart); /* what waits aside would not be looked at */
    if (thread->state != ANSER_STATE_RUNNING || hart == hart_self())
        return;
    hart->reschedule = 1;
    update_max(hart);
    hart_poke(hart);
}

/* ---- Floating point. */

extern void float_save(struct float_state *state);
extern void float_load(const struct float_state *state);
#define SSTATUS_FS 0x6000ul

static void float_on(void)
{
    __asm__ volatile("csrs sstatus, %0" : : "r"(SSTATUS_FS));
}

static void float_off(void)
{
    __asm__ volatile("csrc sstatus, %0" : : "r"(SSTATUS_FS));
}

static void float_flush(struct thread *thread)
{
    struct hart *hart = thread->hart;
    if (hart->float_owner != thread)
        return;
    kassert(hart == hart_self());
    float_on();
    float_save(&thread->floats);
    float_off();
    hart->float_owner = NULL;
}

void float_forget(struct thread *thread)
{
    if (thread->hart->float_owner == thread)
        thread->hart->float_owner = NULL;
}

bool float_enable(struct thread *self)
{
    struct hart *hart = self->hart;
    uint64_t sstatus;
    __asm__ volatile("csrr %0, sstatus" : "=r"(sstatus));
    if (sstatus & SSTATUS_FS)
        return false;
    if (hart->float_owner == self) {
        float_on(); /* IPC's fast path came back to it with FS off; its registers are live */
        return true;
    }
    if (hart->float_owner)
        float_flush(hart->float_owner);
    float_on();
    float_load(&self->floats);
    hart->float_owner = self;
    return true;
}

/* ---- Leaving the kernel. */

/* Who would run last of those that are ready there. */
static struct thread *last_ready(const struct hart *hart)
{
    const struct list *queue = &hart->ready[__builtin_ctzl(hart->ready_mask)];
    return container_of(queue->prev, struct thread, queue);
}

/* When the oldest of them has waited for long enough. */
static uint64_t share_time(const struct hart *hart)
{
    return hart->waiting_since + slice_ticks / SHARE_PART;
}

/*
 * Somebody has waited here for a while and another hart idles: it gets the one who would run last.
 * Not at once: a wake-up across harts costs more than the moment until most wakers block.
 */
static void share_with_idle_hart(struct hart *hart)
{
    while (hart->ready_mask && kernel_gate.idle_harts) {
        if (time_now() < share_time(hart)) {
            deadline_arm(&hart->share, share_time(hart));
            return;
        }
        struct thread *thread = last_ready(hart);
        float_flush(thread);
        unready(thread);
        enqueue_and_tell(&harts[__builtin_ctzl(kernel_gate.idle_harts)], thread, false);
        hart->waiting_since = time_now();
    }
}

/*
 * The other way round: a hart that is about to idle takes who has waited elsewhere, unless that
 * hart will look itself, or looks again when it has been long enough. It needs no interrupt on the
 * other hart, unless only that one can save the thread's floating-point registers.
 */
static void take_from(struct hart *hart, struct hart *other)
{
    settle(other);
    if (!other->ready_mask || deadline_armed(&other->share))
        return;
    struct thread *thread = last_ready(other);
    if (time_now() < share_time(other)) {
        deadline_arm(&hart->share, share_time(other));
    } else if (other->float_owner == thread) {
        hart_poke(other);
    } else {
        unready(thread);
        other->waiting_since = time_now();
        enqueue(hart, thread, false);
    }
}

static void look_for_work(struct hart *hart)
{
    for (uint32_t h = 0; h < hart_count && !hart->ready_mask; h++)
        if (&harts[h] != hart && harts[h].online)
            take_from(hart, &harts[h]);
}

/* Must the running thread leave the hart? Also keeps the slice timer set while it has rivals. */
static bool outranked(struct hart *hart, struct thread *self)
{
    hart->reschedule = 0;
    update_max(hart);
    if (hart->ready_mask && hart->queue_max > self->priority)
        return true;
    if (!(hart->ready_mask >> self->priority & 1)) {
        if (hart->slice_armed && timer_slice_over())
            timer_set_slice(UINT64_MAX); /* an armed one is one that will interrupt */
        return false;
    }
    if (hart->slice_end == UINT64_MAX)
        timer_set_slice(time_now() + slice_ticks);
    return timer_slice_over();
}

static void put_back(struct hart *hart, struct thread *self)
{
    bool over = hart->slice_end != UINT64_MAX && timer_slice_over();
    if (over)
        timer_set_slice(UINT64_MAX);
    enqueue(hart, self, !over);
}

static struct thread *take_best(struct hart *hart)
{
    struct thread *thread = hart->next;
    if (thread) {
        take_aside(hart);
    } else {
        thread = container_of(list_first(&hart->ready[hart->queue_max]), struct thread, queue);
        unready(thread);
    }
    thread->state = ANSER_STATE_RUNNING;
    return thread;
}

/* Waits for an interrupt with the lock released, on the kernel's own page table. */
static void idle_wait(struct hart *hart)
{
    kernel_gate.idle_harts |= 1ul << hart->index;
    hart->idling = true;
    space_activate(NULL);
    hart->idle_since = time_now();
    kernel_unlock();
    __asm__ volatile("wfi");
    kernel_lock();
    hart->idle_ticks += time_now() - hart->idle_since;
    hart->idling = false;
    tlb_pay_fence(hart);
    sched_hooks->poll(); /* this hart is the first choice for whom that wakes */
    kernel_gate.idle_harts &= ~(1ul << hart->index);
}

/*
 * Between two pieces of long work: other harts may have the lock. Whose address space was the last
 * one here may be taken apart meanwhile.
 */
static void let_others_in(void)
{
    space_activate(NULL);
    kernel_unlock();
    kernel_lock();
    if (interrupts_pending())
        sched_hooks->poll();
}

/* As the idle thread: does its work, and waits until somebody is ready. */
static struct thread *pick(struct hart *hart)
{
    while ((!hart->ready_mask && !hart->next) || hart->idle->work) {
        if (hart->idle->work) {
            if (work_piece(hart->idle))
                let_others_in();
            continue;
        }
        look_for_work(hart);
        if (!hart->ready_mask)
            idle_wait(hart);
    }
    return take_best(hart);
}

/* Who blocks leaves the rest of its time slice to the thread that it woke for that, and to those of
 * lower priority whom it had preempted; its other equals get one of their own. */
static struct thread *switch_from(struct hart *hart, struct thread *self)
{
    const uint32_t priority = self->priority;
    const bool ends_slice = self->state != ANSER_STATE_READY;
    self->cpu_ticks += time_now() - hart->running_since;
    if (self->attention)
        sched_hooks->blocked(self);
    set_current(hart->idle);
    if (self->ended && !self->work)
        sched_hooks->bury(self);
    else if (self != hart->idle && self->state != ANSER_STATE_READY)
        work_give(hart->idle, self); /* who blocks may not come back for long */
    struct thread *next = pick(hart);
    hart->running_since = time_now();
    if (ends_slice && hart->slice_armed && next->priority == priority && next != hart->heir)
        timer_set_slice(hart->running_since + slice_ticks);
    hart->heir = NULL;
    hart->current = next;
    set_current(next);
    return next;
}

/* What stands between a running thread and user mode, a bounded piece of it. */
static void attend(struct thread *self)
{
    if (sched_hooks->attend(self))
        let_others_in();
    if (self->ended && !self->work)
        self->state = ANSER_STATE_DYING;
}

static void enter_space(struct hart *hart, struct thread *self)
{
    space_activate(&self->process->space);
    if (hart->float_owner == self)
        float_on();
    else
        float_off();
}

/* ---- The fast paths' way out that goes through C; compare ipc/fastpath.S. */

bool sched_can_pass(const struct thread *self, const struct thread *to)
{
    const struct hart *hart = self->hart;
    if (to->hart != hart || hart->next || kernel_gate.idle_harts)
        return false;
    if (to->priority > self->priority)
        return hart->max_ready <= self->priority;
    return to->priority > hart->max_ready && (to->priority < self->priority || hart->slice_armed);
}

static struct thread *go_on(struct hart *hart, struct thread *thread)
{
    thread->state = ANSER_STATE_RUNNING;
    enter_space(hart, thread);
    return thread;
}

struct thread *sched_pass(struct thread *self, struct thread *to)
{
    struct hart *hart = self->hart;
    bool preempted = to->priority > self->priority;
    hart->next = preempted ? self : to;
    hart->next_registers = NEXT_ALL;
    hart->next->state = ANSER_STATE_READY;
    hart->max_ready = hart->next->priority;
    return preempted ? go_on(hart, to) : self;
}

bool sched_has_aside(const struct thread *self)
{
    return self->hart->next != NULL;
}

struct thread *sched_take_aside(struct thread *self)
{
    return go_on(self->hart, take_aside(self->hart));
}

/* Is whoever is left aside the next one, or nobody, without a look at queues and slices? */
static bool is_plain(const struct hart *hart, const struct thread *self)
{
    if (self == hart->idle || self->ended || self->attention || hart->next->attention ||
        kernel_gate.waiting || kernel_gate.idle_harts)
        return false;
    return self->state != ANSER_STATE_RUNNING ||
           (self->priority >= hart->queue_max && !self->process->handles.slow &&
            !(hart->slice_armed && timer_slice_over()));
}

/* The short way for what happens most: an interrupt's driver takes the hart from a program, and
 * gives it back. Somebody is left aside. NULL: there is more to look at. */
static struct thread *leave_at_once(struct hart *hart, struct thread *self)
{
    if (!is_plain(hart, self))
        return NULL;
    bool runs = self->state == ANSER_STATE_RUNNING;
    if (runs && hart->next->priority <= self->priority)
        return hart->reschedule ? NULL : go_on(hart, self);
    uint64_t now = time_now();
    self->cpu_ticks += now - hart->running_since;
    hart->running_since = now;
    hart->reschedule = 0;
    struct thread *next = take_aside(hart);
    if (runs) {
        hart->next = self;
        hart->next_registers = NEXT_ALL;
        self->state = ANSER_STATE_READY;
        hart->max_ready = self->priority;
    } else if (hart->slice_armed && next->priority == self->priority && next != hart->heir) {
        timer_set_slice(now + slice_ticks);
    }
    hart->heir = NULL;
    hart->current = next;
    return go_on(hart, next);
}

struct thread *sched_leave(struct thread *self)
{
    struct hart *hart = hart_self();
    if (hart->next) {
        struct thread *next = leave_at_once(hart, self);
        if (next)
            return next;
    }
    if (self->state == ANSER_STATE_RUNNING && self != hart->idle)
        kernel_let_in(); /* who has blocked could be woken, and run elsewhere already */
    for (;;) {
        settle(hart);
        if (self->state != ANSER_STATE_RUNNING || self == hart->idle) {
            self = switch_from(hart, self);
        } else if (outranked(hart, self)) {
            put_back(hart, self);
        } else if (self->attention) {
            attend(self);
        } else {
            share_with_idle_hart(hart);
            enter_space(hart, self);
            return self;
        }
    }
}

extern _Noreturn void trap_return(struct thread *thread);

/* The C part of sched_enter. */
_Noreturn void sched_run(struct thread *idle);
_Noreturn void sched_run(struct thread *idle)
{
    kernel_lock();
    idle->hart->running_since = time_now();
    trap_return(sched_leave(idle));
}
