/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages: how they are read from the sender, and how they reach a receiver or a buffer slot.
 * Everything is checked before anything moves; an error says whose fault it was.
 */
#pragma once

#include "ipc/channel.h"
#include "kern/space.h"
#include "kern/thread.h"

/* What a message carries besides data. */
struct load {
    unsigned count;
    struct capability capabilities[ANSER_MESSAGE_HANDLES];
};

/* Handles that wait in a buffer with their element. */
struct parcel {
    struct object object;
    struct load load;
};

struct message {
    uint64_t length;       /* bytes */
    const uint64_t *words; /* in the kernel; or NULL: */
    struct space *space;   /* of the sender, and */
    user_t data;           /* the place there */
    uint64_t badge;
    uint64_t info;         /* CALL, EVENT, GONE */
    struct thread *sender; /* whose thread.carried handles move, or NULL */
    struct parcel *parcel; /* handles that are off already, or NULL */
};

/* Where words 0-7 of the register form are: a2-a6, t0-t2. */
static const uint8_t message_registers[8] = {12, 13, 14, 15, 16, 5, 6, 7};

enum blame { BLAME_SENDER, BLAME_RECEIVER };

/* Kept in thread.info while reply_recv waits: its reply did not arrive. */
#define INFO_REPLY_FAILED_NOTE (1ul << 31)

/*
 * Reads info word and, in memory form, the block into the thread: words, lengths, handles. limit:
 * bytes that may be sent. For receiving calls (receives) the place of the element is checked and
 * populated. -EINVAL, -EMSGSIZE, -EFAULT, -ENOMEM, -EBADF, -EPERM. The thread's info is set; it is
 * reset by message_finish.
 */
status_t message_load(struct thread *self, uint64_t limit);
/* The same for a call that only receives. */
status_t message_load_room(struct thread *self);

/*
 * The same for a case of select whose block is there, to send (info: handles carried) or to receive
 * (WANT_REPLY). Loading has no effect: pages that are carried stay mapped.
 */
status_t message_load_case(struct thread *self, user_t block, uint64_t info, uint64_t limit);
status_t message_load_case_room(struct thread *self, user_t block, uint64_t info);
/* Large mappings of pages that a loaded thread is about to send are taken apart: CALL_RESTART after
 * a bounded piece of that. message_load does this, too. */
status_t message_detach_begin(const struct thread *self);

/* The handles that a loaded thread sends, looked up, not yet moved. -EBADF, -EPERM. */
status_t message_find_carried(const struct thread *sender, struct load *load);
bool message_carries(const struct thread *sender, anser_handle handle);
/* The message that a loaded thread sends. */
struct message message_of(struct thread *sender);
struct message message_of_slot(struct slot *slot);

/*
 * Gives the message to a thread that receives: data, handles, results in its registers or block.
 * The thread's queue and state are the caller's business. On an error nothing has happened, and
 * *blame says who is at fault.
 */
status_t message_deliver(const struct message *message, struct thread *to, enum blame *blame);
/*
 * Offers the message to those who wait on the channel. 1: *taken has it and is out of the queue,
 * not yet awake; 0: nobody waits; -errno: the sender's own fault. A receiver at fault wakes with
 * its error, and the next one is tried; after some of them CALL_RESTART.
 */
status_t message_offer(struct channel *channel, const struct message *message,
                       struct thread **taken);
/* Puts a loaded sender's message into a buffer that has room. -EINVAL for handles that may not be
 * buffered, -ENOMEM, -EFAULT: all the sender's. */
status_t message_buffer(struct thread *sender, struct channel *channel);

/* The end of an IPC call: registers are cleared, a0 is the status, which it returns. */
status_t message_return(struct thread *thread, status_t status);
/* What select returns for the case of its index: the status; in a1 who is to blame for an error. */
status_t message_select_status(struct thread *thread, status_t status);
/* The same for a blocked thread, which may run then. */
void message_finish(struct thread *thread, status_t status);

/* user_prepare, with a short way for what the kernel has a view of. */
static inline status_t message_prepare(struct space *space, user_t at, size_t size,
                                       enum space_access access)
{
    if (space_view(space, at, size, access))
        return 0;
    return user_prepare(space, at, size, access == ACCESS_WRITE);
}

/* Checks and populates the place of what a call receives, once the rest of it is known good. */
status_t message_check_room(struct thread *self);
void message_clear_registers(struct thread *thread);
