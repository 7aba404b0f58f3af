/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * getsockopt and setsockopt. An option is the TCP/IP server's (a row with its number there), the
 * personality's own (a bit or a number that is kept, and changes nothing), or computed.
 */
#include "calls.h"
#include "descriptor_abi.h"
#include "lib/clock.h"
#include "poll_deadline.h"
#include "process.h"
#include "socket_file.h"
#include "user.h"

#define KEEP_COUNT_MAX 127
#define LINGER_MAX     32766u

enum how {
    SERVER, /* a number, the server's option `value` */
    KEPT,   /* on or off, bit `value` of file->kept */
    NUMBER, /* number `value` of file->numbers, within number_bounds */
    FIXED,  /* can be set, to no effect, and is always `value` */
    TOLD,   /* cannot be set: tell_option */
    BUFFER, /* number `value` of file->buffers */
    TIME,   /* receive_time (0) or send_time (1) */
    LINGER,
    GROUP, /* an address; server's option `value` */
};

struct option {
    uint16_t level;
    uint16_t name;
    uint8_t how;
    uint16_t value;
    uint32_t otherwise; /* what a SERVER or NUMBER one is before it is set */
};

/* What NUMBER options can be; a switch is 1 for all that is not 0. */
enum number { PRIORITY, SYN_COUNT, LINGER_2, DEFER, QUICK, USER_TIME, LOOP, LOOP_6 };
static const struct {
    int32_t least;
    int32_t most;
    bool is_switch;
} number_bounds[] = {
    [PRIORITY] = {0, 6, false},   [SYN_COUNT] = {1, 127, false},
    [LINGER_2] = {0, 120, false}, [DEFER] = {0, INT32_MAX, false},
    [QUICK] = {0, 1, true},       [USER_TIME] = {0, INT32_MAX, false},
    [LOOP] = {0, 1, true},        [LOOP_6] = {0, 1, true},
};

