// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"syscall"
	"time"

	"anser/abi"
	"anser/anser"
)

func init() {
	register("select", "sender", sender)
	register("select", "selector", selector)
}

// sender sends until the selector has had enough.
func sender(w *work) error {
	for i := uint64(0); ; i++ {
		if err := w.send(w.handles[0], i); errors.Is(err, syscall.EPIPE) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// lower gives this thread a priority below that of the senders: whenever one can send it does, so that
// all cases are ready at each choice, also on one hart.
func lower() error {
	number := abi.CallThreadPriority
	runtime.LockOSThread()
	if _, _, errno := syscall.RawSyscall(uintptr(number), 0, 4, 0); errno != 0 {
		return errno
	}
	return nil
}

// waitForSenders waits until all buffers are full; senders that wait to meet a receiver cannot be seen.
func (w *work) waitForSenders() error {
	for _, handle := range w.handles {
		for {
			length, capacity, err := handle.Len()
			if err != nil {
				return err
			}
			if length == capacity {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// selector counts how often select takes each of the ready cases.
func selector(w *work) error {
	if err := errors.Join(lower(), w.waitForSenders()); err != nil {
		return err
	}
	cases, taken := make([]anser.Case, len(w.handles)), make([]uint64, len(w.handles))
	for i, handle := range w.handles {
		cases[i] = anser.ReceiveCase(handle, make([]byte, w.size))
	}
	rounds := w.value("rounds")
	w.begin()
	for range rounds {
		i, err := anser.Select(anser.Never, cases)
		if err != nil {
			return err
		}
		in := cases[i].In
		if in.Closed || w.size >= 8 && binary.LittleEndian.Uint64(in.Data) != taken[i] {
			return fmt.Errorf("case %d: not element %d: %w", i, taken[i], syscall.EIO)
		}
		taken[i]++
	}
	w.end(rounds)
	w.reportFairness(taken)
	for _, handle := range w.handles {
		_ = handle.Close()
	}
	return nil
}

func (w *work) reportFairness(taken []uint64) {
	expected := float64(w.value("rounds")) / float64(len(taken))
	most, least, chiSquare := uint64(0), uint64(math.MaxUint64), 0.0
	for _, count := range taken {
		chiSquare += (float64(count) - expected) * (float64(count) - expected) / expected
		most, least = max(most, count), min(least, count)
	}
	w.report("most", most)
	w.report("least", least)
	w.report("chi_square", uint64(chiSquare*1000))
	if len(taken) > 1 {
		w.report("bound", uint64(bound(float64(len(taken)-1))*1000))
	}
}

// bound is what chi-square exceeds in one of ten thousand fair runs, by Wilson and Hilferty.
func bound(degrees float64) float64 {
	const quantile = 3.719 // of the normal distribution, 0.9999
	return degrees * math.Pow(1-2/(9*degrees)+quantile*math.Sqrt(2/(9*degrees)), 3)
}
