// SPDX-License-Identifier: BSD-2-Clause

// Command golang measures what a Go program does by itself: channels between goroutines, starting
// goroutines, allocation. The same binary runs on Anser and on Linux; under -icount shift=0 a
// nanosecond of the clock is an instruction.
package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// measure runs f for n rounds after a tenth of that to warm up, and prints the mean of one round.
func measure(name string, n int, how string, f func(n int)) {
	f(n/10 + 1)
	begin := time.Now()
	f(n)
	fmt.Printf("BENCH %s instructions %d %s, mean of %d\n", name, time.Since(begin).Nanoseconds()/int64(n), how, n)
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
	measure("go_chan_round_trip", 50000, "two goroutines, unbuffered channels", roundTrips)
	measure("go_goroutine_start", 50000, "start and end, WaitGroup", startAndWait)
	begin := time.Now()
	binaryTrees(16)
	fmt.Printf("BENCH go_binary_trees_16 instructions %d once, collector included\n", time.Since(begin).Nanoseconds())
}
