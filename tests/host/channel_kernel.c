/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations as system calls of the kernel. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "channel_host.h"
#include "channel_kernel_parts.h"
#include "ipc/channel.h"
#include "ipc/message.h"
#include "ipc/reply.h"
#include "ipc/select.h"
#include "kern/calls.h"

#define BAD_HANDLE   0x7ffffff00000ul
#define UNTOUCHED    0xee
#define SMALL_BYTES  (400ul << 20) /* of a budget, for all but pages: less than one costs */
#define RIGHTS_PAGES (ANSER_RIGHT_READ | ANSER_RIGHT_WRITE | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)

#define MEMORY_PARTS 3

struct kernel_world kernel;
struct memory memories[MODEL_THREADS];
struct object kernel_filler = {.type = ANSER_TYPE_SYSTEM, .references = 1};
char kernel_error[200];

bool kernel_wrong(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (kernel_error[0] == 0)
        vsnprintf(kernel_error, sizeof(kernel_error), format, arguments);
    va_end(arguments);
    return false;
}

/* ---- The world. */

void kernel_boot(void)
{
    host_begin();
}

static void map_memory(int thread, const struct space *space)
{
    struct memory *memory = &memories[thread];
    struct host_range *ranges = &host_ranges[thread * MEMORY_PARTS];
    ranges[0] = (struct host_range){space, memory->sent, sizeof(memory->sent), false};
    ranges[1] = (struct host_range){space, memory->received, sizeof(memory->received), false};
    ranges[2] = (struct host_range){space, &memory->block, sizeof(memory->block), false};
}

static void map_all(int thread)
{
    for (int i = 0; i < MEMORY_PARTS; i++)
        host_ranges[thread * MEMORY_PARTS + i].lost = false;
}

/* The order of the parts is that of LOST_*. */
static void lose(int64_t thread, int64_t lost)
{
    for (int i = 0; i < MEMORY_PARTS; i++)
        host_ranges[thread * MEMORY_PARTS + i].lost |= lost >> i & 1;
    host_forget_views(&kernel.threads[thread]->process->space);
}

static void make_thread(int thread, struct process *process)
{
    struct anser_thread_params params = {.priority = 1};
    if (thread_make(process, &params, &kernel.threads[thread]) < 0)
        kernel_wrong("no thread");
    thread_start(kernel.threads[thread]);
    object_release(&kernel.threads[thread]->object);
    map_memory(thread, &process->space);
}

static void make_process(int process, int64_t budget)
{
    struct anser_process_params params = {
        .name = "model",
        .budget_pages = (((uint64_t)budget << HOST_PAGE_SHIFT) + SMALL_BYTES) / PAGE_SIZE,
        .priority_max = 1};
    if (process_make(&root_account, &params, &kernel.processes[process]) < 0)
        kernel_wrong("no process");
}

/* Each process has a handle of each, to give others something; and its table is filled up. */
static void fill_table(struct process *process, int64_t free_slots)
{
    struct capability capability = {.object = &kernel_filler};
    for (int i = 0; i < MODEL_PROCESSES; i++) {
        struct capability other = {.object = &kernel.processes[i]->object,
                                   .rights = ANSER_RIGHT_MANAGE};
        handle_insert(&process->handles, &other);
        capability_reference(&other);
    }
    while (process->handles.used + free_slots < ANSER_HANDLES_MAX) {
        handle_insert(&process->handles, &capability);
        kernel_filler.references++;
    }
}

void kernel_begin(const int *processes, int64_t free_slots, int64_t budget, int64_t *room)
{
    memset(&kernel, 0, sizeof(kernel));
    kernel_error[0] = 0;
    host_clock_restart();
    host_range_count = MODEL_THREADS * MEMORY_PARTS;
    kernel.blocks_before = host_blocks;
    kernel.objects_before = object_count;
    for (int i = 0; i < MODEL_PROCESSES; i++)
        make_process(i, budget);
    for (int i = 0; i < MODEL_THREADS; i++)
        if (processes[i] >= 0)
            make_thread(i, kernel.processes[processes[i]]);
    for (int i = 0; i < MODEL_PROCESSES; i++) {
        fill_table(kernel.processes[i], free_slots);
        kernel.table_used[i] = kernel.processes[i]->handles.used;
        room[i] = ANSER_HANDLES_MAX - (int64_t)kernel.table_used[i];
    }
}

