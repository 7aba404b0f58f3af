// SPDX-License-Identifier: BSD-2-Clause

package eval

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"syscall"

	"mvdan.cc/sh/v3/expand"

	"anser/shell/job"
	"anser/shell/machine"
)

// outStream is the stream that stands for an output of the interpreter; joined, if there is one.
func (s *Shell) outStream(w *wiring, joined machine.Stream, file io.Writer,
	j *job.Job) (machine.Stream, error) {
	if joined != nil {
		return joined, nil
	}
	if file == s.out {
		return j.Session, nil
	}
	return w.drain(file)
}

// locate is the name by which init starts a program: as it is, or an absolute path.
func locate(name, dir string) string {
	if !strings.Contains(name, "/") {
		return name
	}
	if !path.IsAbs(name) {
		name = path.Join(dir, name)
	}
	return path.Clean(name)
}

// Exported is the environment of a program, sorted.
func Exported(env expand.Environ) []string {
	var list []string
	env.Each(func(name string, variable expand.Variable) bool {
		if variable.Exported && variable.Kind == expand.String {
			list = append(list, name+"="+variable.String())
		}
		return true
	})
	slices.Sort(list)
	return list
}

// describe gives the status that a shell makes of an end, and what to say about it: "" if nothing.
func describe(exit machine.Exit, linux bool) (status int, reason string) {
	switch exit.Kind {
	case machine.Killed:
		if exit.Status == statusSignal+job.Interrupt {
			return statusSignal + job.Interrupt, "killed"
		}
		return statusSignal + job.Kill, "killed"
	case machine.Faulted:
		return statusSignal + int(syscall.SIGSEGV), fmt.Sprintf(
			"fault, cause %d at address 0x%x, pc 0x%x", exit.Cause, exit.Value, exit.PC)
	}
	status = int(exit.Status & 0xff)
	signal := syscall.Signal(status - statusSignal)
	quiet := signal == syscall.SIGINT || signal == syscall.SIGPIPE
	if linux && signal > 0 && signal <= 64 && !quiet {
		reason = fmt.Sprintf("signal %d (%v)", int(signal), signal)
	}
	return status, reason
}
