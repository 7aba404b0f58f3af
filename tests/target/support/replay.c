/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls of a script, as system calls. */
#include <string.h>
#include "replay.h"
#include "clock.h"
#include "start.h"
#include "syscall.h"
#include <anser/init.h>

#define BAD_HANDLE   0x7ffffff00000l
#define MOMENT_NS    200000
#define FAR_DEADLINE (1l << 40) /* in a script; here that might be near */

anser_handle replay_handles[NAMES_MAX];
uint64_t replay_objects[NAMES_MAX];
static uint32_t anything; /* changes when any thread has done something */

static anser_handle handle_of(int64_t name)
{
    if (name == NO_NAME)
        return 0;
    return replay_handles[name] ? replay_handles[name] : BAD_HANDLE;
}

static uint64_t deadline_of(const struct operation *call)
{
    return call->until >= FAR_DEADLINE ? CLOCK_NEVER : (uint64_t)call->until;
}

static void fill(uint8_t *to, int64_t id, int64_t length)
{
    for (int64_t i = 0; i < length && i < ANSER_ELEMENT_MAX; i++)
        to[i] = operation_byte(id, (uint64_t)i);
}

/* ---- Calls that move messages. */

static void load_block(struct replay_thread *self, int index, const struct operation *call)
{
    fill(self->sent[index], call->id, call->length);
    self->blocks[index] = (struct anser_message){
        .send_data = (uint64_t)self->sent[index],
        .send_length = (uint64_t)call->length,
        .recv_data = (uint64_t)self->received[index],
        .recv_capacity = (uint64_t)call->room,
        .deadline = deadline_of(call),
        .handles = {handle_of(call->carried[0]), handle_of(call->carried[1])},
        .reply = handle_of(call->reply),
    };
}

static void take_block(struct replay_thread *self, int index)
{
    const struct anser_message *block = &self->blocks[index];
    self->length = (int64_t)block->recv_length;
    self->data = self->received[index];
    memcpy(self->handles, block->handles, sizeof(self->handles));
    self->reply = block->reply;
}

static uint64_t info_of(const struct operation *call)
{
    return (uint64_t)call->flags | (uint64_t)carried_count(call->carried)
                                       << ANSER_INFO_HANDLES_SHIFT;
}

static void move_in_memory(struct replay_thread *self, const struct operation *call)
{
    static struct sys_result (*const calls[])(anser_handle, uint64_t, struct anser_message *) = {
        [OP_SEND] = sys_send,
        [OP_RECEIVE] = sys_recv,
        [OP_CALL] = sys_call,
        [OP_REPLY] = sys_reply,
        [OP_REPLY_RECEIVE] = sys_reply_recv,
    };
    load_block(self, 0, call);
    struct sys_result result =
        calls[call->kind](handle_of(call->handle), info_of(call), &self->blocks[0]);
    self->status = result.status;
    self->value = result.value;
    take_block(self, 0);
}

static void move_in_registers(struct replay_thread *self, const struct operation *call)
{
    static const int64_t numbers[] = {
        [OP_SEND] = ANSER_CALL_send,
        [OP_RECEIVE] = ANSER_CALL_recv,
        [OP_CALL] = ANSER_CALL_call,
        [OP_REPLY] = ANSER_CALL_reply,
        [OP_REPLY_RECEIVE] = ANSER_CALL_reply_recv,
    };
    struct ipc_registers *registers = &self->registers;
    *registers = (struct ipc_registers){
        .info = (int64_t)(info_of(call) | ((uint64_t)call->length & ANSER_INFO_BYTES)),
        .handles = {handle_of(call->carried[0]), handle_of(call->carried[1])},
        .deadline = deadline_of(call),
        .reply = handle_of(call->reply),
    };
    fill((uint8_t *)registers->words, call->id, sizeof(registers->words));
    self->status = ipc_exchange(numbers[call->kind], handle_of(call->handle), registers);
    self->value = registers->badge;
    self->length = self->status < 0 ? 0 : ipc_bytes(self->status);
    self->data = (const uint8_t *)registers->words;
    memcpy(self->handles, registers->handles, sizeof(self->handles));
    self->reply = registers->reply;
}

static void do_message(struct replay_thread *self, const struct operation *call)
{
    if (call->flags & ANSER_INFO_MEM)
        move_in_memory(self, call);
    else
        move_in_registers(self, call);
}

/* ---- select. */

static bool is_signal(anser_handle handle)
{
    return sys_handle_info(handle).status == ANSER_TYPE_SIGNAL;
}

static uint64_t case_info(const struct operation *call, const struct operation_case *one)
{
    if (one->send)
        return ANSER_CASE_SEND | (one->carried == NO_NAME ? 0 : 1ul << ANSER_INFO_HANDLES_SHIFT);
    return is_signal(handle_of(one->handle)) ? 0 : (uint64_t)call->flags & ANSER_INFO_WANT_REPLY;
}

static void load_case(struct replay_thread *self, const struct operation *call, int index)
{
    const struct operation_case *one = &call->cases[index];
    struct operation part = operation_empty;
    part.id = call->id;
    part.length = one->send ? one->length : 0;
    part.room = one->send ? 0 : one->length;
    part.carried[0] = one->carried;
    load_block(self, index, &part);
    self->cases[index] = (struct anser_case){
        .handle = handle_of(one->handle),
        .info = case_info(call, one),
        .message = (uint64_t)&self->blocks[index],
    };
}

