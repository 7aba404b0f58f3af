// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"anser/abi"
	"anser/anser"
)

// ring is the kernel's log as log_read shows it.
type ring struct {
	text  string
	begin uint64 // position of text[0]
}

func (r *ring) read(buffer []byte, position uint64) (int, uint64, error) {
	position = max(position, r.begin)
	count := copy(buffer, r.text[min(position-r.begin, uint64(len(r.text))):])
	return count, position + uint64(count), nil
}

// texts are the lines that a reader gets from a position on, "source/text".
func texts(s *server, q query) (lines []string, next, lost uint64) {
	for {
		w := waiter{query: q}
		count, answer := s.answer(&w)
		full := append(make([]byte, 8), answer...)
		var head abi.LogRecords
		anser.Take(full, &head)
		at := full[unsafe.Sizeof(head):]
		for range count {
			var r abi.LogRecord
			anser.Take(at, &r)
			text := at[recordSize : recordSize+int(r.Length)]
			lines = append(lines, fmt.Sprintf("%d %s/%s", r.Position, anser.Text(r.Source[:]), text))
			at = at[(recordSize+len(text)+7)&^7:]
		}
		if len(at) != 0 {
			return []string{fmt.Sprintf("%d bytes behind the last record", len(at))}, 0, 0
		}
		lost += head.Lost
		q.position, next = head.Next, head.Next
		if count == 0 {
			return lines, next, lost
		}
	}
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("lines:\n%s\nwanted:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// start makes a server over a ring, with what a predecessor left; *saved is what it leaves itself.
func start(t *testing.T, r *ring, before state, limit int) (s *server, saved *state) {
	t.Helper()
	saved = new(state)
	s = &server{kernel: kernelLog{read: r.read}, now: func() uint64 { return 1 },
		save: func(now state) { *saved = now }}
	if err := s.restore(before, limit); err != nil {
		t.Fatal(err)
	}
	return s, saved
}

func writeMessage(level uint64, source, text string) []byte {
	head := abi.LogWriteMessage{Type: abi.LogWrite, Level: level}
	_ = anser.SetText(head.Source[:], source)
	return append(append([]byte(nil), anser.Bytes(&head)...), text...)
}

func write(t *testing.T, s *server, level uint64, source, text string) {
	t.Helper()
	if _, err := s.handle(&anser.Request{Data: writeMessage(level, source, text), Call: true}); err != nil {
		t.Fatalf("write of %q: %v", text, err)
	}
}

var everything = query{level: abi.LogDebug}

func TestSources(t *testing.T) {
	s, _ := start(t, &ring{text: "anser: one\nno source: here\ninit: a: b\n\x1b[31mred\nopen"}, state{}, 4096)
	write(t, s, abi.LogError, "demo", "broken\r\n")
	got, next, lost := texts(s, everything)
	expect(t, got, "1 anser/one", "2 kernel/no source: here", "3 init/a: b", "4 kernel/?[31mred",
		"5 demo/broken")
	if next != 6 || lost != 0 {
		t.Errorf("next %d, lost %d", next, lost)
	}
	got, _, _ = texts(s, query{level: abi.LogError})
	expect(t, got, "5 demo/broken")
	got, _, _ = texts(s, query{level: abi.LogDebug, source: "init"})
	expect(t, got, "3 init/a: b")
	got, _, _ = texts(s, query{level: abi.LogDebug, position: 5})
	expect(t, got, "5 demo/broken")
}

func TestPartialLines(t *testing.T) {
	r := &ring{text: "first\nsec"}
	s, saved := start(t, r, state{}, 4096)
	if saved.kernel != 6 {
		t.Errorf("consumed %d", saved.kernel)
	}
	r.text += "ond\nthird\n"
	s.poll()
	got, _, _ := texts(s, everything)
	expect(t, got, "1 kernel/first", "2 kernel/second", "3 kernel/third")
	if saved.kernel != uint64(len(r.text)) {
		t.Errorf("consumed %d", saved.kernel)
	}
}

func TestLongRing(t *testing.T) {
	r := &ring{text: strings.Repeat("0123456789abcde\n", 500)}
	s, _ := start(t, r, state{}, 1<<20)
	if got, _, _ := texts(s, everything); len(got) != 500 || got[499] != "500 kernel/0123456789abcde" {
		t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
	}
}

func TestOverwrittenRing(t *testing.T) {
	r := &ring{text: "first\nsec"}
	s, _ := start(t, r, state{}, 4096)
	*r = ring{text: "rest of a line\nwhole\n", begin: 100}
	s.poll()
	got, _, _ := texts(s, everything)
	expect(t, got, "1 kernel/first",
		"2 log/109 bytes of the kernel's log were overwritten before they were read", "3 kernel/whole")
}

func TestBound(t *testing.T) {
	s, saved := start(t, &ring{}, state{}, 1000)
	for i := range 100 {
		write(t, s, abi.LogInfo, "demo", fmt.Sprintf("line %d", i))
	}
	got, _, lost := texts(s, query{level: abi.LogDebug, position: 1})
	if s.store.size > 1000 || len(got) != 1000/64 || got[len(got)-1] != "100 demo/line 99" {
		t.Errorf("%d bytes, %d lines, the last %q", s.store.size, len(got), got[len(got)-1])
	}
	if lost != uint64(100-len(got)) || saved.programs != uint64(len(got)) {
		t.Errorf("%d lost, %d of programs, %d there", lost, saved.programs, len(got))
	}
	if _, _, lost := texts(s, everything); lost != 0 {
		t.Errorf("who asks for the oldest lost %d", lost)
	}
}

func TestRestart(t *testing.T) {
	r := &ring{text: "anser: one\nanser: two\n"}
	s, saved := start(t, r, state{}, 4096)
	write(t, s, abi.LogInfo, "demo", "mine")
	_, next, _ := texts(s, everything)
	r.text += "init: restarts log\n"
	s, _ = start(t, r, *saved, 4096)
	// Who followed sees what is new only; who begins sees what the kernel still has.
	got, _, lost := texts(s, query{level: abi.LogDebug, position: next})
	expect(t, got, "4 log/restarted; lines of programs that are lost: 1", "5 init/restarts log")
	if lost != 0 {
		t.Errorf("%d lost", lost)
	}
	got, _, _ = texts(s, everything)
	expect(t, got, "2 anser/one", "3 anser/two",
		"4 log/restarted; lines of programs that are lost: 1", "5 init/restarts log")
}

// reader is a client that waits.
type reader struct {
	status int64
	data   []byte
}

func (r *reader) Answer(status int64, data []byte, _ ...anser.Handle) error {
	r.status, r.data = status, data
	return nil
}

func TestFollow(t *testing.T) {
	s, _ := start(t, &ring{}, state{}, 4096)
	var errors, demo, gone reader
	s.waiters = []waiter{
		{query: query{level: abi.LogError}, badge: 1, pending: &errors},
		{query: query{level: abi.LogDebug, source: "demo"}, badge: 2, pending: &demo},
		{query: query{level: abi.LogError}, badge: 3, pending: &gone},
	}
	write(t, s, abi.LogNotice, "demo", "news")
	if demo.status != 1 || !strings.HasSuffix(string(demo.data), "news\x00\x00\x00\x00") {
		t.Errorf("the reader of demo got %d, %q", demo.status, demo.data)
	}
	if errors.status != 0 || len(s.waiters) != 2 {
		t.Errorf("the reader of errors got %d; %d wait", errors.status, len(s.waiters))
	}
	s.gone(3)
	if gone.status != -int64(syscall.EPIPE) || len(s.waiters) != 1 {
		t.Errorf("the reader that has gone got %d; %d wait", gone.status, len(s.waiters))
	}
	write(t, s, abi.LogError, "other", "bad")
	if errors.status != 1 || len(s.waiters) != 0 {
		t.Errorf("the reader of errors got %d; %d wait", errors.status, len(s.waiters))
	}
}

func TestBadRequests(t *testing.T) {
	s, _ := start(t, &ring{}, state{}, 4096)
	read := func(change func(*abi.LogReadMessage)) []byte {
		head := abi.LogReadMessage{Type: abi.LogRead, Level: abi.LogDebug}
		change(&head)
		return append([]byte(nil), anser.Bytes(&head)...)
	}
	unknown := read(func(head *abi.LogReadMessage) { head.Type = 0x6ff })
	for name, c := range map[string]struct {
		data []byte
		want syscall.Errno
	}{
		"unknown type":   {unknown, syscall.ENOSYS},
		"no such level":  {writeMessage(5, "demo", "text"), syscall.EINVAL},
		"no source":      {writeMessage(0, "", "text"), syscall.EINVAL},
		"odd source":     {writeMessage(0, "a b", "text"), syscall.EINVAL},
		"no text":        {writeMessage(0, "demo", ""), syscall.EINVAL},
		"only line ends": {writeMessage(0, "demo", "\r\n"), syscall.EINVAL},
		"short write":    {writeMessage(0, "demo", "")[:47], syscall.EINVAL},
		"short read":     {read(func(*abi.LogReadMessage) {})[:20], syscall.EINVAL},
		"unknown flag":   {read(func(head *abi.LogReadMessage) { head.Flags = 2 }), syscall.EINVAL},
		"read level":     {read(func(head *abi.LogReadMessage) { head.Level = 5 }), syscall.EINVAL},
	} {
		if _, err := s.handle(&anser.Request{Data: c.data, Call: true}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	write(t, s, abi.LogInfo, "demo", strings.Repeat("x", 5000))
	if got := len(s.store.records[0].text); got != abi.LogTextMax {
		t.Errorf("a long line is kept with %d bytes", got)
	}
}

func TestManyReaders(t *testing.T) {
	s, _ := start(t, &ring{}, state{}, 4096)
	head := abi.LogReadMessage{Type: abi.LogRead, Flags: abi.LogReadFollow}
	follow := func(badge uint64) error {
		_, err := s.handle(&anser.Request{Data: anser.Bytes(&head), Badge: badge, Call: true})
		return err
	}
	var oldest reader
	s.waiters = []waiter{{badge: 7, pending: &oldest}}
	for i := range waitersMaxClient {
		if err := follow(7); err != nil || oldest.status != 0 && i < waitersMaxClient-1 {
			t.Fatalf("reader %d: %v, the oldest got %d", i, err, oldest.status)
		}
	}
	if oldest.status != -int64(syscall.EBUSY) || len(s.waiters) != waitersMaxClient {
		t.Errorf("the oldest got %d; %d wait", oldest.status, len(s.waiters))
	}
	for badge := uint64(100); len(s.waiters) < waitersMax; badge++ {
		if err := follow(badge); err != nil {
			t.Fatal(err)
		}
	}
	if err := follow(99); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("one reader too many: %v", err)
	}
}
