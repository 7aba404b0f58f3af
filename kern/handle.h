/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handle tables. A handle is generation << 32 | index << 5; slot keys hold the whole handle, so one
 * compare checks both. Slots (32 bytes, the fast path's) and their records stand in one
 * power-of-two block of frames, charged to the process.
 */
#pragma once

#include "kern/object.h"

struct badge;

/* What assembly reads; see kern/layout.c. */
struct handle_slot {
    uint64_t key;            /* the handle; of a free slot, one that leads elsewhere */
    struct channel *call;    /* what may be sent to, a channel or signal; or null_channel */
    struct channel *receive; /* what may be received from; or null_channel */
    uint64_t badge;
};

struct handle_record {
    struct object *object; /* NULL: free */
    struct badge *badge_object;
    uint32_t rights;
    uint32_t generation; /* of the next handle here; GENERATION_RETIRED: none any more */
    uint64_t unused;     /* a record is as large as a slot: one offset finds both */
};

struct handle_table {
    struct handle_slot *slots;
    uint64_t mask; /* (capacity - 1) << ANSER_HANDLE_SHIFT */
    struct handle_record *records;
    uint32_t capacity;
    uint32_t used;
    uint32_t first_free; /* index + 1; 0: none */
    uint8_t order;       /* of the frame block */
    bool slow;           /* not for the fast path: its space must be fenced at every switch */
    struct account *account;
};

/* An object outside of any table, on its way: a handle taken out, or not yet put in. */
struct capability {
    struct object *object; /* the reference is owned by whoever holds this */
    struct badge *badge;   /* for send handles, or NULL; likewise owned */
    uint64_t rights;
};

/* The record behind a handle, or NULL. The table must not be reclaimed. */
static inline struct handle_record *handle_find(const struct handle_table *table,
                                                anser_handle handle)
{
    uint64_t offset = (uint64_t)handle & table->mask;
    const struct handle_slot *slot = (const void *)((const char *)table->slots + offset);
    if (slot->key != (uint64_t)handle)
        return NULL;
    return (struct handle_record *)((char *)table->records + offset);
}

status_t handle_table_init(struct handle_table *table, struct account *account);
/* Closes up to a bounded number of handles; true when the table is empty and freed. */
bool handle_table_reclaim(struct handle_table *table);

/* The object behind a handle, if it has the type (0: any) and all the rights. The reference stays
 * the table's. -EBADF, -EPERM. */
status_t handle_lookup(struct process *process, anser_handle handle, uint8_t type, uint64_t rights,
                       struct capability *out);
/* The same for the handle in the thread's a0. */
status_t handle_argument(struct thread *self, uint8_t type, uint64_t rights,
                         struct capability *out);
/* Puts a capability into a table; takes over its references on success. The handle, or -EMFILE,
 * -ENOMEM. */
status_t handle_insert(struct handle_table *table, const struct capability *capability);
/* Makes sure that the next `count` inserts succeed. -EMFILE, -ENOMEM. */
status_t handle_reserve(struct handle_table *table, unsigned count);
/* Takes a handle out; the references become the caller's. -EBADF. */
status_t handle_take(struct process *process, anser_handle handle, struct capability *out);

extern uint64_t handle_count; /* open, in all processes */

/* Convenience for calls that make an object: inserts with these rights, or releases it. */
status_t handle_publish(struct process *process, struct object *object, uint64_t rights);

#define SEND_RIGHTS    (ANSER_RIGHT_SEND | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)
#define RECEIVE_RIGHTS (ANSER_RIGHT_RECV | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)
/* Both ends of a fresh channel or signal, whose reference it takes over: a0 and a1. */
status_t handle_publish_ends(struct thread *self, struct object *object);

/* Capabilities keep channel counts of send and receive ends. */
void capability_reference(const struct capability *capability);
void capability_release(struct capability *capability);
