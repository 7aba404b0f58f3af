// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"time"

	"anser/abi"
	"anser/anser"
)

// makeChan makes a channel that must not fail.
func makeChan(capacity int) anser.Chan[uint64] {
	c, err := anser.MakeChan[uint64](capacity)
	mustNot(err)
	return c
}

// testSelectReady looks at what is ready, without waiting and with a deadline.
func testSelectReady() error {
	a, b := makeChan(1), makeChan(1)
	defer a.Ends.Close()
	defer b.Ends.Close()
	var got uint64
	sent := uint64(7)
	cases := []anser.Case{a.ReceiveCase(&got), b.SendCase(&sent), {}, anser.SendCase(0, nil)}
	index, err := anser.Select(0, cases)
	value, ok, err2 := b.ReceiveUntil(0)
	err = errors.Join(err, err2, wrong(index != 1 || value != 7 || !ok, "case %d, %d, %v", index, value, ok))
	full := b.SendUntil(0, 1)
	index, empty := anser.Select(0, cases)
	err = errors.Join(err, full, wants(empty, syscall.EAGAIN), wrong(index != -1, "EAGAIN of case %d", index))
	begin := time.Now()
	index, late := anser.Select(anser.After(20*time.Millisecond), cases)
	waited := time.Since(begin)
	err = errors.Join(err, wants(late, syscall.ETIMEDOUT),
		wrong(index != -1 || waited < 20*time.Millisecond, "case %d after %v", index, waited))
	_ = a.SendUntil(0, 9)
	index, err3 := anser.Select(anser.Never, cases)
	in := cases[0].In
	return errors.Join(err, err3, wrong(index != 0 || got != 9 || len(in.Data) != 8 || in.Closed,
		"case %d: %d, %+v", index, got, in))
}

// testSelectBlame finds the case that is at fault, also if that comes out only while it waits.
func testSelectBlame() error {
	a, b, c := makeChan(0), makeChan(0), makeChan(0)
	var got, sent uint64
	cases := []anser.Case{a.ReceiveCase(&got), b.SendCase(&sent), c.ReceiveCase(&got)}
	go func() {
		time.Sleep(5 * time.Millisecond)
		_ = b.CloseChannel()
	}()
	index, closed := anser.Select(anser.Never, cases)
	err := errors.Join(wants(closed, syscall.EPIPE), wrong(index != 1, "EPIPE of case %d", index))
	cases[1].Handle = 0
	go func() {
		time.Sleep(5 * time.Millisecond)
		_ = c.Ends.Receive.Close()
	}()
	index, gone := anser.Select(anser.Never, cases)
	err = errors.Join(err, wants(gone, syscall.EBADF), wrong(index != 2, "EBADF of case %d", index))
	cases[2] = anser.SendCase(a.Ends.Send, make([]byte, 9))
	index, long := anser.Select(anser.Never, cases)
	err = errors.Join(err, wants(long, syscall.EMSGSIZE), wrong(index != 2, "EMSGSIZE of case %d", index))
	for _, c := range []anser.Chan[uint64]{a, b, c} {
		c.Ends.Close()
	}
	_, many := anser.Select(0, make([]anser.Case, abi.SelectMax+1))
	return errors.Join(err, wants(many, syscall.EINVAL))
}

// testSelectWaits lets selecting goroutines meet each other, with a handle that moves once.
func testSelectWaits() error {
	a, b, inner := makeChan(0), makeChan(0), makeChan(1)
	defer a.Ends.Close()
	defer b.Ends.Close()
	results := make(chan error, 1)
	go func() {
		one, two := uint64(1), uint64(2)
		_, err := anser.Select(anser.Never, []anser.Case{a.SendCase(&one),
			anser.SendCase(b.Ends.Send, anser.Bytes(&two), inner.Ends.Send)})
		results <- err
	}()
	var got uint64
	cases := []anser.Case{b.ReceiveCase(&got)}
	index, err := anser.Select(anser.Never, cases)
	in := &cases[0].In
	err = errors.Join(err, <-results, wrong(index != 0 || got != 2 || len(in.Handles) != 1, "%d: %+v", got, in))
	if err != nil {
		return err
	}
	sent := in.Handles[0].Send(0, anser.Bytes(&got))
	in.Close()
	value, ok, err := inner.ReceiveUntil(0)
	_, more, err2 := inner.ReceiveUntil(0)
	return errors.Join(sent, err, err2, inner.Ends.Receive.Close(),
		wrong(value != 2 || !ok || more, "%d, %v, then %v", value, ok, more))
}

