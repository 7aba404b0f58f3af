/* SPDX-License-Identifier: BSD-2-Clause */
/* What came of operations in the kernel, held against the model. */
#include "channel_kernel_parts.h"
#include "ipc/badge.h"
#include "ipc/channel.h"
#include "ipc/message.h"
#include "kern/check.h"

#define CHECK_EVERY 5 /* operations */

static bool same_bytes(const uint8_t *bytes, const struct outcome *wanted)
{
    for (int64_t i = 0; i < wanted->length; i++)
        if (bytes[i] != operation_byte(wanted->from, (uint64_t)i))
            return kernel_wrong("byte %ld of message %ld is wrong", i, wanted->from);
    return true;
}

/* The handle leads where the model says, and has the badge that it says. */
static bool handle_agrees(int64_t name)
{
    const struct model_handle *wanted = &model.handles[name];
    if (wanted->type == HANDLE_NONE || wanted->place < 0)
        return true; /* it came, and went on at once */
    const struct handle_record *record =
        handle_find(&kernel.processes[wanted->place]->handles, (anser_handle)kernel.values[name]);
    if (!record)
        return kernel_wrong("handle %ld is not there", name);
    if (wanted->type == HANDLE_REPLY)
        return record->object->type == ANSER_TYPE_REPLY ||
               kernel_wrong("handle %ld is no right", name);
    const struct account *payer = kernel.processes[wanted->payer]->account;
    if (wanted->type == HANDLE_PAGES)
        return (record->object->type == ANSER_TYPE_PAGES && record->object->payer == payer) ||
               kernel_wrong("handle %ld is no pages, or another one pays", name);
    int64_t badge = wanted->badge < 0 ? 0 : model.badges[wanted->badge];
    uint64_t right = wanted->type == HANDLE_SEND ? ANSER_RIGHT_SEND : ANSER_RIGHT_RECV;
    if (!kernel.channels[wanted->object])
        kernel.channels[wanted->object] = record->object; /* just made */
    if (record->object != kernel.channels[wanted->object] || !(record->rights & right) ||
        (int64_t)badge_value(record->badge_object) != badge)
        return kernel_wrong("handle %ld leads elsewhere", name);
    return true;
}

static bool handles_came(const struct outcome *wanted, const uint64_t *values, uint64_t reply)
{
    bool good = true;
    for (unsigned i = 0; i < carried_count(wanted->carried); i++) {
        kernel.values[wanted->carried[i]] = values[i];
        good &= handle_agrees(wanted->carried[i]);
    }
    if (wanted->reply != NO_NAME) {
        kernel.values[wanted->reply] = reply;
        good &= handle_agrees(wanted->reply);
    }
    return good;
}

static bool registers_came(const struct thread *thread, const struct outcome *wanted)
{
    uint64_t words[8];
    for (unsigned i = 0; i < 8; i++)
        words[i] = thread->x[message_registers[i]];
    for (int64_t i = wanted->length; i < 64; i++)
        if (((uint8_t *)words)[i] != 0)
            return kernel_wrong("rubbish behind %ld bytes", wanted->length);
    if (thread->x[8] != 0 || thread->x[REG_S2] != 0 || thread->x[26] != 0)
        return kernel_wrong("a register is not cleared");
    return same_bytes((const uint8_t *)words, wanted) &&
           handles_came(wanted, &thread->x[REG_T3], thread->x[REG_S3]);
}

static bool block_came(int thread, int index, const struct outcome *wanted)
{
    const struct anser_message *block = &memories[thread].block.blocks[index];
    if ((int64_t)block->recv_length != wanted->length)
        return kernel_wrong("%lu bytes in the block, not %ld", block->recv_length, wanted->length);
    return same_bytes(memories[thread].received[index], wanted) &&
           handles_came(wanted, (const uint64_t *)block->handles, (uint64_t)block->reply);
}

static bool message_agrees(int thread, const struct outcome *wanted)
{
    const struct operation *call = &model.threads[thread].call;
    if (kernel.threads[thread]->x[REG_S11] != KEPT)
        return kernel_wrong("s11 is lost");
    if (wanted->from < 0)
        return true;
    if (call->kind == OP_SELECT)
        return block_came(thread, (int)(wanted->status >> 16), wanted);
    return call->flags & ANSER_INFO_MEM ? block_came(thread, 0, wanted)
                                        : registers_came(kernel.threads[thread], wanted);
}

