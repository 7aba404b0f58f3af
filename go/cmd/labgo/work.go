// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"anser/abi"
	"anser/anser"
)

// work is what a role has.
type work struct {
	name       string            // of the experiment and the role
	parameters map[string]string // of the point, and index: the worker's number
	index      uint64
	size       int // bytes of a message: the parameter, or 8 if there is none
	handles    []anser.Handle
	buffer     []byte // size bytes, of send and receive
	random     uint64
	reports    []report
}

type report struct {
	name  string
	value uint64
}

// readText takes lab's text apart: the experiment, the role, and NAME=VALUE for each parameter.
func readText(text string) (*work, error) {
	words := strings.Fields(text)
	if len(words) < 2 {
		return nil, fmt.Errorf("lab says %q: %w", text, syscall.EINVAL)
	}
	w := &work{name: words[0] + " " + words[1], parameters: make(map[string]string), size: 8}
	for _, word := range words[2:] {
		name, value, _ := strings.Cut(word, "=")
		w.parameters[name] = value
	}
	w.index = w.value("index")
	if _, there := w.parameters["size"]; there {
		w.size = int(w.value("size"))
	}
	if w.size > abi.ElementMax {
		return nil, fmt.Errorf("messages of %d bytes: %w", w.size, syscall.EMSGSIZE)
	}
	w.buffer = make([]byte, w.size)
	w.random = w.value("seed")<<8 ^ w.index
	return w, nil
}

// value is a parameter that is a number; 0 if it is none.
func (w *work) value(name string) uint64 {
	value, err := strconv.ParseUint(w.parameters[name], 10, 64)
	if err != nil {
		return 0
	}
	return value
}

// is tells whether a parameter with choices has this one.
func (w *work) is(name, choice string) bool {
	return w.parameters[name] == choice
}

// report sets a value for a column of the experiment's own.
func (w *work) report(name string, value uint64) {
	for i := range w.reports {
		if w.reports[i].name == name {
			w.reports[i].value = value
			return
		}
	}
	w.reports = append(w.reports, report{name, value})
}

// begin begins the measurement, end ends it, with so many operations in between. The last of each
// counts.
func (w *work) begin() {
	w.report(abi.LabTickBegin, anser.Now())
	w.report(abi.LabInstructionBegin, anser.Instructions())
}

func (w *work) end(operations uint64) {
	instructions, ticks := anser.Instructions(), anser.Now()
	w.report(abi.LabInstructionEnd, instructions)
	w.report(abi.LabTickEnd, ticks)
	w.report(abi.LabOperations, operations)
}

func (w *work) writeReports(done *abi.LabDoneMessage) error {
	if len(w.reports) > abi.LabReportsMax {
		return fmt.Errorf("%d reports, at most %d", len(w.reports), abi.LabReportsMax)
	}
	for i, one := range w.reports {
		if err := anser.SetText(done.Reports[i].Name[:], one.name); err != nil {
			return fmt.Errorf("report %q: %w", one.name, err)
		}
		done.Reports[i].Value = one.value
	}
	done.Count = uint64(len(w.reports))
	return nil
}

// send sends a message of w.size bytes that begins with word, as far as there is room.
func (w *work) send(channel anser.Handle, word uint64) error {
	if w.size >= 8 {
		binary.LittleEndian.PutUint64(w.buffer, word)
	}
	return channel.Send(anser.Never, w.buffer)
}

// errClosed: the channel is closed and drained.
var errClosed = errors.New("the channel is closed")

// receive receives such a message and returns its word, 0 if it is shorter than that. errClosed, or
// EMSGSIZE for one of another size.
func (w *work) receive(channel anser.Handle) (uint64, error) {
	in, err := channel.Receive(anser.Never, w.buffer)
	switch {
	case err != nil:
		return 0, err
	case in.Closed:
		return 0, errClosed
	case len(in.Data) != w.size:
		return 0, syscall.EMSGSIZE
	case w.size < 8:
		return 0, nil
	}
	return binary.LittleEndian.Uint64(in.Data), nil
}

// forward receives and sends on until the channel is closed, adding `add` to each word.
func (w *work) forward(receive, send anser.Handle, add uint64) error {
	for {
		word, err := w.receive(receive)
		if err == nil {
			err = w.send(send, word+add)
		}
		if err != nil {
			return unlessClosed(err)
		}
	}
}

// unlessClosed is err, but nil for the end of a stream.
func unlessClosed(err error) error {
	if errors.Is(err, errClosed) {
		return nil
	}
	return err
}

// next is the next pseudo-random number, Sebastiano Vigna's splitmix64: the sequence that a worker in C
// has with the same seed and index.
func (w *work) next() uint64 {
	w.random += 0x9e3779b97f4a7c15
	mixed := w.random
	mixed = (mixed ^ mixed>>30) * 0xbf58476d1ce4e5b9
	mixed = (mixed ^ mixed>>27) * 0x94d049bb133111eb
	return mixed ^ mixed>>31
}
