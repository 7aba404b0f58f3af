// SPDX-License-Identifier: BSD-2-Clause

// The Go part of the kernel image: it checks what the loader hands over, parses the kernel command
// line, prints the boot report, and says in which order the kernel comes up. It runs once, on the
// boot hart, without the Go runtime: no heap, no goroutine, no garbage collector. Nothing here may
// allocate; tools/check-image fails the build if it does. bootEnter gives its memory away.
package main

// options is in static memory, because the core may keep a pointer to it until bootEnter.
var options bootOptions

// kmain is called by rt0 with what the loader left in a0 and a1.
func kmain(hart uintptr, info *bootinfo) {
	var out console
	if problem := info.check(uint64(hart)); problem != "" {
		out.fail("hand-over", problem)
	}
	step("log", bootLogInit(info))
	quiet := parseCommandLine(info.commandLine(), &options, &out)
	if !quiet {
		report(info, &options, &out)
	}

	step("memory", bootMemoryInit(info, &options))        // frames, the kernel's page table
	step("traps", bootTrapInit(info, &options))           // exceptions and system calls
	step("interrupts", bootInterruptInit(info, &options)) // interrupt controller, timer
	step("processes", bootProcessInit(info, &options))    // objects, handles, channels
	step("init", bootInitLoad(info, &options))            // the first process, from the archive
	step("harts", bootHartsStart(info, &options))         // everybody else
	step("enter", bootEnter(info, &options))              // gives all this back; never returns
	out.fail("enter", "the core came back")
}

// step stops the machine with one line if a step of the core failed.
func step(name string, status int64) {
	if status >= 0 {
		return
	}
	var out console
	out.text("anser: step ")
	out.text(name)
	out.text(" failed with error ")
	out.number(uint64(-status))
	out.stop()
}

// stack is the boot hart's until bootEnter.
var stack [65536]byte

// The linker keeps what main reaches. Nobody calls it: the image's entry is rt0.
func main() {
	rt0()
}
