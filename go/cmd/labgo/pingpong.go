// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"syscall"

	"anser/abi"
	"anser/anser"
)

func init() {
	register("pingpong", "client", client)
	register("pingpong", "server", server)
	register("harts", "client", client)
	register("harts", "server", server)
}

// call makes one call of w.size bytes and looks whether the same came back. The answer depends on the
// request alone, so one that the runtime interrupted can be repeated.
func (w *work) call(channel anser.Handle, round uint64) error {
	if w.size > abi.RegisterBytes {
		return w.callMemory(channel, round)
	}
	for {
		registers := anser.Registers{Info: int64(w.size)}
		registers.Words[0] = round
		err := anser.Exchange(abi.CallCall, channel, &registers)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err == nil && w.size >= 8 && registers.Words[0] != round {
			return fmt.Errorf("answer %d to %d: %w", registers.Words[0], round, syscall.EIO)
		}
		return err
	}
}

func (w *work) callMemory(channel anser.Handle, round uint64) error {
	binary.LittleEndian.PutUint64(w.buffer, round)
	in, err := channel.Call(anser.Never, w.buffer, w.buffer)
	if err == nil && (len(in.Data) != w.size || binary.LittleEndian.Uint64(in.Data) != round) {
		return fmt.Errorf("another answer to %d: %w", round, syscall.EIO)
	}
	return err
}

// sendAndReceive is a round trip over two channels.
func (w *work) sendAndReceive(there, back anser.Handle, round uint64) error {
	if err := w.send(there, round); err != nil {
		return err
	}
	word, err := w.receive(back)
	if err == nil && w.size >= 8 && word != round {
		return fmt.Errorf("%d came back for %d: %w", word, round, syscall.EIO)
	}
	return err
}

func (w *work) play(rounds uint64) error {
	for round := range rounds {
		var err error
		if w.is("by", "send") {
			err = w.sendAndReceive(w.handles[0], w.handles[1], round)
		} else {
			err = w.call(w.handles[0], round)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// client plays one round before the measurement, which brings both sides' pages in.
func client(w *work) error {
	rounds := w.value("rounds")
	if err := w.play(1); err != nil {
		return err
	}
	w.begin()
	err := w.play(rounds)
	w.end(rounds)
	return err
}

func server(w *work) error {
	if w.is("by", "send") {
		return w.forward(w.handles[0], w.handles[1], 0)
	}
	return w.answer()
}

// answer answers calls with what they sent until the channel is closed.
func (w *work) answer() error {
	if w.size > abi.RegisterBytes {
		return w.answerMemory()
	}
	runtime.LockOSThread()
	for {
		in, err := w.handles[0].ReceiveHere(anser.Never, w.buffer)
		if err != nil || in.Closed {
			return err
		}
		if !in.Call {
			continue
		}
		if err := w.answerRegisters(in); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// answerRegisters answers the call that came, and all that follow, by one call in registers each, as
// long as they keep coming. EINTR: there was a pause, and the runtime wants to know of the wait.
func (w *work) answerRegisters(in anser.In) error {
	registers := anser.Registers{}
	for i := 0; 8*(i+1) <= len(in.Data); i++ {
		registers.Words[i] = binary.LittleEndian.Uint64(in.Data[8*i:])
	}
	for {
		registers.Info = int64(w.size)
		err := anser.Exchange(abi.CallReplyRecv, w.handles[0], &registers)
		if err != nil || registers.Info&abi.InfoClosed != 0 {
			return err
		}
	}
}

// answerMemory is for messages that do not fit into registers: a call to receive, and one to answer by
// the right that came along.
func (w *work) answerMemory() error {
	for {
		in, err := w.handles[0].Receive(anser.Never, w.buffer)
		if err != nil || in.Closed {
			return err
		}
		if err := in.Reply.Answer(in.Data); err != nil {
			return err
		}
	}
}
