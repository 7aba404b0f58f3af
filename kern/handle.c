/* SPDX-License-Identifier: BSD-2-Clause */
/* Handle tables: what a process can reach. */
#include "kern/handle.h"
#include "ipc/badge.h"
#include "ipc/channel.h"
#include "kern/process.h"
#include "kern/thread.h"

#define CAPACITY_FIRST     64u
#define GENERATION_RETIRED 0x7fffffffu
#define RECLAIM_PIECE      64u
#define SLOT_AND_RECORD    (sizeof(struct handle_slot) + sizeof(struct handle_record))

uint64_t handle_count;
struct thread channel_busy;
/* Where handles of another type, or without the right, lead: nothing there ever passes fast. */
static struct channel null_channel = {.receiver = &channel_busy, .waiter = &channel_busy};

static unsigned order_for(uint32_t capacity)
{
    unsigned order = 0;
    while ((PAGE_SIZE << order) < capacity * SLOT_AND_RECORD)
        order++;
    return order;
}

/* No handle that leads to this slot equals it: it leads to the neighbour. */
static uint64_t free_key(uint32_t index)
{
    return (uint64_t)(index ^ 1) << ANSER_HANDLE_SHIFT;
}

/* Links the slots [from, capacity) into the free list, lowest first, before what is in it. */
static void free_list_extend(struct handle_table *table, uint32_t from)
{
    for (uint32_t i = table->capacity; i-- > from;) {
        table->slots[i] = (struct handle_slot){.key = free_key(i), .badge = table->first_free};
        table->records[i] = (struct handle_record){.generation = 1};
        table->first_free = i + 1;
    }
}

static status_t table_allocate(struct handle_table *table, uint32_t capacity)
{
    unsigned order = order_for(capacity);
    phys_t block;
    if (!account_charge(table->account, PAGE_SIZE << order))
        return -ANSER_ENOMEM;
    if (!frame_alloc(order, &block)) {
        account_discharge(table->account, PAGE_SIZE << order);
        return -ANSER_ENOMEM;
    }
    table->slots = direct_map(block);
    table->records = (struct handle_record *)(table->slots + capacity);
    table->capacity = capacity;
    table->mask = (uint64_t)(capacity - 1) << ANSER_HANDLE_SHIFT;
    table->order = (uint8_t)order;
    return 0;
}

static void table_free(struct handle_table *table)
{
    frame_free(table->order, phys((uint64_t)table->slots - direct_map_base));
    account_discharge(table->account, PAGE_SIZE << table->order);
    table->slots = NULL;
}

status_t handle_table_init(struct handle_table *table, struct account *account)
{
    *table = (struct handle_table){.account = account};
    status_t status = table_allocate(table, CAPACITY_FIRST);
    if (status == 0)
        free_list_extend(table, 0);
    return status;
}

/* Doubles the table; at the largest size the copy is 28 KiB, some 8,000 instructions. */
static status_t table_grow(struct handle_table *table)
{
    struct handle_table old = *table;
    if (old.capacity >= ANSER_HANDLES_MAX)
        return -ANSER_EMFILE;
    status_t status = table_allocate(table, old.capacity * 2);
    if (status < 0)
        return status;
    memcpy(table->slots, old.slots, old.capacity * sizeof(*old.slots));
    memcpy(table->records, old.records, old.capacity * sizeof(*old.records));
    free_list_extend(table, old.capacity);
    table_free(&old);
    return 0;
}

status_t handle_reserve(struct handle_table *table, unsigned count)
{
    uint32_t i = table->first_free;
    for (unsigned found = 0; found < count; found++) {
        if (i == 0)
            return table_grow(table);
        i = (uint32_t)table->slots[i - 1].badge;
    }
    return 0;
}

status_t handle_lookup(struct process *process, anser_handle handle, uint8_t type, uint64_t rights,
                       struct capability *out)
{
    const struct handle_record *record = handle_find(&process->handles, handle);
    if (!record || (type && record->object->type != type))
        return -ANSER_EBADF;
    if ((record->rights & rights) != rights)
        return -ANSER_EPERM;
    *out = (struct capability){record->object, record->badge_object, record->rights};
    return 0;
}

status_t handle_argument(struct thread *self, uint8_t type, uint64_t rights, struct capability *out)
{
    return handle_lookup(self->process, (anser_handle)self->x[REG_A0], type, rights, out);
}

