/* SPDX-License-Identifier: BSD-2-Clause */
/* The model of channels: operations, their errors, deadlines, and the ends of threads. */
#include <string.h>
#include "channel_model_parts.h"

#define TABLE_FULL(process, more) (model_handle_count(process) + (more) > model.room[process])

/* ---- Errors that a call has at once. Where it has several, any of them may be told. */

static bool allowed[256];
static bool any_allowed;

static void allow(int error, bool condition)
{
    allowed[error] |= condition;
    any_allowed |= condition;
}

/* If the call has errors, it ends with the one that was observed, or one of them. */
static bool refuse(int thread, int index)
{
    int64_t told = -observed(thread)->status;
    bool refused = any_allowed;
    int error = 0;
    if (told > 0 && told < 256 && allowed[told])
        error = (int)told;
    while (refused && !allowed[error])
        error++;
    memset(allowed, 0, sizeof(allowed));
    any_allowed = false;
    if (refused)
        finish(thread, index, -error, 0);
    return refused;
}

static const struct model_channel *channel_behind(const struct model_handle *handle)
{
    bool end = handle && (handle->type == HANDLE_SEND || handle->type == HANDLE_RECEIVE);
    return end ? &model.channels[handle->object] : NULL;
}

/* The handle must be one end of a channel, or of a signal. */
static const struct model_channel *need_end(int process, int64_t name, enum handle_type type,
                                            bool signal)
{
    const struct model_handle *handle = handle_at(name, process);
    const struct model_channel *channel = channel_behind(handle);
    allow(ANSER_EBADF, !channel || channel->signal != signal);
    allow(ANSER_EPERM, channel && channel->signal == signal && handle->type != type);
    return channel && channel->signal == signal && handle->type == type ? channel : NULL;
}

static void need_carried(int process, const int64_t *names)
{
    unsigned count = carried_count(names);
    allow(ANSER_EBADF, !carried_there(names, NULL, process));
    allow(ANSER_EINVAL, count == 2 && names[0] == names[1]);
}

static int64_t badge_of(int process, int64_t name)
{
    const struct model_handle *handle = handle_at(name, process);
    return handle && handle->badge >= 0 ? model.badges[handle->badge] : 0;
}

static int object_of(int process, int64_t name)
{
    return handle_at(name, process)->object;
}

/* ---- Making, and giving up. */

static void publish(int64_t name, enum handle_type type, int object, int badge, int process)
{
    model.handles[name] = (struct model_handle){
        .type = type, .object = object, .payer = process, .badge = badge, .place = process};
    if (name >= model.names)
        model.names = name + 1;
}

static void make(const struct operation *call, int process)
{
    int thread = (int)call->thread;
    bool signal = call->kind == OP_MAKE_SIGNAL;
    allow(ANSER_EINVAL, !signal && call->length > ANSER_ELEMENT_MAX);
    allow(ANSER_ENOMEM, told_no_memory((int)call->thread));
    allow(ANSER_EMFILE, TABLE_FULL(process, 2));
    if (refuse(thread, -1))
        return;
    int made = model.channel_count++;
    model.channels[made] = (struct model_channel){
        .signal = signal, .element_size = call->length, .capacity = call->room};
    publish(2 * call->id, HANDLE_SEND, made, -1, process);
    publish(2 * call->id + 1, HANDLE_RECEIVE, made, -1, process);
    finish(thread, -1, 0, 0);
}

static void make_pages(const struct operation *call, int process)
{
    allow(ANSER_ENOMEM, told_no_memory((int)call->thread) || over_budget(process, call->length));
    allow(ANSER_EMFILE, TABLE_FULL(process, 1));
    if (refuse((int)call->thread, -1))
        return;
    publish(2 * call->id, HANDLE_PAGES, (int)call->length, -1, process);
    finish((int)call->thread, -1, 0, 0);
}

static void mint(const struct operation *call, int process)
{
    const struct model_handle *handle = handle_at(call->handle, process);
    allow(ANSER_EBADF, !handle);
    allow(ANSER_EPERM, handle && handle->type != HANDLE_RECEIVE);
    allow(ANSER_EINVAL, call->length == 0);
    allow(ANSER_ENOMEM, told_no_memory((int)call->thread));
    allow(ANSER_EMFILE, TABLE_FULL(process, 1));
    if (refuse((int)call->thread, -1))
        return;
    int name = (int)(2 * call->id);
    model.badges[name] = call->length;
    publish(name, HANDLE_SEND, handle->object, name, process);
    finish((int)call->thread, -1, 0, 0);
}

static void duplicate(const struct operation *call, int process)
{
    const struct model_handle *handle = handle_at(call->handle, process);
    allow(ANSER_EBADF, !handle);
    allow(ANSER_EPERM, handle && handle->type == HANDLE_REPLY);
    allow(ANSER_EINVAL, handle && handle->type == HANDLE_PAGES);
    allow(ANSER_ENOMEM, told_no_memory((int)call->thread));
    allow(ANSER_EMFILE, TABLE_FULL(process, 1));
    if (refuse((int)call->thread, -1))
        return;
    publish(2 * call->id, handle->type, handle->object, handle->badge, process);
    finish((int)call->thread, -1, 0, 0);
}

static void close_handle(const struct operation *call, int process)
{
    allow(ANSER_EBADF, !handle_at(call->handle, process));
    if (refuse((int)call->thread, -1))
        return;
    model.handles[call->handle].place = PLACE_NOWHERE;
    wake_users(process, call->handle);
    release(call->handle);
    model.handles[call->handle].place = process; /* where its old value is, stale */
    finish((int)call->thread, -1, 0, 0);
}

static void give(const struct operation *call, int process)
{
    struct model_handle *handle = handle_at(call->handle, process);
    allow(ANSER_EBADF, !handle);
    const int64_t names[CARRIED_MAX] = {call->handle, NO_NAME};
    allow(ANSER_ENOMEM, handle && over_budget_with((int)call->target, names));
    allow(ANSER_ESRCH, model.dead[call->target]);
    allow(ANSER_EINVAL, call->target == process);
    allow(ANSER_ENOMEM, told_no_memory((int)call->thread));
    allow(ANSER_EMFILE, TABLE_FULL(call->target, 1));
    if (refuse((int)call->thread, -1))
        return;
    wake_users(process, call->handle);
    handle->place = (int)call->target;
    handle->payer = (int)call->target;
    handle->moves++;
    finish((int)call->thread, -1, 0, 0);
}

/* "Close": "Closing a closed channel also causes a run-time panic": here -EPIPE. */
static void close_channel(const struct operation *call, int process)
{
    const struct model_channel *channel = need_end(process, call->handle, HANDLE_SEND, false);
    allow(ANSER_EPIPE, channel && channel->closed);
    if (refuse((int)call->thread, -1))
        return;
    model.channels[object_of(process, call->handle)].closed = true;
    finish((int)call->thread, -1, 0, 0);
}

/* "Length and capacity": "the number of elements queued in channel buffer", "channel buffer
 * capacity". */
static void length(const struct operation *call, int process)
{
    const struct model_channel *channel = channel_behind(handle_at(call->handle, process));
    allow(ANSER_EBADF, !channel || channel->signal);
    if (!refuse((int)call->thread, -1))
        finish((int)call->thread, -1, channel->count, channel->capacity);
}

static void post(const struct operation *call, int process)
{
    const struct model_channel *signal = need_end(process, call->handle, HANDLE_SEND, true);
    allow(ANSER_EPIPE, signal && signal->closed);
    if (refuse((int)call->thread, -1))
        return;
    model.channels[object_of(process, call->handle)].bits |= (uint64_t)call->length;
    finish((int)call->thread, -1, 0, 0);
}

/* ---- Communication. */

static void need_send(int process, int64_t name, int64_t size, const int64_t *carried)
{
    const struct model_channel *channel = need_end(process, name, HANDLE_SEND, false);
    allow(ANSER_EMSGSIZE, channel && size > channel->element_size);
    need_carried(process, carried);
}

static void send(const struct operation *call, int process)
{
    need_send(process, call->handle, call->length, call->carried);
    const struct model_channel *channel = channel_behind(handle_at(call->handle, process));
    allow(ANSER_EPIPE, channel && channel->closed);
    if (refuse((int)call->thread, -1))
        return;
    model.threads[call->thread].badge = badge_of(process, call->handle);
    note_moves(call->carried, model.threads[call->thread].moves[0]);
    join(object_of(process, call->handle), true, (int)call->thread, -1);
}

static void receive(const struct operation *call, int process)
{
    need_end(process, call->handle, HANDLE_RECEIVE, call->kind == OP_WAIT);
    if (!refuse((int)call->thread, -1))
        join(object_of(process, call->handle), false, (int)call->thread, -1);
}

/* Who is to be answered, whose right is spent now; -1: nobody is there. */
static int take_caller(struct model_thread *self, const struct operation *call)
{
    int caller = self->owes;
    if (call->flags & ANSER_INFO_EXPLICIT_REPLY) {
        caller = model.handles[call->reply].object;
        model.handles[call->reply].type = HANDLE_NONE;
    } else {
        self->owes = -1;
    }
    return caller;
}

/* An answer never waits. What fails at the caller's side is told to both; what fails at the
 * server's, too, but the caller just learns that nobody answers. */
