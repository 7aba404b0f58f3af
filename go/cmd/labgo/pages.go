// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"encoding/binary"
	"fmt"
	"syscall"
	"unsafe"

	"anser/abi"
	"anser/anser"
)

func init() {
	register("pages", "owner", owner)
	register("pages", "peer", peer)
}

// native makes a call that does not block; the results are its status and its second value.
func native(number int, arguments ...uint64) (uint64, uint64, error) {
	var a [6]uintptr
	for i, argument := range arguments {
		a[i] = uintptr(argument)
	}
	status, value, errno := syscall.RawSyscall6(uintptr(number), a[0], a[1], a[2], a[3], a[4], a[5])
	if errno != 0 {
		return 0, 0, errno
	}
	return uint64(status), uint64(value), nil
}

// mapPages maps a pages object. It is no memory of Go's: the collector does not look at it, and it goes
// when the object is sent away.
func mapPages(pages anser.Handle, length uint64) ([]byte, error) {
	const protection = abi.ProtRead | abi.ProtWrite
	_, address, err := native(abi.CallRegionMap, 0, 0, length, protection, uint64(pages), 0)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&address))), length), nil
}

// touch writes a word to each page.
func touch(bytes []byte, value uint64) {
	for at := 0; at < len(bytes); at += abi.PageSize {
		binary.NativeEndian.PutUint64(bytes[at:], value)
	}
}

func hasTouched(bytes []byte, value uint64) bool {
	for at := 0; at < len(bytes); at += abi.PageSize {
		if binary.NativeEndian.Uint64(bytes[at:]) != value {
			return false
		}
	}
	return true
}

func wholePages(bytes uint64) uint64 {
	return (bytes + abi.PageSize - 1) &^ (abi.PageSize - 1)
}

// workOn maps the object, looks for `seen` in each page unless it is 0, and writes value.
func (w *work) workOn(pages anser.Handle, seen, value uint64) error {
	if !w.is("touch", "yes") {
		return nil
	}
	bytes, err := mapPages(pages, wholePages(w.value("bytes")))
	if err != nil {
		return err
	}
	if seen != 0 && !hasTouched(bytes, seen) {
		return fmt.Errorf("the pages do not hold %d: %w", seen, syscall.EIO)
	}
	touch(bytes, value)
	return nil
}

// moveOnce gives the object away and takes it back.
func (w *work) moveOnce(pages anser.Handle, round uint64) (anser.Handle, error) {
	if err := w.workOn(pages, round, round+1); err != nil {
		return pages, err
	}
	in, err := w.handles[0].Call(anser.Never, anser.Bytes(&round), make([]byte, 8), pages)
	if err == nil && len(in.Handles) != 1 {
		err = fmt.Errorf("%d handles came back: %w", len(in.Handles), syscall.EIO)
	}
	if err != nil {
		return 0, err
	}
	return in.Handles[0], nil
}

// copyOnce sends the bytes in messages, and has them back as answers.
func (w *work) copyOnce(bytes []byte, round uint64) error {
	if w.is("touch", "yes") {
		if round != 0 && !hasTouched(bytes, round) {
			return fmt.Errorf("the bytes do not hold %d: %w", round, syscall.EIO)
		}
		touch(bytes, round+1)
	}
	for left := bytes[:w.value("bytes")]; len(left) > 0; {
		piece := left[:min(len(left), abi.ElementMax)]
		in, err := w.handles[0].Call(anser.Never, piece, piece)
		if err != nil {
			return err
		}
		if len(in.Data) != len(piece) {
			return fmt.Errorf("%d bytes came back for %d: %w", len(in.Data), len(piece), syscall.EIO)
		}
		left = left[len(piece):]
	}
	return nil
}

// measure plays the rounds; two before them bring the pages in, on both sides.
func (w *work) measure(play func(round uint64) error) error {
	rounds := w.value("rounds")
	for round := range rounds + 2 {
		if round == 2 {
			w.begin()
		}
		if err := play(round); err != nil {
			return err
		}
	}
	w.end(rounds)
	return nil
}

func owner(w *work) error {
	length := wholePages(w.value("bytes"))
	if w.is("by", "copy") {
		bytes := make([]byte, length)
		return w.measure(func(round uint64) error { return w.copyOnce(bytes, round) })
	}
	handle, _, err := native(abi.CallPagesCreate, length/abi.PageSize, 0, 0)
	if err != nil {
		return err
	}
	pages := anser.Handle(handle)
	return w.measure(func(round uint64) error {
		pages, err = w.moveOnce(pages, round)
		return err
	})
}

// peer has what comes in a buffer of its own, or maps it, and sends it back.
func peer(w *work) error {
	buffer, length, at := make([]byte, wholePages(w.value("bytes"))+abi.ElementMax), w.value("bytes"), uint64(0)
	for {
		in, err := w.handles[0].Receive(anser.Never, buffer[at:at+abi.ElementMax])
		if err != nil || in.Closed {
			return err
		}
		if w.is("by", "move") && len(in.Handles) == 1 {
			round := binary.NativeEndian.Uint64(in.Data)
			err = w.workOn(in.Handles[0], round+1, round+1)
		} else {
			at = (at + uint64(len(in.Data))) % length
		}
		if err == nil {
			err = in.Reply.Answer(in.Data, in.Handles...)
		}
		if err != nil {
			return err
		}
	}
}
