// SPDX-License-Identifier: BSD-2-Clause
// The register form of the message calls, and counters that Go has no word for.

#include "textflag.h"

// Offsets in Registers, checked in registers.go.
#define INFO     0
#define BADGE    8
#define WORDS    16
#define HANDLES  80
#define DEADLINE 112
#define REPLY    120

// func exchange(number int, handle Handle, registers *Registers)
//
// The call keeps X2 (sp), X1 (ra), X3, X4 and X27 (g) only; Go's functions own no other register, so
// nothing but the frame's argument must be found again.
TEXT ·exchange(SB),NOSPLIT,$0-24
	MOV	number+0(FP), X17
	MOV	handle+8(FP), X10
	MOV	registers+16(FP), X8
	MOV	INFO(X8), X11
	MOV	(WORDS+0)(X8), X12
	MOV	(WORDS+8)(X8), X13
	MOV	(WORDS+16)(X8), X14
	MOV	(WORDS+24)(X8), X15
	MOV	(WORDS+32)(X8), X16
	MOV	(WORDS+40)(X8), X5
	MOV	(WORDS+48)(X8), X6
	MOV	(WORDS+56)(X8), X7
	MOV	(HANDLES+0)(X8), X28
	MOV	(HANDLES+8)(X8), X29
	MOV	(HANDLES+16)(X8), X30
	MOV	(HANDLES+24)(X8), X31
	MOV	DEADLINE(X8), X18
	MOV	REPLY(X8), X19
	ECALL
	MOV	registers+16(FP), X8
	MOV	X10, INFO(X8)
	MOV	X11, BADGE(X8)
	MOV	X12, (WORDS+0)(X8)
	MOV	X13, (WORDS+8)(X8)
	MOV	X14, (WORDS+16)(X8)
	MOV	X15, (WORDS+24)(X8)
	MOV	X16, (WORDS+32)(X8)
	MOV	X5, (WORDS+40)(X8)
	MOV	X6, (WORDS+48)(X8)
	MOV	X7, (WORDS+56)(X8)
	// After an error the handles may still be the caller's: they stay as they were.
	BLT	X10, ZERO, done
	MOV	X28, (HANDLES+0)(X8)
	MOV	X29, (HANDLES+8)(X8)
	MOV	X30, (HANDLES+16)(X8)
	MOV	X31, (HANDLES+24)(X8)
	MOV	X19, REPLY(X8)
done:
	RET

// func Now() uint64
TEXT ·Now(SB),NOSPLIT,$0-8
	RDTIME	X10
	MOV	X10, ret+0(FP)
	RET

// func Instructions() uint64
TEXT ·Instructions(SB),NOSPLIT,$0-8
	RDINSTRET	X10
	MOV	X10, ret+0(FP)
	RET

// func countLoop(rounds uint64) uint64
//
// Two instructions a round, and a few around them.
TEXT ·countLoop(SB),NOSPLIT,$0-16
	MOV	rounds+0(FP), X11
	RDINSTRET	X10
again:
	ADD	$-1, X11
	BNEZ	X11, again
	RDINSTRET	X12
	SUB	X10, X12
	MOV	X12, ret+8(FP)
	RET

// func selectNow(number int, cases *kernelCase, count int) (status, value int64)
//
// By the C calling convention: the temporaries are lost, all that Go keeps stays.
TEXT ·selectNow(SB),NOSPLIT,$0-40
	MOV	number+0(FP), X17
	MOV	cases+8(FP), X10
	MOV	count+16(FP), X11
	MOV	$1024, X12 // NB
	MOV	ZERO, X13
	ECALL
	MOV	X10, status+24(FP)
	MOV	X11, value+32(FP)
	RET
