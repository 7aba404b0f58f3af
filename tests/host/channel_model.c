/* SPDX-License-Identifier: BSD-2-Clause */
/* The model of channels: lines, and what happens at a channel. */
#include <string.h>
#include "channel_model_parts.h"

struct model model;

const struct outcome *observed(int thread)
{
    return &model.observed[thread];
}

bool told_no_memory(int thread)
{
    return model.struck && observed(thread)->status == -ANSER_ENOMEM;
}

/* ---- Handles. */

struct model_handle *handle_at(int64_t name, int process)
{
    if (name < 0 || name >= model.names || model.handles[name].type == HANDLE_NONE)
        return NULL;
    return model.handles[name].place == process ? &model.handles[name] : NULL;
}

int64_t model_handle_count(int process)
{
    int64_t count = 0;
    for (int64_t name = 0; name < model.names; name++)
        count += handle_at(name, process) != NULL;
    return count;
}

bool carried_there(const int64_t *names, const int *moves, int process)
{
    for (unsigned i = 0; i < carried_count(names); i++) {
        const struct model_handle *handle = handle_at(names[i], process);
        if (!handle || (moves && handle->moves != moves[i]))
            return false;
    }
    return true;
}

void note_moves(const int64_t *names, int *moves)
{
    for (unsigned i = 0; i < carried_count(names); i++)
        moves[i] = model.handles[names[i]].moves;
}

/* ---- What an entry of a line is about: one of a select is about one of its cases. */

static const struct operation *call_of(struct model_entry entry)
{
    return &model.threads[entry.thread].call;
}

static bool memory_form(const struct operation *call)
{
    return call->kind == OP_SELECT || call->flags & ANSER_INFO_MEM;
}

static int64_t room_of(struct model_entry entry)
{
    const struct operation *call = call_of(entry);
    if (entry.index >= 0)
        return call->cases[entry.index].length;
    return memory_form(call) ? call->room : ANSER_REGISTER_BYTES;
}

static struct model_message message_of(struct model_entry entry)
{
    const struct operation *call = call_of(entry);
    struct model_message message = {
        .from = call->id,
        .length = call->length,
        .badge = model.threads[entry.thread].badge,
        .sender = entry.thread,
        .call = call->kind == OP_CALL,
        .carried = {call->carried[0], call->carried[1]},
    };
    if (entry.index >= 0) {
        message.length = call->cases[entry.index].length;
        message.badge = model.threads[entry.thread].case_badges[entry.index];
        message.carried[0] = call->cases[entry.index].carried;
        message.carried[1] = NO_NAME;
    }
    memcpy(message.moves, model.threads[entry.thread].moves[entry.index < 0 ? 0 : entry.index],
           sizeof(message.moves));
    return message;
}

/* ---- Lines: first come, first served, as the runtime of Go does it (runtime/chan.go, waitq). */

void join(int channel, bool sending, int thread, int index)
{
    struct model_channel *at = &model.channels[channel];
    struct model_line *line = sending ? &at->senders : &at->receivers;
    line->entries[line->count++] = (struct model_entry){thread, index};
    model.threads[thread].wait = WAIT_LINE;
}

static void leave_line(struct model_line *line, int thread)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < line->count; i++)
        if (line->entries[i].thread != thread)
            line->entries[kept++] = line->entries[i];
    line->count = kept;
}

/* A select that has ended has no place in any line any more, and no case of it has had an effect
 * but the one that fired ("Select statements"). */
static void leave_lines(int thread)
{
    for (int i = 0; i < model.channel_count; i++) {
        leave_line(&model.channels[i].senders, thread);
        leave_line(&model.channels[i].receivers, thread);
    }
}

/* ---- The end of a call. */

static void forget_answer_to(int caller)
{
    for (int i = 0; i < MODEL_THREADS; i++)
        if (model.threads[i].owes == caller)
            model.threads[i].owes = -1;
    for (int64_t name = 0; name < model.names; name++)
        if (model.handles[name].type == HANDLE_REPLY && model.handles[name].object == caller)
            model.handles[name].object = -1;
}

