// SPDX-License-Identifier: BSD-2-Clause

package block

import (
	"errors"
	"syscall"
	"time"

	"anser/abi"
	"anser/anser"
	"anser/anser/ring"
)

const (
	pipeTries   = 64  // a call that a dying server was serving ends with EPIPE
	memoryTries = 500 // the memory of a dead server comes back when all its clients have left it
	memoryPause = 10 * time.Millisecond

	requestBytes    = 32
	completionBytes = 16
	protection      = abi.ProtRead | abi.ProtWrite
)

// session is what is shared with one server process.
type session struct {
	signal      anser.Handle // to wait on
	region      anser.Mapping
	data        []byte
	requests    *ring.Ring
	completions *ring.Ring
}

// attach asks for a region. The handles are the caller's.
func attach(disk anser.Handle) (attached abi.BlockAttached, signal, region anser.Handle, err error) {
	pair, err := anser.MakeSignal()
	if err != nil {
		return attached, 0, 0, err
	}
	request := abi.BlockAttachMessage{Type: abi.BlockAttach, Bytes: slots * slotBytes, Entries: slots}
	in, err := disk.Call(anser.Never, anser.Bytes(&request), anser.Bytes(&attached), pair.Send)
	if err == nil {
		_, err = anser.Status(in.Data)
	}
	if err == nil && (len(in.Handles) != 1 || attached.DataSize < slots*slotBytes) {
		err = syscall.EPROTO
	}
	if err != nil {
		in.Close()
		pair.Close() // what was sent is stale
		return attached, 0, 0, err
	}
	return attached, pair.Receive, in.Handles[0], nil
}

// attachPatiently waits for a server, and for memory. Each try has a signal of its own: a server that
// dies takes the one that it was sent along.
func attachPatiently(disk anser.Handle) (attached abi.BlockAttached, signal, region anser.Handle, err error) {
	pipes, memories := 0, 0
	for {
		attached, signal, region, err = attach(disk)
		switch {
		case errors.Is(err, syscall.EPIPE) && pipes < pipeTries:
			pipes++
		case errors.Is(err, syscall.ENOMEM) && memories < memoryTries:
			memories++
			time.Sleep(memoryPause)
		default:
			return attached, signal, region, err
		}
	}
}

func (s *session) begin(disk anser.Handle) error {
	attached, signal, region, err := attachPatiently(disk)
	if err != nil {
		return err
	}
	defer region.Close()
	s.signal = signal
	if s.region, err = region.Map(0, attached.Size, protection); err != nil {
		_ = signal.Close()
		return err
	}
	return s.useRings(attached)
}

func (s *session) useRings(attached abi.BlockAttached) error {
	size := uint64(len(s.region))
	requests, completions := uint64(attached.Requests), uint64(attached.Completions)
	if requests+ring.Bytes(slots, requestBytes) > size || completions+ring.Bytes(slots, completionBytes) > size ||
		uint64(attached.Data)+uint64(attached.DataSize) > size {
		return syscall.EPROTO
	}
	s.requests = ring.Putter(s.region[requests:], slots, requestBytes)
	s.completions = ring.Taker(s.region[completions:], slots, completionBytes)
	s.data = s.region[attached.Data:][:attached.DataSize]
	return nil
}

// renew is a session with the successor: its region is where the old one was, with the same data.
func (s *session) renew(disk anser.Handle) error {
	attached, signal, region, err := attachPatiently(disk)
	if err != nil {
		return err
	}
	defer region.Close()
	_ = s.signal.Close()
	s.signal = signal
	if attached.Size != uint64(len(s.region)) {
		return syscall.EPROTO
	}
	if attached.Kept != 0 {
		return s.useRings(attached) // the same memory, mapped as it is
	}
	fresh, err := region.Map(0, attached.Size, protection)
	if err != nil {
		return err
	}
	copy(fresh[attached.Data:][:attached.DataSize], s.data)
	if err := fresh.Unmap(); err != nil {
		return err
	}
	if err := s.region.Replace(region, protection); err != nil {
		return err
	}
	return s.useRings(attached)
}
