/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign calls on names of files. See calls.h. */
#ifndef ANSER_SERVERS_LINUX_CALLS_PATH_H
#define ANSER_SERVERS_LINUX_CALLS_PATH_H

#define LINUX_CALLS_PATH(CALL) CALL(56, openat, "dsxo:f")

#endif
