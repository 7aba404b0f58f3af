// SPDX-License-Identifier: BSD-2-Clause

package main

import "runtime"

const version = "0.1"

// report says on what the kernel comes up, in a few lines.
func report(info *bootinfo, options *bootOptions, out *console) {
	out.text("anser: version ")
	out.text(version)
	out.text(", image built with ")
	out.text(runtime.Version())
	out.line()
	reportHarts(info, options, out)
	reportMemory(info, out)
	reportPlace("image ", info.image, out)
	reportPlace("initrd", info.initrd, out)
}

func reportHarts(info *bootinfo, options *bootOptions, out *console) {
	used := info.hartCount
	if used > options.hartsMax {
		used = options.hartsMax
	}
	out.text("anser: harts   ")
	out.number(used)
	out.text(" of ")
	out.number(info.hartCount)
	out.text(", this is ")
	out.number(info.bootHart)
	out.text(", clock ")
	out.number(info.timebaseHz / 1000)
	if info.extensions&extensionSstc != 0 {
		out.text(" kHz, timer Sstc")
	} else {
		out.text(" kHz, timer SBI")
	}
	out.line()
}

func reportMemory(info *bootinfo, out *console) {
	for i := range info.memory[:info.memoryCount] {
		reportPlace("memory", info.memory[i], out)
	}
	for i := range info.reserved[:info.reservedCount] {
		reportPlace("kept  ", info.reserved[i], out)
	}
}

func reportPlace(name string, place bootRange, out *console) {
	out.text("anser: ")
	out.text(name)
	out.text("  0x")
	out.hex(place.base)
	out.text(" to 0x")
	out.hex(place.base + place.size)
	out.text(", ")
	if place.size >= 16<<20 && place.size%(1<<20) == 0 {
		out.number(place.size >> 20)
		out.text(" MiB")
	} else {
		out.number((place.size + 1023) >> 10)
		out.text(" KiB")
	}
	out.line()
}
