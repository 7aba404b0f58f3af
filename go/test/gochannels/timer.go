// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"errors"
	"syscall"
	"time"

	"anser/anser"
)

// testTimerOnce waits for a timer, stops one, sets one anew.
func testTimerOnce() error {
	deadline := anser.After(10 * time.Millisecond)
	t, err := anser.NewTimer(deadline)
	if err != nil {
		return err
	}
	count, err := t.Wait(anser.Never)
	early := anser.Now() < deadline
	_, again := t.Wait(0)
	err = errors.Join(err, wants(again, syscall.EAGAIN), wrong(count != 1 || early, "%d expiries, %v", count, early))
	idle, err2 := t.Stop()
	idleReset, err3 := t.Reset(anser.After(time.Hour))
	stopped, err4 := t.Stop()
	err = errors.Join(err, err2, err3, err4, wrong(idle || idleReset || !stopped, "%v %v %v", idle, idleReset, stopped))
	_, err5 := t.Reset(0)
	time.Sleep(5 * time.Millisecond) // it has expired, and nobody has received that
	unread, err6 := t.Stop()
	_, stale := t.Wait(0)
	err = errors.Join(err, err5, err6, wants(stale, syscall.EAGAIN), wrong(!unread, "an unread expiry was not stopped"))
	return errors.Join(err, t.Close())
}

// testTicker receives ticks, sleeps over some, and selects one beside another channel.
func testTicker() error {
	begin := anser.Now()
	t, err := anser.NewTicker(2 * time.Millisecond)
	if err != nil {
		return err
	}
	var total uint64
	for round := range 5 {
		if round == 2 {
			time.Sleep(20 * time.Millisecond)
		}
		count, err := t.Wait(anser.Never)
		if err != nil {
			return err
		}
		total += count
	}
	passed := anser.Duration(anser.Now() - begin)
	err = wrong(total < 5 || total > uint64(passed/(2*time.Millisecond))+1, "%d ticks in %v", total, passed)
	other := makeChan(0)
	defer other.Ends.Close()
	var value uint64
	cases := []anser.Case{other.ReceiveCase(&value), anser.ReceiveCase(t.C, make([]byte, anser.TimerBuffer))}
	index, err2 := anser.Select(anser.Never, cases)
	err = errors.Join(err, err2, wrong(index != 1 || anser.Expiries(&cases[1].In) == 0, "case %d: %+v", index, cases[1].In))
	_, short := anser.NewTicker(time.Nanosecond)
	err = errors.Join(err, wants(short, syscall.EINVAL))
	copied, err3 := t.C.Copy()
	err = errors.Join(err, err3, t.Close())
	in, err4 := copied.Receive(anser.Never, make([]byte, anser.TimerBuffer))
	if err4 == nil && in.Event { // the last tick may have come before Close
		in, err4 = copied.Receive(anser.Never, make([]byte, anser.TimerBuffer))
	}
	return errors.Join(err, err4, copied.Close(), wrong(!in.Closed, "after Close: %+v", in))
}
