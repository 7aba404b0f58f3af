/* SPDX-License-Identifier: BSD-2-Clause */
/* Offsets that assembly uses; kern/layout.c asserts each of them against the C structures. */
#pragma once

/* struct thread */
#define T_X(n)         (32 + 8 * (n))
#define T_PC           T_X(0)
#define T_RA           T_X(1)
#define T_SP           T_X(2)
#define T_GP           T_X(3)
#define T_TP           T_X(4)
#define T_S11          T_X(27)
#define T_PROCESS      288
#define T_HART         296
#define T_CALLER       304
#define T_SERVER       312
#define T_WAIT_CHANNEL 320
#define T_WAIT_HANDLE  328
#define T_STATE        336
#define T_ATTENTION    340
#define T_PRIORITY     344
#define T_LOCK         352

/* struct process */
#define P_SLOTS 32
#define P_MASK  40
#define P_SATP  80

/* struct handle_slot */
#define S_KEY     0
#define S_CALL    8
#define S_RECEIVE 16
#define S_BADGE   24

/* struct channel */
#define C_RECEIVER    32
#define C_ONE_WORD    40
#define C_EIGHT_WORDS 44

/* struct hart */
#define H_MAX_READY   0
#define H_RESCHEDULE  4
#define H_FLOAT_OWNER 8
#define H_STACK       16
#define H_PANIC_STACK 24
#define H_TRAP_USER   32
#define H_TRAP_KERNEL 40
#define H_IDLE        48

#define CALLS_MAX    105
#define CALL_RESTART (-4096)

#define STATE_RECEIVING 3
#define STATE_CALLING   4

#define SSTATUS_SPP 0x100
#define SSTATUS_FS  0x6000