/* ---- Making calls. */

/* A name that has been given away, or never was, is no handle; one that has been closed is stale.
 */
static uint64_t value_of(int thread, int64_t name)
{
    if (name == NO_NAME)
        return 0;
    bool here = kernel.values[name] && model.handles[name].place == model.threads[thread].process;
    return here ? kernel.values[name] : BAD_HANDLE;
}

static void fill_sent(uint8_t *to, int64_t id, int64_t length)
{
    for (int64_t i = 0; i < length && i < ANSER_ELEMENT_MAX; i++)
        to[i] = operation_byte(id, (uint64_t)i);
}

static void load_registers(struct thread *thread, const struct operation *call, uint64_t info)
{
    uint64_t words[8];
    fill_sent((uint8_t *)words, call->id, sizeof(words));
    for (unsigned i = 0; i < 8; i++)
        thread->x[message_registers[i]] = words[i];
    for (unsigned i = 0; i < CARRIED_MAX; i++)
        thread->x[REG_T3 + i] = value_of((int)call->thread, call->carried[i]);
    thread->x[REG_A1] = info | ((uint64_t)call->length & ANSER_INFO_BYTES);
    thread->x[REG_S2] = (uint64_t)call->until;
    thread->x[REG_S3] = value_of((int)call->thread, call->reply);
}

static void load_block(struct anser_message *block, struct memory *memory, int index,
                       const struct operation *call)
{
    fill_sent(memory->sent[index], call->id, call->length);
    *block = (struct anser_message){
        .send_data = (uint64_t)memory->sent[index],
        .send_length = (uint64_t)call->length,
        .recv_data = (uint64_t)memory->received[index],
        .recv_capacity = (uint64_t)call->room,
        .deadline = (uint64_t)call->until,
        .handles = {(anser_handle)value_of((int)call->thread, call->carried[0]),
                    (anser_handle)value_of((int)call->thread, call->carried[1])},
        .reply = (anser_handle)value_of((int)call->thread, call->reply),
    };
    memory->received[index][0] = UNTOUCHED;
}

/* The arguments of a call that moves messages. */
static void load_message(struct thread *thread, struct memory *memory, const struct operation *call)
{
    uint64_t info = (uint64_t)call->flags | (uint64_t)carried_count(call->carried)
                                                << ANSER_INFO_HANDLES_SHIFT;
    thread->x[REG_A0] = value_of((int)call->thread, call->handle);
    thread->x[REG_A1] = info;
    if (!(call->flags & ANSER_INFO_MEM)) {
        load_registers(thread, call, info);
        return;
    }
    load_block(&memory->block.blocks[0], memory, 0, call);
    thread->x[REG_A2] = (uint64_t)&memory->block.blocks[0];
}

/* A signal has no block, so nothing is asked of it. */
static uint64_t case_info(const struct operation *call, const struct operation_case *one)
{
    const struct model_handle *handle = one->handle < 0 ? NULL : &model.handles[one->handle];
    bool signal = handle && (handle->type == HANDLE_SEND || handle->type == HANDLE_RECEIVE) &&
                  model.channels[handle->object].signal;
    if (one->send)
        return ANSER_CASE_SEND | (one->carried == NO_NAME ? 0 : 1ul << ANSER_INFO_HANDLES_SHIFT);
    return signal ? 0 : (uint64_t)call->flags & ANSER_INFO_WANT_REPLY;
}

static void load_cases(struct thread *thread, struct memory *memory, const struct operation *call)
{
    for (int i = 0; i < call->case_count; i++) {
        const struct operation_case *one = &call->cases[i];
        struct operation part = operation_empty;
        part.id = call->id;
        part.thread = call->thread;
        part.length = one->send ? one->length : 0;
        part.room = one->send ? 0 : one->length;
        part.carried[0] = one->carried;
        load_block(&memory->block.blocks[i], memory, i, &part);
        memory->block.cases[i] = (struct anser_case){
            .handle = (anser_handle)value_of((int)call->thread, one->handle),
            .info = case_info(call, one),
            .message = (uint64_t)&memory->block.blocks[i],
        };
    }
    select_seed((uint64_t)call->seed);
    thread->x[REG_A0] = (uint64_t)memory->block.cases;
    thread->x[REG_A1] = (uint64_t)call->case_count;
    thread->x[REG_A2] = (uint64_t)call->flags & ~(uint64_t)ANSER_INFO_WANT_REPLY;
    thread->x[REG_A3] = (uint64_t)call->until;
}

