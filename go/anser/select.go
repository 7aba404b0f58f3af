// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"anser/abi"
)

// Case is one case of a Select: a send if Send is set, otherwise a receive. SendCase and ReceiveCase
// make one.
type Case struct {
	Handle  Handle   // of a channel or, to receive, a signal; 0 is never ready, as Go's nil channel
	Send    bool     // send Data and Handles; otherwise receive into Buffer
	Data    []byte   // what is sent; it must stay as it is until Select returns
	Handles []Handle // given away if this case fires
	Buffer  []byte   // where a received element goes
	In      In       // what came, if this case fired; a signal's word is in In.Badge
}

// SendCase is a case that sends data, and gives the handles away if it fires.
func SendCase(channel Handle, data []byte, handles ...Handle) Case {
	return Case{Handle: channel, Send: true, Data: data, Handles: handles}
}

// ReceiveCase is a case that receives from a channel, or from a signal, which needs no buffer.
func ReceiveCase(handle Handle, buffer []byte) Case {
	return Case{Handle: handle, Buffer: buffer}
}

// kernelCase is struct anser_case, with a pointer that the garbage collector knows.
type kernelCase struct {
	handle  Handle
	info    uint64
	message *message
}

// The layout is the ABI's, or this does not compile.
const (
	_ = -(unsafe.Sizeof(kernelCase{}) ^ unsafe.Sizeof(abi.Case{}))
	_ = -(unsafe.Offsetof(kernelCase{}.message) ^ unsafe.Offsetof(abi.Case{}.Message))
)

// Select waits until one of at most 64 cases can go on, and lets that one, chosen at random
// if there are several. It returns its index; what it received is in its In. A channel that is closed
// and drained is ready to be received from: In.Closed. The same channel may stand in several cases.
//
// Deadline 0 is Go's default clause: EAGAIN if no case is ready. A deadline that passes gives ETIMEDOUT;
// both have index -1. An error of a case has that case's index: EPIPE for a send on a closed channel,
// EBADF, EPERM, EMSGSIZE, EFAULT, EMFILE; then no case has had an effect, and all handles are still the
// caller's. (The index is -1 if that has passed again before anybody could see whose it was.) Without
// cases it waits for the deadline.
func Select(deadline uint64, cases []Case) (int, error) {
	list, err := kernelCases(cases)
	if err != nil {
		return -1, err
	}
	var fault syscall.Errno // of a case, while it waited
	for {
		status, value := selectNow(abi.CallChanSelect, unsafe.SliceData(list), len(list))
		switch errno := syscall.Errno(-status); {
		case status >= 0:
			return fired(cases, list, uintptr(status), uintptr(value)), nil
		case errno == syscall.EINTR:
			continue
		case errno != syscall.EAGAIN || deadline == 0:
			return int(value), errno
		case fault != 0:
			return -1, fault
		}
		waited, badge, errno := selectWait(list, deadline)
		switch errno {
		case 0:
			return fired(cases, list, waited, badge), nil
		case syscall.ETIMEDOUT:
			return -1, errno
		case syscall.EINTR: // a signal: it has had no effect
		default:
			fault = errno // Syscall6 does not tell whose, but the next look does
		}
	}
}

// kernelCases makes the kernel's array and its message blocks.
func kernelCases(cases []Case) ([]kernelCase, error) {
	if len(cases) > abi.SelectMax {
		return nil, fmt.Errorf("a select of %d cases: %w", len(cases), syscall.EINVAL)
	}
	list, messages := make([]kernelCase, len(cases)), make([]message, len(cases))
	for i := range cases {
		c, m := &cases[i], &messages[i]
		list[i] = kernelCase{handle: c.Handle, message: m}
		if !c.Send {
			m.room(c.Buffer)
			list[i].info = abi.InfoWantReply
			continue
		}
		info, err := m.carry(c.Data, c.Handles)
		if err != nil {
			return nil, fmt.Errorf("case %d: %w", i, err)
		}
		list[i].info = uint64(info) | abi.CaseSend
	}
	return list, nil
}

// selectWait lets the runtime know that this may take time.
func selectWait(list []kernelCase, deadline uint64) (uintptr, uintptr, syscall.Errno) {
	number := abi.CallChanSelect
	status, badge, errno := syscall.Syscall6(uintptr(number), uintptr(unsafe.Pointer(unsafe.SliceData(list))),
		uintptr(len(list)), deadlineFlags(deadline, true), uintptr(deadline), 0, 0)
	runtime.KeepAlive(list)
	return status, badge, errno
}

// fired takes the result of the case that fired: its index is in the status, above the info word.
func fired(cases []Case, list []kernelCase, status, badge uintptr) int {
	index := int(status >> abi.SelectIndexShift)
	info := status & (1<<abi.SelectIndexShift - 1)
	if c := &cases[index]; !c.Send {
		c.In = list[index].message.received(info, badge, c.Buffer, true)
	}
	return index
}
