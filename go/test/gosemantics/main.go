// SPDX-License-Identifier: BSD-2-Clause

// Gosemantics asks of Anser's channels, through package anser, what the tests of Go's runtime and
// compiler ask of Go's own. It prints TAP, and its exit status says the same.
package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"anser/anser"
	"anser/internal/tap"
)

func wrong(condition bool, format string, values ...any) error {
	if condition {
		return fmt.Errorf(format, values...)
	}
	return nil
}

// channel makes one that must not fail.
func channel(capacity int) anser.Chan[uint64] {
	c, err := anser.MakeChan[uint64](capacity)
	if err != nil {
		fmt.Println("Bail out! no channel:", err)
		os.Exit(1)
	}
	return c
}

// failures collects what goes wrong in goroutines.
type failures struct {
	lock sync.Mutex
	err  error
}

func (f *failures) add(err error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.err = errors.Join(f.err, err)
}

// all runs functions as goroutines and waits for them.
func all(functions ...func() error) error {
	var wait sync.WaitGroup
	var failed failures
	for _, function := range functions {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if err := function(); err != nil {
				failed.add(err)
			}
		}()
	}
	wait.Wait()
	return failed.err
}

// times is so many copies of a function.
func times(count int, function func(number int) error) []func() error {
	list := make([]func() error, count)
	for i := range list {
		list[i] = func() error { return function(i) }
	}
	return list
}

func notReady(err error) bool {
	return errors.Is(err, syscall.EAGAIN)
}

func main() {
	for capacity := range 3 {
		tap.Check(fmt.Sprintf("cap %d: each element once, and in order", capacity), testOrder(capacity))
		tap.Check(fmt.Sprintf("cap %d: blocking, not blocking, closing", capacity), testBlocking(capacity))
	}
	tap.Check("receive without waiting and close", testReceiveRace())
	tap.Check("select with default, one is always ready: sent", testSelectRace(false))
	tap.Check("select with default, one is always ready: closed", testSelectRace(true))
	tap.Check("cap 0: selects that send and receive", testSelf(0))
	tap.Check("cap 10: selects that send and receive", testSelf(10))
	tap.Check("senders, receivers, selects on four channels", testStress())
	tap.Check("fairness of what is always ready", testFairness())
	tap.Check("random sends", testRandomSend())
	tap.Check("many workers", testConsumers())
	tap.Check("one channel twice in a select", testDuplicate())
	tap.Check("doubleselect", testDouble())
	tap.Check("select: nil switches a case off", testNil())
	tap.Check("select3: what blocks", testMatrix())
	tap.Check("select6: places in the middle of a queue", testQueue())
	tap.Check("fifo: a chain", testChain())
	tap.Check("goroutines: a daisy chain", testDaisies())
	tap.Check("sieve", testSieve())
	tap.Check("powser: series on demand", testSeries())
	tap.Check("zerosize", testZeroSize())
	tap.End()
}
