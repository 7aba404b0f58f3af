// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"anser/abi"
)

// Channel is both ends of a channel.
type Channel struct {
	Send    Handle
	Receive Handle
}

// MakeChannel makes a channel of `capacity` elements of up to elementSize bytes (at most
// abi.ElementMax). With capacity 0 a send waits for its receiver.
func MakeChannel(elementSize, capacity int) (Channel, error) {
	return makePair(native(abi.CallChanCreate, uintptr(elementSize), uintptr(capacity)))
}

// MakeSignal makes a signal: a 64-bit word for Signal and WaitSignal.
func MakeSignal() (Channel, error) {
	return makePair(native(abi.CallSignalCreate))
}

func makePair(send int64, receive uint64, err error) (Channel, error) {
	if err != nil {
		return Channel{}, err
	}
	return Channel{Handle(send), Handle(receive)}, nil
}

// Close closes both ends that are still there.
func (c Channel) Close() {
	_ = c.Send.Close()
	_ = c.Receive.Close()
}

// Mint makes a further send handle of a receive end, with a badge that is not 0. When the last copy of
// it has gone, the receiver gets In.Gone with that badge.
func (h Handle) Mint(badge uint64) (Handle, error) {
	status, _, err := native(abi.CallChanMint, uintptr(h), uintptr(badge))
	return Handle(status), err
}

// CloseChannel is Go's close: receivers get what is there and then In.Closed.
func (h Handle) CloseChannel() error {
	_, _, err := native(abi.CallChanClose, uintptr(h))
	return err
}

// Len is the number of elements in the channel's buffer, and how many it can hold.
func (h Handle) Len() (length, capacity int, err error) {
	status, value, err := native(abi.CallChanLen, uintptr(h))
	return int(status), int(value), err
}

// In is a message that was received. Its handles are the caller's from then on.
type In struct {
	Data    []byte // the part of the buffer that was filled
	Handles []Handle
	Badge   uint64 // of the handle that it was sent on
	Reply   Handle // of a call, if it was asked for: the right to answer
	Call    bool   // the sender waits for an answer
	Event   bool   // from the kernel; Data is words, the first one abi.Event*
	Gone    bool   // the last handle with this badge has gone; no message
	Closed  bool   // the channel is closed and drained; no message
}

// Close closes the handles that came along, and drops the right to answer.
func (in *In) Close() {
	for _, handle := range in.Handles {
		_ = handle.Close()
	}
	_ = in.Reply.Close()
	in.Handles, in.Reply = nil, 0
}

// message is struct anser_message, with pointers that the garbage collector knows.
type message struct {
	sendData     unsafe.Pointer
	sendLength   uint64
	recvData     unsafe.Pointer
	recvCapacity uint64
	deadline     uint64
	recvLength   uint64
	handles      [abi.MessageHandles]Handle
	reply        Handle
}

// The layout is the ABI's, or this does not compile.
const (
	_ = -(unsafe.Sizeof(message{}) ^ unsafe.Sizeof(abi.Message{}))
	_ = -(unsafe.Offsetof(message{}.reply) ^ unsafe.Offsetof(abi.Message{}.Reply))
)

func deadlineFlags(deadline uint64, call bool) uintptr {
	switch {
	case deadline == Never:
		return 0
	case deadline == 0 && !call: // a call cannot be non-blocking: its 0 is a deadline that is over
		return abi.InfoNb
	}
	return abi.InfoDeadline
}

// carry puts what is sent into the block; the result is its part of the info word.
func (m *message) carry(data []byte, handles []Handle) (uintptr, error) {
	if len(data) > abi.ElementMax || len(handles) > abi.MessageHandles {
		return 0, fmt.Errorf("a message of %d bytes and %d handles: %w", len(data), len(handles),
			syscall.EMSGSIZE)
	}
	m.sendData, m.sendLength = unsafe.Pointer(unsafe.SliceData(data)), uint64(len(data))
	copy(m.handles[:], handles)
	return uintptr(len(handles)) << abi.InfoHandlesShift, nil
}

// room puts where an element, or an answer, goes into the block.
func (m *message) room(buffer []byte) {
	m.recvData, m.recvCapacity = unsafe.Pointer(unsafe.SliceData(buffer)), uint64(len(buffer))
}

