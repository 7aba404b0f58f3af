// SPDX-License-Identifier: BSD-2-Clause

package eval

import (
	"context"
	"errors"
	"fmt"

	"mvdan.cc/sh/v3/interp"

	"anser/shell/job"
	"anser/shell/machine"
)

// options of a start that a command in front sets.
type options struct {
	pipedIn, pipedOut bool
	trace             bool
}

// program starts a program, waits for its end and returns the status.
func (s *Shell) program(ctx context.Context, args []string, options options) int {
	hc := interp.HandlerCtx(ctx)
	j := ctx.Value(jobKey{}).(*job.Job)
	signals := j.Starting()
	wires, err := s.wire(ctx, hc, j, options)
	defer wires.finish()
	if err != nil {
		fmt.Fprintf(hc.Stderr, "%s: %v\n", args[0], err)
		return 1
	}
	start := machine.Start{Name: locate(args[0], hc.Dir), Args: args, Env: Exported(hc.Env), Stdin: wires.in, Stdout: wires.out,
		Stderr: wires.err}
	if options.trace {
		start.Trace = wires.err
	}
	process, err := s.Machine.Start(start)
	wires.started()
	if err != nil {
		fmt.Fprintf(hc.Stderr, "%s: %v\n", args[0], err)
		return startStatus(err)
	}
	j.Add(process, signals)
	status, reason := describe(process.Wait(), process.Linux())
	j.Remove(process, reason)
	// A loop around it ends as well, unless the program has caught the signal. One that knows none
	// may have ended just before it came.
	if j.Signalled() && (status == StatusInterrupted || !process.Linux()) {
		j.Stop()
	}
	if reason != "" && j.Number == 0 && status != StatusInterrupted {
		fmt.Fprintf(hc.Stderr, "%s: %s\n", args[0], reason)
	}
	return status
}

// startStatus is the status of a program that could not be started.
func startStatus(err error) int {
	if errors.Is(err, machine.ErrNotFound) {
		return StatusNotFound
	}
	return StatusCannot
}

// wire decides for each of the three streams: the console, a pipe to another program, or a pipe that
// the shell fills or empties.
func (s *Shell) wire(ctx context.Context, hc interp.HandlerContext, j *job.Job,
	options options) (*wiring, error) {
	w := &wiring{machine: s.Machine}
	joined := ctx.Value(pipesKey{}).(*pipes)
	var err error
	if options.pipedIn {
		if w.in, err = joined.take(hc.Stdin, true); err != nil {
			return w, err
		}
	}
	if options.pipedOut {
		if w.out, err = joined.take(hc.Stdout, false); err != nil {
			return w, err
		}
	}
	w.ownJoined()
	if w.in == nil && hc.Stdin == s.console {
		w.in = j.Session
	} else if w.in == nil {
		if w.in, err = w.feed(hc.Stdin); err != nil {
			return w, err
		}
	}
	if w.out, err = s.outStream(w, w.out, hc.Stdout, j); err != nil {
		return w, err
	}
	if hc.Stderr == hc.Stdout {
		w.err = w.out
		return w, nil
	}
	w.err, err = s.outStream(w, nil, hc.Stderr, j)
	return w, err
}

func (w *wiring) ownJoined() {
	for _, end := range []machine.Stream{w.in, w.out} {
		if end != nil {
			w.own(end)
		}
	}
}
