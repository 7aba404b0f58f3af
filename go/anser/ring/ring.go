// SPDX-License-Identifier: BSD-2-Clause

// Package ring is one side of a ring in shared pages (include/anser/ring.h), as lib/ring.h is in C. The
// other side is not trusted: its count is believed only as far as it can be. One goroutine at a time.
package ring

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"anser/abi"
)

// Ring is one side's view.
type Ring struct {
	shared    *abi.RingShared
	entries   []byte
	size      uint32
	entrySize uint32
	mine      uint32 // the own count
	puts      bool
}

// SharedBytes is what stands before the entries.
const SharedBytes = uint64(unsafe.Sizeof(abi.RingShared{}))

// Bytes is what a ring takes.
func Bytes(size, entrySize uint32) uint64 {
	return SharedBytes + uint64(size)*uint64(entrySize)
}

// Putter begins the side that puts in, in fresh memory of at least Bytes; size is a power of two.
func Putter(memory []byte, size, entrySize uint32) *Ring {
	ring := begin(memory, size, entrySize)
	ring.puts = true
	atomic.StoreUint32(&ring.shared.PutterWaits, 0)
	atomic.StoreUint32(&ring.shared.Put, 0)
	return ring
}

// Taker begins the side that takes out.
func Taker(memory []byte, size, entrySize uint32) *Ring {
	ring := begin(memory, size, entrySize)
	atomic.StoreUint32(&ring.shared.TakerWaits, 0)
	atomic.StoreUint32(&ring.shared.Taken, 0)
	return ring
}

func begin(memory []byte, size, entrySize uint32) *Ring {
	memory = memory[:Bytes(size, entrySize)]
	return &Ring{shared: (*abi.RingShared)(unsafe.Pointer(&memory[0])), entries: memory[SharedBytes:],
		size: size, entrySize: entrySize}
}

// Ready is how many entries may be put in, or taken out, now. EPROTO: the other side's count is
// impossible.
func (r *Ring) Ready() (uint32, error) {
	theirs := &r.shared.Put
	if r.puts {
		theirs = &r.shared.Taken
	}
	filled := atomic.LoadUint32(theirs) - r.mine
	if r.puts {
		filled = -filled
	}
	if filled > r.size {
		return 0, syscall.EPROTO
	}
	if r.puts {
		return r.size - filled, nil
	}
	return filled, nil
}

// Entry is the i-th of those, i < Ready. The other side can go on writing to it: copy first, judge then.
func (r *Ring) Entry(i uint32) []byte {
	at := uint64((r.mine+i)&(r.size-1)) * uint64(r.entrySize)
	return r.entries[at : at+uint64(r.entrySize)]
}

// Advance hands the first n of them over. True: the other side sleeps, and must be told now.
func (r *Ring) Advance(n uint32) bool {
	count, waits := &r.shared.Taken, &r.shared.PutterWaits
	if r.puts {
		count, waits = &r.shared.Put, &r.shared.TakerWaits
	}
	r.mine += n
	atomic.StoreUint32(count, r.mine) // and a full fence, as all of this package
	if atomic.LoadUint32(waits) == 0 {
		return false
	}
	atomic.StoreUint32(waits, 0)
	return true
}

func (r *Ring) waits() *uint32 {
	if r.puts {
		return &r.shared.PutterWaits
	}
	return &r.shared.TakerWaits
}

// Sleep says that this side will sleep until there are `least` entries. False: there are, or the ring is
// broken; do not sleep.
func (r *Ring) Sleep(least uint32) bool {
	// An exchange, for a plain store might be seen after the load that follows.
	atomic.SwapUint32(r.waits(), 1)
	ready, err := r.Ready()
	if err == nil && ready < least {
		return true
	}
	r.Awake()
	return false
}

// Awake says that this side need not be told any more.
func (r *Ring) Awake() {
	atomic.StoreUint32(r.waits(), 0)
}
