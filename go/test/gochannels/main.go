// SPDX-License-Identifier: BSD-2-Clause

// Gochannels tests package anser on Anser: it prints TAP, and its exit status says the same.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"anser/abi"
	"anser/anser"
	"anser/internal/tap"
)

// wants is nil if err is the one that is wanted.
func wants(err, want error) error {
	if !errors.Is(err, want) {
		return fmt.Errorf("error is %v, not %v", err, want)
	}
	return nil
}

func wrong(condition bool, format string, values ...any) error {
	if condition {
		return fmt.Errorf(format, values...)
	}
	return nil
}

// channel makes one that must not fail.
func channel(elementSize, capacity int) anser.Channel {
	c, err := anser.MakeChannel(elementSize, capacity)
	mustNot(err)
	return c
}

// mustNot ends the program if what all tests stand on has failed.
func mustNot(err error) {
	if err != nil {
		fmt.Println("Bail out! no channel:", err)
		os.Exit(1)
	}
}

func testBuffer() error {
	c := channel(abi.ElementMax, 4)
	defer c.Close()
	for _, size := range []int{0, 1, 64, 65, abi.ElementMax} {
		sent := bytes.Repeat([]byte{0xa5}, size)
		if err := c.Send.Send(0, sent); err != nil {
			return err
		}
		in, err := c.Receive.Receive(0, make([]byte, abi.ElementMax))
		if err != nil || !bytes.Equal(in.Data, sent) || in.Call || in.Closed {
			return fmt.Errorf("%d bytes came as %d, %v", size, len(in.Data), err)
		}
	}
	return nil
}

func testErrors() error {
	c := channel(8, 1)
	defer c.Close()
	buffer := make([]byte, 8)
	_, empty := c.Receive.Receive(0, buffer)
	begin := time.Now()
	_, late := c.Receive.Receive(anser.After(20*time.Millisecond), buffer)
	waited := time.Since(begin)
	long := c.Send.Send(0, make([]byte, 9))
	_ = c.Send.Send(0, buffer)
	full := c.Send.Send(0, buffer)
	_, direction := c.Send.Receive(0, buffer)
	return errors.Join(wants(empty, syscall.EAGAIN), wants(late, syscall.ETIMEDOUT),
		wants(long, syscall.EMSGSIZE), wants(full, syscall.EAGAIN), wants(direction, syscall.EPERM),
		wants(anser.Handle(32).Signal(1), syscall.EBADF), wants(anser.Handle(0).Close(), nil),
		wrong(waited < 20*time.Millisecond, "the deadline was over after %v", waited))
}

func testClose() error {
	c := channel(8, 2)
	defer c.Close()
	_ = c.Send.Send(0, []byte("last"))
	if err := c.Send.CloseChannel(); err != nil {
		return err
	}
	first, err := c.Receive.Receive(anser.Never, make([]byte, 8))
	second, err2 := c.Receive.Receive(anser.Never, make([]byte, 8))
	return errors.Join(err, err2, wrong(string(first.Data) != "last" || first.Closed, "first %+v", first),
		wrong(!second.Closed, "second %+v", second), wants(c.Send.Send(0, nil), syscall.EPIPE))
}

// testHandles sends a handle through a channel, with a badge, and waits for the end of the sender.
func testHandles() error {
	c, inner := channel(64, 0), channel(64, 1)
	defer c.Close()
	badged, err := c.Receive.Mint(7)
	if err != nil {
		return err
	}
	go func() {
		_ = badged.Send(anser.Never, []byte("take"), inner.Send)
		_ = badged.Close()
	}()
	buffer := make([]byte, 64)
	in, err := c.Receive.Receive(anser.Never, buffer)
	if err != nil || len(in.Handles) != 1 || in.Badge != 7 {
		return fmt.Errorf("%+v, %v", in, err)
	}
	info, err := in.Handles[0].Info()
	if err != nil || info.Type != abi.TypeChannel || info.Rights&abi.RightSend == 0 {
		return fmt.Errorf("the handle that came: %+v, %v", info, err)
	}
	copied, err := in.Handles[0].Copy()
	if err != nil {
		return err
	}
	sent := copied.Send(0, []byte("through"))
	gone, err := c.Receive.Receive(anser.Never, buffer)
	return errors.Join(err, sent, wrong(!gone.Gone || gone.Badge != 7, "%+v instead of GONE", gone))
}

