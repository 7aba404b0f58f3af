/* SPDX-License-Identifier: BSD-2-Clause */
/* select: cases into the kernel's form, and back what the one that fired has brought. */
#include "select.h"
#include <errno.h>
#include <string.h>
#include "ipc.h"
#include "syscall.h"

static void fill_send(const struct channel_out *out, struct anser_case *to,
                      struct anser_message *message)
{
    *message = (struct anser_message){.send_data = (uint64_t)out->data, .send_length = out->length};
    memcpy(message->handles, out->handles, out->handle_count * sizeof(anser_handle));
    to->info = ANSER_CASE_SEND | IPC_INFO(0, out->handle_count);
}

static void fill_receive(const struct select_case *from, struct anser_case *to,
                         struct anser_message *message)
{
    *message = (struct anser_message){.recv_data = (uint64_t)from->in->data,
                                      .recv_capacity = from->in->capacity};
    to->info = from->want_reply ? ANSER_INFO_WANT_REPLY : 0;
}

static int fill(struct select_case *from, struct anser_case *to, struct anser_message *message)
{
    from->error = 0;
    *to = (struct anser_case){.handle = from->handle, .message = (uint64_t)message};
    if (from->out != NULL && from->out->handle_count > ANSER_MESSAGE_HANDLES)
        return from->error = -EINVAL;
    if (from->out != NULL)
        fill_send(from->out, to, message);
    else if (from->in != NULL)
        fill_receive(from, to, message);
    return 0;
}

static void bring(struct select_case *fired, uint64_t info, uint64_t value,
                  const struct anser_message *message)
{
    struct channel_in *in = fired->in;
    if (in == NULL) {
        fired->word = value;
        return;
    }
    bool has_message = !(info & ANSER_INFO_CLOSED);
    in->length = has_message ? message->recv_length : 0;
    in->badge = value;
    in->handle_count = ipc_handles((int64_t)info);
    in->flags = info & ~(uint64_t)(ANSER_INFO_BYTES | ANSER_INFO_HANDLES);
    memcpy(in->handles, message->handles, sizeof(in->handles));
    in->reply = has_message ? message->reply : 0;
}

static uint64_t flags_for(uint64_t deadline)
{
    if (deadline == CLOCK_NEVER)
        return 0;
    return deadline == 0 ? ANSER_INFO_NB : ANSER_INFO_DEADLINE;
}

int select_wait(struct select_case *cases, unsigned count, uint64_t deadline)
{
    struct anser_case array[ANSER_SELECT_MAX];
    struct anser_message messages[ANSER_SELECT_MAX];
    if (count > ANSER_SELECT_MAX)
        return -EINVAL;
    for (unsigned i = 0; i < count; i++)
        if (fill(&cases[i], &array[i], &messages[i]) < 0)
            return cases[i].error;
    struct sys_result result = sys_chan_select(array, count, flags_for(deadline), deadline);
    if (result.status < 0) {
        if (result.value < count)
            cases[result.value].error = (int)result.status;
        return (int)result.status;
    }
    unsigned index = (unsigned)(result.status >> ANSER_SELECT_INDEX_SHIFT);
    uint64_t info = (uint64_t)result.status & ((1u << ANSER_SELECT_INDEX_SHIFT) - 1);
    bring(&cases[index], info, result.value, &messages[index]);
    return (int)index;
}
