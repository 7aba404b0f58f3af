// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"errors"
	"sync/atomic"
	"syscall"
	"time"

	"anser/anser"
)

// testSelf lets two goroutines send and receive in one select on one channel.
func testSelf(capacity int) error {
	const rounds = 300
	c := channel(capacity)
	defer c.Ends.Close()
	var sent, received, own atomic.Int64
	err := all(times(2, func(number int) error {
		for range rounds {
			mine, value := uint64(number+1), uint64(0)
			cases := []anser.Case{c.SendCase(&mine), c.ReceiveCase(&value)}
			index, err := anser.Select(anser.Never, cases)
			switch {
			case errors.Is(err, syscall.EPIPE), index == 1 && cases[1].In.Closed:
				return nil
			case err != nil:
				return err
			case index == 0:
				sent.Add(1)
			default:
				received.Add(1)
				if value == mine {
					own.Add(1)
				}
			}
		}
		_ = c.CloseChannel() // the other one may have nobody to meet any more; or was the first
		return nil
	})...)
	return errors.Join(err,
		wrong(received.Load() > sent.Load() || sent.Load() > received.Load()+int64(capacity)+1,
			"%d sent, %d received", sent.Load(), received.Load()),
		wrong(capacity == 0 && own.Load() > 0, "%d times somebody met himself", own.Load()))
}

// testStress runs everything at once; a case that has had its share becomes nil.
func testStress() error {
	const rounds = 60
	channels := make([]anser.Chan[uint64], 4)
	for i := range channels {
		channels[i] = channel([]int{0, 0, 2, 3}[i])
		defer channels[i].Ends.Close()
	}
	share := func(cases []anser.Case) error {
		left := []int{rounds, rounds, rounds, rounds}
		for range len(cases) * rounds {
			index, err := anser.Select(anser.Never, cases)
			if err != nil {
				return err
			}
			if left[index]--; left[index] == 0 {
				cases[index].Handle = 0
			}
		}
		return nil
	}
	functions := append(times(4, func(number int) error {
		var err error
		for range rounds {
			err = errors.Join(err, channels[number].Send(0))
		}
		return err
	}), times(4, func(number int) error {
		for range rounds {
			if _, ok, err := channels[number].Receive(); !ok || err != nil {
				return wrong(true, "%v, %v", ok, err)
			}
		}
		return nil
	})...)
	var values [4]uint64
	sends, receives := make([]anser.Case, 4), make([]anser.Case, 4)
	for i := range channels {
		sends[i], receives[i] = channels[i].SendCase(new(uint64)), channels[i].ReceiveCase(&values[i])
	}
	return all(append(functions, func() error { return share(sends) }, func() error { return share(receives) })...)
}

// testFairness takes from two that are always ready: 500 throws of a coin, 4.5 standard deviations.
func testFairness() error {
	const throws = 500
	a, b := channel(throws), channel(throws)
	defer a.Ends.Close()
	defer b.Ends.Close()
	var err error
	for range throws {
		err = errors.Join(err, a.Send(1), b.Send(1))
	}
	var value uint64
	var fired [2]int
	cases := []anser.Case{a.ReceiveCase(&value), b.ReceiveCase(&value)}
	for range throws {
		index, err := anser.Select(0, cases)
		if err != nil {
			return err
		}
		fired[index]++
	}
	return errors.Join(err, wrong(min(fired[0], fired[1]) < 200, "%v", fired))
}

// testRandomSend lets chance choose between two elements for one buffer.
func testRandomSend() error {
	const throws = 500
	c := channel(1)
	defer c.Ends.Close()
	var got [2]int
	err := all(func() error {
		zero, one := uint64(0), uint64(1)
		for range throws {
			if _, err := anser.Select(anser.Never, []anser.Case{c.SendCase(&zero), c.SendCase(&one)}); err != nil {
				return err
			}
		}
		return nil
	}, func() error {
		for range throws {
			value, _, err := c.Receive()
			if err != nil {
				return err
			}
			got[value&1]++
		}
		return nil
	})
	return errors.Join(err, wrong(min(got[0], got[1]) < throws/10, "%v", got))
}

// testDuplicate leaves a select by another case: nothing of it may take a later element.
func testDuplicate() error {
	c, d := channel(0), channel(0)
	defer c.Ends.Close()
	defer d.Ends.Close()
	var fired int
	var got uint64
	err := all(func() (err error) {
		var values [3]uint64
		fired, err = anser.Select(anser.Never,
			[]anser.Case{c.ReceiveCase(&values[0]), c.ReceiveCase(&values[1]), d.ReceiveCase(&values[2])})
		return err
	}, func() (err error) {
		time.Sleep(5 * time.Millisecond)
		got, _, err = c.Receive()
		return err
	}, func() error {
		time.Sleep(10 * time.Millisecond)
		err := d.Send(7)
		return errors.Join(err, c.SendUntil(anser.After(10*time.Second), 8))
	})
	return errors.Join(err, wrong(fired != 2 || got != 8, "case %d, then %d", fired, got))
}