// testServer calls a server from many goroutines; it keeps each second request for another goroutine.
func testServer() error {
	const clients, rounds = 20, 50
	c := channel(abi.ElementMax, 0)
	server := anser.Server{Receive: c.Receive, ElementSize: abi.ElementMax,
		Handle: func(request *anser.Request) (anser.Reply, error) {
			data := bytes.Clone(request.Data)
			switch request.Type() % 3 {
			case 0:
				return anser.Reply{Status: 1, Data: data}, nil
			case 1:
				pending := request.Keep()
				go func() { _ = pending.Answer(2, data) }()
				return anser.Reply{}, nil
			}
			return anser.Reply{}, syscall.EDOM
		}}
	ended := make(chan error)
	go func() { ended <- server.Serve() }()
	results := make(chan error)
	for client := range clients {
		go func() { results <- askMany(c.Send, client, rounds) }()
	}
	var all error
	for range clients {
		all = errors.Join(all, <-results)
	}
	_ = c.Send.CloseChannel()
	return errors.Join(all, <-ended)
}

func askMany(server anser.Handle, client, rounds int) error {
	request, answer := make([]byte, 1000), make([]byte, abi.ElementMax)
	for round := range rounds {
		kind := round % 3
		request[0], request[8], request[999] = byte(kind), byte(client), byte(round)
		in, err := server.Call(anser.Never, request, answer)
		if err != nil {
			return err
		}
		status, err := anser.Status(in.Data)
		if kind == 2 && !errors.Is(err, syscall.EDOM) || kind != 2 && int(status) != kind+1 {
			return fmt.Errorf("status %d, %v to a request of type %d", status, err, kind)
		}
		if kind != 2 && !bytes.Equal(in.Data[8:], request) {
			return fmt.Errorf("client %d got another one's answer", client)
		}
	}
	return nil
}

// testRuntime waits in a channel with one processor: the other goroutine must run meanwhile.
func testRuntime() error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	c := channel(8, 0)
	defer c.Close()
	var count atomic.Int64
	go func() {
		for range 1000 {
			count.Add(1)
			runtime.Gosched()
		}
		_ = c.Send.Send(anser.Never, []byte("done"))
	}()
	in, err := c.Receive.Receive(anser.After(30*time.Second), make([]byte, 8))
	return errors.Join(err, wrong(string(in.Data) != "done" || count.Load() != 1000, "%+v", in))
}

// testGarbage makes calls whose buffers nothing but the call refers to, while the collector runs.
func testGarbage() error {
	c := channel(abi.ElementMax, 0)
	defer c.Close()
	go func() {
		for {
			in, err := c.Receive.Receive(anser.Never, make([]byte, abi.ElementMax))
			if err != nil || in.Closed {
				return
			}
			runtime.GC()
			_ = in.Reply.Answer(append([]byte(nil), in.Data...))
		}
	}()
	for round := range 50 {
		sent := bytes.Repeat([]byte{byte(round)}, 2000)
		in, err := c.Send.Call(anser.Never, bytes.Clone(sent), make([]byte, abi.ElementMax))
		if err != nil || !bytes.Equal(in.Data, sent) {
			return fmt.Errorf("round %d: %d bytes, %v", round, len(in.Data), err)
		}
	}
	return c.Send.CloseChannel()
}