/* The arguments of all others. */
static void load_plain(struct thread *thread, const struct operation *call)
{
    thread->x[REG_A0] = value_of((int)call->thread, call->handle);
    thread->x[REG_A1] = (uint64_t)call->length;
    switch (call->kind) {
    case OP_MAKE:
        thread->x[REG_A0] = (uint64_t)call->length;
        thread->x[REG_A1] = (uint64_t)call->room;
        break;
    case OP_DUPLICATE: {
        struct handle_record *record = handle_find(
            &thread->process->handles, (anser_handle)value_of((int)call->thread, call->handle));
        thread->x[REG_A1] = record ? record->rights : 0;
        break;
    }
    case OP_GIVE:
        thread->x[REG_A0] = 1ul << 32 | (uint64_t)call->target << ANSER_HANDLE_SHIFT;
        thread->x[REG_A1] = value_of((int)call->thread, call->handle);
        break;
    case OP_WAIT:
        thread->x[REG_A1] = (uint64_t)call->flags;
        thread->x[REG_A2] = (uint64_t)call->until;
        break;
    }
}

static status_t call_pages(struct thread *self)
{
    struct object *pages = host_pages(self->process->account, self->x[REG_A1]);
    return pages ? handle_publish(self->process, pages, RIGHTS_PAGES) : -ANSER_ENOMEM;
}

static status_t (*const calls[OPERATION_KIND_COUNT])(struct thread *self) = {
    [OP_MAKE] = call_chan_create,
    [OP_MAKE_SIGNAL] = call_signal_create,
    [OP_PAGES] = call_pages,
    [OP_MINT] = call_chan_mint,
    [OP_DUPLICATE] = call_handle_dup,
    [OP_CLOSE_HANDLE] = call_handle_close,
    [OP_GIVE] = call_handle_give,
    [OP_CLOSE] = call_chan_close,
    [OP_LENGTH] = call_chan_len,
    [OP_SEND] = call_send,
    [OP_RECEIVE] = call_recv,
    [OP_CALL] = call_call,
    [OP_REPLY] = call_reply,
    [OP_REPLY_RECEIVE] = call_reply_recv,
    [OP_SELECT] = call_chan_select,
    [OP_POST] = call_signal,
    [OP_WAIT] = call_wait,
};

static bool moves_message(int64_t kind)
{
    return kind >= OP_SEND && kind <= OP_REPLY_RECEIVE;
}

/* ipc/block.c; kern/trap.S calls these with the handle's slot, for the memory form without flags.
 */
struct thread *block_send(struct thread *self, const struct handle_slot *slot);
struct thread *block_recv(struct thread *self, const struct handle_slot *slot);

/* What threads have just touched, the kernel has a view of. */
static void touch_memory(void)
{
    for (int i = 0; i < MODEL_THREADS; i++) {
        struct memory *memory = &memories[i];
        struct space *space = kernel.threads[i] ? &kernel.threads[i]->process->space : NULL;
        if (!space)
            continue;
        user_prepare(space, user((uint64_t)&memory->block), sizeof(memory->block.blocks[0]), true);
        user_prepare(space, user((uint64_t)memory->sent[0]), ANSER_ELEMENT_MAX, false);
        user_prepare(space, user((uint64_t)memory->received[0]), ANSER_ELEMENT_MAX, true);
    }
}

/* The memory form's fast path, if it is one for it. */
static bool fast(const struct operation *call, struct thread *thread)
{
    const struct handle_table *table = &thread->process->handles;
    uint64_t handle = thread->x[REG_A0];
    if ((call->kind != OP_SEND && call->kind != OP_RECEIVE) ||
        thread->x[REG_A1] != ANSER_INFO_MEM || !handle_find(table, (anser_handle)handle))
        return false;
    if (call->id % 2)
        touch_memory();
    const struct handle_slot *slot =
        (const struct handle_slot *)((const char *)table->slots + (handle & table->mask));
    return (call->kind == OP_SEND ? block_send : block_recv)(thread, slot) != NULL;
}

