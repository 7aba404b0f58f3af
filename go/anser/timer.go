// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"encoding/binary"
	"errors"
	"syscall"
	"time"

	"anser/abi"
)

// TimerBuffer is the room that a Case needs for a timer's channel.
const TimerBuffer = 16

// Timer is a channel on which the kernel tells that a time has come, once or periodically. C can stand
// in a Select (ReceiveCase with TimerBuffer bytes; Expiries reads what came), or be sent to another
// process. What nobody has received yet is counted, not queued: a slow receiver gets one message.
type Timer struct {
	C     Handle // to receive from; the owner's, as Close closes it
	timer Handle
}

// NewTimer makes a timer that expires once, at the deadline. Never: not before Reset. 0: at once.
func NewTimer(deadline uint64) (*Timer, error) {
	return makeTimer(deadline, 0)
}

// NewTicker makes a timer that expires every period, the first time a period from now. EINVAL: the
// period is shorter than a tick of the clock.
func NewTicker(period time.Duration) (*Timer, error) {
	t, err := makeTimer(Never, 0)
	if err != nil {
		return nil, err
	}
	if err := t.ResetPeriodic(period); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func makeTimer(deadline, period uint64) (*Timer, error) {
	ends, err := MakeChannel(TimerBuffer, 0)
	if err != nil {
		return nil, err
	}
	defer ends.Send.Close() // the timer is the channel's send end from now on
	handle, _, err := native(abi.CallTimerCreate, uintptr(ends.Send))
	if err != nil {
		_ = ends.Receive.Close()
		return nil, err
	}
	t := &Timer{C: ends.Receive, timer: Handle(handle)}
	if _, err := t.set(deadline, period); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// set replaces the setting; the result is whether the timer was running.
func (t *Timer) set(deadline, period uint64) (bool, error) {
	if deadline == Never {
		deadline = 0
	} else {
		deadline = max(deadline, 1) // 0 would stop it
	}
	running, _, err := native(abi.CallTimerSet, uintptr(t.timer), uintptr(deadline), uintptr(period))
	return running > 0, err
}

// Stop ends the timer. As in Go, nothing that it told before is received afterwards; the result is
// true if that, or an expiry still to come, was prevented.
func (t *Timer) Stop() (bool, error) {
	return t.restart(Never, 0)
}

// Reset stops the timer and makes it expire once, at the deadline. The result is as that of Stop.
func (t *Timer) Reset(deadline uint64) (bool, error) {
	return t.restart(deadline, 0)
}

// ResetPeriodic stops the timer and makes it expire every period from now on.
func (t *Timer) ResetPeriodic(period time.Duration) error {
	now, ticks := Now(), scale(uint64(max(period, 0)), Hertz(), uint64(time.Second))
	if ticks == 0 || ticks > Never-1-now {
		return syscall.EINVAL
	}
	_, err := t.restart(now+ticks, ticks)
	return err
}

func (t *Timer) restart(deadline, period uint64) (bool, error) {
	running, err := t.set(Never, 0)
	if err != nil {
		return false, err
	}
	count, err := t.Wait(0) // what was told and not received
	if err != nil && !errors.Is(err, syscall.EAGAIN) {
		return false, err
	}
	if deadline != Never {
		_, err = t.set(deadline, period)
	} else {
		err = nil
	}
	return running || count > 0, err
}

// Wait waits for an expiry until the deadline; the result is how many there were since the last one
// was received. EPIPE: the timer was closed.
func (t *Timer) Wait(deadline uint64) (uint64, error) {
	in, err := t.C.Receive(deadline, make([]byte, TimerBuffer))
	if err != nil {
		return 0, err
	}
	if in.Closed {
		return 0, syscall.EPIPE
	}
	return Expiries(&in), nil
}

// Expiries is the count in a message of a timer; 0 if it is none.
func Expiries(in *In) uint64 {
	if !in.Event || len(in.Data) < TimerBuffer || binary.LittleEndian.Uint64(in.Data) != abi.EventTimer {
		return 0
	}
	return binary.LittleEndian.Uint64(in.Data[8:])
}

// Close gives the timer and its channel up. A copy of C elsewhere receives In.Closed.
func (t *Timer) Close() error {
	return errors.Join(t.timer.Close(), t.C.Close())
}