static int64_t answer(const struct operation *call)
{
    struct model_thread *self = &model.threads[call->thread];
    int64_t error;
    if (call->flags & ANSER_INFO_EXPLICIT_REPLY) {
        const struct model_handle *right = handle_at(call->reply, self->process);
        if (!right || right->type != HANDLE_REPLY)
            return -ANSER_EBADF;
        if (call->carried[0] == call->reply || call->carried[1] == call->reply)
            return -ANSER_EINVAL; /* used and given away at once: a mistake, which spends nothing */
    }
    struct model_entry caller = {take_caller(self, call), -1};
    if (caller.thread < 0)
        return -ANSER_EPIPE;
    struct model_message message = {.from = call->id,
                                    .length = call->length,
                                    .sender = (int)call->thread,
                                    .carried = {call->carried[0], call->carried[1]}};
    note_moves(message.carried, message.moves);
    enum fault fault = check_delivery(&message, caller, &error);
    if (fault == FAULT_NONE) {
        deliver(&message, caller);
        return 0;
    }
    finish(caller.thread, -1, fault == FAULT_RECEIVER ? error : -ANSER_EPIPE, 0);
    return error;
}

static void reply(const struct operation *call, int process)
{
    need_carried(process, call->carried);
    if (!refuse((int)call->thread, -1))
        finish((int)call->thread, -1, answer(call), 0);
}

/* The answer, which may fail, and then a receive whatever came of it. */
static void exchange(const struct operation *call, int process)
{
    need_end(process, call->handle, HANDLE_RECEIVE, false);
    need_carried(process, call->carried);
    if (refuse((int)call->thread, -1))
        return;
    int channel = object_of(process, call->handle);
    bool failed = answer(call) < 0;
    /* It went away with the answer, if only to another thread of the process. */
    if (!failed && (call->carried[0] == call->handle || call->carried[1] == call->handle)) {
        finish((int)call->thread, -1, -ANSER_EBADF, 0);
        return;
    }
    model.threads[call->thread].reply_failed = failed;
    join(channel, false, (int)call->thread, -1);
}

/* ---- "Select statements". */

static void check_case(const struct operation_case *one, int process)
{
    const int64_t carried[CARRIED_MAX] = {one->carried, NO_NAME};
    const struct model_handle *handle = handle_at(one->handle, process);
    const struct model_channel *channel = channel_behind(handle);
    if (one->handle == NO_NAME)
        return; /* "a nil channel ... is never ready" */
    if (one->send)
        need_send(process, one->handle, one->length, carried);
    else
        need_end(process, one->handle, HANDLE_RECEIVE, channel && channel->signal);
    allow(ANSER_EPERM, handle && any_allowed); /* another kind of object: its rights may be told */
}

unsigned model_ready_cases(const struct operation *call)
{
    unsigned ready = 0;
    int process = model.threads[call->thread].process;
    for (int i = 0; i < call->case_count; i++) {
        const struct operation_case *one = &call->cases[i];
        const struct model_channel *channel = channel_behind(handle_at(one->handle, process));
        if (!channel)
            continue;
        bool receivable = channel->count > 0 || channel->senders.count > 0 ||
                          channel->notice_count > 0 || channel->bits != 0 || channel->closed;
        bool sendable = channel->receivers.count > 0 || channel->closed ||
                        ((int64_t)channel->count < channel->capacity && !channel->senders.count);
        ready |= (one->send ? sendable : receivable) ? 1u << i : 0;
    }
    return ready;
}

/* The cases are checked one after the other, before any of them has an effect. */
static void select_cases(const struct operation *call, int process)
{
    struct model_thread *self = &model.threads[call->thread];
    allow(ANSER_ENOMEM,
          told_no_memory((int)call->thread) && observed((int)call->thread)->value < 0);
    if (refuse((int)call->thread, -1))
        return;
    for (int i = 0; i < call->case_count; i++) {
        check_case(&call->cases[i], process);
        if (refuse((int)call->thread, i))
            return;
    }
    self->wait = WAIT_LINE; /* also without a case that could ever be ready */
    for (int i = 0; i < call->case_count; i++) {
        const struct operation_case *one = &call->cases[i];
        if (one->handle == NO_NAME)
            continue;
        const int64_t carried[CARRIED_MAX] = {one->carried, NO_NAME};
        self->case_badges[i] = badge_of(process, one->handle);
        note_moves(carried, self->moves[i]);
        join(object_of(process, one->handle), one->send, (int)call->thread, i);
    }
}

/* "If one or more of the communications can proceed" one does; else who may not wait goes on. */
static void wait_or_not(const struct operation *call)
{
    settle();
    if (model.threads[call->thread].wait == WAIT_LINE && call->flags & ANSER_INFO_NB) {
        finish((int)call->thread, -1, -ANSER_EAGAIN, 0);
        settle();
    }
}

/* ---- What comes from outside: time, interruptions, death. */