// received makes an In of what came back.
func (m *message) received(info, badge uintptr, buffer []byte, wantReply bool) In {
	in := In{
		Data:   buffer[:m.recvLength],
		Badge:  uint64(badge),
		Call:   info&abi.InfoCall != 0,
		Event:  info&abi.InfoEvent != 0,
		Gone:   info&abi.InfoGone != 0,
		Closed: info&abi.InfoClosed != 0,
	}
	if count := info & abi.InfoHandles >> abi.InfoHandlesShift; count > 0 {
		in.Handles = append([]Handle(nil), m.handles[:count]...)
	}
	if in.Call && wantReply {
		in.Reply = m.reply
	}
	return in
}

// trap makes a message call in its memory form, as one that may block.
func (m *message) trap(number int, handle Handle, info uintptr) (uintptr, uintptr, syscall.Errno) {
	status, badge, errno := syscall.Syscall6(uintptr(number), uintptr(handle), info|abi.InfoMem,
		uintptr(unsafe.Pointer(m)), 0, 0, 0)
	runtime.KeepAlive(m)
	return status, badge, errno
}

// Send sends data and gives the handles away; after an error they are still the caller's. It waits for
// a receiver, or for room, until the deadline: EAGAIN, ETIMEDOUT; EPIPE: nobody receives any more.
func (h Handle) Send(deadline uint64, data []byte, handles ...Handle) error {
	m := message{deadline: deadline}
	info, err := m.carry(data, handles)
	if err != nil {
		return err
	}
	for {
		_, _, errno := m.trap(abi.CallSend, h, info|deadlineFlags(deadline, false))
		if errno == 0 {
			return nil
		}
		if errno != syscall.EINTR {
			return errno
		}
	}
}

// Receive waits for an element, an event, or the end of a client or the channel. buffer should hold the
// channel's element size; EMSGSIZE otherwise. The right to answer a call comes as In.Reply.
func (h Handle) Receive(deadline uint64, buffer []byte) (In, error) {
	return h.receive(deadline, buffer, abi.InfoWantReply)
}

// ReceiveHere is Receive for a server in registers: the right to answer a call stays with this thread
// (runtime.LockOSThread), for Exchange with abi.CallReplyRecv or CallReply. The next receive drops it.
func (h Handle) ReceiveHere(deadline uint64, buffer []byte) (In, error) {
	return h.receive(deadline, buffer, 0)
}

func (h Handle) receive(deadline uint64, buffer []byte, want uintptr) (In, error) {
	m := message{deadline: deadline}
	m.room(buffer)
	info := want | deadlineFlags(deadline, false)
	for {
		status, badge, errno := m.trap(abi.CallRecv, h, info)
		if errno == 0 {
			return m.received(status, badge, buffer, want != 0), nil
		}
		if errno != syscall.EINTR {
			return In{}, errno
		}
	}
}

// Call sends data and handles, and waits for the answer, which goes to buffer. After an error the
// handles are still the caller's. EPIPE: nobody answers. No signal, the runtime's own ones included,
// interrupts it: the server gets the request once.
func (h Handle) Call(deadline uint64, data, buffer []byte, handles ...Handle) (In, error) {
	m := message{deadline: deadline}
	info, err := m.carry(data, handles)
	if err != nil {
		return In{}, err
	}
	m.room(buffer)
	status, badge, errno := m.trap(abi.CallCall, h, info|deadlineFlags(deadline, true)|abi.InfoNointr)
	if errno != 0 {
		return In{}, errno
	}
	return m.received(status, badge, buffer, false), nil
}

// Answer answers a call whose right came as In.Reply, from any goroutine. It spends the right, whatever
// comes back, and never waits. EPIPE: the caller has gone; then the handles are still the answerer's.
func (h Handle) Answer(data []byte, handles ...Handle) error {
	m := message{reply: h}
	info, err := m.carry(data, handles)
	if err != nil {
		_ = h.Close()
		return err
	}
	number := abi.CallReply
	_, _, errno := syscall.RawSyscall6(uintptr(number), 0, info|abi.InfoMem|abi.InfoExplicitReply,
		uintptr(unsafe.Pointer(&m)), 0, 0, 0)
	if errno != 0 {
		_ = h.Close() // an error of the message itself does not spend it
		return errno
	}
	return nil
}
