/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign calls on sockets. See calls.h. */
#ifndef ANSER_SERVERS_LINUX_CALLS_SOCKET_H
#define ANSER_SERVERS_LINUX_CALLS_SOCKET_H

#define LINUX_CALLS_SOCKET(CALL)                                                                   \
    CALL(198, socket, "dxd:f")                                                                     \
    CALL(199, socketpair, "dxdx:d")                                                                \
    CALL(200, bind, "fxu:d")                                                                       \
    CALL(201, listen, "fd:d")                                                                      \
    CALL(202, accept, "fxx:f")                                                                     \
    CALL(203, connect, "fxu:d")                                                                    \
    CALL(204, getsockname, "fxx:d")                                                                \
    CALL(205, getpeername, "fxx:d")                                                                \
    CALL(206, sendto, "fbuxxu:d")                                                                  \
    CALL(207, recvfrom, "fxuxxx:d")                                                                \
    CALL(208, setsockopt, "fddxu:d")                                                               \
    CALL(209, getsockopt, "fddxx:d")                                                               \
    CALL(210, shutdown, "fd:d")                                                                    \
    CALL(211, sendmsg, "fxx:d")                                                                    \
    CALL(212, recvmsg, "fxx:d")                                                                    \
    CALL(242, accept4, "fxxx:f")                                                                   \
    CALL(243, recvmmsg, "fxuxx:d")                                                                 \
    CALL(269, sendmmsg, "fxux:d")

#endif
