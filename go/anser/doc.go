// SPDX-License-Identifier: BSD-2-Clause

// Package anser makes Anser's channels usable from an ordinary Go program, as a client and as a server.
//
// Errors are syscall.Errno, with Linux's numbers. Deadlines are absolute, in ticks of the machine's
// timer: After makes one, Never waits for ever, 0 does not wait at all.
//
// A call that may block goes through syscall.Syscall6, so the runtime knows of it and other goroutines
// run meanwhile. A Go program receives signals all the time (the runtime pre-empts by them), and a
// signal ends a native send or receive that waits: it has had no effect, and this package makes it
// again. A Call is not ended by them, for the server may have worked on it already.
package anser
