/* SPDX-License-Identifier: BSD-2-Clause */
/* The layout that ipc_exchange.S relies on. */
#include <stddef.h>
#include "ipc.h"

_Static_assert(offsetof(struct ipc_registers, info) == 0, "ipc_exchange.S");
_Static_assert(offsetof(struct ipc_registers, badge) == 8, "ipc_exchange.S");
_Static_assert(offsetof(struct ipc_registers, words) == 16, "ipc_exchange.S");
_Static_assert(offsetof(struct ipc_registers, handles) == 80, "ipc_exchange.S");
_Static_assert(offsetof(struct ipc_registers, deadline) == 112, "ipc_exchange.S");
_Static_assert(offsetof(struct ipc_registers, reply) == 120, "ipc_exchange.S");