void finish(int thread, int index, int64_t status, int64_t value)
{
    struct model_thread *self = &model.threads[thread];
    struct outcome *outcome = &model.outcomes[thread];
    bool select = self->call.kind == OP_SELECT;
    if (self->wait == WAIT_LINE)
        leave_lines(thread);
    else if (self->wait == WAIT_ANSWER)
        forget_answer_to(thread);
    self->wait = WAIT_NOTHING;
    outcome->ended = 1;
    outcome->status = status;
    outcome->value = value;
    if (status >= 0 && select)
        outcome->status |= (int64_t)index << 16;
    else if (select)
        outcome->value = index;
    if (status >= 0 && self->reply_failed)
        outcome->status |= ANSER_INFO_REPLY_FAILED;
}

/* The case of a select that uses the handle; where several do, whichever was told. */
static int case_using(const struct operation *call, int64_t name, int64_t told)
{
    int found = -1;
    for (int i = 0; i < call->case_count; i++)
        if (call->cases[i].handle == name && (found < 0 || i == told))
            found = i;
    return found;
}

void wake_users(int process, int64_t name)
{
    for (int i = 0; i < MODEL_THREADS; i++) {
        const struct model_thread *thread = &model.threads[i];
        if (thread->wait != WAIT_LINE || thread->process != process)
            continue;
        bool select = thread->call.kind == OP_SELECT;
        int used = select ? case_using(&thread->call, name, observed(i)->value) : -1;
        if (select ? used >= 0 : thread->call.handle == name)
            finish(i, used, -ANSER_EBADF, 0);
    }
}

/* ---- The end of handles. */

static bool has_end(int channel, enum handle_type type)
{
    for (int64_t name = 0; name < model.names; name++)
        if (model.handles[name].type == type && model.handles[name].object == channel)
            return true;
    return false;
}

static bool has_holder(int badge)
{
    for (int64_t name = 0; name < model.names; name++)
        if (model.handles[name].type == HANDLE_SEND && model.handles[name].badge == badge)
            return true;
    return false;
}

static void notice_badge(struct model_channel *channel, int badge)
{
    channel->notices[channel->notice_count++ % MODEL_NOTICES] =
        (struct model_notice){model.badges[badge], channel->put, model.step};
}

void release(int64_t name)
{
    struct model_handle was = model.handles[name];
    model.handles[name].type = HANDLE_NONE;
    if (was.type == HANDLE_REPLY) {
        if (was.object >= 0)
            finish(was.object, -1, -ANSER_EPIPE, 0);
        return;
    }
    struct model_channel *channel = &model.channels[was.object];
    bool receivable = has_end(was.object, HANDLE_RECEIVE);
    channel->closed |= !receivable || !has_end(was.object, HANDLE_SEND);
    if (was.type == HANDLE_SEND && was.badge >= 0 && receivable && !channel->signal &&
        !has_holder(was.badge))
        notice_badge(channel, was.badge);
}

/* ---- Delivery. */

/* A select that waits has its blocks read again, and what they say checked, when a case of it is
 * about to go: before anything else, whoever else is at fault. */
static bool block_gone(int thread, bool sends, int64_t size)
{
    const struct model_thread *at = &model.threads[thread];
    unsigned data = sends ? LOST_SENT : LOST_RECEIVED;
    return at->call.kind == OP_SELECT && (at->lost & LOST_BLOCK || (at->lost & data && size > 0));
}

enum fault check_delivery(const struct model_message *message, struct model_entry to,
                          int64_t *error)
{
    const struct model_thread *receiver = &model.threads[to.thread];
    const struct operation *call = &receiver->call;
    const struct model_thread *sender =
        message->sender >= 0 ? &model.threads[message->sender] : NULL;
    bool memory = memory_form(call);
    unsigned slots = carried_count(message->carried) +
                     (message->call && call->flags & ANSER_INFO_WANT_REPLY ? 1 : 0);
    *error = -ANSER_EFAULT;
    if (sender && block_gone(message->sender, true, message->length))
        return FAULT_SENDER;
    if (block_gone(to.thread, false, room_of(to)))
        return FAULT_RECEIVER;
    *error = -ANSER_EBADF;
    if (sender && !carried_there(message->carried, message->moves, sender->process))
        return FAULT_SENDER;
    *error = -ANSER_EMSGSIZE;
    if (message->length > room_of(to))
        return FAULT_RECEIVER;
    *error = -ANSER_EFAULT;
    if (memory && receiver->lost & LOST_BLOCK)
        return FAULT_RECEIVER;
    *error = -ANSER_EMFILE;
    if (slots > 0 && model_handle_count(receiver->process) + slots > model.room[receiver->process])
        return FAULT_RECEIVER;
    *error = -ANSER_ENOMEM;
    if (slots > 0 && told_no_memory(to.thread))
        return FAULT_RECEIVER;
    *error = -ANSER_EFAULT;
    if (sender && sender->lost & LOST_SENT && message->length > ANSER_REGISTER_BYTES)
        return FAULT_SENDER;
    return memory && receiver->lost & LOST_RECEIVED && message->length > 0 ? FAULT_RECEIVER
                                                                           : FAULT_NONE;
}

/* The server has the call: its thread owes an answer, or the handle of this name stands for it. */
static void receive_call(const struct model_message *message, struct model_thread *server,
                         int64_t *reply)
{
    int caller = message->sender;
    model.threads[caller].wait = WAIT_ANSWER;
    leave_lines(caller);
    if (server->call.flags & ANSER_INFO_WANT_REPLY) {
        *reply = 2 * message->from;
        model.handles[*reply] = (struct model_handle){HANDLE_REPLY, caller, -1, server->process, 0};
        if (model.names <= *reply)
            model.names = *reply + 1;
        return;
    }
    if (server->owes >= 0)
        finish(server->owes, -1, -ANSER_EPIPE, 0);
    server->owes = caller;
}

void deliver(const struct model_message *message, struct model_entry to)
{
    struct model_thread *receiver = &model.threads[to.thread];
    struct outcome *outcome = &model.outcomes[to.thread];
    unsigned count = carried_count(message->carried);
    int64_t status = (int64_t)count << ANSER_INFO_HANDLES_SHIFT;
    status |= memory_form(&receiver->call) ? 0 : message->length;
    status |= message->call ? ANSER_INFO_CALL : 0;
    finish(to.thread, to.index, status, message->badge);
    outcome->from = message->from;
    outcome->length = message->length;
    for (unsigned i = 0; i < count; i++) {
        model.handles[message->carried[i]].place = receiver->process;
        model.handles[message->carried[i]].moves++;
        outcome->carried[i] = message->carried[i];
    }
    if (message->call)
        receive_call(message, receiver, &outcome->reply);
    else if (message->sender >= 0 && model.threads[message->sender].wait == WAIT_LINE)
        leave_lines(message->sender);
    for (unsigned i = 0; message->sender >= 0 && i < count; i++)
        wake_users(model.threads[message->sender].process, message->carried[i]);
}

/* ---- What happens at a channel. Each function lets at most one thing happen, and says whether. */

/* Of a select only the case goes that was seen to go, or any in the end (strict). */
static bool strict;
/* A select may have found out whose fault it is that one case cannot go before another one went. */
static bool faults_only;

static bool may_go(struct model_entry entry)
{
    const struct outcome *seen = observed(entry.thread);
    if (entry.index < 0 || strict || model.threads[entry.thread].dying)
        return true;
    return seen->ended && entry.index == (seen->status >= 0 ? seen->status >> 16 : seen->value);
}

static const struct model_entry *first_that_may(const struct model_line *line)
{
    for (unsigned i = 0; i < line->count; i++)
        if (may_go(line->entries[i]))
            return &line->entries[i];
    return NULL;
}

