/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door of the core: the Go part knows one address, core_table, and calls entry n at 4 * n
 * (kern/image/core_riscv64.go has the same order). Each entry makes tp what the kernel's C code
 * expects of it, the boot hart's idle thread; Go keeps nothing there.
 */
#define BOOT_STACK_TOP 0x3000 /* of kernel_stacks[0]; kern/boot.c asserts it */

    .option norvc
    .section .text.entry, "ax"
    .globl core_table
core_table:
    j       enter_write
    j       enter_fail
    j       enter_log_init
    j       enter_memory_init
    j       enter_trap_init
    j       enter_interrupt_init
    j       enter_process_init
    j       enter_init_load
    j       enter_harts_start
    j       enter_last

    .macro STEP name, function
\name:
    la      tp, idle_threads
    tail    \function
    .endm

    STEP    enter_write, boot_write
    STEP    enter_fail, boot_fail
    STEP    enter_log_init, boot_log_init
    STEP    enter_memory_init, boot_memory_init
    STEP    enter_trap_init, boot_trap_init
    STEP    enter_interrupt_init, boot_interrupt_init
    STEP    enter_process_init, boot_process_init
    STEP    enter_init_load, boot_init_load
    STEP    enter_harts_start, boot_harts_start

/* The last step does not come back: Go's stack goes with the rest of Go. */
enter_last:
    la      tp, idle_threads
    la      sp, kernel_stacks + BOOT_STACK_TOP
    tail    boot_enter
