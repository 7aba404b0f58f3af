/* SPDX-License-Identifier: BSD-2-Clause */
/* How a message reaches a receiver or a buffer slot: check everything, then move. */
#include "ipc/message.h"
#include "ipc/reply.h"
#include "ipc/waiter.h"
#include "kern/pages.h"
#include "kern/panic.h"
#include "kern/process.h"

#define FAULTY_PIECE 16 /* receivers at fault that one offer passes over */

static bool in_memory_form(const struct thread *thread)
{
    return thread->info & ANSER_INFO_MEM;
}

/* What the message carries, looked up, not yet moved. */
static status_t find_load(const struct message *message, struct load *load)
{
    load->count = 0;
    if (message->sender)
        return message_find_carried(message->sender, load);
    if (message->parcel)
        *load = message->parcel->load;
    return 0;
}

/* Pages are paid for by who owns them: moves the charge of all of them, or of none. */
static status_t transfer_pages(const struct load *load, struct account *to)
{
    struct account *from[ANSER_MESSAGE_HANDLES];
    for (unsigned i = 0; i < load->count; i++) {
        struct object *object = load->capabilities[i].object;
        from[i] = NULL;
        if (object->type != ANSER_TYPE_PAGES)
            continue;
        from[i] = object->payer;
        if (pages_transfer(object, to) == 0)
            continue;
        while (i-- > 0)
            if (from[i])
                pages_transfer_back(load->capabilities[i].object, from[i]);
        return -ANSER_ENOMEM;
    }
    return 0;
}

/*
 * The sender's handles leave its table; the references are now in the load. A thread that waits on
 * one of them gets an error, but not the two whose message this is: theirs succeeds.
 */
static void take_carried(struct thread *sender, struct load *load)
{
    waiter_settle(sender);
    for (unsigned i = 0; i < load->count; i++) {
        struct object *object = load->capabilities[i].object;
        if (object->type == ANSER_TYPE_PAGES)
            pages_detach(object);
        handle_take(sender->process, sender->carried[i], &load->capabilities[i]);
    }
    /* Not before all are off: none of them is waited on with success any more. */
    for (unsigned i = 0; i < load->count; i++)
        waiter_lose_handle(sender->process, sender->carried[i], &load->capabilities[i]);
}

static status_t copy_data(const struct message *message, struct thread *to, enum blame *blame)
{
    struct space *space = &to->process->space;
    struct space *at_fault = NULL;
    if (!in_memory_form(to) || message->length == 0)
        return 0;
    void *room = space_view(space, to->receive_data, message->length, ACCESS_WRITE);
    const void *data =
        message->words ? message->words
                       : space_view(message->space, message->data, message->length, ACCESS_READ);
    if (room && data) {
        memcpy(room, data, message->length);
        return 0;
    }
    if (message->words)
        return copy_to_user(space, to->receive_data, message->words, message->length);
    status_t status = copy_user_to_user(space, to->receive_data, message->space, message->data,
                                        message->length, &at_fault);
    if (status == 0 || at_fault != message->space)
        return status;
    /* Within one process the space does not tell whose buffer it was. */
    if (at_fault != space || user_prepare(space, message->data, message->length, false) < 0)
        *blame = BLAME_SENDER;
    return status;
}

static void finish_in_registers(const struct message *message, struct thread *to,
                                const anser_handle *handles, unsigned count, anser_handle reply)
{
    message_clear_registers(to);
    for (unsigned i = 0; i < (message->length + 7) / 8; i++)
        to->x[message_registers[i]] = message->words[i];
    for (unsigned i = 0; i < count; i++)
        to->x[REG_T3 + i] = (uint64_t)handles[i];
    to->x[REG_S3] = (uint64_t)reply;
}

/* The block was prepared: writing it cannot fail. */
static void finish_in_block(const struct message *message, struct thread *to,
                            const anser_handle *handles, anser_handle reply)
{
    const size_t first = offsetof(struct anser_message, recv_length);
    struct space *space = &to->process->space;
    struct anser_message *view = space_view(space, to->block, sizeof(*view), ACCESS_WRITE);
    struct anser_message copy;
    struct anser_message *block = view ? view : &copy;
    block->recv_length = message->length;
    for (unsigned i = 0; i < ANSER_MESSAGE_HANDLES; i++)
        block->handles[i] = handles[i];
    block->reply = reply;
    if (!view) /* what comes out stands last */
        copy_to_user(space, user(to->block.value + first), &copy.recv_length, sizeof(copy) - first);
}

/* What the receiver must have before anything moves: room, handle slots, a reply object. */
static status_t prepare_receiver(const struct message *message, struct thread *to, unsigned count,
                                 struct reply **reply)
{
    struct process *process = to->process;
    bool wants_reply = message->info & ANSER_INFO_CALL && to->info & ANSER_INFO_WANT_REPLY;
    *reply = NULL;
    if (message->length > to->receive_capacity)
        return -ANSER_EMSGSIZE;
    status_t status = 0;
    if (in_memory_form(to))
        status =
            message_prepare(&process->space, to->block, sizeof(struct anser_message), ACCESS_WRITE);
    if (status == 0)
        status = handle_reserve(&process->handles, count + wants_reply);
    if (status < 0 || !wants_reply)
        return status;
    *reply = object_create(process->account, ANSER_TYPE_REPLY, sizeof(struct reply));
    return *reply ? 0 : -ANSER_ENOMEM;
}

