/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The foreign calls, each once: number, name, and how `strace` shows the arguments, a letter each:
 *   d signed number, u unsigned, x hexadecimal (also addresses), o octal, f descriptor, s string,
 *   b bytes (address; the length is the next argument), after ':' the same for the result.
 * The list is kept in parts, by the room that serves them.
 */
#ifndef ANSER_SERVERS_LINUX_CALLS_H
#define ANSER_SERVERS_LINUX_CALLS_H

#include "task.h"
#include "calls_descriptor.h"
#include "calls_path.h"
#include "calls_process.h"
#include "calls_socket.h"

#define LINUX_CALLS(CALL)                                                                          \
    LINUX_CALLS_PROCESS(CALL)                                                                      \
    LINUX_CALLS_DESCRIPTOR(CALL)                                                                   \
    LINUX_CALLS_PATH(CALL)                                                                         \
    LINUX_CALLS_SOCKET(CALL)

#define LINUX_CALL_DECLARE(number, name, show) linux_call linux_##name;
LINUX_CALLS(LINUX_CALL_DECLARE)
#undef LINUX_CALL_DECLARE

#endif
