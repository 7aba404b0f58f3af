// SPDX-License-Identifier: BSD-2-Clause

// Package job keeps what the shell has started: a job is one command line's statement, with all of
// its programs and a console session of its own.
package job

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"anser/shell/machine"
)

// Signals that the shell itself sends.
const (
	Interrupt = 2
	Kill      = 9
	Terminate = 15
)

// Job is one statement that runs.
type Job struct {
	Number  int // 0: never left the foreground
	Text    string
	Session machine.Session
	Started time.Time

	mutex     sync.Mutex
	processes map[uint64]machine.Process
	reached   map[uint64]bool // by a signal
	first     uint64          // process that was started first, 0: none yet
	stop      context.CancelFunc
	signals   int // how many were sent: by Ctrl-C, or by hand
	last      int // the number of the last one
	stopped   bool
	done      chan struct{}
	begun     chan struct{}
	status    int
	reason    string
	ended     time.Time
}

// New makes a job; stop ends what the shell itself does for it.
func New(text string, stop context.CancelFunc) *Job {
	return &Job{
		Text: text, Started: time.Now(), processes: map[uint64]machine.Process{},
		reached: map[uint64]bool{}, stop: stop,
		done: make(chan struct{}), begun: make(chan struct{}),
	}
}

// Starting is to be called before a process is started for the job; Add wants what it returns.
func (j *Job) Starting() (signals int) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.signals
}

// Add takes in a process that was started for this job. A signal that came since Starting was called
// has not reached it yet: it gets it now. So does one of a job that was to end meanwhile.
func (j *Job) Add(process machine.Process, signals int) {
	j.mutex.Lock()
	j.processes[process.ID()] = process
	if j.first == 0 {
		j.first = process.ID()
		close(j.begun)
	}
	missed, number := j.signals != signals || j.stopped && j.signals > 0, j.last
	j.reached[process.ID()] = missed
	j.mutex.Unlock()
	if missed {
		process.Signal(number)
	}
}

// Remove forgets a process that has ended, and notes how if it was not by itself.
func (j *Job) Remove(process machine.Process, reason string) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	delete(j.processes, process.ID())
	delete(j.reached, process.ID())
	j.reason = reason
}

// Finish notes that the statement is done.
func (j *Job) Finish(status int) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.status, j.ended = status, time.Now()
	close(j.done)
}

// Begun is closed when the first process runs.
func (j *Job) Begun() <-chan struct{} { return j.begun }

// Done is closed when the statement is done.
func (j *Job) Done() <-chan struct{} { return j.done }

// Status is the exit status; the job is done.
func (j *Job) Status() int { return j.status }

// First is the id of the process that was started first.
func (j *Job) First() uint64 {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.first
}

// Processes returns those that run, the oldest first.
func (j *Job) Processes() []machine.Process {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.sorted()
}

func (j *Job) sorted() []machine.Process {
	var all []machine.Process
	for _, process := range j.processes {
		all = append(all, process)
	}
	sort.Slice(all, func(a, b int) bool { return all[a].ID() < all[b].ID() })
	return all
}

// Signal sends a signal to all processes of the job, also to those that are just being started. Without
// any, when it is one that cannot be ignored, and the second time, what the shell does itself for the
// job is ended as well.
func (j *Job) Signal(number int) {
	j.mutex.Lock()
	processes, again := j.sorted(), j.signals > 0
	j.signals++
	j.last = number
	for _, process := range processes {
		j.reached[process.ID()] = true
	}
	j.mutex.Unlock()
	if len(processes) == 0 || number == Kill || again {
		j.Stop()
	}
	for _, process := range processes {
		process.Signal(number)
	}
}

// Signalled tells whether Signal was called.
func (j *Job) Signalled() bool {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.signals > 0
}

// Stop ends what the shell itself does for the job: no further command of it is begun, and a process
// that was begun behind the signal that ends the job gets the signal, too.
func (j *Job) Stop() {
	j.mutex.Lock()
	var late []machine.Process
	for _, process := range j.sorted() {
		if j.signals > 0 && !j.reached[process.ID()] {
			j.reached[process.ID()] = true
			late = append(late, process)
		}
	}
	j.stopped = true
	number := j.last
	j.mutex.Unlock()
	j.stop()
	for _, process := range late {
		process.Signal(number)
	}
}

// String is the job as `jobs` lists it.
func (j *Job) String() string {
	text := fmt.Sprintf("[%d] %s", j.Number, j.Text)
	for _, process := range j.Processes() {
		text += fmt.Sprintf(", process %d", process.ID())
	}
	return text
}

// Report is the line about its end; the job is done.
func (j *Job) Report() string {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	how := j.reason
	if how == "" {
		how = fmt.Sprintf("status %d", j.status)
	}
	return fmt.Sprintf("[%d] %s: %s (%.3f s)", j.Number, j.Text, how, j.ended.Sub(j.Started).Seconds())
}
