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
	first     uint64 // process that was started first, 0: none yet
	stop      context.CancelFunc
	signalled bool // Ctrl-C, or a signal by hand
	done      chan struct{}
	begun     chan struct{}
	status    int
	reason    string
	ended     time.Time
}

// New makes a job; stop ends what the shell itself does for it.
func New(text string, stop context.CancelFunc) *Job {
	return &Job{
		Text: text, Started: time.Now(), processes: map[uint64]machine.Process{}, stop: stop,
		done: make(chan struct{}), begun: make(chan struct{}),
	}
}

// Add takes in a process that was started for this job.
func (j *Job) Add(process machine.Process) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.processes[process.ID()] = process
	if j.first == 0 {
		j.first = process.ID()
		close(j.begun)
	}
}

// Remove forgets a process that has ended, and notes how if it was not by itself.
func (j *Job) Remove(process machine.Process, reason string) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	delete(j.processes, process.ID())
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
	var all []machine.Process
	for _, process := range j.processes {
		all = append(all, process)
	}
	sort.Slice(all, func(a, b int) bool { return all[a].ID() < all[b].ID() })
	return all
}

// Signal sends a signal to all processes of the job. Without any, when it is one that cannot be
// ignored, and the second time, what the shell does itself for the job is ended as well.
func (j *Job) Signal(number int) {
	processes := j.Processes()
	j.mutex.Lock()
	again := j.signalled
	j.signalled = true
	j.mutex.Unlock()
	if len(processes) == 0 || number == Kill || again {
		j.stop()
	}
	for _, process := range processes {
		process.Signal(number)
	}
}

// Signalled tells whether Signal was called.
func (j *Job) Signalled() bool {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.signalled
}

// Stop ends what the shell itself does for the job: no further command of it is begun.
func (j *Job) Stop() { j.stop() }

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
