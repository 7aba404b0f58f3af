// SPDX-License-Identifier: BSD-2-Clause

package main

import "unsafe"

// The structures of include/anser/bootinfo.h; a test compares every offset with the C compiler's.

const (
	bootinfoMagic   = 0x31746f6f42736e41
	bootinfoVersion = 2
	hartsMax        = 8
	memoryMax       = 8
	reservedMax     = 32
	segmentsMax     = 16
	commandLineMax  = 1024
	extensionSstc   = 1

	pageSize = 4096
	userEnd  = 1 << 38

	plicSourcesMax  = 1023
	plicContextsMax = 15872
	plicContexts    = 0x200000 // where the registers of context 0 are
	plicContextSize = 0x1000
)

type bootRange struct {
	base uint64
	size uint64
}

type bootHart struct {
	id          uint64
	plicContext uint64
}

type bootSegment struct {
	bounds bootRange
	flags  uint64
}

type bootProgramSegment struct {
	offset     uint64
	fileSize   uint64
	address    uint64
	memorySize uint64
	prot       uint64
}

type bootProgram struct {
	entry        uint64
	stack        uint64
	stackPage    uint64
	segmentCount uint64
	segments     [segmentsMax]bootProgramSegment
}

type bootinfo struct {
	magic   uint64
	version uint32
	size    uint32

	bootHart   uint64
	hartCount  uint64
	harts      [hartsMax]bootHart
	timebaseHz uint64
	extensions uint64

	memoryCount   uint64
	memory        [memoryMax]bootRange
	reservedCount uint64
	reserved      [reservedMax]bootRange

	image        bootRange
	imageEntry   uint64
	segmentCount uint64
	segments     [segmentsMax]bootSegment

	init       bootProgram
	initrd     bootRange
	deviceTree bootRange
	loader     bootRange

	plic        bootRange
	plicSources uint64
	finisher    uint64

	startInstret uint64
	cmdline      [commandLineMax]byte
}

type bootOptions struct {
	hartsMax    uint64
	panicAction uint64
}

// wraps says whether a range reaches past the end of the address space.
func (r bootRange) wraps() bool { return r.base+r.size < r.base }

// holds says whether all of inner is in r; neither wraps.
func (r bootRange) holds(inner bootRange) bool {
	return inner.base >= r.base && inner.base+inner.size <= r.base+r.size
}

// sorted says whether ranges are in order, disjoint, not empty and do not wrap.
func sorted(ranges []bootRange) bool {
	var end uint64
	for i := range ranges {
		r := &ranges[i]
		if r.size == 0 || r.wraps() || (i > 0 && r.base < end) {
			return false
		}
		end = r.base + r.size
	}
	return true
}

// check looks at every number that somebody will rely on. It returns what is wrong, or "".
func (info *bootinfo) check(hart uint64) string {
	if problem := info.checkHeader(hart); problem != "" {
		return problem
	}
	if problem := info.checkMemory(); problem != "" {
		return problem
	}
	if problem := info.checkPlic(); problem != "" {
		return problem
	}
	if problem := info.checkInit(); problem != "" {
		return problem
	}
	return info.checkImage()
}

// checkInit looks whether the first program's bytes are in the initrd. Where they go is checked where
// they are mapped.
func (info *bootinfo) checkInit() string {
	if info.init.segmentCount > segmentsMax {
		return "init has more than 16 segments"
	}
	if !info.loader.holds(bootRange{info.init.stackPage, pageSize}) {
		return "the stack of init is outside loader"
	}
	for i := range info.init.segments[:info.init.segmentCount] {
		s := &info.init.segments[i]
		if s.offset > info.initrd.size || s.fileSize > info.initrd.size-s.offset {
			return "a segment of init is outside initrd"
		}
		if s.memorySize < s.fileSize || s.memorySize > userEnd || s.address > userEnd-s.memorySize {
			return "a segment of init is outside user space"
		}
	}
	return ""
}

func (info *bootinfo) checkHeader(hart uint64) string {
	if info == nil || uintptr(unsafe.Pointer(info))%8 != 0 {
		return "a1 is no address of a bootinfo"
	}
	switch {
	case info.magic != bootinfoMagic:
		return "the magic number of bootinfo is wrong"
	case info.version != bootinfoVersion:
		return "bootinfo has another version than this kernel"
	case uint64(info.size) != uint64(unsafe.Sizeof(*info)):
		return "bootinfo has another size than this kernel's"
	case info.bootHart != hart:
		return "boot_hart is not the hart that runs"
	case info.hartCount == 0 || info.hartCount > hartsMax:
		return "hart_count is not 1 to 8"
	case info.timebaseHz == 0:
		return "timebase_hz is 0"
	}
	for i := range info.harts[:info.hartCount] {
		if info.harts[i].id == hart {
			return ""
		}
	}
	return "the boot hart is not in harts"
}

func (info *bootinfo) checkMemory() string {
	if info.memoryCount == 0 || info.memoryCount > memoryMax {
		return "memory_count is not 1 to 8"
	}
	if info.reservedCount > reservedMax {
		return "reserved_count is more than 32"
	}
	if !sorted(info.memory[:info.memoryCount]) {
		return "memory is not sorted and disjoint"
	}
	if !sorted(info.reserved[:info.reservedCount]) {
		return "reserved is not sorted and disjoint"
	}
	switch {
	case !info.inMemory(info.image):
		return "image is not in memory"
	case !info.inMemory(info.initrd):
		return "initrd is not in memory"
	case !info.inMemory(info.deviceTree):
		return "device_tree is not in memory"
	case !info.inMemory(info.loader):
		return "loader is not in memory"
	case info.initrd.base%pageSize != 0:
		return "initrd does not begin with a page"
	case info.deviceTree.base%pageSize != 0:
		return "device_tree does not begin with a page"
	}
	return ""
}

// checkPlic looks whether the controller has what the harts will use of it: PLIC specification,
// "Memory Map". A machine may have none.
func (info *bootinfo) checkPlic() string {
	switch {
	case info.plic.size == 0:
		return ""
	case info.plic.wraps():
		return "plic wraps around"
	case info.plicSources > plicSourcesMax:
		return "plic_sources is more than 1023"
	}
	for i := range info.harts[:info.hartCount] {
		context := info.harts[i].plicContext
		if context >= plicContextsMax || plicContexts+(context+1)*plicContextSize > info.plic.size {
			return "a plic_context is outside plic"
		}
	}
	return ""
}

func (info *bootinfo) checkImage() string {
	if info.segmentCount == 0 || info.segmentCount > segmentsMax {
		return "segment_count is not 1 to 16"
	}
	if info.imageEntry < info.image.base || info.imageEntry-info.image.base >= info.image.size {
		return "image_entry is outside image"
	}
	for i := range info.segments[:info.segmentCount] {
		bounds := info.segments[i].bounds
		if bounds.wraps() || !info.image.holds(bounds) {
			return "a segment is outside image"
		}
	}
	for i := range info.cmdline {
		if info.cmdline[i] == 0 {
			return ""
		}
	}
	return "cmdline has no end"
}

// inMemory says whether a range that is not empty lies in one piece of RAM.
func (info *bootinfo) inMemory(r bootRange) bool {
	if r.size == 0 || r.wraps() {
		return false
	}
	for i := range info.memory[:info.memoryCount] {
		if info.memory[i].holds(r) {
			return true
		}
	}
	return false
}

// commandLine is the text before the NUL, in place.
func (info *bootinfo) commandLine() []byte {
	for i := range info.cmdline {
		if info.cmdline[i] == 0 {
			return info.cmdline[:i]
		}
	}
	return info.cmdline[:]
}
