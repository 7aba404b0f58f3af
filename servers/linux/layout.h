/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the Linux personality lies in the space of the process that it serves. Everything from
 * LINUX_OWN_BEGIN on is its own: a program cannot map, unmap or protect there, and no pointer of a
 * program reaches there. linux.ld and lib/spawn.c use the same numbers.
 */
#ifndef ANSER_SERVERS_LINUX_LAYOUT_H
#define ANSER_SERVERS_LINUX_LAYOUT_H

#define LINUX_OWN_BEGIN 0x3e00000000 /* above the program's stack */
#define LINUX_IMAGE     LINUX_OWN_BEGIN
#define LINUX_HANDLERS  0x3e10000000 /* save page, handler stack and guard of each thread */
#define LINUX_HEAP      0x3e20000000 /* the personality's own memory */
#define LINUX_HEAP_END  0x3e40000000
#define LINUX_FILES     0x3e80000000 /* files that are being read */
#define LINUX_FILES_END 0x3f80000000
#define LINUX_SOCKETS   0x3f80000000 /* areas of sockets: SOCKET_AREAS_MAX * SOCKET_AREA_MAX */
#define LINUX_CLOCK     0x3e08000000 /* one page that the vDSO reads: struct linux_clock */
#define LINUX_REALTIME  0x3e08001000 /* the clock server's page, once somebody has asked for it */

/* One slot of LINUX_HANDLERS: guard, save page, stack, guard; the kernel wants both guards. */
#define LINUX_SLOT_PAGES    9
#define LINUX_HANDLER_STACK 6 /* pages */

/* The program's first stack ends here. */
#define LINUX_STACK_TOP (LINUX_OWN_BEGIN - 0x10000)

#ifndef __ASSEMBLER__
#include <stdint.h>
#include <anser/realtime.h>

/* What the vDSO computes the time from; read-only for the program. */
struct linux_clock {
    uint64_t nanoseconds_a_tick; /* 0: not a whole number, or unknown; then it calls */
    uint64_t real_page;        /* address of the struct realtime_page; 0: not known yet, it calls */
    struct realtime_page none; /* zeroes, where there is no clock server */
};
#endif

#endif