/* Which of the notices that have no order among them the receiver was seen to get. */
static unsigned choose_notice(const struct model_channel *channel, int receiver)
{
    for (unsigned i = 0; i < channel->notice_count; i++)
        if (channel->notices[i].step == channel->notices[0].step &&
            channel->notices[i].badge == observed(receiver)->value)
            return i;
    return 0;
}

static bool deliver_notice(struct model_channel *channel)
{
    const struct model_entry *first = first_that_may(&channel->receivers);
    struct model_message nothing = {.sender = -1, .carried = {NO_NAME, NO_NAME}};
    int64_t error;
    if (!first || channel->notice_count == 0 || channel->notices[0].after > channel->taken)
        return false;
    struct model_entry to = *first;
    if (check_delivery(&nothing, to, &error) != FAULT_NONE) {
        finish(to.thread, to.index, error, 0);
        return true;
    }
    unsigned chosen = choose_notice(channel, to.thread);
    finish(to.thread, to.index, ANSER_INFO_GONE, channel->notices[chosen].badge);
    channel->notice_count--;
    memmove(&channel->notices[chosen], &channel->notices[chosen + 1],
            (channel->notice_count - chosen) * sizeof(channel->notices[0]));
    return true;
}

static struct model_message take_oldest(struct model_channel *channel)
{
    struct model_message oldest = channel->buffer[0];
    channel->count--;
    channel->taken++;
    memmove(&channel->buffer[0], &channel->buffer[1], channel->count * sizeof(oldest));
    return oldest;
}

/* "Channels act as first-in-first-out queues." */
static bool deliver_buffered(struct model_channel *channel)
{
    const struct model_entry *first = first_that_may(&channel->receivers);
    int64_t error;
    if (!first || channel->count == 0)
        return false;
    struct model_entry to = *first;
    if (check_delivery(&channel->buffer[0], to, &error) != FAULT_NONE) {
        finish(to.thread, to.index, error, 0);
        return true;
    }
    struct model_message oldest = take_oldest(channel);
    deliver(&oldest, to);
    return true;
}

/* Both at once, or the one at fault leaves. A fault may be found out by a select whose other case
 * goes then. */
static bool meet(struct model_entry from, struct model_entry to)
{
    struct model_message message = message_of(from);
    int64_t error;
    enum fault fault = check_delivery(&message, to, &error);
    if (fault == FAULT_NONE) {
        if (faults_only || !may_go(from) || !may_go(to))
            return false;
        deliver(&message, to);
        if (!message.call)
            finish(from.thread, from.index, 0, 0);
        return true;
    }
    struct model_entry wrong = fault == FAULT_SENDER ? from : to;
    const struct outcome *seen = observed(wrong.thread);
    if (!strict && !model.threads[wrong.thread].dying &&
        !(seen->ended && seen->status == error && may_go(wrong)))
        return false;
    if (faults_only && wrong.thread == model.caller)
        return false; /* its own comes last */
    finish(wrong.thread, wrong.index, error, 0);
    return true;
}

/* "If the capacity is zero or absent, the channel is unbuffered and communication succeeds only
 * when both a sender and receiver are ready." No thread is its own peer. */
static bool deliver_directly(struct model_channel *channel)
{
    if (channel->count > 0)
        return false;
    for (unsigned r = 0; r < channel->receivers.count; r++)
        for (unsigned s = 0; s < channel->senders.count; s++) {
            struct model_entry from = channel->senders.entries[s];
            struct model_entry to = channel->receivers.entries[r];
            if (from.thread != to.thread && meet(from, to))
                return true;
        }
    return false;
}

/* What could keep itself alive, or means nothing later, does not wait in a buffer. */
static bool may_be_buffered(const struct model_message *message)
{
    for (unsigned i = 0; i < carried_count(message->carried); i++)
        if (model.handles[message->carried[i]].type != HANDLE_SEND)
            return false;
    return true;
}

