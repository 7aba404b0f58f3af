// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"fmt"
	"math"
	"syscall"
)

func init() {
	register("pipeline", "source", func(w *work) error { return w.source(w.value("rounds") + 1) })
	register("pipeline", "stage", func(w *work) error { return w.forward(w.handles[0], w.handles[1], 0) })
	register("pipeline", "sink", sink)
	register("fanin", "source", fanInSource)
	register("fanin", "sink", sink)
	register("fanout", "source", fanOutSource)
	register("fanout", "sink", fanOutSink)
}

// source sends so many elements, numbered in the lower half of their word; the upper half is the worker.
func (w *work) source(count uint64) error {
	for i := range count {
		if err := w.send(w.handles[0], w.index<<32|i); err != nil {
			return err
		}
	}
	return nil
}

// fanInSource: the sources, whose indices begin with 1, share the rounds; the first one sends one more,
// which begins the measurement.
func fanInSource(w *work) error {
	rounds, sources := w.value("rounds")+1, w.value("processes")-1
	count := rounds / sources
	if w.index-1 < rounds%sources {
		count++
	}
	return w.source(count)
}

// fanOutSource measures: it alone knows when the first element went.
func fanOutSource(w *work) error {
	rounds := w.value("rounds")
	w.begin()
	err := w.source(rounds)
	w.end(rounds)
	return err
}

// sink measures from the first element to the last, and looks whether each source's come in order.
func sink(w *work) error {
	next := make(map[uint64]uint64)
	for count := uint64(0); ; count++ {
		word, err := w.receive(w.handles[0])
		if err != nil {
			return unlessClosed(err)
		}
		source, number := word>>32, word&math.MaxUint32
		if w.size >= 8 && number != next[source] {
			return fmt.Errorf("element %d of %d instead of %d: %w", number, source, next[source], syscall.EIO)
		}
		next[source]++
		if count == 0 {
			w.begin()
		} else {
			w.end(count)
		}
	}
}

// fanOutSink counts what came here, in the channel's order, though not every element.
func fanOutSink(w *work) error {
	var count, least uint64
	for ; ; count++ {
		word, err := w.receive(w.handles[0])
		if err != nil {
			w.report("received", count)
			w.report("most", count)
			w.report("least", count)
			return unlessClosed(err)
		}
		if word < least {
			return fmt.Errorf("element %d behind %d: %w", word, least, syscall.EIO)
		}
		least = word
	}
}
