/* SPDX-License-Identifier: BSD-2-Clause */
/* Handle tables: slots and records agree, and what the fast paths find there is right. */
#include "ipc/badge.h"
#include "ipc/channel.h"
#include "kern/check.h"
#include "kern/process.h"

/* Where the slot may lead: the object itself if it may pass fast there, else nowhere. */
static void check_way(const struct process *process, const struct handle_record *record,
                      const struct channel *way, uint64_t right)
{
    const struct object *object = record->object;
    bool passes = object->type == ANSER_TYPE_CHANNEL || object->type == ANSER_TYPE_SIGNAL;
    bool leads = (const void *)way == (const void *)object;
    if (process->handles.slow || !passes || !(record->rights & right))
        CHECK(!leads && way->receiver == &channel_busy, &process->object,
              "without the right, a handle's slot leads to no channel");
    else
        CHECK(leads, &process->object, "a handle's slot leads to its channel");
}

static void check_slot(const struct process *process, uint32_t index)
{
    const struct handle_slot *slot = &process->handles.slots[index];
    const struct handle_record *record = &process->handles.records[index];
    uint64_t place = (uint64_t)index << ANSER_HANDLE_SHIFT;
    if (!record->object) {
        CHECK((slot->key & process->handles.mask) != place, &process->object,
              "no handle finds a free slot");
        return;
    }
    CHECK(slot->key == ((uint64_t)record->generation << 32 | place), &process->object,
          "a slot's key is its handle");
    CHECK(slot->badge == badge_value(record->badge_object), &process->object,
          "a slot's badge is that of its record");
    CHECK(record->object->references > 0, record->object, "a handle's object is alive");
    check_way(process, record, slot->call, ANSER_RIGHT_SEND);
    check_way(process, record, slot->receive, ANSER_RIGHT_RECV);
}

static uint32_t free_slots(const struct process *process)
{
    const struct handle_table *table = &process->handles;
    uint32_t count = 0;
    for (uint32_t next = table->first_free; next != 0; count++) {
        CHECK(next <= table->capacity && count < table->capacity, &process->object,
              "the free list of a handle table stays within it, and ends");
        CHECK(!table->records[next - 1].object, &process->object, "a free slot has no object");
        next = (uint32_t)table->slots[next - 1].badge;
    }
    return count;
}

void check_handles(struct process *process)
{
    const struct handle_table *table = &process->handles;
    uint32_t taken = 0, retired = 0;
    if (!table->slots)
        return;
    for (uint32_t i = 0; i < table->capacity; i++) {
        check_slot(process, i);
        taken += table->records[i].object != NULL;
        retired += !table->records[i].object && table->records[i].generation == 0x7fffffffu;
    }
    CHECK_EQUAL(table->used, taken, &process->object, "a handle table knows how many it holds");
    CHECK(taken + retired + free_slots(process) == table->capacity, &process->object,
          "every slot of a handle table is taken, free or retired");
}

void check_all_handles(void)
{
    uint64_t total = 0, processes = 0;
    struct process *process;
    list_each (process, &process_list, siblings) {
        check_handles(process);
        total += process->handles.slots ? process->handles.used : 0;
        processes++;
    }
    CHECK_EQUAL(handle_count, total, NULL, "handle_count is the sum of all tables");
    CHECK_EQUAL(process_count, processes, NULL, "process_count says how many processes there are");
}
