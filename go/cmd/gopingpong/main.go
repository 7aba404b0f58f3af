// SPDX-License-Identifier: BSD-2-Clause

// Gopingpong is programs/pingpong.c in Go: the same protocol under the same name, so a client of either
// language plays with a server of either. `gopingpong serve` publishes the channel and answers;
// `gopingpong [ROUNDS]` calls and prints how many instructions a round trip took, kernel and server
// included.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"anser/abi"
	"anser/anser"
)

const (
	name          = "demo/pingpong"
	roundsDefault = 10000
	patience      = time.Second // for a server that has only just been started
)

// receive waits for the first message, or the first after a pause, so that the runtime knows of it.
// The right to answer stays with this thread.
func receive(handle anser.Handle, buffer []byte) (anser.In, error) {
	for {
		in, err := handle.ReceiveHere(anser.Never, buffer)
		if err != nil || in.Call || in.Closed {
			return in, err
		}
		in.Close()
	}
}

// answerAll answers every call with its word and one more, until the channel ends. While calls keep
// coming, it answers and receives in one call in registers; when nothing has come for so long that the
// runtime interrupts, it waits where other goroutines can have the processor.
func answerAll(handle anser.Handle) error {
	runtime.LockOSThread()
	var buffer [abi.RegisterBytes]byte
	for {
		in, err := receive(handle, buffer[:])
		if err != nil || in.Closed {
			return err
		}
		registers := anser.Registers{}
		anser.Take(in.Data, &registers.Words[0])
		for err == nil {
			registers.Words[0]++
			registers.Info = 8
			err = anser.Exchange(abi.CallReplyRecv, handle, &registers)
			if err == nil && registers.Info&abi.InfoClosed != 0 {
				return nil
			}
		}
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func serve() error {
	channel, err := anser.MakeChannel(abi.RegisterBytes, 0)
	if err == nil {
		err = anser.Publish(name, channel.Send)
	}
	if err != nil {
		return fmt.Errorf("cannot publish "+name+": %w", err)
	}
	return answerAll(channel.Receive)
}

// play calls so many times and returns the instructions that it took.
func play(server anser.Handle, rounds uint64) (uint64, error) {
	begin := anser.Instructions()
	for round := uint64(0); round < rounds; round++ {
		registers := anser.Registers{Info: 8}
		registers.Words[0] = round
		err := anser.Exchange(abi.CallCall, server, &registers)
		if errors.Is(err, syscall.EINTR) {
			round-- // the call had no effect; the answer depends on the word alone
			continue
		}
		if err != nil {
			return 0, err
		}
		if registers.Words[0] != round+1 {
			return 0, fmt.Errorf("answer %d to %d", registers.Words[0], round)
		}
	}
	return anser.Instructions() - begin, nil
}

func report(rounds, instructions, ticks uint64) {
	fmt.Printf("%d round trips, %d ns each", rounds, uint64(anser.Duration(ticks))/rounds)
	if anser.CountsInstructions() {
		fmt.Printf(", %d instructions each\n", instructions/rounds)
	} else {
		fmt.Println(" (instructions are counted under QEMU's -icount only)")
	}
}

func call(rounds uint64) error {
	server, err := anser.WaitFor(name, anser.After(patience))
	if err != nil {
		return fmt.Errorf("nobody has published "+name+" (%w); start `gopingpong serve &` first", err)
	}
	defer server.Close()
	// The first round brings both sides' pages in.
	if _, err := play(server, 1); err != nil {
		return err
	}
	begin := anser.Now()
	instructions, err := play(server, rounds)
	if err != nil {
		return err
	}
	report(rounds, instructions, anser.Now()-begin)
	return nil
}

func run(arguments []string) error {
	if len(arguments) == 1 && arguments[0] == "serve" {
		return serve()
	}
	rounds := uint64(roundsDefault)
	if len(arguments) > 0 {
		var err error
		rounds, err = strconv.ParseUint(arguments[0], 10, 64)
		if len(arguments) > 1 || err != nil || rounds == 0 {
			fmt.Fprintln(os.Stderr, "usage: gopingpong [ROUNDS] or gopingpong serve")
			os.Exit(2)
		}
	}
	return call(rounds)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gopingpong:", err)
		os.Exit(1)
	}
}