static int64_t buffer_fault(const struct model_message *message)
{
    const struct model_thread *sender = &model.threads[message->sender];
    if (block_gone(message->sender, true, message->length))
        return -ANSER_EFAULT;
    if (!carried_there(message->carried, message->moves, sender->process))
        return -ANSER_EBADF;
    if (!may_be_buffered(message))
        return -ANSER_EINVAL;
    if (sender->lost & LOST_SENT && message->length > ANSER_REGISTER_BYTES)
        return -ANSER_EFAULT;
    return carried_count(message->carried) > 0 && told_no_memory(message->sender) ? -ANSER_ENOMEM
                                                                                  : 0;
}

/* "A send on a buffered channel can proceed if there is room in the buffer." A call waits for a
 * receiver, and keeps those behind it waiting. */
static bool fill(struct model_channel *channel)
{
    const struct model_entry *first = first_that_may(&channel->senders);
    if (!first || (int64_t)channel->count >= channel->capacity ||
        call_of(channel->senders.entries[0])->kind == OP_CALL || call_of(*first)->kind == OP_CALL)
        return false;
    struct model_entry from = *first;
    struct model_message message = message_of(from);
    int process = model.threads[from.thread].process;
    int64_t error = buffer_fault(&message);
    finish(from.thread, from.index, error, 0);
    if (error < 0)
        return true;
    message.sender = -1;
    channel->buffer[channel->count++] = message;
    channel->put++;
    for (unsigned i = 0; i < carried_count(message.carried); i++) {
        model.handles[message.carried[i]].place = PLACE_BUFFER;
        model.handles[message.carried[i]].moves++;
        wake_users(process, message.carried[i]);
    }
    return true;
}

/* "Sending to a closed channel causes a run-time panic": here -EPIPE, also for those who wait. */
static bool refuse_sender(struct model_channel *channel)
{
    const struct model_entry *first = channel->closed ? first_that_may(&channel->senders) : NULL;
    if (first)
        finish(first->thread, first->index, -ANSER_EPIPE, 0);
    return first != NULL;
}

/* "After calling close, and after any previously sent values have been received, receive operations
 * will return the zero value ... without blocking": here CLOSED. */
static bool tell_closed(struct model_channel *channel)
{
    const struct model_entry *first = channel->closed ? first_that_may(&channel->receivers) : NULL;
    if (first)
        finish(first->thread, first->index, channel->signal ? -ANSER_EPIPE : ANSER_INFO_CLOSED, 0);
    return first != NULL;
}

/* Nobody will ever receive it. */
static bool discard(struct model_channel *channel)
{
    if (!channel->closed || (channel->count == 0 && channel->notice_count == 0) ||
        has_end((int)(channel - model.channels), HANDLE_RECEIVE))
        return false;
    channel->notice_count = 0;
    while (channel->count > 0) {
        struct model_message dropped = take_oldest(channel);
        for (unsigned i = 0; i < carried_count(dropped.carried); i++)
            release(dropped.carried[i]);
    }
    return true;
}

/* One word, which the thread that has waited longest gets as a whole. */
static bool wait_over(struct model_channel *channel)
{
    const struct model_entry *first = first_that_may(&channel->receivers);
    if (!first || channel->bits == 0)
        return false;
    finish(first->thread, first->index, 0, (int64_t)channel->bits);
    channel->bits = 0;
    return true;
}

static bool happens(struct model_channel *channel)
{
    if (faults_only)
        return deliver_directly(channel);
    if (channel->signal)
        return wait_over(channel) || tell_closed(channel);
    return deliver_notice(channel) || deliver_buffered(channel) || refuse_sender(channel) ||
           deliver_directly(channel) || fill(channel) || tell_closed(channel) || discard(channel);
}

static bool anything_happens(void)
{
    bool any = false;
    for (int i = 0; i < model.channel_count; i++)
        while (happens(&model.channels[i]))
            any = true;
    return any;
}

void settle(void)
{
    for (int pass = 0; pass < 3; pass++) {
        faults_only = pass == 0;
        strict = pass == 2;
        while (anything_happens())
            continue;
    }
    strict = false;
}
