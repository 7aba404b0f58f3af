/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of a core that only says who called it: tests of the loader and of the Go part. */
.option norvc
.section .text.entry, "ax"
.globl core_table
core_table:
    j boot_write
    j boot_fail
    j boot_log_init
    j boot_memory_init
    j boot_trap_init
    j boot_interrupt_init
    j boot_process_init
    j boot_init_load
    j boot_harts_start
    j boot_enter
