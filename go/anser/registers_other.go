// SPDX-License-Identifier: BSD-2-Clause

//go:build !riscv64

package anser

import (
	"syscall"
	"time"
)

// Other machines have no Anser. What is pure is tested there; a native call fails as any unknown one.

// Now is the time in ticks.
func Now() uint64 { return uint64(time.Now().UnixNano()) / (1_000_000_000 / hertzDefault) }

// Instructions is the number of instructions that this hart retired; nobody counts them here.
func Instructions() uint64 { return 0 }

func countLoop(uint64) uint64 { return 0 }

func exchange(_ int, _ Handle, registers *Registers) {
	registers.Info = -int64(syscall.ENOSYS)
}

func selectNow(int, *kernelCase, int) (status, value int64) {
	return -int64(syscall.ENOSYS), -1
}
