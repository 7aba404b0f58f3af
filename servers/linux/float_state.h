/* SPDX-License-Identifier: BSD-2-Clause */
/* The floating-point registers, which are the program's while the handler runs. */
#ifndef ANSER_SERVERS_LINUX_FLOAT_STATE_H
#define ANSER_SERVERS_LINUX_FLOAT_STATE_H

#include <stdint.h>

/* struct __riscv_d_ext_state of Linux. */
struct float_state {
    uint64_t f[32];
    uint32_t fcsr;
};

void float_save(struct float_state *state);
void float_restore(const struct float_state *state);

#endif
