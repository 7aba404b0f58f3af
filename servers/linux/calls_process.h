/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign calls on memory, threads, futexes, signals and time. See calls.h. */
#ifndef ANSER_SERVERS_LINUX_CALLS_PROCESS_H
#define ANSER_SERVERS_LINUX_CALLS_PROCESS_H

#define LINUX_CALLS_PROCESS(CALL) CALL(172, getpid, ":d")

#endif
