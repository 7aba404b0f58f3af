/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls into the machine-mode firmware, by the RISC-V SBI specification (version 1.0, and 2.0 for
 * the debug console). Firmware works on physical addresses; the kernel image has the same virtual
 * ones.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
void sbi_send_ipi(uint64_t mask, uint64_t base);

/* By the function numbers of "RFENCE Extension". */
enum sbi_fence {
    SBI_FENCE_CODE,  /* fence.i */
    SBI_FENCE_SPACE, /* sfence.vma, of all address spaces */
    SBI_FENCE_ASID,  /* the same, of one */
};
/*
 * A fence on other harts, of translations for [start, start + size) (start 0, size UINT64_MAX:
 * everything). Returns after every hart has done it.
 */
void sbi_remote_fence(enum sbi_fence what, uint64_t mask, uint64_t base, uint64_t start,
                      uint64_t size, uint64_t asid);

/*
 * Starts a stopped hart ("Hart State Management") at a physical address in supervisor mode, with
 * satp 0, interrupts off, a0 = its hart id and a1 = argument. Returns 0 or an SBI error, < 0.
 */
int64_t sbi_hart_start(uint64_t hart, uint64_t address, uint64_t argument);

/* "System Reset". Neither comes back; where firmware cannot do it, the hart stops. */
_Noreturn void sbi_shutdown(bool failure);
_Noreturn void sbi_reboot(void);

/* Waits for ever, with interrupts off. */
_Noreturn void sbi_stop(void);
