// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"encoding/binary"
	"os"
	"sync"
	"unsafe"

	"anser/abi"
)

// start is what the process was started with.
type start struct {
	handles map[string]Handle
	hertz   uint64
	process uint64
}

var startData = sync.OnceValue(func() start {
	vector, err := os.ReadFile("/proc/self/auxv")
	if err != nil {
		return start{} // not on Anser
	}
	auxiliary := parseAuxiliary(vector)
	return start{
		handles: readHandles(uintptr(auxiliary[abi.AtStart])),
		hertz:   auxiliary[abi.AtTimebase],
		process: auxiliary[abi.AtProcess],
	}
})

// parseAuxiliary reads pairs of type and value until the one of type 0.
func parseAuxiliary(vector []byte) map[uint64]uint64 {
	values := make(map[uint64]uint64)
	for ; len(vector) >= 16; vector = vector[16:] {
		kind := binary.LittleEndian.Uint64(vector)
		if kind == 0 {
			break
		}
		values[kind] = binary.LittleEndian.Uint64(vector[8:])
	}
	return values
}

// readHandles reads the struct anser_start that the starter put on the first stack.
func readHandles(address uintptr) map[string]Handle {
	handles := make(map[string]Handle)
	if address == 0 {
		return handles
	}
	// Not memory of Go's: neither moved nor freed as long as the process lives.
	table := *(*unsafe.Pointer)(unsafe.Pointer(&address))
	count := (*abi.Start)(table).Count
	first := (*abi.StartHandle)(unsafe.Add(table, unsafe.Sizeof(abi.Start{})))
	for _, entry := range unsafe.Slice(first, count) {
		handles[Text(entry.Name[:])] = Handle(entry.Handle)
	}
	return handles
}

// StartHandle is the handle that the program was given under this name, or 0.
func StartHandle(name string) Handle {
	return startData().handles[name]
}

// StartHandles is all of them, a copy.
func StartHandles() map[string]Handle {
	handles := make(map[string]Handle)
	for name, handle := range startData().handles {
		handles[name] = handle
	}
	return handles
}

// ProcessID is the kernel's id of this process, as in abi.ProcessInfo; 0 if it is not known.
func ProcessID() uint64 {
	return startData().process
}