static bool due(const struct model_thread *thread)
{
    return thread->wait != WAIT_NOTHING && thread->call.flags & ANSER_INFO_DEADLINE &&
           thread->call.until <= model.now;
}

/* Who is late is late, whatever room the others leave. */
static void expire(void)
{
    bool any;
    do {
        any = false;
        for (int i = 0; i < MODEL_THREADS; i++) {
            if (!due(&model.threads[i]))
                continue;
            finish(i, -1, -ANSER_ETIMEDOUT, 0);
            any = true;
        }
        settle();
    } while (any);
}

static void interrupt(int target)
{
    const struct model_thread *thread = &model.threads[target];
    if (thread->wait != WAIT_NOTHING && !(thread->call.flags & ANSER_INFO_NOINTR))
        finish(target, -1, -ANSER_EINTR, 0);
}

static void stop(int target)
{
    struct model_thread *thread = &model.threads[target];
    if (thread->wait != WAIT_NOTHING)
        finish(target, -1, -ANSER_EINTR, 0);
    thread->alive = false;
}

static void drop_debts(int target)
{
    int caller = model.threads[target].owes;
    model.threads[target].owes = -1;
    if (caller >= 0)
        finish(caller, -1, -ANSER_EPIPE, 0);
}

/* All that it had goes with a process. */
static void end_process(int process)
{
    model.dead[process] = true;
    for (int64_t name = 0; name < model.names; name++)
        if (handle_at(name, process))
            release(name);
}

static void kill_thread(int target)
{
    int process = model.threads[target].process;
    bool last = true;
    model.threads[target].dying = true;
    stop(target);
    settle();
    drop_debts(target);
    for (int i = 0; i < MODEL_THREADS; i++)
        last &= !model.threads[i].alive || model.threads[i].process != process;
    if (last)
        end_process(process);
}

static void kill_process(int process)
{
    for (int i = 0; i < MODEL_THREADS; i++)
        model.threads[i].dying |= model.threads[i].process == process;
    for (int i = 0; i < MODEL_THREADS; i++)
        if (model.threads[i].alive && model.threads[i].process == process)
            stop(i);
    settle();
    for (int i = 0; i < MODEL_THREADS; i++)
        if (model.threads[i].process == process)
            drop_debts(i);
    end_process(process);
}

/* ---- One step. */

static void (*const calls[OPERATION_KIND_COUNT])(const struct operation *call, int process) = {
    [OP_MAKE] = make,   [OP_MAKE_SIGNAL] = make,       [OP_PAGES] = make_pages,
    [OP_MINT] = mint,   [OP_DUPLICATE] = duplicate,    [OP_CLOSE_HANDLE] = close_handle,
    [OP_GIVE] = give,   [OP_CLOSE] = close_channel,    [OP_LENGTH] = length,
    [OP_SEND] = send,   [OP_RECEIVE] = receive,        [OP_CALL] = send,
    [OP_REPLY] = reply, [OP_REPLY_RECEIVE] = exchange, [OP_SELECT] = select_cases,
    [OP_POST] = post,   [OP_WAIT] = receive,
};

static void call_step(const struct operation *call)
{
    struct model_thread *self = &model.threads[call->thread];
    self->call = *call;
    self->reply_failed = false;
    self->lost = 0;
    calls[call->kind](call, self->process);
    wait_or_not(call);
}

static void outside_step(const struct operation *operation)
{
    int target = (int)operation->target;
    switch (operation->kind) {
    case OP_TIME:
        model.now = operation->until;
        break;
    case OP_INTERRUPT:
        interrupt(target);
        break;
    case OP_LOSE:
        model.threads[target].lost |= (unsigned)operation->flags;
        break;
    case OP_KILL_THREAD:
        kill_thread(target);
        break;
    case OP_KILL_PROCESS:
        kill_process(target);
        break;
    }
    settle();
}

void model_step(const struct operation *operation, const struct outcome *seen, bool struck)
{
    model.observed = seen;
    model.struck = struck;
    model.step++;
    model.caller = operation->thread;
    for (int i = 0; i < MODEL_THREADS; i++)
        model.outcomes[i] = outcome_empty;
    if (operation->thread >= 0)
        call_step(operation);
    else
        outside_step(operation);
    expire();
}

void model_begin(const int *processes, const int64_t *room, int64_t budget)
{
    memset(&model, 0, sizeof(model));
    for (int i = 0; i < MODEL_THREADS; i++) {
        model.threads[i].process = processes[i];
        model.threads[i].alive = processes[i] >= 0;
        model.threads[i].owes = -1;
    }
    memcpy(model.room, room, sizeof(model.room));
    for (int i = 0; i < MODEL_PROCESSES; i++)
        model.budget[i] = budget;
}
