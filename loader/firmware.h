/* SPDX-License-Identifier: BSD-2-Clause */
/* The loader's few words with OpenSBI. Specification: RISC-V SBI 1.0 and 2.0 (debug console). */
#ifndef ANSER_FIRMWARE_H
#define ANSER_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>

/* Prints on the firmware's console: by the debug console where it is offered, else byte by byte. */
void firmware_print(const char *text);

/* Switches the machine off; QEMU ends with exit code 0. */
_Noreturn void firmware_shutdown(void);

/* Ends with a failure: through the finisher if its address is not 0, else by switching off. */
_Noreturn void firmware_fail(uint64_t finisher);

#endif
