/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign calls on descriptors: reading, writing, waiting, pipes, epoll. See calls.h. */
#ifndef ANSER_SERVERS_LINUX_CALLS_DESCRIPTOR_H
#define ANSER_SERVERS_LINUX_CALLS_DESCRIPTOR_H

#define LINUX_CALLS_DESCRIPTOR(CALL)                                                               \
    CALL(19, eventfd2, "ux:f")                                                                     \
    CALL(20, epoll_create1, "x:f")                                                                 \
    CALL(21, epoll_ctl, "fdfx:d")                                                                  \
    CALL(22, epoll_pwait, "fxddxu:d")                                                              \
    CALL(23, dup, "f:f")                                                                           \
    CALL(24, dup3, "ffx:f")                                                                        \
    CALL(25, fcntl, "fdx:d")                                                                       \
    CALL(29, ioctl, "fxx:d")                                                                       \
    CALL(57, close, "f:d")                                                                         \
    CALL(59, pipe2, "xx:d")                                                                        \
    CALL(62, lseek, "fdd:d")                                                                       \
    CALL(63, read, "fxu:d")                                                                        \
    CALL(64, write, "fbu:d")                                                                       \
    CALL(65, readv, "fxu:d")                                                                       \
    CALL(66, writev, "fxu:d")                                                                      \
    CALL(67, pread64, "fxud:d")                                                                    \
    CALL(68, pwrite64, "fbud:d")                                                                   \
    CALL(69, preadv, "fxud:d")                                                                     \
    CALL(70, pwritev, "fxud:d")                                                                    \
    CALL(71, sendfile, "ffxu:d")                                                                   \
    CALL(72, pselect6, "dxxxxx:d")                                                                 \
    CALL(73, ppoll, "xuxxu:d")                                                                     \
    CALL(75, vmsplice, "fxux:d")                                                                   \
    CALL(76, splice, "fxfxux:d")                                                                   \
    CALL(77, tee, "ffux:d")                                                                        \
    CALL(82, fsync, "f:d")                                                                         \
    CALL(83, fdatasync, "f:d")                                                                     \
    CALL(85, timerfd_create, "dx:f")                                                               \
    CALL(86, timerfd_settime, "fxxx:d")                                                            \
    CALL(87, timerfd_gettime, "fx:d")                                                              \
    CALL(436, close_range, "uux:d")                                                                \
    CALL(441, epoll_pwait2, "fxdxxu:d")

#endif