static void make_call(const struct operation *call)
{
    struct thread *thread = kernel.threads[call->thread];
    struct memory *memory = &memories[call->thread];
    status_t status;
    int64_t kind = call->kind;
    map_all((int)call->thread);
    memset(&thread->x[REG_T0], 0x33, sizeof(thread->x) - REG_T0 * sizeof(thread->x[0]));
    thread->x[REG_S11] = KEPT;
    if (moves_message(call->kind))
        load_message(thread, memory, call);
    else if (call->kind == OP_SELECT)
        load_cases(thread, memory, call);
    else
        load_plain(thread, call);
    kernel.waits[call->thread] = true; /* until it is seen to have ended */
    host_current = thread;
    if (fast(call, thread))
        return;
    thread->x[REG_A7] = 0;
    while ((status = calls[kind](thread)) == CALL_RESTART)
        if (thread->x[REG_A7] == (uint64_t)ANSER_CALL_recv)
            kind = OP_RECEIVE; /* an exchange does not answer twice */
    thread->x[REG_A0] = (uint64_t)status;
}

static void outside(const struct operation *operation)
{
    struct thread *target = NULL;
    if (operation->kind == OP_INTERRUPT || operation->kind == OP_KILL_THREAD)
        target = kernel.threads[operation->target];
    switch (operation->kind) {
    case OP_TIME:
        host_now = (uint64_t)operation->until;
        break;
    case OP_INTERRUPT:
        target->attention |= ATTENTION_INTERRUPT;
        if (thread_blocked(target) && thread_interrupted(target))
            thread_cancel_wait(target, -ANSER_EINTR);
        break;
    case OP_LOSE:
        lose(operation->target, operation->flags);
        break;
    case OP_KILL_THREAD:
        thread_kill(target, 0);
        break;
    case OP_KILL_PROCESS:
        process_end(kernel.processes[operation->target], 0, ANSER_EXIT_KILLED, 0);
        break;
    }
}

/* Whoever may run does what is to be done before user mode, until nobody has any of it. */
void kernel_let_run(void)
{
    bool more = true;
    host_idle();
    while (more) {
        more = false;
        for (int i = 0; i < MODEL_THREADS; i++) {
            struct thread *thread = kernel.threads[i];
            if (!thread || (!thread->attention && !thread->work))
                continue;
            more |= thread->state == ANSER_STATE_RUNNING;
            if (host_leave(thread))
                kernel.threads[i] = NULL;
            host_idle();
        }
    }
}

/* ---- What threads see. */

/* Of calls that make handles, the model knows names; the values are kept here. */
static void keep_made(const struct operation *call, struct outcome *seen, uint64_t second)
{
    bool two = call->kind == OP_MAKE || call->kind == OP_MAKE_SIGNAL;
    bool made =
        two || call->kind == OP_MINT || call->kind == OP_DUPLICATE || call->kind == OP_PAGES;
    if (seen->status <= 0 || (!made && call->kind != OP_GIVE))
        return;
    kernel.values[made ? 2 * call->id : call->handle] = (uint64_t)seen->status;
    if (two)
        kernel.values[2 * call->id + 1] = second;
    seen->status = 0;
}

static bool value_counts(int64_t kind, int64_t status)
{
    return moves_message(kind) || kind == OP_SELECT ||
           (status >= 0 && (kind == OP_LENGTH || kind == OP_WAIT));
}

static void look(int thread, const struct operation *call, struct outcome *seen)
{
    const struct thread *at = kernel.threads[thread];
    *seen = outcome_empty;
    if (!kernel.waits[thread] || (at && at->state != ANSER_STATE_RUNNING))
        return;
    kernel.waits[thread] = false;
    if (!at)
        return;
    seen->ended = 1;
    seen->status = (int64_t)at->x[REG_A0];
    if (value_counts(call->kind, seen->status))
        seen->value = (int64_t)at->x[REG_A1];
    keep_made(call, seen, at->x[REG_A1]);
}

bool kernel_step(const struct operation *operation, struct outcome *seen)
{
    host_fail_at = (uint64_t)operation->fail;
    if (operation->thread >= 0)
        make_call(operation);
    else
        outside(operation);
    kernel_let_run();
    bool struck = operation->fail > 0 && host_fail_at == 0;
    host_fail_at = 0;
    for (int i = 0; i < MODEL_THREADS; i++)
        look(i, i == operation->thread ? operation : &model.threads[i].call, &seen[i]);
    return struck;
}
