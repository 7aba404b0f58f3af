// SPDX-License-Identifier: BSD-2-Clause

// Command golang measures what a Go program does by itself: channels between goroutines, starting
// goroutines, allocation. The same binary runs on Anser and on Linux; under -icount shift=0 a
// nanosecond of the clock is an instruction.
package main

import (
	"fmt"
	"math"
	"os"
	"sync"
	"time"
)

// best returns the least that f takes in so many runs: the collector and the scheduler of goroutines
// meet a program at other moments after the smallest change anywhere below.
func best(runs int, f func()) int64 {
	least := int64(math.MaxInt64)
	for i := 0; i < runs; i++ {
		begin := time.Now()
		f()
		least = min(least, time.Since(begin).Nanoseconds())
	}
	return least
}

// measure prints the mean of one round of f after a tenth of n to warm up.
func measure(name string, n int, how string, f func(n int)) {
	f(n/10 + 1)
	const runs = 5
	taken := best(runs, func() { f(n) })
	fmt.Printf("BENCH %s instructions %d %s, mean of %d, best of %d\n", name, taken/int64(n), how, n, runs)
}

func roundTrips(n int) {
	there, back := make(chan int), make(chan int)
	go func() {
		for x := range there {
			back <- x
		}
	}()
	for i := 0; i < n; i++ {
		there <- i
		if <-back != i {
			os.Exit(1)
		}
	}
	close(there)
}

func startAndWait(n int) {
	var group sync.WaitGroup
	group.Add(n)
	for i := 0; i < n; i++ {
		go group.Done()
	}
	group.Wait()
}

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func (t *tree) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

// binaryTrees is the benchmark of that name: many short-lived trees beside a long-lived one.
func binaryTrees(depth int) {
	const least = 4
	long := grow(depth)
	for d := least; d <= depth; d += 4 {
		for i := 0; i < 1<<(depth-d+least); i++ {
			if grow(d).count() != 1<<(d+1)-1 {
				os.Exit(1)
			}
		}
	}
	if long.count() != 1<<(depth+1)-1 {
		os.Exit(1)
	}
}

func main() {
	measure("go_chan_round_trip", 20000, "two goroutines, unbuffered channels", roundTrips)
	measure("go_goroutine_start", 20000, "start and end, WaitGroup", startAndWait)
	fmt.Printf("BENCH go_binary_trees_16 instructions %d collector included, best of 2\n",
		best(2, func() { binaryTrees(16) }))
}
