/* SPDX-License-Identifier: BSD-2-Clause */
/* The rooms around ipc/, as small as they can be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "channel_host.h"
#include "kern/boot.h"
#include "kern/calls.h"
#include "kern/check.h"
#include "kern/frame.h"
#include "kern/hart.h"
#include "kern/lock.h"
#include "kern/log.h"
#include "kern/pages.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/system.h"
#include "panic_host.h"
#include "sbi/sbi.h"

struct thread *host_current;
uint64_t host_now, host_compare, host_blocks, host_fail_at;
struct host_range host_ranges[HOST_RANGES_MAX];
unsigned host_range_count;

uint64_t direct_map_base;
volatile uint32_t panic_begun;
void (*panic_dump)(void);
struct gate kernel_gate, closed_gate;
struct frame_counts frame_counts;
struct hart harts[HARTS_MAX];
const struct sched_hooks *sched_hooks;
static struct thread idle = {.hart = &harts[0]};

void kprintf(const char *format, ...)
{
    (void)format;
}

void log_console(bool on)
{
    (void)on;
}

void dump_threads(void) {}

_Noreturn void power_off(uint64_t code)
{
    panic("power_off %lu", code);
}

/* ---- Memory. */

void *slab_take(size_t size)
{
    host_blocks++;
    return calloc(1, size);
}

uint64_t slab_cost(size_t size)
{
    return size;
}

uint64_t slab_give(void *memory, size_t size)
{
    host_blocks--;
    free(memory);
    return size;
}

/* Is this the one that is to fail? */
static bool fails(void)
{
    return host_fail_at > 0 && --host_fail_at == 0;
}

void *slab_alloc(struct account *payer, size_t size)
{
    return !fails() && account_charge(payer, size) ? slab_take(size) : NULL;
}

bool frame_alloc(unsigned order, phys_t *out)
{
    if (fails())
        return false;
    host_blocks++;
    out->value = (uint64_t)aligned_alloc(PAGE_SIZE, PAGE_SIZE << order);
    return true;
}

void frame_free(unsigned order, phys_t frame)
{
    (void)order;
    host_blocks--;
    free((void *)frame.value);
}

/* ---- User memory. */

static bool mapped(const struct space *space, user_t address, size_t size)
{
    for (unsigned i = 0; i < host_range_count; i++) {
        const struct host_range *range = &host_ranges[i];
        uint64_t offset = address.value - (uint64_t)range->start;
        if (offset < range->size)
            return range->space == space && !range->lost && size <= range->size - offset;
    }
    return size == 0;
}

/* As kern/usercopy.c: what has been looked up is remembered, for kern/space.h's space_view. */
static void remember(struct space *space, user_t address, size_t size)
{
    uint64_t page = page_down(address.value);
    for (; size > 0 && page < address.value + size; page += PAGE_SIZE)
        space->views[page >> PAGE_SHIFT & (SPACE_VIEWS - 1)] =
            (struct view){page + 1, page | ACCESS_READ | ACCESS_WRITE};
}

void host_forget_views(struct space *space)
{
    memset(space->views, 0, sizeof(space->views));
}

status_t user_prepare(struct space *space, user_t address, size_t size, bool write)
{
    (void)write;
    if (!mapped(space, address, size))
        return -ANSER_EFAULT;
    remember(space, address, size);
    return 0;
}

status_t copy_from_user(struct space *space, void *to, user_t from, size_t size)
{
    if (user_prepare(space, from, size, false) < 0)
        return -ANSER_EFAULT;
    memcpy(to, (const void *)from.value, size);
    return 0;
}

status_t copy_to_user(struct space *space, user_t to, const void *from, size_t size)
{
    if (user_prepare(space, to, size, true) < 0)
        return -ANSER_EFAULT;
    memcpy((void *)to.value, from, size);
    return 0;
}

status_t copy_user_to_user(struct space *to_space, user_t to, struct space *from_space, user_t from,
                           size_t size, struct space **blame)
{
    *blame = from_space;
    if (user_prepare(from_space, from, size, false) < 0)
        return -ANSER_EFAULT;
    *blame = to_space;
    if (user_prepare(to_space, to, size, true) < 0)
        return -ANSER_EFAULT;
    memcpy((void *)to.value, (const void *)from.value, size);
    return 0;
}

status_t space_init(struct space *space, struct account *account)
{
    space->account = account;
    space->asid = 1;
    return 0;
}

bool space_reclaim(struct space *space)
{
    (void)space;
    return true;
}

void space_activate(struct space *space)
{
    (void)space;
}

/* ---- Pages: what they cost, which is so much that nothing else counts beside it. */

static uint64_t cost_of(const struct object *object)
{
    return ((uint64_t)pages_of(object)->count << HOST_PAGE_SHIFT) + object->size;
}

static void move_charge(struct object *object, struct account *to)
{
    account_discharge(object->payer, cost_of(object));
    object->payer = to;
}

