// SPDX-License-Identifier: BSD-2-Clause

package anser

// Now is the time in ticks. It never traps.
func Now() uint64

// Instructions is the number of instructions that this hart retired.
func Instructions() uint64

func countLoop(rounds uint64) uint64

// exchange makes the message call in its register form. registers does not escape: the assembly is
// done with it when it returns, and this goroutine's stack does not move before.
//
//go:noescape
func exchange(number int, handle Handle, registers *Registers)

// selectNow makes a select that does not wait, and returns both results of the call. The runtime need not
// know of it.
//
//go:noescape
func selectNow(number int, cases *kernelCase, count int) (status, value int64)
