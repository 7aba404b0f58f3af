// SPDX-License-Identifier: BSD-2-Clause

package job

import (
	"testing"

	"anser/shell/machine"
)

// fake is a process that counts its signals.
type fake struct {
	machine.Process
	id      uint64
	signals []int
}

func (f *fake) ID() uint64              { return f.id }
func (f *fake) Signal(number int) error { f.signals = append(f.signals, number); return nil }

func newJob() (*Job, *int) {
	stops := 0
	return New("a | b", func() { stops++ }), &stops
}

func check(t *testing.T, process *fake, want int) {
	t.Helper()
	if len(process.signals) != want {
		t.Errorf("process %d got %v, want %d signals", process.id, process.signals, want)
	}
}

// A pipe's second program that is just being started when Ctrl-C comes ends with the first.
func TestSignalReachesWhatIsBeingStarted(t *testing.T) {
	j, stops := newJob()
	first, second, third := &fake{id: 1}, &fake{id: 2}, &fake{id: 3}
	j.Add(first, j.Starting())
	signals := j.Starting()
	j.Signal(Interrupt)
	j.Add(second, signals)
	check(t, first, 1)
	check(t, second, 1)
	if *stops != 0 {
		t.Error("a loop around a program that may catch the signal was ended")
	}
	// One that is begun behind the signal is left alone, until the job is to end.
	j.Add(third, j.Starting())
	check(t, third, 0)
	j.Stop()
	check(t, first, 1)
	check(t, second, 1)
	check(t, third, 1)
}

func TestSignalWithoutProcessEndsTheJob(t *testing.T) {
	j, stops := newJob()
	signals := j.Starting()
	j.Signal(Interrupt)
	if *stops != 1 {
		t.Error("what the shell itself does was not ended")
	}
	late, later := &fake{id: 1}, &fake{id: 2}
	j.Add(late, signals)
	j.Add(later, j.Starting())
	check(t, late, 1)
	check(t, later, 1)
}

func TestSecondSignalEndsTheJob(t *testing.T) {
	j, stops := newJob()
	process := &fake{id: 1}
	j.Add(process, j.Starting())
	j.Signal(Interrupt)
	j.Signal(Interrupt)
	check(t, process, 2)
	if *stops != 1 {
		t.Error("the second signal did not end the job")
	}
}

func TestStopWithoutSignalSendsNone(t *testing.T) {
	j, _ := newJob()
	process := &fake{id: 1}
	j.Add(process, j.Starting())
	j.Stop()
	check(t, process, 0)
}
