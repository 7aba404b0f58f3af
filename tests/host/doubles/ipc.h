/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of lib/ipc.h, whose calls are instructions of the machine: what drivers use of it.
 */
#ifndef ANSER_LIB_IPC_H
#define ANSER_LIB_IPC_H

#include <stdint.h>
#include <anser/abi.h>

#define IPC_WORDS (ANSER_REGISTER_BYTES / 8)
#define IPC_INFO(bytes, handles)                                                                   \
    ((uint64_t)(bytes) | (uint64_t)(handles) << ANSER_INFO_HANDLES_SHIFT)

struct ipc_registers {
    int64_t info;
    uint64_t badge;
    uint64_t words[IPC_WORDS];
    anser_handle handles[ANSER_MESSAGE_HANDLES];
    uint64_t deadline;
    anser_handle reply;
};

int64_t ipc_exchange(int64_t number, anser_handle handle, struct ipc_registers *registers);
int64_t ipc_signal(anser_handle send, uint64_t bits);

#endif
