// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"errors"
	"fmt"
	"syscall"

	"anser/abi"
	"anser/anser"
)

// badHandle is what a name stands for that is nowhere; far, a deadline of a script that does not come.
const (
	badHandle   anser.Handle = 0x7ffffff00000
	far                      = 1 << 40
	farDeadline              = anser.Never - 1
)

// handles and objects are what names stand for: written by the goroutine that is told to do something,
// one at a time.
var (
	handles map[int]anser.Handle
	objects map[int]uint32
)

func handleOf(name int) anser.Handle {
	if name == noName {
		return 0
	}
	if handle, found := handles[name]; found {
		return handle
	}
	return badHandle
}

func handlesOf(names []int) []anser.Handle {
	var list []anser.Handle
	for _, name := range names {
		list = append(list, handleOf(name))
	}
	return list
}

// dataOf is the message that an operation sends.
func dataOf(id, length int) []byte {
	data := make([]byte, length)
	for i := range data {
		data[i] = byte(id*37 + i*5 + (i>>8)*11 + 1)
	}
	return data
}

func (o *operation) get(key string) int {
	return o.values.get(key, 0)
}

func (o *operation) handle() anser.Handle {
	return handleOf(o.values.get("h", noName))
}

func (o *operation) data() []byte {
	return dataOf(o.get("id"), o.get("len"))
}

func (o *operation) carried() []anser.Handle {
	return handlesOf(o.values.names())
}

func (o *operation) deadline() uint64 {
	switch {
	case o.get("flags")&abi.InfoNb != 0:
		return 0
	case o.get("flags")&abi.InfoDeadline == 0:
		return anser.Never
	case o.get("until") >= far:
		return farDeadline
	}
	return uint64(o.get("until"))
}

// result is what a call returned.
type result struct {
	err   error
	in    anser.In
	index int // of a select
	value int // a second number
}

// keep remembers a handle under its name.
func keep(name int, handle anser.Handle) error {
	info, err := handle.Info()
	if err != nil {
		return fmt.Errorf("handle %d: %w", name, err)
	}
	if object, found := objects[name]; found && object != uint32(info.Object) {
		return fmt.Errorf("handle %d leads to object %d, not %d", name, info.Object, object)
	}
	handles[name], objects[name] = handle, uint32(info.Object)
	return nil
}

func keepPair(o *operation, pair anser.Channel, err error) result {
	if err != nil {
		return result{err: err}
	}
	return result{err: errors.Join(keep(2*o.get("id"), pair.Send), keep(2*o.get("id")+1, pair.Receive))}
}

func keepOne(o *operation, handle anser.Handle, err error) result {
	if err == nil {
		err = keep(2*o.get("id"), handle)
	}
	return result{err: err}
}

// message is what a call that receives returned.
func message(in anser.In, err error) result {
	return result{err: err, in: in, value: int(in.Badge)}
}

func (o *operation) doSelect() result {
	cases := make([]anser.Case, len(o.cases))
	for i, c := range o.cases {
		if !c.send {
			cases[i] = anser.ReceiveCase(handleOf(c.name), make([]byte, c.length))
			continue
		}
		cases[i] = anser.SendCase(handleOf(c.name), dataOf(o.get("id"), c.length))
		if c.carried != noName {
			cases[i].Handles = []anser.Handle{handleOf(c.carried)}
		}
	}
	index, err := anser.Select(o.deadline(), cases)
	if err != nil {
		return result{err: err, index: index}
	}
	return result{in: cases[index].In, index: index, value: int(cases[index].In.Badge)}
}

func (o *operation) doLength() result {
	length, capacity, err := o.handle().Len()
	if err != nil {
		return result{err: err}
	}
	return result{index: length, value: capacity}
}

func (o *operation) doWait() result {
	word, err := o.handle().WaitSignal(o.deadline())
	return result{err: err, value: int(word)}
}

// do makes the operation's call.
func (o *operation) do() result {
	switch o.kind {
	case "make":
		pair, err := anser.MakeChannel(o.get("len"), o.get("room"))
		return keepPair(o, pair, err)
	case "signal":
		pair, err := anser.MakeSignal()
		return keepPair(o, pair, err)
	case "mint":
		handle, err := o.handle().Mint(uint64(o.get("len")))
		return keepOne(o, handle, err)
	case "dup":
		handle, err := o.handle().Copy()
		return keepOne(o, handle, err)
	case "drop":
		return result{err: o.handle().Close()}
	case "close":
		return result{err: o.handle().CloseChannel()}
	case "length":
		return o.doLength()
	case "send":
		return result{err: o.handle().Send(o.deadline(), o.data(), o.carried()...)}
	case "recv":
		return message(o.handle().Receive(o.deadline(), make([]byte, o.get("room"))))
	case "call":
		return message(o.handle().Call(o.deadline(), o.data(), make([]byte, o.get("room")), o.carried()...))
	case "reply":
		return result{err: handleOf(o.values.get("reply", noName)).Answer(o.data(), o.carried()...)}
	case "post":
		return result{err: o.handle().Signal(uint64(o.get("len")))}
	case "wait":
		return o.doWait()
	case "select":
		return o.doSelect()
	}
	return result{err: fmt.Errorf("%q: %w", o.kind, syscall.ENOSYS)}
}
