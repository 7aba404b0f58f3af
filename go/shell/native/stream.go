// SPDX-License-Identifier: BSD-2-Clause

package native

import (
	"encoding/binary"
	"errors"
	"io"
	"syscall"
	"time"

	"anser/abi"
	"anser/anser"
)

// stream speaks the stream protocol of <anser/console.h> with a console session or a pipe.
type stream struct {
	handle anser.Handle
	// A console server that died is started again behind the same channel: what it was serving is
	// asked again. A pipe whose other side has gone stays so.
	tries int
}

const (
	consoleTries = 5
	busyPause    = time.Millisecond
)

func isPipeError(err error) bool { return errors.Is(err, syscall.EPIPE) }

// ask makes a request of 64-bit words and bytes, and returns the answer's status and the rest.
func (s *stream) ask(data, buffer []byte) (int64, []byte, error) {
	var err error
	for range s.tries {
		var in anser.In
		if in, err = s.handle.Call(anser.Never, data, buffer); isPipeError(err) {
			continue
		}
		if err != nil {
			return 0, nil, err
		}
		in.Close()
		status, err := anser.Status(in.Data)
		if err != nil {
			return 0, nil, err
		}
		return status, in.Data[8:], nil
	}
	return 0, nil, err
}

func words(values ...uint64) []byte {
	var data []byte
	for _, value := range values {
		data = binary.LittleEndian.AppendUint64(data, value)
	}
	return data
}

func (s *stream) Read(to []byte) (int, error) {
	if len(to) == 0 {
		return 0, nil
	}
	want := min(len(to), abi.ConsoleReadMax)
	buffer := make([]byte, 8+want)
	for {
		status, rest, err := s.ask(words(abi.ConsoleRead, uint64(want)), buffer)
		if errors.Is(err, syscall.EBUSY) { // an interrupted read of ours is still being taken back
			time.Sleep(busyPause)
			continue
		}
		if err == nil && status == 0 {
			err = io.EOF
		}
		return copy(to, rest[:min(int(status), len(rest))]), err
	}
}

func (s *stream) Write(from []byte) (int, error) {
	done := 0
	buffer := make([]byte, 8)
	for done < len(from) {
		piece := from[done:min(len(from), done+abi.ConsoleWriteMax)]
		taken, _, err := s.ask(append(words(abi.ConsoleWrite), piece...), buffer)
		if err == nil && (taken <= 0 || taken > int64(len(piece))) {
			err = syscall.EIO
		}
		if err != nil {
			return done, err
		}
		done += int(taken)
	}
	return done, nil
}

func (s *stream) Close() error {
	return s.handle.Close()
}

// session is a console session.
type session struct {
	stream
	number  uint64
	machine *Machine
	badge   uint64
}

func (s *session) Foreground() error {
	return s.machine.foreground(s.number)
}

func (s *session) Close() error {
	s.machine.forget(s.badge)
	return s.stream.Close()
}
