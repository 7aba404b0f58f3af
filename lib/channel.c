/* SPDX-License-Identifier: BSD-2-Clause */
/* Channels: chooses between registers and memory, and turns C arguments into the ABI's. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include "channel.h"
#include "ipc.h"
#include "syscall.h"

static const struct channel_out nothing_out;

int channel_create(struct channel *channel, size_t element_size, size_t capacity)
{
    struct sys_result result = sys_chan_create(element_size, capacity);
    if (result.status < 0)
        return (int)result.status;
    channel->send = result.status;
    channel->receive = (anser_handle)result.value;
    return 0;
}

int channel_create_signal(struct channel *channel)
{
    struct sys_result result = sys_signal_create();
    if (result.status < 0)
        return (int)result.status;
    channel->send = result.status;
    channel->receive = (anser_handle)result.value;
    return 0;
}

anser_handle channel_mint(anser_handle receive, uint64_t badge)
{
    return sys_chan_mint(receive, badge);
}

/* The flags for a deadline. A call cannot be non-blocking, so its 0 is a deadline that is over. */
static uint64_t deadline_flags(int64_t number, uint64_t deadline)
{
    if (deadline == CLOCK_NEVER)
        return 0;
    if (deadline == 0 && number != ANSER_CALL_call)
        return ANSER_INFO_NB;
    return ANSER_INFO_DEADLINE;
}

static int64_t exchange_registers(int64_t number, anser_handle handle, uint64_t flags,
                                  const struct channel_out *out, struct channel_in *in,
                                  uint64_t deadline, anser_handle reply)
{
    struct ipc_registers registers = {
        .info = (int64_t)(flags | IPC_INFO(out->length, out->handle_count)),
        .deadline = deadline,
        .reply = reply,
    };
    if (out->length > 0)
        memcpy(registers.words, out->data, out->length);
    memcpy(registers.handles, out->handles, out->handle_count * sizeof(anser_handle));
    int64_t status = ipc_exchange(number, handle, &registers);
    if (status < 0 || in == NULL)
        return status;
    in->length = ipc_bytes(status);
    in->badge = registers.badge;
    in->reply = registers.reply;
    memcpy(in->handles, registers.handles, sizeof(in->handles));
    memcpy(in->data, registers.words, in->length < in->capacity ? in->length : in->capacity);
    return status;
}

static int64_t exchange_memory(int64_t number, anser_handle handle, uint64_t flags,
                               const struct channel_out *out, struct channel_in *in,
                               uint64_t deadline, anser_handle reply)
{
    static struct sys_result (*const calls[])(anser_handle, uint64_t, struct anser_message *) = {
        [-ANSER_CALL_call] = sys_call,
        [-ANSER_CALL_send] = sys_send,
        [-ANSER_CALL_recv] = sys_recv,
        [-ANSER_CALL_reply] = sys_reply,
    };
    struct anser_message message = {
        .send_data = (uint64_t)out->data,
        .send_length = out->length,
        .recv_data = in == NULL ? 0 : (uint64_t)in->data,
        .recv_capacity = in == NULL ? 0 : in->capacity,
        .deadline = deadline,
        .reply = reply,
    };
    memcpy(message.handles, out->handles, out->handle_count * sizeof(anser_handle));
    uint64_t info = flags | ANSER_INFO_MEM | IPC_INFO(0, out->handle_count);
    struct sys_result result = calls[-number](handle, info, &message);
    if (result.status < 0 || in == NULL)
        return result.status;
    in->length = message.recv_length;
    in->badge = result.value;
    in->reply = message.reply;
    memcpy(in->handles, message.handles, sizeof(in->handles));
    return result.status;
}

/* One message call in the form that fits. *in (may be NULL) is complete afterwards. */
static int exchange(int64_t number, anser_handle handle, uint64_t flags,
                    const struct channel_out *out, struct channel_in *in, uint64_t deadline,
                    anser_handle reply)
{
    if (out->handle_count > ANSER_MESSAGE_HANDLES || out->length > ANSER_ELEMENT_MAX)
        return -EINVAL;
    bool registers =
        out->length <= ANSER_REGISTER_BYTES && (in == NULL || in->capacity <= ANSER_REGISTER_BYTES);
    flags |= deadline_flags(number, deadline);
    int64_t status = (registers ? exchange_registers : exchange_memory)(number, handle, flags, out,
                                                                        in, deadline, reply);
    if (status < 0)
        return (int)status;
    if (in == NULL)
        return 0;
    in->flags = (uint64_t)status & ~(uint64_t)(ANSER_INFO_BYTES | ANSER_INFO_HANDLES);
    in->handle_count = ipc_handles(status);
    if (!(in->flags & ANSER_INFO_CALL) || !(flags & ANSER_INFO_WANT_REPLY))
        in->reply = 0;
    return 0;
}

/* A message in registers may be longer than the caller's room: it is lost, nothing of it leaks. */
static int check_room(struct channel_in *in)
{
    if (in->length <= in->capacity)
        return 0;
    for (unsigned i = 0; i < in->handle_count; i++)
        handle_close(in->handles[i]);
    handle_close(in->reply);
    return -EMSGSIZE;
}

int channel_send(anser_handle send, const struct channel_out *out, uint64_t deadline)
{
    return exchange(ANSER_CALL_send, send, 0, out, NULL, deadline, 0);
}

int channel_receive(anser_handle receive, struct channel_in *in, int want_reply, uint64_t deadline)
{
    int status = exchange(ANSER_CALL_recv, receive, want_reply ? ANSER_INFO_WANT_REPLY : 0,
                          &nothing_out, in, deadline, 0);
    return status < 0 ? status : check_room(in);
}

int channel_call(anser_handle send, const struct channel_out *out, struct channel_in *in,
                 uint64_t deadline)
{
    int status = exchange(ANSER_CALL_call, send, 0, out, in, deadline, 0);
    return status < 0 ? status : check_room(in);
}

int channel_call_uninterrupted(anser_handle send, const struct channel_out *out,
                               struct channel_in *in)
{
    int status = exchange(ANSER_CALL_call, send, ANSER_INFO_NOINTR, out, in, CLOCK_NEVER, 0);
    return status < 0 ? status : check_room(in);
}

int channel_reply(anser_handle reply, const struct channel_out *out)
{
    return exchange(ANSER_CALL_reply, 0, reply == 0 ? 0 : ANSER_INFO_EXPLICIT_REPLY, out, NULL,
                    CLOCK_NEVER, reply);
}

int channel_wait(anser_handle receive, uint64_t *word, uint64_t deadline)
{
    struct sys_result result =
        sys_wait(receive, deadline_flags(ANSER_CALL_wait, deadline), deadline);
    if (result.status < 0)
        return (int)result.status;
    *word = result.value;
    return 0;
}

void handle_close(anser_handle handle)
{
    if (handle > 0)
        sys_handle_close(handle);
}

anser_handle handle_duplicate(anser_handle handle)
{
    struct sys_result info = sys_handle_info(handle);
    if (info.status < 0)
        return info.status;
    return sys_handle_dup(handle, (uint32_t)info.value);
}
