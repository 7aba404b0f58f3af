// SPDX-License-Identifier: BSD-2-Clause

package main

// rt0 is the entry of the image, in rt0_riscv64.s.
func rt0()

// The C core's functions, in the order of its core_table; each stub in rt0_riscv64.s jumps to its
// entry. Those that return a status return 0 or a negative errno. None keeps a pointer beyond
// bootEnter, and none calls back.

//go:noescape
func bootWrite(text *byte, length uint64)

//go:noescape
func bootFail(text *byte, length uint64)

//go:noescape
func bootLogInit(info *bootinfo) int64

//go:noescape
func bootMemoryInit(info *bootinfo, options *bootOptions) int64

//go:noescape
func bootTrapInit(info *bootinfo, options *bootOptions) int64

//go:noescape
func bootInterruptInit(info *bootinfo, options *bootOptions) int64

//go:noescape
func bootProcessInit(info *bootinfo, options *bootOptions) int64

//go:noescape
func bootInitLoad(info *bootinfo, options *bootOptions) int64

//go:noescape
func bootHartsStart(info *bootinfo, options *bootOptions) int64

//go:noescape
func bootEnter(info *bootinfo, options *bootOptions) int64
