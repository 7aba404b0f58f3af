/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading messages from threads, and ending IPC calls. */
#include "ipc/message.h"
#include "ipc/waiter.h"
#include "kern/pages.h"
#include "kern/process.h"

#define INFO_IN                                                                                    \
    (ANSER_INFO_BYTES | ANSER_INFO_HANDLES | ANSER_INFO_NB | ANSER_INFO_DEADLINE |                 \
     ANSER_INFO_EXPLICIT_REPLY | ANSER_INFO_MEM | ANSER_INFO_WANT_REPLY | ANSER_INFO_NOINTR)

static unsigned carried_count(uint64_t info)
{
    return (info & ANSER_INFO_HANDLES) >> ANSER_INFO_HANDLES_SHIFT;
}

static void load_words(struct thread *self)
{
#pragma GCC unroll 8
    for (unsigned i = 0; i < array_length(message_registers); i++)
        self->words[i] = self->x[message_registers[i]];
    if (self->send_length & 7)
        self->words[self->send_length / 8] &= (1ul << 8 * (self->send_length & 7)) - 1;
}

static void load_registers(struct thread *self)
{
    self->send_length = self->info & ANSER_INFO_BYTES;
    if (self->send_length > 0)
        load_words(self);
    if (carried_count(self->info) > 0)
        memcpy(self->carried, &self->x[REG_T3], sizeof(self->carried));
    self->receive_capacity = ANSER_REGISTER_BYTES;
    self->until = self->info & ANSER_INFO_DEADLINE ? self->x[REG_S2] : UINT64_MAX;
    self->explicit_reply = (anser_handle)self->x[REG_S3];
}

/* Others of its process may be writing there: each field is read once. */
static void take_block(struct thread *self, const volatile struct anser_message *block)
{
    uint64_t capacity = block->recv_capacity;
    self->send_data = user(block->send_data);
    self->send_length = block->send_length;
    self->receive_data = user(block->recv_data);
    self->receive_capacity = min(capacity, ANSER_ELEMENT_MAX);
    self->until = self->info & ANSER_INFO_DEADLINE ? block->deadline : UINT64_MAX;
    self->explicit_reply = block->reply;
    for (unsigned i = 0; i < carried_count(self->info); i++)
        self->carried[i] = block->handles[i];
}

static status_t load_block(struct thread *self, user_t at)
{
    struct anser_message copy;
    struct space *space = &self->process->space;
    const struct anser_message *view = space_view(space, at, sizeof(copy), ACCESS_WRITE);
    self->block = at;
    if (at.value & 7)
        return -ANSER_EINVAL;
    if (view) {
        take_block(self, view);
        return 0;
    }
    status_t status = copy_from_user(space, &copy, at, sizeof(copy));
    if (status < 0)
        return status;
    take_block(self, &copy);
    return user_prepare(space, at, sizeof(copy), true);
}

static status_t load_form(struct thread *self)
{
    uint64_t info = self->x[REG_A1];
    self->info = info & ANSER_INFO_MEM; /* how errors return */
    if (info & ~(uint64_t)INFO_IN || (info & ANSER_INFO_BYTES) > ANSER_REGISTER_BYTES ||
        carried_count(info) > ANSER_MESSAGE_HANDLES ||
        (info & ANSER_INFO_MEM && info & ANSER_INFO_BYTES))
        return -ANSER_EINVAL;
    self->info = info;
    if (info & ANSER_INFO_MEM)
        return load_block(self, user(self->x[REG_A2]));
    load_registers(self);
    return 0;
}

/* Up to 64 bytes travel in thread.words; more stay where they are until the transfer. */
static status_t load_data(struct thread *self, uint64_t limit)
{
    if (self->send_length > limit)
        return -ANSER_EMSGSIZE;
    if (!(self->info & ANSER_INFO_MEM))
        return 0;
    struct space *space = &self->process->space;
    if (self->send_length > ANSER_REGISTER_BYTES)
        return message_prepare(space, self->send_data, self->send_length, ACCESS_READ);
    memset(self->words, 0, sizeof(self->words));
    if (self->send_length == 0)
        return 0;
    return copy_from_user(space, self->words, self->send_data, self->send_length);
}

bool message_carries(const struct thread *sender, anser_handle handle)
{
    for (unsigned i = 0; i < carried_count(sender->info); i++)
        if (sender->carried[i] == handle)
            return true;
    return false;
}

