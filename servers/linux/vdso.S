/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vDSO: what programs call instead of trapping: the time, and the way back from a signal's
 * handler. The toolchain for bare metal links no shared objects, so this one is written down here as
 * the ELF and System V specifications have it: headers, a dynamic section, symbols with versions.
 * linux.ld puts it on pages of its own, at LINUX_IMAGE; programs find it by AT_SYSINFO_EHDR.
 *
 * LINUX_CLOCK (layout.h) holds a struct linux_clock: nanoseconds a tick (0: no whole number), and where
 * the clock server's page is (0: not known yet). Whatever is not known is left to the call.
 */
#include "servers/linux/layout.h"

#define CLOCK_NANOSECONDS_A_TICK 0
#define CLOCK_REAL_PAGE          8

/* struct realtime_page */
#define REAL_SEQUENCE 0
#define REAL_OFFSET   8

#define CALL_RT_SIGRETURN  139
#define CALL_CLOCK_GETTIME 113
#define CALL_CLOCK_GETRES  114
#define CALL_GETTIMEOFDAY  169

#define SYMBOLS 5 /* the empty one included */

    .option norelax
    .section .vdso, "ax", @progbits
    .balign 4096
base:
    /* Elf64_Ehdr */
    .byte 0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
    .half 3, 243          /* ET_DYN, EM_RISCV */
    .word 1
    .dword 0              /* no entry */
    .dword headers - base
    .dword 0              /* no sections */
    .word 5               /* EF_RISCV_RVC, double-float ABI */
    .half 64, 56, 2, 64, 0, 0

headers: /* Elf64_Phdr: PT_LOAD of it all, PT_DYNAMIC */
    .word 1, 5
    .dword 0, 0, 0, end - base, end - base, 4096
    .word 2, 4
    .dword dynamic - base, dynamic - base, dynamic - base
    .dword dynamic_end - dynamic, dynamic_end - dynamic, 8

dynamic:
    .dword 4, hash - base              /* DT_HASH */
    .dword 5, strings - base           /* DT_STRTAB */
    .dword 6, symbols - base           /* DT_SYMTAB */
    .dword 10, strings_end - strings   /* DT_STRSZ */
    .dword 11, 24                      /* DT_SYMENT */
    .dword 14, name_object - strings   /* DT_SONAME */
    .dword 0x6ffffff0, versions - base /* DT_VERSYM */
    .dword 0x6ffffffc, version_definitions - base /* DT_VERDEF */
    .dword 0x6ffffffd, 2               /* DT_VERDEFNUM */
    .dword 0, 0
dynamic_end:

/* Elf64_Sym */
.macro SYMBOL name, place, length
    .word \name - strings
    .byte 0x12, 0 /* global function */
    .half 1
    .dword \place - base, \length
.endm

symbols:
    .fill 24, 1, 0
    SYMBOL name_sigreturn, __vdso_rt_sigreturn, 8
    SYMBOL name_gettime, __vdso_clock_gettime, gettime_end - __vdso_clock_gettime
    SYMBOL name_getres, __vdso_clock_getres, 12
    SYMBOL name_timeofday, __vdso_gettimeofday, 12

hash: /* one bucket, which all are in */
    .word 1, SYMBOLS, 1
    .word 0, 2, 3, 4, 0

version_definitions: /* Elf64_Verdef and Elf64_Verdaux: the object itself, and LINUX_4.15 */
    .half 1, 1, 1, 1
    .word 0x0deebfa1, 20, 28
    .word name_object - strings, 0
    .half 1, 0, 2, 1
    .word 0x0ae77f75, 20, 0
    .word name_version - strings, 0

versions:
    .half 0, 2, 2, 2, 2

strings:
    .byte 0
name_object:
    .asciz "linux-vdso.so.1"
name_version:
    .asciz "LINUX_4.15"
name_sigreturn:
    .asciz "__vdso_rt_sigreturn"
name_gettime:
    .asciz "__vdso_clock_gettime"
name_getres:
    .asciz "__vdso_clock_getres"
name_timeofday:
    .asciz "__vdso_gettimeofday"
strings_end:
    .balign 4

    .type __vdso_rt_sigreturn, @function
__vdso_rt_sigreturn:
    .option push
    .option norvc
    li a7, CALL_RT_SIGRETURN
    ecall
    .option pop
    .size __vdso_rt_sigreturn, . - __vdso_rt_sigreturn

/* clock_gettime(a0: clock, a1: struct timespec *) for 0 real, 1 monotonic, 4 raw, 5 6 coarse, 7 boot. */
    .type __vdso_clock_gettime, @function
__vdso_clock_gettime:
    li t0, 7
    bgtu a0, t0, 1f
    li t0, 1
    sll t0, t0, a0
    andi t1, t0, 0x0c /* the processor's time */
    bnez t1, 1f
    li t1, LINUX_CLOCK
    ld t2, CLOCK_NANOSECONDS_A_TICK(t1)
    beqz t2, 1f /* ticks that are no whole number of nanoseconds */
    rdtime t3
    mul t3, t3, t2
    andi t0, t0, 0x21
    beqz t0, 2f
    ld t5, CLOCK_REAL_PAGE(t1)
    beqz t5, 1f
3:  lw t6, REAL_SEQUENCE(t5)
    andi t0, t6, 1
    bnez t0, 1f /* being changed: the call waits */
    fence r, r
    ld t4, REAL_OFFSET(t5)
    fence r, r
    lw t0, REAL_SEQUENCE(t5)
    bne t0, t6, 3b
    add t3, t3, t4
2:  li t0, 1000000000
    divu t1, t3, t0
    remu t3, t3, t0
    sd t1, 0(a1)
    sd t3, 8(a1)
    li a0, 0
    ret
1:  li a7, CALL_CLOCK_GETTIME
    ecall
    ret
gettime_end:
    .size __vdso_clock_gettime, . - __vdso_clock_gettime

    .type __vdso_clock_getres, @function
__vdso_clock_getres:
    .option push
    .option norvc
    li a7, CALL_CLOCK_GETRES
    ecall
    ret
    .option pop
    .size __vdso_clock_getres, . - __vdso_clock_getres

    .type __vdso_gettimeofday, @function
__vdso_gettimeofday:
    .option push
    .option norvc
    li a7, CALL_GETTIMEOFDAY
    ecall
    ret
    .option pop
    .size __vdso_gettimeofday, . - __vdso_gettimeofday
end:
