// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"encoding/binary"
	"errors"
	"syscall"

	"anser/abi"
)

// Request is what a client called or sent. Data is valid until the handler returns; handles that the
// handler keeps are set to 0 there, the others are closed.
type Request struct {
	Data    []byte // at least the 64-bit type
	Handles []Handle
	Badge   uint64
	Call    bool // the client waits for an answer
	reply   Handle
	kept    bool
}

// Type is the 64-bit type that every request begins with.
func (r *Request) Type() uint64 {
	return binary.LittleEndian.Uint64(r.Data)
}

// Keep takes the right to answer: the loop does not, Pending.Answer does, later and from any goroutine.
func (r *Request) Keep() Pending {
	r.kept = true
	return Pending{r.reply}
}

// Pending is a call that is to be answered.
type Pending struct {
	reply Handle
}

// Answer answers with a status and data. EPIPE: the client has gone.
func (p Pending) Answer(status int64, data []byte, handles ...Handle) error {
	if p.reply == 0 {
		return syscall.EPIPE // it was sent, nobody waits
	}
	return p.reply.Answer(makeAnswer(status, data), handles...)
}

// Fail answers with an error.
func (p Pending) Fail(err error) error {
	return p.Answer(ErrorStatus(err), nil)
}

// Reply is what a handler answers: a status >= 0, data behind it, and handles, which move.
type Reply struct {
	Status  int64
	Data    []byte
	Handles []Handle
}

// Server is a receive loop's table.
type Server struct {
	Receive     Handle
	ElementSize int // of its channel, at least 64
	// Handle answers a request; an error becomes its errno (EIO if it has none).
	Handle func(*Request) (Reply, error)
	// Gone: the last handle with this badge has gone, however its client ended. May be nil.
	Gone func(badge uint64)
	// Event: words from the kernel, as at ANSER_EVENT_*. May be nil.
	Event func(badge uint64, words []uint64)
}

// ErrorStatus is -errno of an error, -EIO if it has none.
func ErrorStatus(err error) int64 {
	var errno syscall.Errno
	if errors.As(err, &errno) && errno != 0 {
		return -int64(errno)
	}
	return -int64(syscall.EIO)
}

func makeAnswer(status int64, data []byte) []byte {
	answer := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(data)), uint64(status))
	return append(answer, data...)
}

// Serve receives and handles until the channel is closed and drained: then it returns nil. Requests are
// handled one after the other; what takes time is kept and answered by another goroutine.
func (s *Server) Serve() error {
	buffer := make([]byte, max(s.ElementSize, abi.RegisterBytes))
	for {
		in, err := s.Receive.Receive(Never, buffer)
		if err != nil {
			return err
		}
		if in.Closed {
			return nil
		}
		s.dispatch(&in)
	}
}

func (s *Server) dispatch(in *In) {
	switch {
	case in.Event:
		if s.Event != nil {
			s.Event(in.Badge, words(in.Data))
		}
	case in.Gone:
		if s.Gone != nil {
			s.Gone(in.Badge)
		}
	default:
		s.request(in)
	}
}

func (s *Server) request(in *In) {
	request := Request{Data: in.Data, Handles: in.Handles, Badge: in.Badge, Call: in.Call,
		reply: in.Reply}
	reply, err := Reply{}, error(syscall.EINVAL)
	if len(in.Data) >= 8 {
		reply, err = s.Handle(&request)
	}
	for _, handle := range request.Handles {
		_ = handle.Close()
	}
	if request.kept || !in.Call {
		return
	}
	pending := Pending{in.Reply}
	if err != nil {
		_ = pending.Fail(err)
	} else if pending.Answer(reply.Status, reply.Data, reply.Handles...) == nil {
		return
	}
	// What did not reach the client is still ours.
	for _, handle := range reply.Handles {
		_ = handle.Close()
	}
}

func words(data []byte) []uint64 {
	list := make([]uint64, len(data)/8)
	for i := range list {
		list[i] = binary.LittleEndian.Uint64(data[8*i:])
	}
	return list
}
