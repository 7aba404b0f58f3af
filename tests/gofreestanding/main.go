// SPDX-License-Identifier: BSD-2-Clause

// The smallest kernel in Go alone, without any C, built as in golang/go#57983: `go build` with
// -E and -T, whose first segment then lies before the file. It prints through the firmware and
// switches the machine off.
package main

// stack is all that the entry in entry_riscv64.s has to stand on.
var stack [4096]byte

// entry is where the loader jumps to.
func entry()

// call makes an SBI call and returns its error.
//
//go:nosplit
func call(extension, function, a0, a1 uint64) uint64

//go:nosplit
func start() {
	const text = "a kernel in Go alone\n"
	for i := 0; i < len(text); i++ {
		call(1, 0, uint64(text[i]), 0) // legacy console putchar
	}
	call(0x53525354, 0, 0, 0) // system reset: shut down
}

// main is never called; it makes the linker keep what the entry needs.
func main() {
	entry()
}
