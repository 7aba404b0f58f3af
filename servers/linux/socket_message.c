/* SPDX-License-Identifier: BSD-2-Clause */
/* sendto, recvfrom, sendmsg, recvmsg, and many messages at once. Ancillary data is not there: what
 * is sent along is ignored, and none is received. */
#include "calls.h"
#include "descriptor.h"
#include "descriptor_abi.h"
#include "heap.h"
#include "lib/clock.h"
#include "poll_deadline.h"
#include "socket_file.h"
#include "user.h"

#define PIECES_ON_STACK 8
#define MESSAGES_MAX    1024

/* ---- sendto, recvfrom. ----------------------------------------------------------------------- */

static int64_t send_to(struct task *self, struct socket_file *file)
{
    struct linux_iovec piece = {.base = task_argument(self, 1), .length = task_argument(self, 2)};
    struct socket_pieces from = {.pieces = &piece, .count = 1, .left = piece.length};
    struct socket_message message = {.flags = (uint32_t)task_argument(self, 3)};
    uint64_t address = task_argument(self, 4);
    /* A connection knows where it leads. */
    if (address && file->socket.kind != SOCKET_STREAM) {
        int64_t status = socket_read_address(file, address, task_argument(self, 5), &message.peer);
        if (status < 0)
            return status;
    }
    return socket_send(self, file, &from, &message);
}

int64_t linux_sendto(struct task *self)
{
    int64_t result;
    struct socket_file *file = socket_lookup(task_argument(self, 0), &result);
    if (!file)
        return result;
    result = send_to(self, file);
    file_drop(&file->file);
    return result;
}

/* Who asks from whom a connection's bytes come hears nothing: an address of no length. */
static int64_t tell_no_address(const struct task *self, int64_t result)
{
    uint32_t none = 0;
    if (task_argument(self, 4) == 0)
        return result;
    int64_t status = user_write(task_argument(self, 5), &none, sizeof(none));
    return status < 0 ? status : result;
}

static int64_t receive_from(struct task *self, struct socket_file *file)
{
    struct linux_iovec piece = {.base = task_argument(self, 1), .length = task_argument(self, 2)};
    struct socket_pieces to = {.pieces = &piece, .count = 1, .left = piece.length};
    struct socket_message message = {.flags = (uint32_t)task_argument(self, 3)};
    int64_t result = socket_receive(self, file, &to, &message);
    if (result < 0)
        return result;
    if (message.peer.family == SOCKET_FAMILY_NONE)
        return tell_no_address(self, result);
    int64_t status =
        socket_write_address(file, &message.peer, task_argument(self, 4), task_argument(self, 5));
    return status < 0 ? status : result;
}

int64_t linux_recvfrom(struct task *self)
{
    int64_t result;
    struct socket_file *file = socket_lookup(task_argument(self, 0), &result);
    if (!file)
        return result;
    result = receive_from(self, file);
    file_drop(&file->file);
    return result;
}

/* ---- sendmsg, recvmsg. ----------------------------------------------------------------------- */

/* A message in the making: its head, and its pieces. */
struct parcel {
    struct linux_msghdr head;
    struct linux_iovec few[PIECES_ON_STACK];
    struct linux_iovec *many; /* of the heap, or few */
    struct socket_pieces pieces;
    struct socket_message message;
};

static int64_t read_pieces(struct parcel *parcel)
{
    uint64_t count = parcel->head.piece_count;
    if (count > LINUX_IOV_MAX)
        return -LINUX_EMSGSIZE;
    parcel->many =
        count > PIECES_ON_STACK ? heap_alloc(count * sizeof(*parcel->many)) : parcel->few;
    if (!parcel->many)
        return -LINUX_ENOMEM;
    if (user_read(parcel->many, parcel->head.pieces, count * sizeof(*parcel->many)) < 0)
        return -LINUX_EFAULT;
    parcel->pieces = (struct socket_pieces){.pieces = parcel->many, .count = count};
    for (uint64_t i = 0; i < count; i++) {
        parcel->pieces.left += parcel->many[i].length;
        if ((int64_t)parcel->many[i].length < 0 || (int64_t)parcel->pieces.left < 0)
            return -LINUX_EINVAL;
    }
    return 0;
}

static int64_t parcel_begin(struct parcel *parcel, uint64_t address, uint32_t flags)
{
    parcel->many = NULL;
    parcel->message = (struct socket_message){.flags = flags};
    if (user_read(&parcel->head, address, sizeof(parcel->head)) < 0)
        return -LINUX_EFAULT;
    return read_pieces(parcel);
}

