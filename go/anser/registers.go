// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"syscall"
	"unsafe"

	"anser/abi"
)

// Registers is a message that travels in registers: the form that the kernel's fast path serves.
type Registers struct {
	Info     int64  // in: lengths and flags (abi.Info*); out: the status
	Badge    uint64 // out
	Words    [abi.RegisterBytes / 8]uint64
	Handles  [abi.MessageHandles]Handle
	Deadline uint64 // in, with abi.InfoDeadline
	Reply    Handle // in: abi.InfoExplicitReply; out: abi.InfoWantReply
}

// The offsets that registers_riscv64.s uses; another layout does not compile.
const (
	_ = -(unsafe.Offsetof(Registers{}.Badge) ^ 8)
	_ = -(unsafe.Offsetof(Registers{}.Words) ^ 16)
	_ = -(unsafe.Offsetof(Registers{}.Handles) ^ 80)
	_ = -(unsafe.Offsetof(Registers{}.Deadline) ^ 112)
	_ = -(unsafe.Offsetof(Registers{}.Reply) ^ 120)
)

// Exchange makes a message call (abi.CallCall, CallReplyRecv, CallSend, CallRecv, CallReply) in its
// register form.
//
// The runtime does not learn of the wait: the goroutine keeps its P. So this is for calls that are
// known to be answered at once. One that takes longer than the runtime's 10 ms is interrupted for
// pre-emption and returns EINTR; it is not repeated here, and a call's server may have seen it.
//
// The implicit right to answer belongs to the thread that received the call: a server that uses
// CallReplyRecv without reply handles stays on one by runtime.LockOSThread.
func Exchange(number int, handle Handle, registers *Registers) error {
	exchange(number, handle, registers)
	if registers.Info < 0 {
		return syscall.Errno(-registers.Info)
	}
	return nil
}

const (
	countRounds = 1000
	countTries  = 3
	countSlack  = 20
)

// CountsInstructions tells whether Instructions means something: QEMU counts under -icount only. It
// looks at a loop of known length; an interrupt may come in between, but hardly in each of a few
// tries.
func CountsInstructions() bool {
	for range countTries {
		if count := countLoop(countRounds); count >= 2*countRounds && count < 2*countRounds+countSlack {
			return true
		}
	}
	return false
}