static void do_select(struct replay_thread *self, const struct operation *call)
{
    for (int i = 0; i < call->case_count; i++)
        load_case(self, call, i);
    uint64_t info = (uint64_t)call->flags & ~(uint64_t)ANSER_INFO_WANT_REPLY;
    struct sys_result result =
        sys_chan_select(self->cases, (uint64_t)call->case_count, info, deadline_of(call));
    self->status = result.status;
    self->value = result.value;
    if (self->status >= 0 && call->cases[self->status >> ANSER_SELECT_INDEX_SHIFT].send == 0)
        take_block(self, (int)(self->status >> ANSER_SELECT_INDEX_SHIFT));
}

/* ---- The others. */

static void keep(struct replay_thread *self, int64_t name, int64_t handle)
{
    self->status = handle < 0 ? handle : 0;
    if (handle < 0)
        return;
    replay_handles[name] = handle;
    replay_objects[name] = object_id(handle);
}

static void do_make(struct replay_thread *self, const struct operation *call)
{
    struct sys_result made = call->kind == OP_MAKE
                                 ? sys_chan_create((uint64_t)call->length, (uint64_t)call->room)
                                 : sys_signal_create();
    if (made.status >= 0)
        keep(self, 2 * call->id + 1, (int64_t)made.value);
    keep(self, 2 * call->id, made.status);
}

static void do_mint(struct replay_thread *self, const struct operation *call)
{
    keep(self, 2 * call->id, sys_chan_mint(handle_of(call->handle), (uint64_t)call->length));
}

static void do_pages(struct replay_thread *self, const struct operation *call)
{
    keep(self, 2 * call->id, sys_pages_create((uint64_t)call->length, 0, 0));
}

static void do_duplicate(struct replay_thread *self, const struct operation *call)
{
    struct sys_result info = sys_handle_info(handle_of(call->handle));
    keep(self, 2 * call->id,
         sys_handle_dup(handle_of(call->handle), info.status < 0 ? 0 : (uint32_t)info.value));
}

static void do_close_handle(struct replay_thread *self, const struct operation *call)
{
    self->status = sys_handle_close(handle_of(call->handle));
}

static void do_close(struct replay_thread *self, const struct operation *call)
{
    self->status = sys_chan_close(handle_of(call->handle));
}

static void do_length(struct replay_thread *self, const struct operation *call)
{
    struct sys_result result = sys_chan_len(handle_of(call->handle));
    self->status = result.status;
    self->value = result.status < 0 ? 0 : result.value;
}

static void do_post(struct replay_thread *self, const struct operation *call)
{
    self->status = sys_signal(handle_of(call->handle), (uint64_t)call->length);
}

static void do_wait(struct replay_thread *self, const struct operation *call)
{
    struct sys_result result =
        sys_wait(handle_of(call->handle), (uint64_t)call->flags, deadline_of(call));
    self->status = result.status;
    self->value = result.status < 0 ? 0 : result.value;
}

static void (*const actions[OPERATION_KIND_COUNT])(struct replay_thread *,
                                                   const struct operation *) = {
    [OP_MAKE] = do_make,
    [OP_MAKE_SIGNAL] = do_make,
    [OP_PAGES] = do_pages,
    [OP_MINT] = do_mint,
    [OP_DUPLICATE] = do_duplicate,
    [OP_CLOSE_HANDLE] = do_close_handle,
    [OP_CLOSE] = do_close,
    [OP_LENGTH] = do_length,
    [OP_SEND] = do_message,
    [OP_RECEIVE] = do_message,
    [OP_CALL] = do_message,
    [OP_REPLY] = do_message,
    [OP_REPLY_RECEIVE] = do_message,
    [OP_SELECT] = do_select,
    [OP_POST] = do_post,
    [OP_WAIT] = do_wait,
};

/* ---- Threads. */

static int64_t run(void *argument)
{
    struct replay_thread *self = argument;
    for (uint32_t count = 0;; count++) {
        while (__atomic_load_n(&self->told, __ATOMIC_ACQUIRE) == count)
            sys_word_wait(&self->told, count, 0);
        if (self->leaving)
            return 0;
        self->value = 0;
        self->reply = 0;
        actions[self->operation.kind](self, &self->operation);
        __atomic_store_n(&self->done, count + 1, __ATOMIC_RELEASE);
        __atomic_add_fetch(&anything, 1, __ATOMIC_RELEASE);
        sys_word_wake(&anything, 1);
    }
}

void replay_start(struct replay_thread *thread)
{
    thread->told = thread->done = 0;
    thread->leaving = false;
    task_start(&thread->task, run, thread);
}

static void wake(struct replay_thread *thread)
{
    __atomic_add_fetch(&thread->told, 1, __ATOMIC_RELEASE);
    sys_word_wake(&thread->told, 1);
}

void replay_tell(struct replay_thread *thread, const struct operation *operation)
{
    thread->operation = *operation;
    if (operation->kind == OP_SELECT)
        sys_system_debug(start_handle(START_SYSTEM), ANSER_DEBUG_SEED, (uint64_t)operation->seed);
    wake(thread);
}

bool replay_done(struct replay_thread *thread)
{
    return __atomic_load_n(&thread->done, __ATOMIC_ACQUIRE) == thread->told;
}

void replay_pause(void)
{
    uint32_t seen = __atomic_load_n(&anything, __ATOMIC_ACQUIRE);
    sys_word_wait(&anything, seen, clock_after(0) + clock_ticks(MOMENT_NS));
}

void replay_leave(struct replay_thread *thread)
{
    thread->leaving = true;
    wake(thread);
    task_join(&thread->task);
}