/* What the fast paths find: a channel, or a signal that looks like one to them, if type and right
 * allow it, else a channel that never matches. */
static struct channel *reachable(const struct handle_table *table,
                                 const struct capability *capability, uint64_t right)
{
    uint8_t type = capability->object->type;
    bool fast = (type == ANSER_TYPE_CHANNEL || type == ANSER_TYPE_SIGNAL) && !table->slow;
    return fast && (capability->rights & right) ? (struct channel *)capability->object
                                                : &null_channel;
}

status_t handle_insert(struct handle_table *table, const struct capability *capability)
{
    status_t status = handle_reserve(table, 1);
    if (status < 0)
        return status;
    uint32_t index = table->first_free - 1;
    struct handle_slot *slot = &table->slots[index];
    struct handle_record *record = &table->records[index];
    table->first_free = (uint32_t)slot->badge;
    record->object = capability->object;
    record->badge_object = capability->badge;
    record->rights = (uint32_t)capability->rights;
    slot->key = (uint64_t)record->generation << 32 | (uint64_t)index << ANSER_HANDLE_SHIFT;
    slot->call = reachable(table, capability, ANSER_RIGHT_SEND);
    slot->receive = reachable(table, capability, ANSER_RIGHT_RECV);
    slot->badge = badge_value(capability->badge);
    table->used++;
    handle_count++;
    return (status_t)slot->key;
}

/* Frees a slot; one whose generation is used up is never linked again. */
static void slot_clear(struct handle_table *table, uint32_t index)
{
    struct handle_record *record = &table->records[index];
    table->slots[index] = (struct handle_slot){.key = free_key(index)};
    record->object = NULL;
    table->used--;
    handle_count--;
    if (++record->generation == GENERATION_RETIRED)
        return;
    table->slots[index].badge = table->first_free;
    table->first_free = index + 1;
}

static void take_at(struct handle_table *table, uint32_t index, struct capability *out)
{
    struct handle_record *record = &table->records[index];
    *out = (struct capability){record->object, record->badge_object, record->rights};
    slot_clear(table, index);
}

status_t handle_take(struct process *process, anser_handle handle, struct capability *out)
{
    struct handle_table *table = &process->handles;
    struct handle_record *record = handle_find(table, handle);
    if (!record)
        return -ANSER_EBADF;
    take_at(table, (uint32_t)(record - table->records), out);
    return 0;
}

bool handle_table_reclaim(struct handle_table *table)
{
    if (!table->slots)
        return true;
    unsigned closed = 0;
    /* From the top, shrinking what is looked at, so that no piece repeats another's search. */
    for (uint32_t i = table->capacity; i > 0 && closed < RECLAIM_PIECE && table->used > 0; i--) {
        if (!table->records[i - 1].object)
            continue;
        struct capability capability;
        take_at(table, i - 1, &capability);
        capability_release(&capability);
        closed++;
    }
    if (table->used > 0)
        return false;
    table_free(table);
    return true;
}

status_t handle_publish_ends(struct thread *self, struct object *object)
{
    struct capability send = {.object = object, .rights = SEND_RIGHTS};
    struct capability receive = {.object = object, .rights = RECEIVE_RIGHTS};
    status_t status = handle_reserve(&self->process->handles, 2);
    if (status == 0) {
        status = handle_insert(&self->process->handles, &send);
        self->x[REG_A1] = (uint64_t)handle_insert(&self->process->handles, &receive);
        capability_reference(&send);
        capability_reference(&receive);
    }
    object_release(object);
    return status;
}

status_t handle_publish(struct process *process, struct object *object, uint64_t rights)
{
    struct capability capability = {.object = object, .rights = rights};
    status_t status = handle_insert(&process->handles, &capability);
    if (status < 0)
        object_release(object);
    return status;
}

static void capability_changed(const struct capability *capability, int change)
{
    const struct object_type *type = &object_types[capability->object->type];
    if (type->capability_changed)
        type->capability_changed(capability, change);
}

void capability_reference(const struct capability *capability)
{
    object_reference(capability->object);
    capability_changed(capability, +1);
}

void capability_release(struct capability *capability)
{
    struct object *object = capability->object;
    if (!object)
        return;
    capability_changed(capability, -1);
    capability->object = NULL;
    object_release(object);
}
