// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// schedule: goroutines, channels of both kinds, select, a mutex that many want, a condition.
func schedule([]string) error {
	if err := sieve(); err != nil {
		return err
	}
	if err := fanIn(100, 200); err != nil {
		return err
	}
	if err := contend(50, 2000); err != nil {
		return err
	}
	return ring(500, 20)
}

// sieve chains a goroutine for each prime.
func sieve() error {
	numbers := make(chan int)
	go func(to chan<- int) {
		for i := 2; ; i++ {
			to <- i
		}
	}(numbers)
	last := 0
	for i := 0; i < 100; i++ {
		prime, filtered := <-numbers, make(chan int)
		go func(from <-chan int, to chan<- int) {
			for {
				if n := <-from; n%prime != 0 {
					to <- n
				}
			}
		}(numbers, filtered)
		numbers, last = filtered, prime
	}
	if last != 541 {
		return fmt.Errorf("the 100th prime came out as %d", last)
	}
	return nil
}

// fanIn lets many senders race for two channels that one select empties.
func fanIn(senders, each int) error {
	plain, buffered, done := make(chan int), make(chan int, 7), make(chan struct{})
	var group sync.WaitGroup
	for s := 0; s < senders; s++ {
		group.Add(1)
		go func(s int) {
			defer group.Done()
			for i := 1; i <= each; i++ {
				if s%2 == 0 {
					plain <- i
				} else {
					buffered <- i
				}
			}
		}(s)
	}
	go func() { group.Wait(); close(done) }()
	sum := 0
	for open := true; open; {
		select {
		case n := <-plain:
			sum += n
		case n := <-buffered:
			sum += n
		case <-done:
			open = false
		}
	}
	for len(buffered) > 0 {
		sum += <-buffered
	}
	if want := senders * each * (each + 1) / 2; sum != want {
		return fmt.Errorf("the sum of all that was sent is %d, not %d", sum, want)
	}
	return nil
}

func contend(goroutines, each int) error {
	var mutex sync.Mutex
	var group sync.WaitGroup
	counter, ready := 0, sync.NewCond(&mutex)
	for g := 0; g < goroutines; g++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; i < each; i++ {
				mutex.Lock()
				counter++
				if counter == goroutines*each {
					ready.Broadcast()
				}
				mutex.Unlock()
			}
		}()
	}
	mutex.Lock()
	for counter != goroutines*each {
		ready.Wait()
	}
	mutex.Unlock()
	group.Wait()
	return nil
}

// ring hands a token round, which makes every goroutine sleep and wake.
func ring(size, rounds int) error {
	first := make(chan int, 1)
	in := first
	for i := 1; i < size; i++ {
		out := make(chan int)
		go func(from <-chan int, to chan<- int) {
			for n := range from {
				to <- n + 1
			}
			close(to)
		}(in, out)
		in = out
	}
	for r := 0; r < rounds; r++ {
		first <- 0
		if n := <-in; n != size-1 {
			return fmt.Errorf("the token came back as %d after %d", n, size-1)
		}
	}
	close(first)
	return nil
}

