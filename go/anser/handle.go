// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"syscall"

	"anser/abi"
)

// Handle names a kernel object in this process. 0 is none.
type Handle int64

// native makes a call that cannot block. The results are the call's status and its second value.
func native(number int, arguments ...uintptr) (int64, uint64, error) {
	var a [6]uintptr
	copy(a[:], arguments)
	status, value, errno := syscall.RawSyscall6(uintptr(number), a[0], a[1], a[2], a[3], a[4], a[5])
	if errno != 0 {
		return 0, 0, errno
	}
	return int64(status), uint64(value), nil
}

// Close gives the handle up. No handle is no error.
func (h Handle) Close() error {
	if h <= 0 {
		return nil
	}
	_, _, err := native(abi.CallHandleClose, uintptr(h))
	return err
}

// Duplicate returns a second handle with these rights (abi.Right*), a subset of its own.
func (h Handle) Duplicate(rights uint64) (Handle, error) {
	status, _, err := native(abi.CallHandleDup, uintptr(h), uintptr(rights))
	return Handle(status), err
}

// Copy returns a second handle with the same rights.
func (h Handle) Copy() (Handle, error) {
	info, err := h.Info()
	if err != nil {
		return 0, err
	}
	return h.Duplicate(info.Rights)
}

// Info is what the kernel tells about a handle.
type Info struct {
	Type   uint64 // abi.Type*
	Rights uint64 // abi.Right*
	Object uint64 // id of the object, as in ThreadInfo.WaitObject
}

// Info tells what is behind the handle.
func (h Handle) Info() (Info, error) {
	status, value, err := native(abi.CallHandleInfo, uintptr(h))
	return Info{Type: uint64(status), Rights: value & 0xffffffff, Object: value >> 32}, err
}

// Signal ORs bits into the word of a signal object.
func (h Handle) Signal(bits uint64) error {
	_, _, err := native(abi.CallSignal, uintptr(h), uintptr(bits))
	return err
}

// WaitSignal waits until the word of a signal object is not 0, and returns and clears it.
func (h Handle) WaitSignal(deadline uint64) (uint64, error) {
	for {
		number := abi.CallWait
		_, word, errno := syscall.Syscall6(uintptr(number), uintptr(h), deadlineFlags(deadline, false),
			uintptr(deadline), 0, 0, 0)
		if errno == 0 {
			return uint64(word), nil
		}
		if errno != syscall.EINTR {
			return 0, errno
		}
	}
}

// KillProcess ends a process (right MANAGE), as by process_kill.
func (h Handle) KillProcess(status uint64) error {
	_, _, err := native(abi.CallProcessKill, uintptr(h), uintptr(status))
	return err
}
