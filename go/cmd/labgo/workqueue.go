// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"fmt"
	"syscall"
)

func init() {
	register("workqueue", "master", master)
	register("workqueue", "worker", worker)
	register("workqueue", "collector", collector)
}

// master sends jobs. A job is its length in instructions, from 1 to twice the mean.
func master(w *work) error {
	mean := w.value("work")
	w.begin()
	for range w.value("rounds") {
		var job uint64
		if mean > 0 {
			job = w.next()%(2*mean) + 1
		}
		if err := w.send(w.handles[0], job); err != nil {
			return err
		}
	}
	return nil
}

// burnt keeps the compiler from leaving the loop of burn out.
var burnt uint64

// burn runs about so many instructions: the loop has three.
func burn(instructions uint64) {
	sum := burnt
	for i := range instructions / 3 {
		sum += i
	}
	burnt = sum
}

func worker(w *work) error {
	for jobs := uint64(0); ; jobs++ {
		job, err := w.receive(w.handles[0])
		if err == nil {
			burn(job)
			err = w.send(w.handles[1], job)
		}
		if err != nil {
			w.report("most", jobs)
			w.report("least", jobs)
			return unlessClosed(err)
		}
	}
}

func collector(w *work) error {
	var count, sum uint64
	for ; ; count++ {
		job, err := w.receive(w.handles[0])
		if err == nil {
			sum += job
			continue
		}
		w.end(count)
		w.report("burnt", sum)
		if unlessClosed(err) == nil && count != w.value("rounds") {
			return fmt.Errorf("%d results: %w", count, syscall.EIO)
		}
		return unlessClosed(err)
	}
}
