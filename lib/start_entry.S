/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First instructions of a program: sp points to argc, argv, envp and auxv, as on Linux. The global
 * pointer, then C. And the note by which whoever starts it tells it from a foreign program.
 */
#include <anser/abi.h>

    /* lib/elf_note.h reads it: sizes of name and description, type, name, description. */
    .section .note.anser, "a", @note
    .balign 4
    .word 6, 4, 1
    .asciz "Anser"
    .balign 4
    .word ANSER_ABI_VERSION

    .section .start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    mv a0, sp
    andi sp, sp, -16
    li s0, 0
    li ra, 0
    tail start_program
    .size _start, . - _start
