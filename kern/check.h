/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's invariants, for the build that checks them (build/loader-checks.elf): the same
 * objects as the kernel's, linked with these files behind the linker's --wrap, so that what is
 * checked is what ships. An invariant that does not hold is a panic whose first line names it and
 * the object. See kern/check.c for when what is checked.
 */
#pragma once

#include "kern/object.h"
#include "kern/handle.h"
#include "kern/list.h"

/* Panics: the invariant, in words, and the object that breaks it (NULL: none in particular). */
_Noreturn void check_failed(const char *invariant, const struct object *object);

#define CHECK(condition, object, invariant)                                                        \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            check_failed(invariant, object);                                                       \
    } while (0)

/* The same, of a number that the kernel keeps: another one was counted. */
_Noreturn void check_differs(const char *invariant, const struct object *object, uint64_t kept,
                             uint64_t counted);

#define CHECK_EQUAL(kept, counted, object, invariant)                                              \
    do {                                                                                           \
        if (__builtin_expect((kept) != (counted), 0))                                              \
            check_differs(invariant, object, kept, counted);                                       \
    } while (0)

/* What is being done, for the report. */
void check_note(const struct thread *self, const char *when);

/* ---- kern/check_objects.c: all objects that there are, and what is counted of each. */

struct tally {
    struct object *object;
    uint32_t references;
    uint32_t send_ends;
    uint32_t receive_ends;
    uint32_t holders; /* capabilities: with this badge; to these pages */
};

/* The entry of an object that is alive, or NULL. */
struct tally *tally_find(const struct object *object);
/* The entry at the cursor, which moves on; NULL: no more. Start with 0. */
struct tally *tally_next(uint32_t *cursor);
/* False: there are more objects than there is room to count, so nothing is known for certain. */
bool tally_complete(void);
void tally_clear(void);
/* One reference, by an object that says so. */
void tally_reference(const struct object *object);
/* What a capability holds: a reference, ends, its badge. object NULL: nothing. */
void tally_capability(const struct capability *capability);
/* References on `system`, which is not in the table. */
extern uint32_t tally_system;

/* ---- The checks. All: kernel lock held, nothing half done. */

void check_harts(void); /* kern/check_thread.c */
void check_thread(const struct thread *thread);
void check_threads(void);
void check_handles(struct process *process); /* kern/check_handle.c */
void check_all_handles(void);
void check_references(void); /* kern/check_count.c */
void check_accounts(void);   /* kern/check_account.c */
/* Regions, page tables and views; how many tables it has, its root included. */
uint64_t check_space(struct space *space); /* kern/check_space.c */
void check_frames(void);                   /* kern/check_frame.c */
/* A channel, signal, badge or reply object; other objects: nothing. */
void check_ipc_object(const struct object *object); /* ipc/check.c */
/* Every waiter is in the queues that its state says, and in no others. */
void check_queues(void);

/* A list whose neighbours agree with each other; how long it is. */
uint32_t check_list(const struct list *head, const struct object *object);

/* Breaks something on purpose; only in the build that shows that it is found (tests/checks). Asked
 * for by system_debug with the operation CHECK_PLANT + fault, and a handle. */
#define CHECK_PLANT 0x1000
void check_plant(struct thread *self, uint64_t fault, anser_handle handle) __attribute__((weak));
