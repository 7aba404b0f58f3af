/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of programs, and those of the TCP/IP server. IPv4 on an IPv6 socket is ::ffff:a.b.c.d.
 */
#include <string.h>
#include "socket_file.h"
#include "user.h"

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

union program_address {
    uint16_t family;
    struct linux_sockaddr_in in;
    struct linux_sockaddr_in6 in6;
};

static int64_t read_in6(const struct socket_file *file, const union program_address *from,
                        uint64_t length, struct socket_address *address)
{
    /* The scope may be left out, as in old programs. */
    if (length < sizeof(from->in6) - sizeof(from->in6.scope))
        return -LINUX_EINVAL;
    address->port = (uint16_t)(from->in6.port[0] << 8 | from->in6.port[1]);
    if (memcmp(from->in6.address, mapped, sizeof(mapped)) == 0) {
        if (file->socket.values[SOCKET_OPTION_ONLY_6])
            return -LINUX_ENETUNREACH;
        address->family = SOCKET_FAMILY_4;
        memcpy(address->bytes, from->in6.address + sizeof(mapped), 4);
        return 0;
    }
    address->family = SOCKET_FAMILY_6;
    address->zone = (uint8_t)from->in6.scope;
    memcpy(address->bytes, from->in6.address, sizeof(address->bytes));
    return 0;
}

int64_t socket_read_address(const struct socket_file *file, uint64_t from, uint64_t length,
                            struct socket_address *address)
{
    union program_address read = {.family = 0};
    *address = (struct socket_address){.family = SOCKET_FAMILY_NONE};
    if (length < sizeof(read.family) || length > 128)
        return -LINUX_EINVAL;
    if (user_read(&read, from, length < sizeof(read) ? length : sizeof(read)) < 0)
        return -LINUX_EFAULT;
    if (read.family == LINUX_AF_UNSPEC)
        return 0;
    if (read.family == LINUX_AF_INET6 && file->family == LINUX_AF_INET6)
        return read_in6(file, &read, length, address);
    /* An IPv6 stream takes IPv4 addresses in its own form alone. */
    if (file->family == LINUX_AF_INET6 && file->socket.kind == SOCKET_STREAM)
        return length < sizeof(read.in6) - sizeof(read.in6.scope) ? -LINUX_EINVAL
                                                                  : -LINUX_EAFNOSUPPORT;
    if (read.family != LINUX_AF_INET)
        return -LINUX_EAFNOSUPPORT;
    if (length < sizeof(read.in))
        return -LINUX_EINVAL;
    address->family = SOCKET_FAMILY_4;
    address->port = (uint16_t)(read.in.port[0] << 8 | read.in.port[1]);
    memcpy(address->bytes, read.in.address, sizeof(read.in.address));
    return 0;
}

static uint32_t to_in6(const struct socket_address *address, union program_address *to)
{
    to->in6.family = LINUX_AF_INET6;
    to->in6.port[0] = (uint8_t)(address->port >> 8);
    to->in6.port[1] = (uint8_t)address->port;
    if (address->family == SOCKET_FAMILY_4) {
        memcpy(to->in6.address, mapped, sizeof(mapped));
        memcpy(to->in6.address + sizeof(mapped), address->bytes, 4);
    } else {
        memcpy(to->in6.address, address->bytes, sizeof(to->in6.address));
        to->in6.scope = address->zone;
    }
    return sizeof(to->in6);
}

static uint32_t to_in(const struct socket_address *address, union program_address *to)
{
    to->in.family = LINUX_AF_INET;
    to->in.port[0] = (uint8_t)(address->port >> 8);
    to->in.port[1] = (uint8_t)address->port;
    memcpy(to->in.address, address->bytes, sizeof(to->in.address));
    return sizeof(to->in);
}

int64_t socket_put_address(const struct socket_file *file, const struct socket_address *address,
                           uint64_t to, uint32_t room, uint32_t *length)
{
    union program_address written;
    memset(&written, 0, sizeof(written));
    *length = file->family == LINUX_AF_INET6 ? to_in6(address, &written) : to_in(address, &written);
    return user_write(to, &written, *length < room ? *length : room);
}

int64_t socket_write_address(const struct socket_file *file, const struct socket_address *address,
                             uint64_t to, uint64_t length_at)
{
    uint32_t room, length;
    if (to == 0)
        return 0;
    if (user_read(&room, length_at, sizeof(room)) < 0)
        return -LINUX_EFAULT;
    if ((int32_t)room < 0)
        return -LINUX_EINVAL;
    int64_t status = socket_put_address(file, address, to, room, &length);
    return status < 0 ? status : user_write(length_at, &length, sizeof(length));
}
