/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of lib/ipc.h, whose calls are instructions of the machine: what drivers use of it.
 */
#ifndef ANSER_TESTS_DOUBLES_IPC_H
#define ANSER_TESTS_DOUBLES_IPC_H

#include <stdint.h>
#include <anser/abi.h>

int64_t ipc_signal(anser_handle send, uint64_t bits);

#endif