// testSelectCall receives a call and a signal in a select, and answers the call elsewhere.
func testSelectCall() error {
	c, s := channel(8, 0), mustSignal()
	defer c.Close()
	defer s.Close()
	answers := make(chan error, 1)
	go func() {
		buffer := make([]byte, 8)
		in, err := c.Send.Call(anser.Never, []byte("question"), buffer)
		answers <- errors.Join(err, wrong(string(in.Data) != "answer", "%+v", in))
	}()
	cases := []anser.Case{anser.ReceiveCase(s.Receive, nil), anser.ReceiveCase(c.Receive, make([]byte, 8))}
	index, err := anser.Select(anser.Never, cases)
	in := cases[1].In
	if err != nil || index != 1 || !in.Call || string(in.Data) != "question" {
		return fmt.Errorf("case %d, %+v, %w", index, in, err)
	}
	go func() { _ = s.Send.Signal(6) }()
	index, err = anser.Select(anser.Never, cases)
	err = errors.Join(err, wrong(index != 0 || cases[0].In.Badge != 6, "signal: case %d, %+v", index, cases[0].In))
	return errors.Join(err, in.Reply.Answer([]byte("answer")), <-answers)
}

// testSelectGarbage selects with buffers that nothing else refers to, while the collector runs.
func testSelectGarbage() error {
	c := channel(abi.ElementMax, 0)
	defer c.Close()
	go func() {
		for round := range 40 {
			sent := bytes.Repeat([]byte{byte(round)}, 3000)
			_, _ = anser.Select(anser.Never, []anser.Case{anser.SendCase(c.Send, sent), {}})
		}
	}()
	for round := range 40 {
		cases := []anser.Case{{}, anser.ReceiveCase(c.Receive, make([]byte, abi.ElementMax))}
		if round%4 == 0 {
			go runtime.GC()
		}
		_, err := anser.Select(anser.Never, cases)
		if data := cases[1].In.Data; err != nil || !bytes.Equal(data, bytes.Repeat([]byte{byte(round)}, 3000)) {
			return fmt.Errorf("round %d: %d bytes, %w", round, len(data), err)
		}
	}
	return nil
}

func mustSignal() anser.Channel {
	s, err := anser.MakeSignal()
	mustNot(err)
	return s
}

// testTyped sends structs, until the channel is closed.
func testTyped() error {
	type point struct {
		x, y int64
		name [4]byte
	}
	c, err := anser.MakeChan[point](2)
	if err != nil {
		return err
	}
	defer c.Ends.Close()
	go func() {
		for i := range int64(10) {
			_ = c.Send(point{i, -i, [4]byte{byte(i)}})
		}
		_ = c.CloseChannel()
	}()
	var sum point
	for p := range c.All(&err) {
		sum.x, sum.y, sum.name[0] = sum.x+p.x, sum.y+p.y, sum.name[0]+p.name[0]
	}
	capacity, err2 := c.Cap()
	length, err3 := c.Len()
	return errors.Join(err, err2, err3, wants(c.CloseChannel(), syscall.EPIPE), wants(c.Send(point{}), syscall.EPIPE),
		wrong(sum.x != 45 || sum.y != -45 || sum.name[0] != 45, "sums %+v", sum),
		wrong(capacity != 2 || length != 0, "len %d, cap %d", length, capacity))
}
