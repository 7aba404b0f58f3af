/* SPDX-License-Identifier: BSD-2-Clause */
/* The model of channels: handles, lines, and how a message is delivered. */
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

bool over_budget(int process, int64_t more)
{
    for (int64_t name = 0; name < model.names; name++)
        if (model.handles[name].type == HANDLE_PAGES && model.handles[name].payer == process)
            more += model.handles[name].object;
    return more > model.budget[process];
}

bool over_budget_with(int process, const int64_t *names)
{
    int64_t more = 0;
    for (unsigned i = 0; i < carried_count(names); i++) {
        const struct model_handle *handle = &model.handles[names[i]];
        if (handle->type == HANDLE_PAGES && handle->payer != process)
            more += handle->object;
    }
    return more > 0 && over_budget(process, more);
}

void note_moves(const int64_t *names, int *moves)
{
    for (unsigned i = 0; i < carried_count(names); i++)
        moves[i] = model.handles[names[i]].moves;
}

/* ---- What an entry of a line is about: one of a select is about one of its cases. */

const struct operation *model_call_of(struct model_entry entry)
{
    return &model.threads[entry.thread].call;
}

static bool memory_form(const struct operation *call)
{
    return call->kind == OP_SELECT || call->flags & ANSER_INFO_MEM;
}

static int64_t room_of(struct model_entry entry)
{
    const struct operation *call = model_call_of(entry);
    if (entry.index >= 0)
        return call->cases[entry.index].length;
    return memory_form(call) ? call->room : ANSER_REGISTER_BYTES;
}

struct model_message model_message_of(struct model_entry entry)
{
    const struct operation *call = model_call_of(entry);
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

bool has_end(int channel, enum handle_type type)
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
    if (was.type == HANDLE_PAGES)
        return;
    struct model_channel *channel = &model.channels[was.object];
    bool receivable = has_end(was.object, HANDLE_RECEIVE);
    channel->closed |= !receivable || !has_end(was.object, HANDLE_SEND);
    if (was.type == HANDLE_SEND && was.badge >= 0 && receivable && !channel->signal &&
        !has_holder(was.badge))
        notice_badge(channel, was.badge);
}

/* ---- Delivery. */

bool block_gone(int thread, bool sends, int64_t size)
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
    bool sent_lost = sender && sender->lost & LOST_SENT && message->length > ANSER_REGISTER_BYTES;
    *error = -ANSER_ENOMEM; /* for this message, or for one behind it */
    if (slots > 0 && told_no_memory(to.thread) &&
        !(sent_lost && observed(message->sender)->status == -ANSER_EFAULT))
        return FAULT_RECEIVER;
    *error = -ANSER_EFAULT;
    if (sent_lost)
        return FAULT_SENDER;
    if (memory && receiver->lost & LOST_RECEIVED && message->length > 0)
        return FAULT_RECEIVER;
    *error = -ANSER_ENOMEM;
    return over_budget_with(receiver->process, message->carried) ? FAULT_RECEIVER : FAULT_NONE;
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
        model.handles[*reply] = (struct model_handle){
            .type = HANDLE_REPLY, .object = caller, .badge = -1, .place = server->process};
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
        model.handles[message->carried[i]].payer = receiver->process;
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
