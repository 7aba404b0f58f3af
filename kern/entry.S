/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door of the core: the Go part knows one address, core_table, and calls entry n at 4 * n
 * (kern/image/core_riscv64.go has the same order). Entry boot_X makes tp what the kernel's C code
 * expects of it, the boot hart's idle thread, and goes on in C, mostly in kern/boot.c. Go keeps
 * nothing in tp.
 */
#define BOOT_STACK_TOP 0x3000 /* of kernel_stacks[0]; kern/boot.c asserts it */

    .option norvc
    .section .text.entry, "ax"
    .globl core_table
core_table:
    j       boot_write
    j       boot_fail
    j       boot_log_init
    j       boot_memory_init
    j       boot_trap_init
    j       boot_interrupt_init
    j       boot_process_init
    j       boot_init_load
    j       boot_harts_start
    j       boot_enter

    .macro STEP name, function
    .globl boot_\name
boot_\name:
    la      tp, idle_threads
    tail    \function
    .endm

    STEP    write, log_write
    STEP    fail, step_fail
    STEP    log_init, step_log_init
    STEP    memory_init, step_memory_init
    STEP    trap_init, step_trap_init
    STEP    interrupt_init, step_interrupt_init
    STEP    process_init, step_process_init
    STEP    init_load, init_load
    STEP    harts_start, step_harts_start

/* The last step does not come back: Go's stack goes with the rest of Go. */
    .globl boot_enter
boot_enter:
    la      tp, idle_threads
    la      sp, kernel_stacks + BOOT_STACK_TOP
    tail    step_enter