static void parcel_end(const struct parcel *parcel)
{
    if (parcel->many != parcel->few)
        heap_free(parcel->many);
}

static int64_t send_parcel(struct task *self, struct socket_file *file, struct parcel *parcel)
{
    const struct linux_msghdr *head = &parcel->head;
    if (head->name && head->name_length && file->socket.kind != SOCKET_STREAM) {
        int64_t status =
            socket_read_address(file, head->name, head->name_length, &parcel->message.peer);
        if (status < 0)
            return status;
    }
    return socket_send(self, file, &parcel->pieces, &parcel->message);
}

static int64_t send_message(struct task *self, struct socket_file *file, uint64_t address,
                            uint32_t flags)
{
    struct parcel parcel;
    int64_t result = parcel_begin(&parcel, address, flags);
    if (result == 0)
        result = send_parcel(self, file, &parcel);
    parcel_end(&parcel);
    return result;
}

/* What recvmsg tells in the head: the peer, no ancillary data, and flags. */
static int64_t tell_head(const struct socket_file *file, struct parcel *parcel, uint64_t address)
{
    struct linux_msghdr *head = &parcel->head;
    uint32_t length = 0;
    int64_t status = 0;
    if (head->name && parcel->message.peer.family != SOCKET_FAMILY_NONE)
        status =
            socket_put_address(file, &parcel->message.peer, head->name, head->name_length, &length);
    head->name_length = length;
    head->control_length = 0;
    head->flags = parcel->message.told;
    return status < 0 ? status : user_write(address, head, sizeof(*head));
}

static int64_t receive_message(struct task *self, struct socket_file *file, uint64_t address,
                               uint32_t flags)
{
    struct parcel parcel;
    int64_t result = parcel_begin(&parcel, address, flags);
    if (result == 0)
        result = socket_receive(self, file, &parcel.pieces, &parcel.message);
    if (result >= 0) {
        int64_t status = tell_head(file, &parcel, address);
        if (status < 0)
            result = status;
    }
    parcel_end(&parcel);
    return result;
}

typedef int64_t message_call(struct task *self, struct socket_file *file, uint64_t address,
                             uint32_t flags);

static int64_t one_message(struct task *self, message_call *call)
{
    int64_t result;
    struct socket_file *file = socket_lookup(task_argument(self, 0), &result);
    if (!file)
        return result;
    result = call(self, file, task_argument(self, 1), (uint32_t)task_argument(self, 2));
    file_drop(&file->file);
    return result;
}

int64_t linux_sendmsg(struct task *self)
{
    return one_message(self, send_message);
}

int64_t linux_recvmsg(struct task *self)
{
    return one_message(self, receive_message);
}

/* ---- Many messages. -------------------------------------------------------------------------- */

/* After the first one, none is waited for if the program says so, or its time is over. */
static uint32_t later_flags(uint32_t flags, uint64_t deadline)
{
    bool over = flags & LINUX_MSG_WAITFORONE || clock_now() >= deadline;
    return over ? flags | LINUX_MSG_DONTWAIT : flags;
}

static int64_t many_messages(struct task *self, struct socket_file *file, message_call *call,
                             uint64_t deadline)
{
    uint64_t at = task_argument(self, 1), count = (uint32_t)task_argument(self, 2), done = 0;
    uint32_t flags = (uint32_t)task_argument(self, 3);
    if (count > MESSAGES_MAX)
        count = MESSAGES_MAX;
    for (; done < count; done++, at += sizeof(struct linux_mmsghdr)) {
        int64_t result = call(self, file, at, done ? later_flags(flags, deadline) : flags);
        if (result < 0)
            return done ? (int64_t)done : result;
        uint32_t length = (uint32_t)result;
        if (user_write(at + offsetof(struct linux_mmsghdr, length), &length, sizeof(length)) < 0)
            return -LINUX_EFAULT;
    }
    return (int64_t)done;
}

int64_t linux_sendmmsg(struct task *self)
{
    int64_t result;
    struct socket_file *file = socket_lookup(task_argument(self, 0), &result);
    if (!file)
        return result;
    result = many_messages(self, file, send_message, CLOCK_NEVER);
    file_drop(&file->file);
    return result;
}

int64_t linux_recvmmsg(struct task *self)
{
    uint64_t deadline;
    int64_t result = poll_timeout(self, task_argument(self, 4), &deadline);
    if (result < 0)
        return result;
    struct socket_file *file = socket_lookup(task_argument(self, 0), &result);
    if (!file)
        return result;
    result = many_messages(self, file, receive_message, deadline);
    file_drop(&file->file);
    return result;
}
