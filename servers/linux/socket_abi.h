/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's numbers and structures of sockets (include/uapi/linux/{socket,in,in6,tcp}.h and
 * include/uapi/asm-generic/socket.h). */
#ifndef ANSER_SERVERS_LINUX_SOCKET_ABI_H
#define ANSER_SERVERS_LINUX_SOCKET_ABI_H

#include <stdint.h>
#include "linux_abi.h"

#define LINUX_EDOM            33
#define LINUX_ENOTSOCK        88
#define LINUX_EDESTADDRREQ    89
#define LINUX_EMSGSIZE        90
#define LINUX_EPROTOTYPE      91
#define LINUX_ENOPROTOOPT     92
#define LINUX_EPROTONOSUPPORT 93
#define LINUX_ESOCKTNOSUPPORT 94
#define LINUX_EAFNOSUPPORT    97
#define LINUX_EADDRNOTAVAIL   99
#define LINUX_ENETDOWN        100
#define LINUX_ENETUNREACH     101
#define LINUX_ECONNABORTED    103
#define LINUX_ECONNRESET      104
#define LINUX_EISCONN         106
#define LINUX_ENOTCONN        107
#define LINUX_EALREADY        114
#define LINUX_EINPROGRESS     115

#define LINUX_AF_UNSPEC 0
#define LINUX_AF_UNIX   1
#define LINUX_AF_INET   2
#define LINUX_AF_INET6  10

#define LINUX_SOCK_STREAM    1
#define LINUX_SOCK_DGRAM     2
#define LINUX_SOCK_TYPE_MASK 0xf

#define LINUX_IPPROTO_IP     0
#define LINUX_IPPROTO_ICMP   1
#define LINUX_IPPROTO_TCP    6
#define LINUX_IPPROTO_UDP    17
#define LINUX_IPPROTO_IPV6   41
#define LINUX_IPPROTO_ICMPV6 58
#define LINUX_IPPROTO_MAX    262 /* none is that high */

#define LINUX_MSG_PEEK         0x2u
#define LINUX_MSG_CTRUNC       0x8u
#define LINUX_MSG_TRUNC        0x20u
#define LINUX_MSG_DONTWAIT     0x40u
#define LINUX_MSG_WAITALL      0x100u
#define LINUX_MSG_ERRQUEUE     0x2000u
#define LINUX_MSG_NOSIGNAL     0x4000u
#define LINUX_MSG_OOB          0x1u
#define LINUX_MSG_WAITFORONE   0x10000u
#define LINUX_MSG_CMSG_CLOEXEC 0x40000000u

#define LINUX_SHUT_WR   1
#define LINUX_SHUT_RDWR 2

#define LINUX_SIOCOUTQ 0x5411

/* ---- Options. -------------------------------------------------------------------------------- */
#define LINUX_SOL_SOCKET 1

#define LINUX_SO_DEBUG       1
#define LINUX_SO_REUSEADDR   2
#define LINUX_SO_TYPE        3
#define LINUX_SO_ERROR       4
#define LINUX_SO_DONTROUTE   5
#define LINUX_SO_BROADCAST   6
#define LINUX_SO_SNDBUF      7
#define LINUX_SO_RCVBUF      8
#define LINUX_SO_KEEPALIVE   9
#define LINUX_SO_OOBINLINE   10
#define LINUX_SO_PRIORITY    12
#define LINUX_SO_LINGER      13
#define LINUX_SO_REUSEPORT   15
#define LINUX_SO_RCVLOWAT    18
#define LINUX_SO_SNDLOWAT    19
#define LINUX_SO_RCVTIMEO    20
#define LINUX_SO_SNDTIMEO    21
#define LINUX_SO_ACCEPTCONN  30
#define LINUX_SO_SNDBUFFORCE 32
#define LINUX_SO_RCVBUFFORCE 33
#define LINUX_SO_PROTOCOL    38
#define LINUX_SO_DOMAIN      39

#define LINUX_TCP_NODELAY      1
#define LINUX_TCP_MAXSEG       2
#define LINUX_TCP_CORK         3
#define LINUX_TCP_KEEPIDLE     4
#define LINUX_TCP_KEEPINTVL    5
#define LINUX_TCP_KEEPCNT      6
#define LINUX_TCP_SYNCNT       7
#define LINUX_TCP_LINGER2      8
#define LINUX_TCP_DEFER_ACCEPT 9
#define LINUX_TCP_QUICKACK     12
#define LINUX_TCP_USER_TIMEOUT 18

#define LINUX_IP_TOS             1
#define LINUX_IP_TTL             2
#define LINUX_IP_MTU_DISCOVER    10
#define LINUX_IP_RECVERR         11
#define LINUX_IP_MULTICAST_IF    32
#define LINUX_IP_MULTICAST_TTL   33
#define LINUX_IP_MULTICAST_LOOP  34
#define LINUX_IP_ADD_MEMBERSHIP  35
#define LINUX_IP_DROP_MEMBERSHIP 36

#define LINUX_IPV6_UNICAST_HOPS   16
#define LINUX_IPV6_MULTICAST_IF   17
#define LINUX_IPV6_MULTICAST_HOPS 18
#define LINUX_IPV6_MULTICAST_LOOP 19
#define LINUX_IPV6_JOIN_GROUP     20
#define LINUX_IPV6_LEAVE_GROUP    21
#define LINUX_IPV6_MTU_DISCOVER   23
#define LINUX_IPV6_RECVERR        25
#define LINUX_IPV6_V6ONLY         26
#define LINUX_IPV6_TCLASS         67

struct linux_linger {
    int32_t on;
    int32_t seconds;
};

/* ---- Addresses and messages. ----------------------------------------------------------------- */
struct linux_sockaddr_in {
    uint16_t family;
    uint8_t port[2]; /* in the network's order */
    uint8_t address[4];
    uint8_t padding[8];
};
_Static_assert(sizeof(struct linux_sockaddr_in) == 16, "struct sockaddr_in");

struct linux_sockaddr_in6 {
    uint16_t family;
    uint8_t port[2];
    uint32_t flow;
    uint8_t address[16];
    uint32_t scope;
};
_Static_assert(sizeof(struct linux_sockaddr_in6) == 28, "struct sockaddr_in6");

struct linux_msghdr {
    uint64_t name;
    uint32_t name_length;
    uint32_t padding;
    uint64_t pieces;
    uint64_t piece_count;
    uint64_t control;
    uint64_t control_length;
    uint32_t flags;
    uint32_t padding2;
};
_Static_assert(sizeof(struct linux_msghdr) == 56, "struct msghdr");

struct linux_mmsghdr {
    struct linux_msghdr head;
    uint32_t length;
    uint32_t padding;
};
_Static_assert(sizeof(struct linux_mmsghdr) == 64, "struct mmsghdr");

#endif
