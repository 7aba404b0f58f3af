/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls into the machine-mode firmware, by the RISC-V SBI specification (version 1.0, and 2.0 for
 * the debug console). Firmware works on physical addresses; the kernel image has the same virtual
 * ones. Functions that return int64_t return 0 or one of the SBI_ERR_* below.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SBI_SUCCESS               0
#define SBI_ERR_FAILED            (-1)
#define SBI_ERR_NOT_SUPPORTED     (-2)
#define SBI_ERR_INVALID_PARAM     (-3)
#define SBI_ERR_DENIED            (-4)
#define SBI_ERR_INVALID_ADDRESS   (-5)
#define SBI_ERR_ALREADY_AVAILABLE (-6)

/* Looks once which extensions there are. Before it, the console is the legacy one. */
void sbi_init(void);

/*
 * Writes to the firmware's console: the debug console (chapter "Debug Console Extension") where it
 * is offered, else the legacy call, byte by byte. The text must lie in the kernel image, where
 * virtual addresses are physical ones.
 */
void sbi_console_write(const char *text, size_t length);

/* Sets this hart's timer to an absolute time, UINT64_MAX: never; clears a pending interrupt. */
void sbi_set_timer(uint64_t when);

/* Hart masks are given as bits of hart ids, counted from the id `base`. */
int64_t sbi_send_ipi(uint64_t mask, uint64_t base);

/*
 * sfence.vma on other harts, for [start, start + size) (both 0 or size UINT64_MAX: everything), of
 * all address spaces or of one ASID. Returns after every hart has done it.
 */
int64_t sbi_remote_sfence(uint64_t mask, uint64_t base, uint64_t start, uint64_t size);
int64_t sbi_remote_sfence_asid(uint64_t mask, uint64_t base, uint64_t start, uint64_t size,
                               uint64_t asid);

/* fence.i on other harts; returns after every hart has done it. */
int64_t sbi_remote_fence_i(uint64_t mask, uint64_t base);

/*
 * Starts a stopped hart ("Hart State Management") at a physical address in supervisor mode, with
 * satp 0, interrupts off, a0 = its hart id and a1 = argument.
 */
int64_t sbi_hart_start(uint64_t hart, uint64_t address, uint64_t argument);

/* "System Reset". Neither comes back; where firmware cannot do it, the hart stops. */
_Noreturn void sbi_shutdown(bool failure);
_Noreturn void sbi_reboot(void);

/* Waits for ever, with interrupts off. */
_Noreturn void sbi_stop(void);