static const struct option options[] = {
    {LINUX_SOL_SOCKET, LINUX_SO_DEBUG, KEPT, 0, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_REUSEADDR, SERVER, SOCKET_OPTION_REUSE_ADDRESS, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_TYPE, TOLD, 0, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_ERROR, TOLD, 0, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_DONTROUTE, KEPT, 1, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_BROADCAST, SERVER, SOCKET_OPTION_BROADCAST, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_SNDBUF, BUFFER, 1, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_SNDBUFFORCE, BUFFER, 1, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_RCVBUF, BUFFER, 0, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_RCVBUFFORCE, BUFFER, 0, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_KEEPALIVE, SERVER, SOCKET_OPTION_KEEP_ALIVE, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_OOBINLINE, KEPT, 2, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_PRIORITY, NUMBER, PRIORITY, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_LINGER, LINGER, 0, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_REUSEPORT, KEPT, 4, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_RCVLOWAT, TOLD, 0, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_SNDLOWAT, TOLD, 0, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_RCVTIMEO, TIME, 0, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_SNDTIMEO, TIME, 1, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_ACCEPTCONN, TOLD, 0, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_PROTOCOL, TOLD, 0, 0},
    {LINUX_SOL_SOCKET, LINUX_SO_DOMAIN, TOLD, 0, 0},
    {LINUX_IPPROTO_TCP, LINUX_TCP_NODELAY, SERVER, SOCKET_OPTION_NO_DELAY, 0},
    {LINUX_IPPROTO_TCP, LINUX_TCP_MAXSEG, FIXED, SOCKET_SEGMENT, 0},
    {LINUX_IPPROTO_TCP, LINUX_TCP_CORK, KEPT, 5, 0},
    {LINUX_IPPROTO_TCP, LINUX_TCP_KEEPIDLE, SERVER, SOCKET_OPTION_KEEP_IDLE, 7200},
    {LINUX_IPPROTO_TCP, LINUX_TCP_KEEPINTVL, SERVER, SOCKET_OPTION_KEEP_INTERVAL, 75},
    {LINUX_IPPROTO_TCP, LINUX_TCP_KEEPCNT, SERVER, SOCKET_OPTION_KEEP_COUNT, 9},
    {LINUX_IPPROTO_TCP, LINUX_TCP_SYNCNT, NUMBER, SYN_COUNT, 6},
    {LINUX_IPPROTO_TCP, LINUX_TCP_LINGER2, NUMBER, LINGER_2, 60},
    {LINUX_IPPROTO_TCP, LINUX_TCP_DEFER_ACCEPT, NUMBER, DEFER, 0},
    {LINUX_IPPROTO_TCP, LINUX_TCP_QUICKACK, NUMBER, QUICK, 1},
    {LINUX_IPPROTO_TCP, LINUX_TCP_USER_TIMEOUT, NUMBER, USER_TIME, 0},
    {LINUX_IPPROTO_IP, LINUX_IP_TOS, SERVER, SOCKET_OPTION_SERVICE_TYPE, 0},
    {LINUX_IPPROTO_IP, LINUX_IP_TTL, SERVER, SOCKET_OPTION_HOPS, 64},
    {LINUX_IPPROTO_IP, LINUX_IP_MTU_DISCOVER, FIXED, 0, 0},
    {LINUX_IPPROTO_IP, LINUX_IP_RECVERR, KEPT, 6, 0},
    {LINUX_IPPROTO_IP, LINUX_IP_MULTICAST_TTL, SERVER, SOCKET_OPTION_GROUP_HOPS, 1},
    {LINUX_IPPROTO_IP, LINUX_IP_MULTICAST_LOOP, NUMBER, LOOP, 1},
    {LINUX_IPPROTO_IP, LINUX_IP_MULTICAST_IF, FIXED, 0, 0},
    {LINUX_IPPROTO_IP, LINUX_IP_ADD_MEMBERSHIP, GROUP, SOCKET_OPTION_JOIN, 0},
    {LINUX_IPPROTO_IP, LINUX_IP_DROP_MEMBERSHIP, GROUP, SOCKET_OPTION_LEAVE, 0},
    {LINUX_IPPROTO_IPV6, LINUX_IPV6_UNICAST_HOPS, SERVER, SOCKET_OPTION_HOPS, 64},
    {LINUX_IPPROTO_IPV6, LINUX_IPV6_MULTICAST_HOPS, SERVER, SOCKET_OPTION_GROUP_HOPS, 1},
    {LINUX_IPPROTO_IPV6, LINUX_IPV6_MULTICAST_LOOP, NUMBER, LOOP_6, 1},
    {LINUX_IPPROTO_IPV6, LINUX_IPV6_MULTICAST_IF, FIXED, 0, 0},
    {LINUX_IPPROTO_IPV6, LINUX_IPV6_JOIN_GROUP, GROUP, SOCKET_OPTION_JOIN, 0},
    {LINUX_IPPROTO_IPV6, LINUX_IPV6_LEAVE_GROUP, GROUP, SOCKET_OPTION_LEAVE, 0},
    {LINUX_IPPROTO_IPV6, LINUX_IPV6_MTU_DISCOVER, FIXED, 0, 0},
    {LINUX_IPPROTO_IPV6, LINUX_IPV6_RECVERR, KEPT, 6, 0},
    {LINUX_IPPROTO_IPV6, LINUX_IPV6_V6ONLY, SERVER, SOCKET_OPTION_ONLY_6, 0},
    {LINUX_IPPROTO_IPV6, LINUX_IPV6_TCLASS, SERVER, SOCKET_OPTION_SERVICE_TYPE, 0},
};

static const struct option *find(const struct socket_file *file, const struct task *self)
{
    uint32_t level = (uint32_t)task_argument(self, 1), name = (uint32_t)task_argument(self, 2);
    bool fits = level != LINUX_IPPROTO_IPV6 || file->family == LINUX_AF_INET6;
    fits &= level != LINUX_IPPROTO_TCP || file->socket.kind == SOCKET_STREAM;
    for (unsigned i = 0; fits && i < sizeof(options) / sizeof(options[0]); i++)
        if (options[i].level == level && options[i].name == name)
            return &options[i];
    return NULL;
}

/* ---- setsockopt. ----------------------------------------------------------------------------- */

static void keep(struct socket_file *file, unsigned bit, bool on)
{
    mutex_lock(&file->socket.lock);
    file->kept = on ? file->kept | 1u << bit : file->kept & ~(1u << bit);
    mutex_unlock(&file->socket.lock);
}

