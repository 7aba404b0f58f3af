// SPDX-License-Identifier: BSD-2-Clause

package ring

import (
	"encoding/binary"
	"errors"
	"sync/atomic"
	"syscall"
	"testing"
)

func pair(size uint32) (*Ring, *Ring) {
	memory := make([]byte, Bytes(size, 8)+8)
	return Putter(memory, size, 8), Taker(memory, size, 8)
}

func TestPutAndTake(t *testing.T) {
	putter, taker := pair(4)
	next := uint64(0)
	for value := uint64(0); value < 1000; value++ {
		room, err := putter.Ready()
		if err != nil || room == 0 {
			t.Fatalf("value %d: room %d, %v", value, room, err)
		}
		binary.LittleEndian.PutUint64(putter.Entry(0), value)
		putter.Advance(1)
		if value%3 != 0 {
			continue
		}
		ready, err := taker.Ready()
		if err != nil {
			t.Fatal(err)
		}
		for i := uint32(0); i < ready; i++ {
			if got := binary.LittleEndian.Uint64(taker.Entry(i)); got != next {
				t.Fatalf("%d instead of %d", got, next)
			}
			next++
		}
		taker.Advance(ready)
	}
}

func TestSleep(t *testing.T) {
	putter, taker := pair(4)
	if !taker.Sleep(1) {
		t.Error("nothing is there, but it must not sleep")
	}
	if !putter.Advance(1) {
		t.Error("who sleeps is not told")
	}
	if putter.Advance(1) {
		t.Error("who was told is told again")
	}
	if taker.Sleep(2) || taker.Sleep(1) {
		t.Error("it sleeps beside two entries")
	}
	if !taker.Sleep(3) {
		t.Error("two are not three")
	}
}

func TestImpossibleCounts(t *testing.T) {
	for _, count := range []uint32{5, 1 << 31, ^uint32(0)} {
		_, taker := pair(4)
		atomic.StoreUint32(&taker.shared.Put, count)
		if _, err := taker.Ready(); !errors.Is(err, syscall.EPROTO) {
			t.Errorf("%d entries in a ring of 4: %v", count, err)
		}
	}
	for _, count := range []uint32{1, 1 << 31, ^uint32(4)} {
		putter, _ := pair(4)
		atomic.StoreUint32(&putter.shared.Taken, count)
		if _, err := putter.Ready(); !errors.Is(err, syscall.EPROTO) {
			t.Errorf("%d taken of none: %v", int32(count), err)
		}
	}
}