status_t message_find_carried(const struct thread *sender, struct load *load)
{
    status_t status = 0;
    load->count = carried_count(sender->info);
    for (unsigned i = 0; i < load->count && status == 0; i++)
        status = handle_lookup(sender->process, sender->carried[i], 0, ANSER_RIGHT_TRANSFER,
                               &load->capabilities[i]);
    return status;
}

/* All of them are there, none is there twice. */
static status_t check_carried(const struct thread *self)
{
    struct load load;
    status_t status = message_find_carried(self, &load);
    for (unsigned i = 0; i < load.count && status == 0; i++)
        for (unsigned j = 0; j < i; j++)
            if (self->carried[j] == self->carried[i])
                status = -ANSER_EINVAL;
    return status;
}

status_t message_detach_begin(const struct thread *self)
{
    struct load load;
    status_t status = message_find_carried(self, &load);
    for (unsigned i = 0; i < load.count && status == 0; i++)
        if (load.capabilities[i].object->type == ANSER_TYPE_PAGES)
            status = pages_detach_begin(load.capabilities[i].object);
    return status;
}

status_t message_check_room(struct thread *self)
{
    if (!(self->info & ANSER_INFO_MEM) || self->receive_capacity == 0)
        return 0;
    return message_prepare(&self->process->space, self->receive_data, self->receive_capacity,
                           ACCESS_WRITE);
}

status_t message_load(struct thread *self, uint64_t limit)
{
    status_t status = load_form(self);
    if (status == 0)
        status = load_data(self, limit);
    if (status < 0 || carried_count(self->info) == 0)
        return status;
    status = check_carried(self);
    return status < 0 ? status : message_detach_begin(self);
}

status_t message_load_room(struct thread *self)
{
    status_t status = load_form(self);
    return status < 0 ? status : message_check_room(self);
}

/* ---- Cases of select: always in memory form, loaded as often as somebody might take part. */

static status_t load_case(struct thread *self, user_t block, uint64_t info)
{
    self->info = ANSER_INFO_MEM | info | (self->info & ANSER_INFO_NOINTR);
    return load_block(self, block);
}

status_t message_load_case(struct thread *self, user_t block, uint64_t info, uint64_t limit)
{
    status_t status = load_case(self, block, info);
    if (status == 0)
        status = load_data(self, limit);
    return status < 0 ? status : check_carried(self);
}

status_t message_load_case_room(struct thread *self, user_t block, uint64_t info)
{
    status_t status = load_case(self, block, info);
    return status < 0 ? status : message_check_room(self);
}

struct message message_of(struct thread *sender)
{
    bool in_kernel = sender->send_length <= ANSER_REGISTER_BYTES;
    return (struct message){
        .length = sender->send_length,
        .words = in_kernel ? sender->words : NULL,
        .space = &sender->process->space,
        .data = sender->send_data,
        .badge = sender->badge,
        .sender = carried_count(sender->info) ? sender : NULL,
    };
}

struct message message_of_slot(struct slot *slot)
{
    return (struct message){
        .length = slot->length,
        .words = (const uint64_t *)slot->data,
        .badge = slot->badge,
        .parcel = slot->parcel,
    };
}

/* ---- The end of a call. */

/* Register form: whatever is not message is zero afterwards; sp, ra, gp, tp, s11 stay. */
void message_clear_registers(struct thread *thread)
{
#pragma GCC unroll 32
    for (unsigned r = REG_T0; r < 32; r++)
        if (r != REG_S11)
            thread->x[r] = 0;
}

status_t message_select_status(struct thread *thread, status_t status)
{
    int64_t index = thread->selection->index;
    if (status >= 0)
        return status | index << ANSER_SELECT_INDEX_SHIFT;
    thread->x[REG_A1] = (uint64_t)index;
    return status;
}

status_t message_return(struct thread *thread, status_t status)
{
    if (status == CALL_RESTART) {
        thread->info = 0;
        return status;
    }
    if (!(thread->info & ANSER_INFO_MEM))
        message_clear_registers(thread);
    if (status >= 0 && thread->info & INFO_REPLY_FAILED_NOTE)
        status |= ANSER_INFO_REPLY_FAILED;
    thread->x[REG_A1] = 0;
    if (thread->state == ANSER_STATE_SELECTING)
        status = message_select_status(thread, status);
    thread->x[REG_A0] = (uint64_t)status;
    thread->info = 0;
    return status;
}

void message_finish(struct thread *thread, status_t status)
{
    thread_wake(thread, message_return(thread, status));
}