static bool is_switch(uint32_t option)
{
    return option == SOCKET_OPTION_NO_DELAY || option == SOCKET_OPTION_KEEP_ALIVE ||
           option == SOCKET_OPTION_REUSE_ADDRESS || option == SOCKET_OPTION_BROADCAST ||
           option == SOCKET_OPTION_ONLY_6;
}

/* As Linux has it: the byte alone counts in IPv4, and of connections the bits of congestion are not
 * a program's to set (RFC 3168). */
static int32_t service_type(const struct socket *socket, const struct option *option,
                            int32_t number)
{
    if (option->level == LINUX_IPPROTO_IP)
        number &= 0xff;
    return socket->kind == SOCKET_STREAM && number > 0 && number < 256 ? number & ~3 : number;
}

/* Streams know no broadcasts: it is kept alone. */
static int64_t keep_value(struct socket *socket, uint32_t option, uint64_t value)
{
    mutex_lock(&socket->lock);
    socket->options |= 1u << option;
    socket->values[option] = value;
    mutex_unlock(&socket->lock);
    return 0;
}

/* What a value that Linux's server side does not know ends with; 0: it is known. */
static int64_t check_server(const struct socket *socket, const struct option *option,
                            int32_t number)
{
    if (option->value == SOCKET_OPTION_KEEP_COUNT && number > KEEP_COUNT_MAX)
        return -LINUX_EINVAL;
    if (option->value == SOCKET_OPTION_GROUP_HOPS && socket->kind == SOCKET_STREAM)
        return option->level == LINUX_IPPROTO_IP ? -LINUX_EINVAL : -LINUX_ENOPROTOOPT;
    bool has_default = option->value == SOCKET_OPTION_HOPS ||
                       option->value == SOCKET_OPTION_GROUP_HOPS ||
                       option->value == SOCKET_OPTION_SERVICE_TYPE;
    return number < 0 && !has_default && !is_switch(option->value) ? -LINUX_EINVAL : 0;
}

/* What the server has already, as by default, is not sent. */
static int64_t set_server(struct socket_file *file, const struct option *option, int32_t number)
{
    struct socket *socket = &file->socket;
    if (option->value == SOCKET_OPTION_SERVICE_TYPE)
        number = service_type(socket, option, number);
    int64_t status = check_server(socket, option, number);
    if (status < 0)
        return status;
    uint64_t value = is_switch(option->value) ? number != 0 : (uint64_t)(uint32_t)number;
    if (number < 0 && !is_switch(option->value))
        value = option->otherwise; /* -1: the default again */
    bool same = socket->options >> option->value & 1 ? socket->values[option->value] == value
                                                     : value == option->otherwise;
    if (same)
        return 0;
    if (option->value == SOCKET_OPTION_BROADCAST && socket->kind == SOCKET_STREAM)
        return keep_value(socket, option->value, value);
    return socket_set(socket, option->value, value, NULL);
}

static int64_t set_number(struct socket_file *file, const struct option *option, int32_t number)
{
    unsigned index = option->value;
    if (number_bounds[index].is_switch)
        number = number != 0;
    if (number < number_bounds[index].least || number > number_bounds[index].most)
        return -LINUX_EINVAL;
    mutex_lock(&file->socket.lock);
    file->numbers[index] = (uint32_t)number;
    file->numbers_set |= 1u << index;
    mutex_unlock(&file->socket.lock);
    return 0;
}

static int64_t set_buffer(struct socket_file *file, unsigned index, int32_t bytes)
{
    /* Linux doubles it, for its own needs, and has bounds: another one for what is sent. A negative
     * one is a large one. */
    uint32_t least = index ? 4608 : 2304, asked = (uint32_t)bytes;
    uint32_t doubled = (asked < 212992 ? asked : 212992) * 2;
    file->buffers[index] = doubled < least ? least : doubled;
    return 0;
}

