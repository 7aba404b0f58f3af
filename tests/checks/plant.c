/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults to be found by the checks: the kernel of build/loader-plant.elf makes one of them when
 * tests/target/checks.c asks for it (system_debug with an operation from CHECK_PLANT on, its value
 * a handle of what is to be broken). tests/test_checks.py says what must come of each.
 */
#include "ipc/badge.h"
#include "ipc/signal.h"
#include "kern/check.h"
#include "kern/frame.h"
#include "kern/hart.h"
#include "kern/pages.h"
#include "kern/process.h"
#include "kern/region.h"
#include "kern/thread.h"

typedef void plant(struct thread *self, anser_handle handle);

static struct object *object_of(struct thread *self, anser_handle handle)
{
    return handle_find(&self->process->handles, handle)->object;
}

static struct channel *channel_of(struct thread *self, anser_handle handle)
{
    return (struct channel *)object_of(self, handle);
}

static struct handle_slot *slot_of(struct thread *self, anser_handle handle)
{
    return (struct handle_slot *)((char *)self->process->handles.slots +
                                  ((uint64_t)handle & self->process->handles.mask));
}

/* ---- Channels and signals. */

static void element_too_many(struct thread *self, anser_handle handle)
{
    channel_of(self, handle)->count++;
}

static void end_too_many(struct thread *self, anser_handle handle)
{
    channel_of(self, handle)->send_ends++;
}

/* A lost wake-up: the thread waits, and nobody will find it. */
static void lost_receiver(struct thread *self, anser_handle handle)
{
    struct channel *channel = channel_of(self, handle);
    channel->receiver = NULL;
    list_init(&channel->receivers);
}

static void lost_sender(struct thread *self, anser_handle handle)
{
    struct channel *channel = channel_of(self, handle);
    list_remove(channel->senders.next);
}

static void overlooked_bits(struct thread *self, anser_handle handle)
{
    ((struct signal *)object_of(self, handle))->bits = 1;
}

static void closed_with_waiters(struct thread *self, anser_handle handle)
{
    channel_of(self, handle)->closed = true;
}

static void holder_too_many(struct thread *self, anser_handle handle)
{
    handle_find(&self->process->handles, handle)->badge_object->holders++;
}

/* ---- Objects, handles, budgets. */

static void leaked_reference(struct thread *self, anser_handle handle)
{
    object_of(self, handle)->references++;
}

static void wrong_badge(struct thread *self, anser_handle handle)
{
    slot_of(self, handle)->badge ^= 64;
}

/* The fast path would receive with a handle that may only send. */
static void right_from_nowhere(struct thread *self, anser_handle handle)
{
    slot_of(self, handle)->receive = channel_of(self, handle);
}

static void free_slot_lost(struct thread *self, anser_handle handle)
{
    (void)handle;
    self->process->handles.first_free = 0;
}

static void charge_lost(struct thread *self, anser_handle handle)
{
    (void)handle;
    self->process->account->used += 64;
}

/* ---- Threads and harts. */

/* Of the thread behind the handle. */
static void ready_in_no_queue(struct thread *self, anser_handle handle)
{
    ((struct thread *)object_of(self, handle))->state = ANSER_STATE_READY;
}

static void mask_without_queue(struct thread *self, anser_handle handle)
{
    (void)handle;
    self->hart->ready_mask |= 1;
}

static void answer_to_nobody(struct thread *self, anser_handle handle)
{
    self->caller = (struct thread *)object_of(self, handle);
}

static void thread_uncounted(struct thread *self, anser_handle handle)
{
    (void)handle;
    self->process->thread_count++;
}

/* ---- Memory. */

/* Two have it by now. */
static void shared_no_more(struct thread *self, anser_handle handle)
{
    pages_of(object_of(self, handle))->shared = false;
}

static struct region *region_here(struct thread *self)
{
    return region_at(&self->process->space, self->x[REG_SP]);
}

static void region_too_short(struct thread *self, anser_handle handle)
{
    (void)handle;
    region_here(self)->end -= 2 * PAGE_SIZE;
}

static void right_without_region(struct thread *self, anser_handle handle)
{
    (void)handle;
    region_here(self)->prot = ANSER_PROT_READ;
}

static void page_uncounted(struct thread *self, anser_handle handle)
{
    (void)handle;
    self->process->space.page_count++;
}

static void stale_view(struct thread *self, anser_handle handle)
{
    struct view *view = &self->process->space.views[0];
    (void)handle;
    *view = (struct view){.user = 0x100000 + 1, .kernel = (uint64_t)direct_map(phys(0x87000000))};
}

static void frame_lost(struct thread *self, anser_handle handle)
{
    (void)self;
    (void)handle;
    frame_counts.free++;
}

static plant *const plants[] = {
    element_too_many,  end_too_many,         lost_receiver,    lost_sender,
    overlooked_bits,   closed_with_waiters,  holder_too_many,  leaked_reference,
    wrong_badge,       right_from_nowhere,   free_slot_lost,   charge_lost,
    ready_in_no_queue, mask_without_queue,   answer_to_nobody, thread_uncounted,
    region_too_short,  right_without_region, page_uncounted,   stale_view,
    frame_lost,        shared_no_more,
};

void check_plant(struct thread *self, uint64_t fault, anser_handle handle)
{
    if (fault < array_length(plants))
        plants[fault](self, handle);
}