// timers: nothing early, nothing lost, a stopped timer silent.
func timers([]string) error {
	begin := time.Now()
	<-time.After(30 * time.Millisecond)
	if gone := time.Since(begin); gone < 30*time.Millisecond {
		return fmt.Errorf("time.After(30 ms) came after %v", gone)
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	begin = time.Now()
	for i := 0; i < 20; i++ {
		<-ticker.C
	}
	ticker.Stop()
	if gone := time.Since(begin); gone < 90*time.Millisecond {
		return fmt.Errorf("20 ticks of 5 ms came within %v", gone)
	}
	stopped := time.AfterFunc(20*time.Millisecond, func() { panic("a stopped timer fired") })
	stopped.Stop()
	select {
	case <-ticker.C:
		// One tick may have been in the channel when the ticker was stopped.
	case <-time.After(60 * time.Millisecond):
	}
	return sleepers(200)
}

// sleepers end in the order of their deadlines, give or take what a loaded machine does to them.
func sleepers(count int) error {
	var early int32
	var group sync.WaitGroup
	for i := 0; i < count; i++ {
		group.Add(1)
		go func(wait time.Duration) {
			defer group.Done()
			begin := time.Now()
			time.Sleep(wait)
			if time.Since(begin) < wait {
				atomic.AddInt32(&early, 1)
			}
		}(time.Duration(i%20) * time.Millisecond)
	}
	group.Wait()
	if early != 0 {
		return fmt.Errorf("%d of %d sleepers woke too early", early, count)
	}
	return nil
}

// preempt: on one processor a loop without any call in it must give way: only a signal does that.
func preempt([]string) error {
	runtime.GOMAXPROCS(1)
	var stop, spins uint32
	for i := 0; i < 2; i++ {
		go func() {
			for atomic.LoadUint32(&stop) == 0 {
				for n := uint32(0); n < 1000; n++ {
					spins ^= n // a race on purpose: nobody reads it
				}
			}
		}()
	}
	for i := 0; i < 10; i++ {
		time.Sleep(time.Millisecond)
	}
	atomic.StoreUint32(&stop, 1)
	return nil
}

const (
	handOvers     = 2000
	handOverLimit = 12 * time.Second // on one hart each costs a time slice: 20 s at least
)

// parallel: with two harts, two threads run at the same time. They hand a word to each other
// without ever sleeping, which takes a slice each time if they take turns.
func parallel([]string) error {
	harts := runtime.NumCPU()
	fmt.Println("harts:", harts, "GOMAXPROCS:", runtime.GOMAXPROCS(0))
	if runtime.GOMAXPROCS(0) != harts {
		return fmt.Errorf("GOMAXPROCS is %d on %d harts", runtime.GOMAXPROCS(0), harts)
	}
	if harts < 2 {
		return nil
	}
	if gone := handOver(); gone > handOverLimit {
		return fmt.Errorf("%d hand-overs took %v: the threads take turns", handOvers, gone)
	}
	best := 0.0
	// Others may be busy on the machine that this one is emulated on: one good run is enough.
	for try := 0; try < 30 && best < 1.5; try++ {
		if gain := speedUp(); gain > best {
			best = gain
		}
	}
	fmt.Printf("speed-up of two: %.2f\n", best)
	if best < 1.2 {
		return fmt.Errorf("two threads do %.2f times the work of one", best)
	}
	return nil
}

func handOver() time.Duration {
	var turn uint32
	var group sync.WaitGroup
	begin := time.Now()
	for side := uint32(0); side < 2; side++ {
		group.Add(1)
		go func(side uint32) {
			defer group.Done()
			runtime.LockOSThread()
			for i := 0; i < handOvers/2; i++ {
				for atomic.LoadUint32(&turn)%2 != side {
				}
				atomic.AddUint32(&turn, 1)
			}
		}(side)
	}
	group.Wait()
	return time.Since(begin)
}

// work keeps one processor busy and returns something that depends on all of it.
func work(rounds int) uint64 {
	x := uint64(88172645463325252)
	for i := 0; i < rounds; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

// speedUp: how many times the work of one is done by two in the same time.
func speedUp() float64 {
	const rounds = 8000000
	begin := time.Now()
	single := work(rounds)
	alone := time.Since(begin)
	results := make(chan uint64)
	begin = time.Now()
	for i := 0; i < 2; i++ {
		go func() { results <- work(rounds) }()
	}
	if <-results != single || <-results != single {
		panic("the same work has different results")
	}
	return 2 * float64(alone) / float64(time.Since(begin))
}

// churn never ends and is never idle: goroutines, timers, garbage, pipes.
func churn([]string) error {
	wrong := make(chan error)
	for i := 0; i < 4; i++ {
		go func() {
			for {
				if err := fanIn(10, 20); err != nil {
					wrong <- err
				}
				plant(8)
				time.Sleep(time.Microsecond)
			}
		}()
	}
	go func() {
		for {
			if err := pipes(nil); err != nil {
				wrong <- err
			}
		}
	}()
	return <-wrong
}
