// SPDX-License-Identifier: BSD-2-Clause

// Package anser makes Anser's channels usable from an ordinary Go program, as a client and as a server.
//
// Errors are syscall.Errno, with Linux's numbers. Deadlines are absolute, in ticks of the machine's
// timer: After makes one, Never waits for ever, 0 does not wait at all.
//
// A call that may block goes through syscall.Syscall6, so the runtime knows of it and other goroutines
// run meanwhile. A Go program receives signals all the time (the runtime pre-empts by them), and a
// signal ends a native call that waits: this package then makes it again. So a request whose caller
// is interrupted while the server works on it reaches the server twice; a protocol that minds must
// number its requests.
package anser
