// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"syscall"
	"unsafe"

	"anser/abi"
)

// System is a handle of the system object. Which of its methods work depends on the handle's rights.
type System struct {
	Handle
}

// ReadLog copies text of the kernel's log from an absolute position, or from the oldest that is still
// there, on. It returns how many bytes, 0 at the end, and the position behind them.
func (s System) ReadLog(buffer []byte, position uint64) (int, uint64, error) {
	if len(buffer) == 0 {
		return 0, position, nil
	}
	number := abi.CallLogRead
	status, value, errno := syscall.RawSyscall6(uintptr(number), uintptr(s.Handle),
		uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)), uintptr(position), 0, 0)
	if errno != 0 {
		return 0, position, errno
	}
	return int(status), uint64(value), nil
}

// WriteLog appends text to the kernel's log.
func (s System) WriteLog(text []byte) error {
	for len(text) > 0 {
		number := abi.CallLogWrite
		status, _, errno := syscall.RawSyscall6(uintptr(number), uintptr(s.Handle),
			uintptr(unsafe.Pointer(&text[0])), uintptr(len(text)), 0, 0, 0)
		if errno != 0 {
			return errno
		}
		text = text[status:]
	}
	return nil
}

// info asks for the first entry of a kind from index on. It returns the index behind it; false: there
// is none.
func info[T any](s System, kind, index uint64, entry *T) (uint64, bool, error) {
	number := abi.CallSystemInfo
	status, next, errno := syscall.RawSyscall6(uintptr(number), uintptr(s.Handle), uintptr(kind),
		uintptr(index), uintptr(unsafe.Pointer(entry)), unsafe.Sizeof(*entry), 0)
	if errno != 0 {
		return index, false, errno
	}
	return uint64(next), status > 0, nil
}

// Info tells about the whole machine.
func (s System) Info() (abi.SystemInfo, error) {
	var entry abi.SystemInfo
	_, _, err := info(s, abi.InfoSystem, 0, &entry)
	return entry, err
}

// list collects the entries of a kind. They come and go meanwhile; each is true of its moment.
func list[T any](s System, kind uint64) ([]T, error) {
	var entries []T
	for index := uint64(0); ; {
		var entry T
		next, found, err := info(s, kind, index, &entry)
		if err != nil || !found {
			return entries, err
		}
		entries, index = append(entries, entry), next
	}
}

// Processes lists all processes.
func (s System) Processes() ([]abi.ProcessInfo, error) {
	return list[abi.ProcessInfo](s, abi.InfoProcess)
}

// Threads lists all threads of all processes.
func (s System) Threads() ([]abi.ThreadInfo, error) {
	return list[abi.ThreadInfo](s, abi.InfoThread)
}

// FindProcess returns a handle with the right MANAGE of a process. ESRCH.
func (s System) FindProcess(id uint64) (Handle, error) {
	status, _, err := native(abi.CallProcessFind, uintptr(s.Handle), uintptr(id))
	return Handle(status), err
}

// Power switches off or reboots (abi.Power*); code becomes QEMU's exit status. It returns on errors
// only.
func (s System) Power(action, code uint64) error {
	_, _, err := native(abi.CallSystemPower, uintptr(s.Handle), uintptr(action), uintptr(code))
	return err
}

// Debug asks for one of abi.Debug*.
func (s System) Debug(operation, value uint64) error {
	_, _, err := native(abi.CallSystemDebug, uintptr(s.Handle), uintptr(operation), uintptr(value))
	return err
}
