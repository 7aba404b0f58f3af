// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"errors"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"anser/anser"
)

// testOrder sends from several goroutines to several: each element comes once, each sender's in order.
func testOrder(capacity int) error {
	const senders, receivers, elements = 4, 4, 100
	c := channel(capacity)
	defer c.Ends.Close()
	var count, sum atomic.Uint64
	var left atomic.Int64
	left.Store(senders)
	send := times(senders, func(number int) error {
		for i := range uint64(elements) {
			if err := c.Send(uint64(number)<<32 | i); err != nil {
				return err
			}
		}
		if left.Add(-1) == 0 {
			return c.CloseChannel()
		}
		return nil
	})
	receive := times(receivers, func(int) (err error) {
		var next [senders]uint64
		for word := range c.All(&err) {
			sender, element := word>>32, word&0xffffffff
			if element < next[sender] {
				return wrong(true, "element %d of sender %d after %d", element, sender, next[sender]-1)
			}
			next[sender] = element + 1
			count.Add(1)
			sum.Add(element)
		}
		return err
	})
	err := all(append(send, receive...)...)
	want := uint64(senders * elements * (elements - 1) / 2)
	return errors.Join(err, wrong(count.Load() != senders*elements || sum.Load() != want,
		"%d elements, sum %d", count.Load(), sum.Load()))
}

// testBlocking looks at an empty, a full and a closed channel.
func testBlocking(capacity int) error {
	c := channel(capacity)
	defer c.Ends.Close()
	_, _, empty := c.ReceiveUntil(0)
	for i := range capacity {
		if err := c.SendUntil(0, uint64(i)); err != nil {
			return err
		}
	}
	full := c.SendUntil(0, 99)
	_, late := anser.Select(anser.After(2*time.Millisecond), []anser.Case{c.SendCase(new(uint64))})
	length, err := c.Len()
	err2 := c.CloseChannel()
	for i := range uint64(capacity) {
		if value, ok, err := c.Receive(); value != i || !ok || err != nil {
			return wrong(true, "element %d is %d, %v, %v", i, value, ok, err)
		}
	}
	_, ok, err3 := c.Receive()
	return errors.Join(err, err2, err3, wrong(!notReady(empty) || !notReady(full), "%v, %v", empty, full),
		wrong(!errors.Is(late, syscall.ETIMEDOUT), "select of a send: %v", late),
		wrong(length != capacity || ok, "len %d, %v", length, ok),
		wrong(!errors.Is(c.Send(1), syscall.EPIPE), "send on a closed channel"))
}

const races = 200

// testReceiveRace closes a channel with an element in it, while another goroutine looks once.
func testReceiveRace() error {
	for range races {
		c := channel(1)
		err := c.Send(1)
		var mine, other bool
		err = errors.Join(err, all(func() (err error) {
			_, other, err = c.ReceiveUntil(0)
			return err
		}, func() error {
			err := c.CloseChannel()
			_, ok, err2 := c.Receive()
			mine = ok
			return errors.Join(err, err2)
		}))
		if c.Ends.Close(); err != nil || mine == other {
			return errors.Join(err, wrong(true, "received here %v, there %v", mine, other))
		}
	}
	return nil
}

// testSelectRace has one of two channels ready at any moment: default must not be taken.
func testSelectRace(closed bool) error {
	for range races {
		a, b := channel(1), channel(1)
		err := a.Send(1)
		err = errors.Join(err, all(func() error {
			var value uint64
			_, err := anser.Select(0, []anser.Case{a.ReceiveCase(&value), b.ReceiveCase(&value)})
			return err
		}, func() error {
			var err error
			if closed {
				err = b.CloseChannel()
			} else {
				err = b.Send(1)
			}
			if _, _, empty := a.ReceiveUntil(0); empty != nil && !notReady(empty) {
				return empty
			}
			return err
		}))
		a.Ends.Close()
		if b.Ends.Close(); err != nil {
			return err
		}
	}
	return nil
}

// testConsumers gives work to many and adds up what they bring.
func testConsumers() error {
	const workers, pieces = 12, 1000
	primes := []uint64{2, 3, 7, 11, 13, 17, 19, 23}
	work, results := channel(5), channel(7)
	defer work.Ends.Close()
	defer results.Ends.Close()
	var left atomic.Int64
	left.Store(workers)
	functions := times(workers, func(number int) (err error) {
		for piece := range work.All(&err) {
			if piece%4 == uint64(number)%4 {
				runtime.Gosched()
			}
			if err := results.Send(piece); err != nil {
				return err
			}
		}
		if left.Add(-1) == 0 {
			return errors.Join(err, results.CloseChannel())
		}
		return err
	})
	var sum, want uint64
	for i := range pieces {
		want += primes[i%len(primes)]
	}
	err := all(append(functions, func() error {
		for i := range pieces {
			if err := work.Send(primes[i%len(primes)]); err != nil {
				return err
			}
		}
		return work.CloseChannel()
	}, func() (err error) {
		for value := range results.All(&err) {
			sum += value
		}
		return err
	})...)
	return errors.Join(err, wrong(sum != want, "sum %d, not %d", sum, want))
}

// testZeroSize counts elements of no bytes.
func testZeroSize() error {
	c, err := anser.MakeChan[struct{}](3)
	if err != nil {
		return err
	}
	defer c.Ends.Close()
	for range 3 {
		err = errors.Join(err, c.SendUntil(0, struct{}{}))
	}
	length, err2 := c.Len()
	err = errors.Join(err, err2, c.CloseChannel())
	count := 0
	for range c.All(&err) {
		count++
	}
	return errors.Join(err, wrong(length != 3 || count != 3, "len %d, %d received", length, count))
}