// testDouble sends on any of four channels: no element may come twice.
func testDouble() error {
	const rounds = 300
	ways, collected := make([]anser.Chan[uint64], 4), make(chan uint64)
	for i := range ways {
		ways[i] = channel(0)
		defer ways[i].Ends.Close()
	}
	seen, counted := make(map[uint64]int), make(chan struct{})
	go func() {
		for value := range collected {
			seen[value]++
		}
		close(counted)
	}()
	err := all(append(times(len(ways), func(number int) (err error) {
		for value := range ways[number].All(&err) {
			collected <- value
		}
		return err
	}), func() error {
		for i := range uint64(rounds) {
			cases := make([]anser.Case, len(ways))
			for j := range ways {
				cases[j] = ways[j].SendCase(&i)
			}
			if _, err := anser.Select(anser.Never, cases); err != nil {
				return err
			}
		}
		var err error
		for _, way := range ways {
			err = errors.Join(err, way.CloseChannel())
		}
		return err
	})...)
	close(collected)
	<-counted
	for value, count := range seen {
		err = errors.Join(err, wrong(count != 1, "%d came %d times", value, count))
	}
	return errors.Join(err, wrong(len(seen) != rounds, "%d of %d came", len(seen), rounds))
}

// testNil sends on two channels by turns: the other one's case is nil.
func testNil() error {
	const rounds = 60
	a, b := channel(1), channel(1)
	defer a.Ends.Close()
	defer b.Ends.Close()
	return all(func() error {
		for i := range uint64(rounds) {
			cases := []anser.Case{a.SendCase(&i), b.SendCase(&i)}
			cases[1-i%2].Handle = 0
			if _, err := anser.Select(anser.Never, cases); err != nil {
				return err
			}
		}
		return nil
	}, func() error {
		for range rounds {
			var values [2]uint64
			index, err := anser.Select(anser.Never, []anser.Case{a.ReceiveCase(&values[0]), b.ReceiveCase(&values[1])})
			if err != nil || values[index]%2 != uint64(index) {
				return wrong(true, "%d came by case %d, %v", values[max(index, 0)], index, err)
			}
		}
		return nil
	})
}

// testMatrix tries sends and receives on nil, empty, full and closed channels, once and twice in a select.
func testMatrix() error {
	empty, full, closed := channel(1), channel(1), channel(1)
	_ = full.Send(1)
	_ = closed.CloseChannel()
	var value uint64
	var nothing anser.Chan[uint64]
	var all error
	for _, try := range []struct {
		what string
		one  anser.Case
		want error
	}{
		{"receive from nil", nothing.ReceiveCase(&value), syscall.ETIMEDOUT},
		{"send to nil", nothing.SendCase(&value), syscall.ETIMEDOUT},
		{"receive from empty", empty.ReceiveCase(&value), syscall.ETIMEDOUT},
		{"send to full", full.SendCase(&value), syscall.ETIMEDOUT},
		{"send to closed", closed.SendCase(&value), syscall.EPIPE},
		{"receive from closed", closed.ReceiveCase(&value), nil},
		{"receive from full", full.ReceiveCase(&value), nil},
		{"send to empty", empty.SendCase(&value), nil},
	} {
		for count := 1; count <= 2; count++ {
			cases := []anser.Case{try.one, try.one}[:count]
			_, err := anser.Select(anser.After(2*time.Millisecond), cases)
			all = errors.Join(all, wrong(!errors.Is(err, try.want), "%s, %d cases: %v", try.what, count, err))
			_ = full.SendUntil(0, 1) // as they were
			_, _, _ = empty.ReceiveUntil(0)
		}
	}
	for _, c := range []anser.Chan[uint64]{empty, full, closed} {
		c.Ends.Close()
	}
	return all
}

// testQueue takes a select out of the middle of a queue of receivers.
func testQueue() error {
	c, other := channel(0), channel(0)
	defer c.Ends.Close()
	defer other.Ends.Close()
	var sum atomic.Uint64
	receive := func() error {
		value, _, err := c.Receive()
		sum.Add(value)
		return err
	}
	return errors.Join(all(receive, func() error {
		var value uint64
		index, err := anser.Select(anser.Never, []anser.Case{c.ReceiveCase(&value), other.ReceiveCase(&value)})
		return errors.Join(err, wrong(index != 1, "case %d", index))
	}, receive, func() error {
		time.Sleep(10 * time.Millisecond)
		return errors.Join(other.Send(1), c.Send(10), c.Send(11))
	}), wrong(sum.Load() != 21, "sum %d", sum.Load()))
}