static int64_t set_time(struct socket_file *file, bool sends, uint64_t from, uint64_t length)
{
    struct linux_timeval time;
    uint64_t ticks;
    if (length < sizeof(time))
        return -LINUX_EINVAL;
    if (user_read(&time, from, sizeof(time)) < 0)
        return -LINUX_EFAULT;
    if (time.microseconds < 0 || time.microseconds >= 1000000)
        return -LINUX_EDOM;
    struct linux_timespec exact = {.seconds = time.seconds < 0 ? 0 : time.seconds,
                                   .nanoseconds = time.microseconds * 1000};
    int64_t status = poll_ticks(&exact, &ticks);
    if (status < 0)
        return status;
    *(sends ? &file->send_time : &file->receive_time) = ticks == CLOCK_NEVER ? 0 : ticks;
    return 0;
}

static int64_t set_linger(struct socket_file *file, uint64_t from, uint64_t length)
{
    struct linux_linger linger;
    if (length < sizeof(linger))
        return -LINUX_EINVAL;
    if (user_read(&linger, from, sizeof(linger)) < 0)
        return -LINUX_EFAULT;
    /* How long is not counted; the server's own bound is far enough. */
    uint32_t seconds = (uint32_t)linger.seconds;
    uint64_t value = linger.on ? (seconds < LINGER_MAX ? seconds : LINGER_MAX) + 1ul : 0;
    return socket_set(&file->socket, SOCKET_OPTION_LINGER, value, NULL);
}

/* struct ip_mreq, ip_mreqn, ipv6_mreq: all begin with the group's address. */
static int64_t set_group(struct socket_file *file, const struct option *option, uint64_t from,
                         uint64_t length)
{
    bool is_6 = option->level == LINUX_IPPROTO_IPV6;
    struct socket_address group = {.family = is_6 ? SOCKET_FAMILY_6 : SOCKET_FAMILY_4};
    size_t size = is_6 ? 16 : 4;
    if (length < size)
        return -LINUX_EINVAL;
    if (user_read(group.bytes, from, size) < 0)
        return -LINUX_EFAULT;
    return socket_set(&file->socket, option->value, 0, &group);
}

static int64_t set_option(struct socket_file *file, const struct option *option, uint64_t from,
                          uint64_t length)
{
    int32_t number = 0;
    if (option->how == TIME)
        return set_time(file, option->value, from, length);
    if (option->how == LINGER)
        return set_linger(file, from, length);
    if (option->how == GROUP)
        return set_group(file, option, from, length);
    /* Options of IP may come as one byte. */
    bool byte = length < sizeof(number) && length > 0 && option->level == LINUX_IPPROTO_IP;
    if ((int32_t)length < 0 || (length < sizeof(number) && !byte))
        return -LINUX_EINVAL;
    if (user_read(&number, from, byte ? 1 : sizeof(number)) < 0)
        return -LINUX_EFAULT;
    switch (option->how) {
    case SERVER:
        return set_server(file, option, number);
    case BUFFER:
        return set_buffer(file, option->value, number);
    case KEPT:
        keep(file, option->value, number != 0);
        return 0;
    case NUMBER:
        return set_number(file, option, number);
    case FIXED:
        return 0;
    default:
        return -LINUX_ENOPROTOOPT;
    }
}

int64_t linux_setsockopt(struct task *self)
{
    int64_t status;
    struct socket_file *file = socket_lookup(task_argument(self, 0), &status);
    if (!file)
        return status;
    const struct option *option = find(file, self);
    status = -LINUX_ENOPROTOOPT;
    if (option)
        status = set_option(file, option, task_argument(self, 3), (uint32_t)task_argument(self, 4));
    file_drop(&file->file);
    return status;
}

/* ---- getsockopt. ----------------------------------------------------------------------------- */

static int32_t tell_option(struct socket_file *file, uint32_t name)
{
    struct socket *socket = &file->socket;
    int32_t error;
    switch (name) {
    case LINUX_SO_TYPE:
        return socket->kind == SOCKET_STREAM ? LINUX_SOCK_STREAM : LINUX_SOCK_DGRAM;
    case LINUX_SO_DOMAIN:
        return file->family;
    case LINUX_SO_RCVLOWAT:
    case LINUX_SO_SNDLOWAT:
        return 1;
    case LINUX_SO_ACCEPTCONN:
        return socket->role == SOCKET_LISTENER;
    case LINUX_SO_PROTOCOL:
        if (file->protocol)
            return file->protocol;
        return socket->kind == SOCKET_STREAM ? LINUX_IPPROTO_TCP : LINUX_IPPROTO_UDP;
    default:
        mutex_lock(&socket->lock);
        error = (int32_t)socket_take_error(socket);
        mutex_unlock(&socket->lock);
        return error;
    }
}

