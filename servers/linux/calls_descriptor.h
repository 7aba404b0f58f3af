/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign calls on descriptors: reading, writing, waiting, pipes, epoll. See calls.h. */
#ifndef ANSER_SERVERS_LINUX_CALLS_DESCRIPTOR_H
#define ANSER_SERVERS_LINUX_CALLS_DESCRIPTOR_H

#define LINUX_CALLS_DESCRIPTOR(CALL) CALL(57, close, "f:d")

#endif