/* No failure from here on. */
static void commit(const struct message *message, struct thread *to, struct load *load,
                   struct reply *reply)
{
    anser_handle handles[ANSER_MESSAGE_HANDLES] = {0};
    anser_handle reply_handle = 0;
    waiter_settle(to);
    if (message->sender)
        take_carried(message->sender, load);
    if (message->parcel) {
        message->parcel->load.count = 0; /* its handles have found an owner */
        object_release(&message->parcel->object);
    }
    for (unsigned i = 0; i < load->count; i++) {
        handles[i] = handle_insert(&to->process->handles, &load->capabilities[i]);
        kassert(handles[i] >= 0); /* reserved by prepare_receiver */
    }
    if (reply)
        reply_handle = reply_publish(reply, to);
    if (in_memory_form(to))
        finish_in_block(message, to, handles, reply_handle);
    else
        finish_in_registers(message, to, handles, load->count, reply_handle);

    uint64_t info = message->info | (uint64_t)load->count << ANSER_INFO_HANDLES_SHIFT;
    if (!in_memory_form(to))
        info |= message->length;
    if (to->info & INFO_REPLY_FAILED_NOTE)
        info |= ANSER_INFO_REPLY_FAILED;
    if (to->state == ANSER_STATE_SELECTING)
        info = (uint64_t)message_select_status(to, (status_t)info);
    to->x[REG_A0] = info;
    to->x[REG_A1] = message->badge;
    to->info = 0;
}

/* Most messages: words to a thread in plain register form, and nothing carried. */
static bool deliver_words(const struct message *message, struct thread *to)
{
    if (to->info != 0 || !message->words || message->sender || message->parcel ||
        message->length > ANSER_REGISTER_BYTES)
        return false;
    waiter_settle(to);
    finish_in_registers(message, to, NULL, 0, 0);
    to->x[REG_A0] = message->info | message->length;
    to->x[REG_A1] = message->badge;
    return true;
}

status_t message_deliver(const struct message *message, struct thread *to, enum blame *blame)
{
    struct message shortened;
    struct load load;
    struct reply *reply;
    if (deliver_words(message, to))
        return 0;
    if (to->info == 0)
        to->receive_capacity = ANSER_REGISTER_BYTES; /* it may have come by the fast path */
    if (message->info & ANSER_INFO_EVENT && message->length > to->receive_capacity) {
        shortened = *message; /* an event is cut off, never refused */
        shortened.length = to->receive_capacity;
        message = &shortened;
    }
    *blame = BLAME_SENDER;
    status_t status = find_load(message, &load);
    if (status < 0)
        return status;
    *blame = BLAME_RECEIVER;
    status = prepare_receiver(message, to, load.count, &reply);
    if (status == 0)
        status = copy_data(message, to, blame);
    if (status == 0 && load.count > 0)
        status = transfer_pages(&load, to->process->account);
    if (status < 0) {
        if (reply)
            object_release((struct object *)reply);
        return status;
    }
    commit(message, to, &load, reply);
    return 0;
}

status_t message_offer(struct channel *channel, const struct message *message,
                       struct thread **taken)
{
    struct waiter *receiver;
    for (unsigned n = 0; (receiver = channel_first_receiver(channel)); n++) {
        enum blame blame = BLAME_RECEIVER;
        if (n == FAULTY_PIECE)
            return CALL_RESTART;
        status_t status = waiter_load(receiver);
        if (status == 0)
            status = message_deliver(message, receiver->thread, &blame);
        if (status < 0 && blame == BLAME_SENDER)
            return status;
        if (status < 0) {
            waiter_end(channel, receiver, status);
            continue;
        }
        waiter_take(channel, receiver);
        *taken = receiver->thread;
        return 1;
    }
    return 0;
}

/* ---- Buffers. */

/*
 * A receive end or a right to answer may not wait in a buffer: it could keep itself alive. Nor may
 * a process that never ran, which could have been given the receive end of that very channel.
 */
static bool may_be_buffered(const struct capability *capability)
{
    const struct object *object = capability->object;
    if (object->type == ANSER_TYPE_PROCESS)
        return ((const struct process *)object)->started;
    return object->type != ANSER_TYPE_REPLY && !(capability->rights & ANSER_RIGHT_RECV);
}

/* Looks up what the sender's element carries into a buffer. */
static status_t find_bufferable(struct thread *sender, struct load *load)
{
    status_t status = message_find_carried(sender, load);
    for (unsigned i = 0; status == 0 && i < load->count; i++)
        if (!may_be_buffered(&load->capabilities[i]))
            status = -ANSER_EINVAL;
    return status;
}

status_t message_buffer(struct thread *sender, struct channel *channel)
{
    struct process *process = sender->process;
    struct load load;
    struct parcel *parcel = NULL;
    struct slot *slot = channel_free_slot(channel);
    status_t status = find_bufferable(sender, &load);
    if (status == 0 && sender->send_length > ANSER_REGISTER_BYTES)
        status =
            copy_from_user(&process->space, slot->data, sender->send_data, sender->send_length);
    if (status < 0)
        return status;
    if (load.count > 0 &&
        !(parcel = object_create(process->account, TYPE_PARCEL, sizeof(struct parcel))))
        return -ANSER_ENOMEM;
    if (sender->send_length <= ANSER_REGISTER_BYTES)
        memcpy(slot->data, sender->words, (sender->send_length + 7) & ~7ul);
    slot->length = (uint32_t)sender->send_length;
    slot->badge = sender->badge;
    slot->parcel = parcel;
    channel_put(channel);
    if (parcel) {
        take_carried(sender, &load);
        parcel->load = load;
    }
    return 0;
}

bool parcel_reclaim(struct object *object)
{
    struct load *load = &((struct parcel *)object)->load;
    for (unsigned i = 0; i < load->count; i++)
        capability_release(&load->capabilities[i]);
    return true;
}
