/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counting again what the kernel counts as it goes: references, ends of channels and signals,
 * holders of badges. Everything that holds a reference is looked at here, once.
 */
#include "ipc/badge.h"
#include "ipc/message.h"
#include "ipc/signal.h"
#include "kern/check.h"
#include "kern/device.h"
#include "kern/hart.h"
#include "kern/irq.h"
#include "kern/pages.h"
#include "kern/process.h"
#include "kern/region.h"
#include "kern/sched.h"
#include "kern/system.h"
#include "kern/thread.h"
#include "kern/timer_object.h"

void tally_capability(const struct capability *capability)
{
    if (!capability->object)
        return;
    tally_reference(capability->object);
    struct tally *tally = tally_find(capability->object);
    if (tally && capability->object->type == ANSER_TYPE_PAGES)
        tally->holders++;
    if (tally && capability->rights & ANSER_RIGHT_SEND)
        tally->send_ends++;
    if (tally && capability->rights & ANSER_RIGHT_RECV)
        tally->receive_ends++;
    if (capability->badge && (tally = tally_find(&capability->badge->object)))
        tally->holders++;
}

static void tally_event(const struct event *event)
{
    tally_capability(&event->target);
    if (event->pending && event->owner)
        tally_reference(event->owner);
}

/* ---- What each kind of object holds. */

static void tally_handles(const struct handle_table *table)
{
    for (uint32_t i = 0; table->slots && i < table->capacity; i++) {
        const struct handle_record *record = &table->records[i];
        struct capability capability = {record->object, record->badge_object, record->rights};
        tally_capability(&capability);
    }
}

static void tally_process(const struct process *process)
{
    const struct tree_node *node;
    tally_handles(&process->handles);
    tally_event(&process->exit);
    tally_event(&process->fault_target);
    for (node = tree_first(&process->space.regions); node; node = tree_next(node)) {
        const struct region *region = container_of(node, const struct region, node);
        if (region->object)
            tally_reference(region->object);
    }
}

/* One that was started holds itself until it is buried, which leaves it DYING. */
static void tally_thread(const struct thread *thread)
{
    tally_reference(&thread->process->object);
    if (thread->state != ANSER_STATE_DYING)
        tally_reference(&thread->object);
    if (thread->progress)
        tally_reference(thread->progress);
    tally_event(&thread->fault);
}

static void tally_badge(const struct badge *badge)
{
    tally_event(&badge->gone);
    if (badge->holders > 0)
        tally_reference(&badge->object);
}

static void tally_channel(const struct channel *channel)
{
    for (uint32_t i = 0; i < channel->count; i++) {
        uint32_t index = (channel->head + i) % channel->capacity;
        const struct slot *slot =
            (const struct slot *)(channel->buffer + (size_t)index * channel->slot_size);
        if (slot->parcel)
            tally_reference(&slot->parcel->object);
    }
}

static void tally_parcel(const struct parcel *parcel)
{
    for (unsigned i = 0; i < parcel->load.count; i++)
        tally_capability(&parcel->load.capabilities[i]);
}

static void tally_device(const struct device *device)
{
    const struct dma_run *run;
    list_each (run, &device->runs, link)
        tally_reference(&device->object);
}

static void tally_object(const struct object *object)
{
    switch (object->type) {
    case ANSER_TYPE_PROCESS:
        tally_process((const struct process *)object);
        break;
    case ANSER_TYPE_THREAD:
        tally_thread((const struct thread *)object);
        break;
    case ANSER_TYPE_CHANNEL:
        tally_channel((const struct channel *)object);
        break;
    case ANSER_TYPE_IRQ:
        tally_event(&container_of(object, const struct irq, object)->event);
        break;
    case ANSER_TYPE_TIMER:
        tally_event(&container_of(object, const struct timer, object)->event);
        break;
    case ANSER_TYPE_DEVICE:
        tally_device(device_of(object));
        break;
    case TYPE_BADGE:
        tally_badge((const struct badge *)object);
        break;
    case TYPE_PARCEL:
        tally_parcel((const struct parcel *)object);
        break;
    default:
        break;
    }
}

/* ---- Work lists: what is embedded in an object holds that object while it is listed. */

static void tally_work(const struct thread *thread)
{
    for (const struct object *item = thread->work; item; item = item->next_work) {
        switch (item->type) {
        case TYPE_TEARDOWN:
            tally_reference(&container_of(item, const struct process, teardown)->object);
            break;
        case TYPE_KILLING:
            tally_reference(&container_of(item, const struct process, killing)->object);
            break;
        case TYPE_SWEEP:
            tally_reference(&container_of(item, const struct process, sweep)->object);
            break;
        case TYPE_CHANNEL_WORK:
            tally_reference(&container_of(item, const struct channel, work)->object);
            break;
        case TYPE_SIGNAL_SHUTDOWN:
            tally_reference(&container_of(item, const struct signal, shutdown)->object);
            break;
        default:
            CHECK(item->references == 0, item, "what waits to be reclaimed has no references");
        }
    }
}

/* ---- Comparing. */

static void compare_pages(const struct pages *pages, const struct tally *tally)
{
    const struct region *first = region_first_of(&pages->mappings), *region;
    CHECK(!pages->dma || pages->dma->holder == &pages->dma, &pages->object,
          "memory that is bound to a device knows its pages object");
    if (pages_have_many_owners(&pages->object))
        return;
    CHECK(tally->holders <= 1, &pages->object,
          "pages that are neither frozen nor shared have one handle");
    list_each (region, &pages->mappings, mappings)
        CHECK(region->space == first->space, &pages->object,
              "pages that are neither frozen nor shared are mapped in one space");
}

static void compare(const struct tally *tally)
{
    const struct object *object = tally->object;
    CHECK_EQUAL(object->references, tally->references, object,
                "an object has as many references as there are holders");
    if (object->type == ANSER_TYPE_PAGES) {
        compare_pages(pages_of(object), tally);
    } else if (object->type == ANSER_TYPE_CHANNEL) {
        const struct channel *channel = (const struct channel *)object;
        CHECK_EQUAL(channel->send_ends, tally->send_ends, object,
                    "a channel has as many send ends as there are capabilities");
        CHECK_EQUAL(channel->receive_ends, tally->receive_ends, object,
                    "a channel has as many receive ends as there are capabilities");
    } else if (object->type == ANSER_TYPE_SIGNAL) {
        const struct signal *signal = (const struct signal *)object;
        CHECK(signal->send_ends == tally->send_ends && signal->receive_ends == tally->receive_ends,
              object, "a signal has as many ends as there are capabilities");
    } else if (object->type == TYPE_BADGE) {
        CHECK_EQUAL(((const struct badge *)object)->holders, tally->holders, object,
                    "a badge has as many holders as there are capabilities");
    }
}

void check_references(void)
{
    uint32_t cursor = 0, objects = 0;
    const struct tally *tally;
    if (!tally_complete())
        return;
    tally_clear();
    tally_reference(&process_init->object); /* the kernel's own */
    for (; (tally = tally_next(&cursor)); objects++)
        tally_object(tally->object);
    for (cursor = 0; (tally = tally_next(&cursor));)
        if (tally->object->type == ANSER_TYPE_THREAD)
            tally_work((const struct thread *)tally->object);
    for (uint32_t i = 0; i < hart_count; i++)
        tally_work(harts[i].idle);
    for (cursor = 0; (tally = tally_next(&cursor));)
        compare(tally);
    CHECK_EQUAL(system_object.references, tally_system, &system_object,
                "`system` has as many references as there are holders");
    CHECK_EQUAL(object_count, objects, NULL, "object_count says how many objects are alive");
}
