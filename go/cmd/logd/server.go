// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"fmt"
	"slices"
	"sync"
	"syscall"
	"unsafe"

	"anser/abi"
	"anser/anser"
)

const (
	waitersMax       = 64
	waitersMaxClient = 4 // of one client; its oldest goes: whoever reads with deadlines leaves them behind
)

// waiter is a reader that follows, and has seen everything.
type waiter struct {
	query
	lost    uint64
	badge   uint64
	pending pending
}

// pending is the right to answer a reader.
type pending interface {
	Answer(status int64, data []byte, handles ...anser.Handle) error
}

// state is what a successor must know: see restore.
type state struct {
	next     uint64 // position of the next record
	kernel   uint64 // how far the kernel's log was read
	programs uint64 // lines of programs that are here only
}

// server is the log: what is kept, where it comes from, and who waits for more.
type server struct {
	mutex   sync.Mutex
	store   *store
	kernel  kernelLog
	waiters []waiter
	now     func() uint64
	save    func(state) // leaves the state with init
}

// restore fills the store after a start: with what is still in the kernel's log, at the positions that
// it had, and with a line that says what is lost, if this is a restart.
func (s *server) restore(before state, limit int) error {
	lines, _, err := s.kernel.drain()
	if err != nil {
		return fmt.Errorf("the kernel's log: %w", err)
	}
	old := 0
	for old < len(lines) && lines[old].begin < before.kernel {
		old++
	}
	restarted := before.next != 0
	s.store = newStore(limit, max(before.next, uint64(old)+1)-uint64(old))
	for _, line := range lines[:old] {
		s.store.add(kernelRecord(line.text, 0))
	}
	if restarted {
		text := fmt.Sprintf("restarted; lines of programs that are lost: %d", before.programs)
		s.store.add(record{time: s.now(), level: abi.LogWarning, source: abi.LogService, text: text})
	}
	s.add(lines[old:], 0)
	s.remember()
	return nil
}

// add keeps lines of the kernel's log, and says how many bytes of it came too fast.
func (s *server) add(lines []kernelLine, lost uint64) {
	if lost > 0 {
		text := fmt.Sprintf("%d bytes of the kernel's log were overwritten before they were read", lost)
		s.store.add(record{time: s.now(), level: abi.LogWarning, source: abi.LogService, text: text})
	}
	for _, line := range lines {
		s.store.add(kernelRecord(line.text, s.now()))
	}
}

func (s *server) remember() {
	s.save(state{s.store.next, s.kernel.consumed(), s.store.programs})
}

// collect takes over what is new in the kernel's log.
func (s *server) collect() {
	lines, lost, err := s.kernel.drain()
	if err != nil || len(lines) == 0 && lost == 0 {
		return // what could be read at the start can be read
	}
	s.add(lines, lost)
	s.remember()
	s.wake()
}

// poll is collect for the timer.
func (s *server) poll() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.collect()
}

// handle serves one request.
func (s *server) handle(request *anser.Request) (anser.Reply, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	// First what is older, so that the order is right.
	s.collect()
	switch request.Type() {
	case abi.LogWrite:
		return anser.Reply{}, s.write(request.Data)
	case abi.LogRead:
		return s.read(request)
	}
	return anser.Reply{}, syscall.ENOSYS
}

// write keeps a line of a program. Its successor learns of it before the program's answer.
func (s *server) write(data []byte) error {
	var head abi.LogWriteMessage
	if !anser.Take(data, &head) || head.Level > abi.LogDebug {
		return syscall.EINVAL
	}
	source, text := anser.Text(head.Source[:]), cleanText(string(data[unsafe.Sizeof(head):]))
	if !validSource(source) || text == "" {
		return syscall.EINVAL
	}
	s.store.add(record{s.now(), uint32(head.Level), source, text, true})
	s.remember()
	s.wake()
	return nil
}

func (s *server) read(request *anser.Request) (anser.Reply, error) {
	var head abi.LogReadMessage
	if !anser.Take(request.Data, &head) || head.Level > abi.LogDebug ||
		head.Flags&^abi.LogReadFollow != 0 {
		return anser.Reply{}, syscall.EINVAL
	}
	w := waiter{badge: request.Badge, query: query{
		position: head.Position,
		level:    head.Level,
		source:   anser.Text(head.Source[:]),
	}}
	count, answer := s.answer(&w)
	if count > 0 || head.Flags&abi.LogReadFollow == 0 {
		return anser.Reply{Status: int64(count), Data: answer}, nil
	}
	s.limitClient(request.Badge)
	if len(s.waiters) == waitersMax {
		return anser.Reply{}, syscall.EBUSY
	}
	w.pending = request.Keep()
	s.waiters = append(s.waiters, w)
	return anser.Reply{}, nil
}

// limitClient ends the oldest waiting read of a client that has as many as it may have.
func (s *server) limitClient(badge uint64) {
	oldest, count := -1, 0
	for i := len(s.waiters) - 1; i >= 0; i-- {
		if s.waiters[i].badge == badge {
			oldest = i
			count++
		}
	}
	if count >= waitersMaxClient {
		_ = s.waiters[oldest].pending.Answer(-int64(syscall.EBUSY), nil)
		s.waiters = slices.Delete(s.waiters, oldest, oldest+1)
	}
}

// answer is what the reader gets now, status word left out.
func (s *server) answer(w *waiter) (int, []byte) {
	head := abi.LogRecords{}
	size := int(unsafe.Sizeof(head))
	out, count, lost := s.store.read(&w.query, make([]byte, size, abi.LogElement), abi.LogElement-size)
	w.lost += lost
	head.Next, head.Lost = w.position, w.lost
	copy(out, anser.Bytes(&head))
	return count, out[unsafe.Offsetof(head.Next):]
}

// wake answers the waiting readers for whom something has come.
func (s *server) wake() {
	kept := s.waiters[:0]
	for _, w := range s.waiters {
		if count, answer := s.answer(&w); count > 0 {
			_ = w.pending.Answer(int64(count), answer) // a reader that has gone wants nothing
		} else {
			kept = append(kept, w)
		}
	}
	clear(s.waiters[len(kept):])
	s.waiters = kept
}

// gone forgets the readers with this badge; their calls have ended.
func (s *server) gone(badge uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.waiters = slices.DeleteFunc(s.waiters, func(w waiter) bool {
		if w.badge != badge {
			return false
		}
		_ = w.pending.Answer(-int64(syscall.EPIPE), nil) // spends the right to answer
		return true
	})
}