struct object *host_pages(struct account *payer, uint64_t count)
{
    uint64_t cost = count << HOST_PAGE_SHIFT;
    if (!account_charge(payer, cost))
        return NULL;
    struct pages *pages = object_create(payer, ANSER_TYPE_PAGES, sizeof(struct pages));
    if (!pages) {
        account_discharge(payer, cost);
        return NULL;
    }
    pages->count = (uint32_t)count;
    return &pages->object;
}

bool pages_reclaim(struct object *object)
{
    account_discharge(object->payer, (uint64_t)pages_of(object)->count << HOST_PAGE_SHIFT);
    return true;
}

void pages_detach(struct object *object)
{
    (void)object;
}

status_t pages_detach_begin(struct object *object)
{
    (void)object;
    return 0;
}

status_t pages_transfer(struct object *object, struct account *to)
{
    if (object->payer == to)
        return 0;
    if (!account_charge(to, cost_of(object)))
        return -ANSER_ENOMEM;
    move_charge(object, to);
    return 0;
}

void pages_transfer_back(struct object *object, struct account *to)
{
    if (object->payer == to)
        return;
    account_overdraw(to, cost_of(object));
    move_charge(object, to);
}

/* ---- Objects that no operation has. */

#define NOTHING_TO_RECLAIM(name)                                                                   \
    bool name(struct object *object)                                                               \
    {                                                                                              \
        (void)object;                                                                              \
        return true;                                                                               \
    }
NOTHING_TO_RECLAIM(irq_reclaim)
NOTHING_TO_RECLAIM(device_reclaim)
NOTHING_TO_RECLAIM(timer_reclaim)

void word_cancel(struct thread *thread, status_t status)
{
    panic("thread %lu waits on a word, status %ld", thread->object.id, status);
}

/* ---- Threads that may run, and the clock. */

struct hart *hart_self(void)
{
    return &harts[0];
}

void sched_ready(struct thread *thread)
{
    kassert(thread->state != ANSER_STATE_RUNNING);
    thread->state = ANSER_STATE_RUNNING;
}

void sched_ready_next(struct thread *thread)
{
    sched_ready(thread);
}

/* The fast paths may always hand over to somebody; who that is does not matter here. */
bool sched_can_pass(const struct thread *self, const struct thread *to)
{
    (void)self, (void)to;
    return true;
}

struct thread *sched_pass(struct thread *self, struct thread *to)
{
    (void)self;
    sched_ready(to);
    return to;
}

bool sched_has_aside(const struct thread *self)
{
    (void)self;
    return true;
}

struct thread *sched_take_aside(struct thread *self)
{
    (void)self;
    return &idle;
}

void sched_summon(struct thread *thread)
{
    (void)thread;
}

void sched_set_priority(struct thread *thread, uint32_t priority)
{
    thread->priority = priority;
}

void float_forget(struct thread *thread)
{
    (void)thread;
}

void reflect_interrupt(struct thread *self)
{
    self->attention &= ~ATTENTION_INTERRUPT;
}

void reflect_release(struct thread *self)
{
    (void)self;
}

void interrupts_poll(void) {}

uint64_t time_now(void)
{
    return host_now;
}

void clock_compare(uint64_t when)
{
    host_compare = when;
}

void sbi_set_timer(uint64_t when)
{
    host_compare = when;
}

/* ---- What the checks of ipc/check.c need; there is no table of all objects here. */

_Noreturn void check_failed(const char *invariant, const struct object *object)
{
    panic("not so: %s (type %d)", invariant, object ? object->type : 0);
}

uint32_t check_list(const struct list *head, const struct object *object)
{
    uint32_t count = 0;
    for (const struct list *node = head->next; node != head; node = node->next, count++)
        CHECK(node->next->prev == node && node->prev->next == node, object,
              "neighbours in a list agree with each other");
    return count;
}

struct tally *tally_next(uint32_t *cursor)
{
    (void)cursor;
    return NULL;
}

bool tally_complete(void)
{
    return false;
}

/* ---- For the test. */

void host_begin(void)
{
    struct bootinfo info = {.extensions = BOOTINFO_EXT_SSTC};
    tables_init();
    timer_init(&info);
    timer_init_hart();
    root_account.limit = UINT64_MAX / 2;
    host_current = &idle;
}

void host_clock_restart(void)
{
    host_now = 0;
    harts[0].deadline_floor = 0;
    timer_init_hart();
}

bool host_leave(struct thread *thread)
{
    host_current = thread;
    while (thread->attention && thread->state == ANSER_STATE_RUNNING) {
        sched_hooks->attend(thread);
        if (!thread->ended || thread->work)
            continue;
        thread->state = ANSER_STATE_DYING;
        host_current = &idle;
        sched_hooks->bury(thread);
        return true;
    }
    if (thread->state != ANSER_STATE_RUNNING)
        work_give(&idle, thread);
    host_current = &idle;
    return false;
}

void host_idle(void)
{
    host_current = &idle;
    while (host_compare <= host_now)
        timer_interrupt();
    while (idle.work)
        work_piece(&idle);
}