// testRegisters answers calls in registers from a thread of its own.
func testRegisters() error {
	c := channel(abi.RegisterBytes, 0)
	defer c.Close()
	go func() {
		runtime.LockOSThread()
		buffer := make([]byte, abi.RegisterBytes)
		for {
			in, err := c.Receive.ReceiveHere(anser.Never, buffer)
			if err != nil || in.Closed {
				return
			}
			answer := anser.Registers{Info: 64}
			for i := range answer.Words {
				answer.Words[i] = uint64(in.Data[8*i]) + 1
			}
			_ = anser.Exchange(abi.CallReply, 0, &answer)
		}
	}()
	for round := range 1000 {
		registers := anser.Registers{Info: 64}
		for i := range registers.Words {
			registers.Words[i] = uint64((round + i) % 256)
		}
		asked := registers.Words
		err := anser.Exchange(abi.CallCall, c.Send, &registers)
		if errors.Is(err, syscall.EINTR) {
			continue // the runtime wanted the processor
		}
		for i, word := range registers.Words {
			if err != nil || word != asked[i]+1 {
				return fmt.Errorf("round %d, word %d: %d for %d, %v", round, i, word, asked[i], err)
			}
		}
	}
	return c.Send.CloseChannel()
}

func testSignal() error {
	s, err := anser.MakeSignal()
	if err != nil {
		return err
	}
	defer s.Close()
	_, empty := s.Receive.WaitSignal(0)
	err = errors.Join(s.Send.Signal(1), s.Send.Signal(4))
	word, waited := s.Receive.WaitSignal(anser.Never)
	go func() {
		time.Sleep(5 * time.Millisecond)
		_ = s.Send.Signal(8)
	}()
	later, err2 := s.Receive.WaitSignal(anser.Never)
	return errors.Join(err, err2, waited, wants(empty, syscall.EAGAIN),
		wrong(word != 5 || later != 8, "words %d, %d", word, later))
}

func testNames() error {
	const name = "test/gochannels"
	c := channel(8, 1)
	go func() {
		time.Sleep(5 * time.Millisecond)
		_ = anser.Publish(name, c.Send)
	}()
	found, err := anser.WaitFor(name, anser.After(10*time.Second))
	if err != nil {
		return err
	}
	err = found.Send(0, []byte("hello"))
	in, err2 := c.Receive.Receive(0, make([]byte, 8))
	list, err3 := anser.Names()
	listed := false
	for _, entry := range list {
		listed = listed || entry.Name == name && entry.Publisher == anser.ProcessID()
	}
	err4 := anser.Withdraw(name)
	_, missing := anser.Lookup(name)
	_, odd := anser.Lookup("NOT A NAME")
	return errors.Join(err, err2, err3, err4, wrong(string(in.Data) != "hello", "%+v", in),
		wrong(!listed, "%s of process %d is not in %v", name, anser.ProcessID(), list),
		wants(missing, syscall.ESRCH), wants(odd, syscall.EINVAL))
}

func main() {
	tap.Check("elements of all sizes through a buffer", testBuffer())
	tap.Check("errors of channels", testErrors())
	tap.Check("close", testClose())
	tap.Check("handles, badges, and the end of a sender", testHandles())
	tap.Check("a server with kept answers and many clients", testServer())
	tap.Check("others run while one waits", testRuntime())
	tap.Check("buffers outlive the collector", testGarbage())
	tap.Check("the register form", testRegisters())
	tap.Check("signals", testSignal())
	tap.Check("select: what is ready, default, deadline, nil", testSelectReady())
	tap.Check("select: who is to blame", testSelectBlame())
	tap.Check("select: two that meet, and a handle", testSelectWaits())
	tap.Check("select: calls and signals", testSelectCall())
	tap.Check("select: buffers outlive the collector", testSelectGarbage())
	tap.Check("typed channels", testTyped())
	tap.Check("timers: once, stop, reset", testTimerOnce())
	tap.Check("timers: a ticker, a slow receiver, in a select, closed", testTicker())
	tap.Check("names", testNames())
	tap.End()
}
