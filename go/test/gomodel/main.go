// SPDX-License-Identifier: BSD-2-Clause

// Gomodel replays sequences of the model test through package anser, with a goroutine for each thread of
// the script: each call must end as the kernel's did on the host. It prints TAP, and its exit status
// says the same.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"anser/abi"
	"anser/anser"
)

const (
	threadCount = 5
	patience    = 20 * time.Second
	selectShift = abi.SelectIndexShift
)

var system = anser.System{Handle: anser.StartHandle(abi.StartSystem)}

// worker is a goroutine that makes the calls of one thread.
type worker struct {
	told chan operation
	done chan result
	call operation // that it makes
	busy bool
}

func startWorker() *worker {
	w := &worker{told: make(chan operation), done: make(chan result, 1)}
	go func() {
		for call := range w.told {
			w.done <- call.do()
		}
		close(w.done)
	}()
	return w
}

// waiting counts the threads of this process that the kernel has in a queue, or that wait for an answer.
func waiting() (int, error) {
	threads, err := system.Threads()
	count := 0
	for _, thread := range threads {
		switch thread.State {
		case abi.StateSending, abi.StateReceiving, abi.StateCalling, abi.StateSignal, abi.StateSelecting:
			if thread.Process == anser.ProcessID() {
				count++
			}
		}
	}
	return count, err
}

// replay is one sequence as it is run.
type replay struct {
	workers [threadCount]*worker
	before  int // threads of the runtime that wait in the kernel's queues
}

// settle waits until just the busy workers wait in the kernel.
func (r *replay) settle() error {
	busy := 0
	for i, w := range r.workers {
		if w.busy {
			busy++
		}
		select {
		case <-w.done:
			return fmt.Errorf("thread %d ended with %q; on the host it waits", i, w.call.line)
		default:
		}
	}
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Microsecond) {
		count, err := waiting()
		if err != nil || count == r.before+busy {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d threads wait; on the host %d", count-r.before, busy)
		}
	}
}

// sameError compares the errors of calls.
func sameError(seen error, status int) error {
	if status >= 0 && seen == nil {
		return nil
	}
	if status < 0 && errors.Is(seen, syscall.Errno(-status)) {
		return nil
	}
	return fmt.Errorf("error %v; on the host, status %d", seen, status)
}

// sameFlags compares what came besides data.
func sameFlags(in anser.In, status int) error {
	flags := 0
	for flag, set := range map[int]bool{abi.InfoCall: in.Call, abi.InfoGone: in.Gone, abi.InfoClosed: in.Closed} {
		if set {
			flags |= flag
		}
	}
	if want := status & (abi.InfoCall | abi.InfoGone | abi.InfoClosed); flags != want {
		return fmt.Errorf("flags %#x; on the host %#x", flags, want)
	}
	return nil
}

// sameMessage compares an element, and remembers the handles that came with it.
func sameMessage(in anser.In, want values) error {
	from := want.get("from", -1)
	if from < 0 {
		return nil
	}
	if data := dataOf(from, want.get("len", 0)); !bytes.Equal(in.Data, data) {
		return fmt.Errorf("%d bytes %x; on the host %d, %x", len(in.Data), in.Data, len(data), data)
	}
	names, came := want.names(), in.Handles
	if reply := want.get("reply", noName); reply != noName {
		names, came = append(names, reply), append(came, in.Reply)
	}
	if len(names) != len(came) {
		return fmt.Errorf("%d handles; on the host %d", len(came), len(names))
	}
	for i, name := range names {
		if err := keep(name, came[i]); err != nil {
			return err
		}
	}
	return nil
}

// same compares how a call ended with how it did on the host.
func same(call *operation, seen result, want values) error {
	status := want.get("status", -1)
	if err := sameError(seen.err, status); err != nil || status < 0 {
		return err
	}
	if call.kind == "select" {
		if seen.index != status>>selectShift {
			return fmt.Errorf("case %d fired; on the host %d", seen.index, status>>selectShift)
		}
		status &= 1<<selectShift - 1
	}
	if call.kind == "length" && seen.index != status {
		return fmt.Errorf("length %d; on the host %d", seen.index, status)
	}
	if seen.value != want.get("value", 0) {
		return fmt.Errorf("value %d; on the host %d", seen.value, want.get("value", 0))
	}
	if call.kind == "length" {
		return nil
	}
	return errors.Join(sameFlags(seen.in, status), sameMessage(seen.in, want))
}

// take waits for the end of a call that ends on the host.
func (r *replay) take(thread int, want values) error {
	w := r.workers[thread]
	select {
	case seen := <-w.done:
		w.busy = false
		if err := same(&w.call, seen, want); err != nil {
			return fmt.Errorf("thread %d, %q: %w", thread, w.call.line, err)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("thread %d waits with %q; on the host it ends: %v", thread, w.call.line, want)
	}
}

func (r *replay) step(s *step) error {
	w := r.workers[s.operation.thread()]
	if s.operation.kind == "select" {
		if err := system.Debug(abi.DebugSeed, uint64(s.operation.get("seed"))); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	w.call, w.busy = s.operation, true
	w.told <- s.operation
	for thread, want := range s.outcomes {
		if err := r.take(thread, want); err != nil {
			return err
		}
	}
	return r.settle()
}

// end gives up all handles, which ends every call that waits still.
func (r *replay) end() error {
	for _, handle := range handles {
		_ = handle.Close()
	}
	for i, w := range r.workers {
		close(w.told)
		if !w.busy {
			continue
		}
		select {
		case <-w.done:
		case <-time.After(patience):
			return fmt.Errorf("thread %d waits with %q when all handles have been closed", i, w.call.line)
		}
	}
	return nil
}

func run(s *sequence) error {
	handles, objects = map[int]anser.Handle{}, map[int]uint32{}
	before, err := waiting()
	if err != nil {
		return err
	}
	r := replay{before: before}
	for i := range r.workers {
		r.workers[i] = startWorker()
	}
	for i := range s.steps {
		if err := r.step(&s.steps[i]); err != nil {
			return errors.Join(fmt.Errorf("at %q: %w", s.steps[i].operation.line, err), r.end())
		}
	}
	return r.end()
}

func main() {
	all, err := parse(sequences)
	failed := 0
	if err != nil || len(all) == 0 {
		fmt.Println("Bail out! the sequences are not understood:", err)
		os.Exit(1)
	}
	for i := range all {
		not := ""
		if err := run(&all[i]); err != nil {
			not = "not "
			failed++
			fmt.Printf("# %v\n", err)
		}
		fmt.Printf("%sok %d - sequence %d: %d operations end as they do on the host\n", not, i+1, all[i].seed,
			len(all[i].steps))
	}
	fmt.Printf("1..%d\n", len(all))
	if failed > 0 {
		os.Exit(1)
	}
}
