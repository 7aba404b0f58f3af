// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"anser/abi"
)

func TestText(t *testing.T) {
	field := []byte("previous text")
	if err := SetText(field, "short"); err != nil || Text(field) != "short" {
		t.Errorf("Text(%q) = %q, %v", field, Text(field), err)
	}
	for i, b := range field[len("short"):] {
		if b != 0 {
			t.Errorf("byte %d behind the text is %#x", i, b)
		}
	}
	for _, wrong := range []string{"thirteen char", "with\x00NUL"} {
		if err := SetText(field, wrong); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("SetText(%q) = %v", wrong, err)
		}
	}
	if text := Text([]byte("no NUL")); text != "no NUL" {
		t.Errorf("Text without NUL = %q", text)
	}
}

func TestTake(t *testing.T) {
	sent := abi.NamesAnswer{Status: -3, Next: 7, Object: 8, Publisher: 9}
	var taken abi.NamesAnswer
	if !Take(Bytes(&sent), &taken) || taken != sent {
		t.Errorf("Take = %+v", taken)
	}
	if Take(Bytes(&sent)[1:], &taken) {
		t.Error("Take of too few bytes")
	}
}

func TestStatus(t *testing.T) {
	answer := func(status int64) []byte { return makeAnswer(status, []byte("data")) }
	if status, err := Status(answer(5)); status != 5 || err != nil {
		t.Errorf("Status(5) = %d, %v", status, err)
	}
	if _, err := Status(answer(-int64(syscall.EPERM))); !errors.Is(err, syscall.EPERM) {
		t.Errorf("Status(-EPERM) = %v", err)
	}
	if _, err := Status(answer(0)[:7]); !errors.Is(err, syscall.EIO) {
		t.Errorf("Status of 7 bytes = %v", err)
	}
	for err, status := range map[error]int64{
		syscall.ESRCH: -3, fmt.Errorf("wrapped: %w", syscall.EPIPE): -32, errors.New("other"): -5,
	} {
		if got := ErrorStatus(err); got != status {
			t.Errorf("ErrorStatus(%v) = %d", err, got)
		}
	}
}

func TestParseAuxiliary(t *testing.T) {
	var vector []byte
	for _, word := range []uint64{6, 4096, abi.AtTimebase, 10, 0, 0, 7, 7} {
		vector = binary.LittleEndian.AppendUint64(vector, word)
	}
	values := parseAuxiliary(append(vector, 1, 2, 3))
	if len(values) != 2 || values[6] != 4096 || values[abi.AtTimebase] != 10 {
		t.Errorf("parseAuxiliary = %v", values)
	}
	if values := parseAuxiliary(vector[:23]); len(values) != 1 {
		t.Errorf("parseAuxiliary of a vector cut short = %v", values)
	}
}

func TestTicks(t *testing.T) {
	if got := scale(Never, 10, 10); got != Never {
		t.Errorf("scale(Never) = %d", got)
	}
	if got := scale(1<<40, 1<<40, 1<<41); got != 1<<39 {
		t.Errorf("scale(2^40 * 2^40 / 2^41) = %d", got)
	}
	if got := scale(Never, Never, 1); got != Never {
		t.Errorf("scale that overflows = %d", got)
	}
	if got := Duration(Hertz()); got != time.Second {
		t.Errorf("Duration(a second) = %v", got)
	}
	if got := After(-time.Hour); got == 0 || got > Now()+1 {
		t.Errorf("After(an hour ago) = %d", got)
	}
	if got := After(1<<63 - 1); got <= Now() {
		t.Errorf("After(292 years) = %d", got)
	}
}

func TestCarry(t *testing.T) {
	var m message
	info, err := m.carry(make([]byte, abi.ElementMax), []Handle{32, 64})
	if err != nil || info != 2<<abi.InfoHandlesShift || m.handles[1] != 64 {
		t.Errorf("carry = %#x, %v", info, err)
	}
	if _, err := m.carry(make([]byte, abi.ElementMax+1), nil); !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("carry of too many bytes = %v", err)
	}
	if _, err := m.carry(nil, make([]Handle, abi.MessageHandles+1)); !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("carry of too many handles = %v", err)
	}
}

func TestReceived(t *testing.T) {
	buffer := []byte("element and more")
	m := message{recvLength: 7, reply: 96}
	m.handles[0] = 32
	in := m.received(abi.InfoCall|1<<abi.InfoHandlesShift, 5, buffer, true)
	if string(in.Data) != "element" || !in.Call || in.Reply != 96 || in.Badge != 5 ||
		len(in.Handles) != 1 || in.Handles[0] != 32 || in.Gone || in.Closed || in.Event {
		t.Errorf("received = %+v", in)
	}
	if in := m.received(abi.InfoGone, 5, buffer, true); !in.Gone || in.Reply != 0 {
		t.Errorf("received GONE = %+v", in)
	}
}