static bool thread_agrees(int thread, const struct outcome *seen)
{
    const struct outcome *wanted = &model.outcomes[thread];
    if (!model.threads[thread].alive || !kernel.threads[thread])
        return (!model.threads[thread].alive && !kernel.threads[thread]) ||
               kernel_wrong("thread %d: only one of the two is alive", thread);
    if (seen->ended != wanted->ended)
        return kernel_wrong("thread %d %s, status %ld; the model: %s, status %ld", thread,
                            seen->ended ? "has ended" : "waits", seen->status,
                            wanted->ended ? "ended" : "waits", wanted->status);
    if (!seen->ended)
        return true;
    if (seen->status != wanted->status || seen->value != wanted->value)
        return kernel_wrong("thread %d: status %ld value %ld; the model: status %ld value %ld",
                            thread, seen->status, seen->value, wanted->status, wanted->value);
    return message_agrees(thread, wanted);
}

/* The channel that the operation was about. */
static bool channel_agrees(const struct operation *operation)
{
    const struct model_handle *handle =
        operation->handle < 0 ? NULL : &model.handles[operation->handle];
    if (!handle || handle->place < 0 || handle->type == HANDLE_NONE ||
        handle->type == HANDLE_REPLY || handle->type == HANDLE_PAGES)
        return true;
    const struct model_channel *wanted = &model.channels[handle->object];
    const struct channel *channel = (const struct channel *)kernel.channels[handle->object];
    if (wanted->signal)
        return channel->object.type == ANSER_TYPE_SIGNAL || kernel_wrong("no signal");
    if (channel->count != wanted->count || channel->closed != wanted->closed)
        return kernel_wrong("channel of handle %ld: len %u closed %d; the model: %u %d",
                            operation->handle, channel->count, channel->closed, wanted->count,
                            wanted->closed);
    return true;
}

static bool tables_agree(void)
{
    for (int i = 0; i < MODEL_PROCESSES; i++) {
        int64_t used = (int64_t)kernel.processes[i]->handles.used;
        int64_t wanted = model.dead[i] ? 0 : model_handle_count(i) + (int64_t)kernel.table_used[i];
        if (used != wanted)
            return kernel_wrong("process %d has %ld handles; the model: %ld", i, used, wanted);
    }
    return true;
}

/* The kernel's own invariants, of all that processes can reach; a panic says which does not hold.
 */
static void check_objects(void)
{
    for (int i = 0; i < MODEL_PROCESSES; i++) {
        const struct handle_table *table = &kernel.processes[i]->handles;
        for (uint32_t slot = 0; table->slots && slot < table->capacity; slot++)
            if (table->records[slot].object && table->records[slot].object != &kernel_filler)
                check_ipc_object(table->records[slot].object);
    }
}

bool kernel_agrees(const struct operation *operation, const struct outcome *seen)
{
    bool good = true;
    if (operation->id % CHECK_EVERY == 0)
        check_objects();
    for (int i = 0; i < MODEL_THREADS && good; i++)
        if (model.threads[i].process >= 0)
            good = thread_agrees(i, &seen[i]);
    if (good && (operation->kind == OP_MAKE || operation->kind == OP_MAKE_SIGNAL) &&
        model.outcomes[operation->thread].status == 0)
        good = handle_agrees(2 * operation->id) && handle_agrees(2 * operation->id + 1);
    return good && channel_agrees(operation) && tables_agree();
}

bool kernel_end(void)
{
    for (int i = 0; i < MODEL_PROCESSES; i++) {
        process_end(kernel.processes[i], 0, ANSER_EXIT_KILLED, 0);
        kernel_let_run();
    }
    for (int i = 0; i < MODEL_PROCESSES; i++) {
        object_release(&kernel.processes[i]->object);
        kernel_let_run();
    }
    if (object_count != kernel.objects_before || host_blocks != kernel.blocks_before)
        return kernel_wrong("%lu objects and %lu blocks of memory are left",
                            object_count - kernel.objects_before,
                            host_blocks - kernel.blocks_before);
    if (handle_count != 0 || thread_total != 0 || process_count != 0 || root_account.used != 0)
        return kernel_wrong("%lu handles, %lu threads, %lu processes, %lu charged bytes are left",
                            handle_count, thread_total, process_count, root_account.used);
    return true;
}
