// SPDX-License-Identifier: BSD-2-Clause

#include "textflag.h"

TEXT ·entry(SB), NOSPLIT|NOFRAME, $0
	MOV	$·stack+4096(SB), X2
	CALL	·start(SB)
	UNDEF

TEXT ·call(SB), NOSPLIT, $0-40
	MOV	extension+0(FP), A7
	MOV	function+8(FP), A6
	MOV	a0+16(FP), A0
	MOV	a1+24(FP), A1
	ECALL
	MOV	A0, ret+32(FP)
	RET
