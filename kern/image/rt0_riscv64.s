// SPDX-License-Identifier: BSD-2-Clause

#include "textflag.h"

// A goroutine descriptor of zeros: its stack bound is 0, so no stack check ever calls the runtime.
GLOBL bootG<>(SB), NOPTR, $512

// The entry of the kernel image. In: a0 = hart id, a1 = bootinfo; paging off, no stack.
// The 24 bytes are the frame of a call in Go's assembly convention: return address, two arguments.
TEXT ·rt0(SB), NOSPLIT|NOFRAME, $0
	MOV	$·stack+65536(SB), X2
	MOV	$bootG<>(SB), g
	ADD	$-32, X2
	MOV	ZERO, 0(X2)
	MOV	A0, 8(X2)
	MOV	A1, 16(X2)
	CALL	·kmain(SB)
	UNDEF

// Calls entry number N of the core's table with two arguments in the C convention. C keeps x27 (g)
// and needs nothing else of us.
#define CORE(name, N) \
TEXT name(SB), NOSPLIT, $0-24 \
	MOV	first+0(FP), A0 \
	MOV	second+8(FP), A1 \
	CALL	anser_core+(4*N)(SB) \
	MOV	A0, ret+16(FP) \
	RET

// The same for a function without a result, or with one argument.
TEXT ·bootWrite(SB), NOSPLIT, $0-16
	MOV	text+0(FP), A0
	MOV	length+8(FP), A1
	CALL	anser_core+0(SB)
	RET

TEXT ·bootFail(SB), NOSPLIT, $0-16
	MOV	text+0(FP), A0
	MOV	length+8(FP), A1
	CALL	anser_core+4(SB)
	UNDEF

TEXT ·bootLogInit(SB), NOSPLIT, $0-16
	MOV	info+0(FP), A0
	CALL	anser_core+8(SB)
	MOV	A0, ret+8(FP)
	RET

CORE(·bootMemoryInit, 3)
CORE(·bootTrapInit, 4)
CORE(·bootInterruptInit, 5)
CORE(·bootProcessInit, 6)
CORE(·bootInitLoad, 7)
CORE(·bootHartsStart, 8)
CORE(·bootEnter, 9)