static int32_t get_number(struct socket_file *file, const struct option *option)
{
    const struct socket *socket = &file->socket;
    switch (option->how) {
    case SERVER:
        return socket->options >> option->value & 1 ? (int32_t)socket->values[option->value]
                                                    : (int32_t)option->otherwise;
    case KEPT:
        return (int32_t)(file->kept >> option->value & 1);
    case NUMBER:
        return (int32_t)(file->numbers_set >> option->value & 1 ? file->numbers[option->value]
                                                                : option->otherwise);
    case BUFFER:
        if (file->buffers[option->value])
            return (int32_t)file->buffers[option->value];
        return (int32_t)(option->value ? socket->send.size : socket->receive.size);
    case FIXED:
        return option->value;
    default:
        return tell_option(file, option->name);
    }
}

/* Writes as much as the program has room for, and how much that was. */
static int64_t give(struct task *self, const void *value, uint32_t size)
{
    uint32_t room;
    uint64_t length_at = task_argument(self, 4);
    if (user_read(&room, length_at, sizeof(room)) < 0)
        return -LINUX_EFAULT;
    if ((int32_t)room < 0)
        return -LINUX_EINVAL;
    if (room > size)
        room = size;
    if (user_write(task_argument(self, 3), value, room) < 0)
        return -LINUX_EFAULT;
    return user_write(length_at, &room, sizeof(room));
}

/* A small number of IPv4 is one byte, to who has room for less than a word. */
static uint32_t number_size(const struct task *self, const struct option *option, int32_t number)
{
    uint32_t room = 0;
    bool small = option->level == LINUX_IPPROTO_IP && number >= 0 && number <= 255;
    if (!small || user_read(&room, task_argument(self, 4), sizeof(room)) < 0)
        return sizeof(number);
    return room > 0 && room < sizeof(number) ? 1 : sizeof(number);
}

static int64_t get_option(struct task *self, struct socket_file *file, const struct option *option)
{
    if (option->how == GROUP)
        return -LINUX_ENOPROTOOPT;
    if (option->how == TIME) {
        struct linux_timespec time =
            poll_timespec(option->value ? file->send_time : file->receive_time);
        struct linux_timeval value = {.seconds = time.seconds,
                                      .microseconds = time.nanoseconds / 1000};
        return give(self, &value, sizeof(value));
    }
    if (option->how == LINGER) {
        const struct socket *socket = &file->socket;
        uint64_t linger = socket->values[SOCKET_OPTION_LINGER];
        struct linux_linger value = {.on = linger > 0,
                                     .seconds = linger ? (int32_t)(linger - 1) : 0};
        return give(self, &value, sizeof(value));
    }
    int32_t number = get_number(file, option);
    return give(self, &number, number_size(self, option, number));
}

/* Is the level one that sockets of this kind know? Of IPv4 ones, who only asks is told. */
static bool knows_level(const struct socket_file *file, uint32_t level)
{
    return file->family == LINUX_AF_INET6 || level == LINUX_SOL_SOCKET ||
           level == LINUX_IPPROTO_IP ||
           (level == LINUX_IPPROTO_TCP && file->socket.kind == SOCKET_STREAM) ||
           (level == LINUX_IPPROTO_UDP && file->socket.kind == SOCKET_DATAGRAM);
}

int64_t linux_getsockopt(struct task *self)
{
    int64_t status;
    struct socket_file *file = socket_lookup(task_argument(self, 0), &status);
    if (!file)
        return status;
    const struct option *option = find(file, self);
    if (option)
        status = get_option(self, file, option);
    else
        status = knows_level(file, (uint32_t)task_argument(self, 1)) ? -LINUX_ENOPROTOOPT
                                                                     : -LINUX_EOPNOTSUPP;
    file_drop(&file->file);
    return status;
}
