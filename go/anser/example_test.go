// SPDX-License-Identifier: BSD-2-Clause

//go:build riscv64

package anser_test

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"anser/anser"
)

// These run on Anser, where tests/test_go.py starts them.

// A channel of a fixed-size type, from one goroutine to another, as Go's own.
func ExampleMakeChan() {
	type reading struct{ sensor, value int32 }
	c, err := anser.MakeChan[reading](4)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Ends.Close()
	go func() {
		for i := range int32(3) {
			_ = c.Send(reading{i, 10 * i})
		}
		_ = c.CloseChannel()
	}()
	for r := range c.All(&err) {
		fmt.Println(r.sensor, r.value)
	}
	// Output:
	// 0 0
	// 1 10
	// 2 20
}

// Waiting for an element or for the time, whichever comes first.
func ExampleSelect() {
	c, err := anser.MakeChan[uint64](0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Ends.Close()
	ticker, err := anser.NewTicker(100 * time.Millisecond)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ticker.Close()
	var value uint64
	cases := []anser.Case{
		c.ReceiveCase(&value),
		anser.ReceiveCase(ticker.C, make([]byte, anser.TimerBuffer)),
	}
	switch index, err := anser.Select(anser.After(time.Second), cases); {
	case errors.Is(err, syscall.ETIMEDOUT):
		fmt.Println("a second is over")
	case err != nil:
		fmt.Println("case", index, "failed:", err)
	case index == 0:
		fmt.Println("received", value)
	default:
		fmt.Println("ticked:", anser.Expiries(&cases[1].In) > 0)
	}
	// Output: ticked: true
}

// A deadline of 0 is select's default clause.
func ExampleSelect_default() {
	var none anser.Chan[uint64] // as a nil channel: never ready
	var value uint64
	if _, err := anser.Select(0, []anser.Case{none.ReceiveCase(&value)}); errors.Is(err, syscall.EAGAIN) {
		fmt.Println("nothing is ready")
	}
	// Output: nothing is ready
}
