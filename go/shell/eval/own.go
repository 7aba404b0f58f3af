// SPDX-License-Identifier: BSD-2-Clause

package eval

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"anser/shell/job"
)

// own are the commands that need the shell's inside.
func (s *Shell) own() []Command {
	return []Command{
		{"jobs", "", "what runs in the background", s.listJobs},
		{"fg", "[JOB]", "waits for a job in the background and gives it the input", s.bringJob},
		{"wait", "[JOB...]", "waits for jobs in the background", s.waitJobs},
		{"sh", "FILE ARGS", "runs a script", s.script},
		{nameTimeBegin, "", "", s.timeBegin},
		{nameTimeEnd, "", "", s.timeEnd},
	}
}

func (s *Shell) listJobs(c *Call) int {
	for _, j := range s.Jobs.All() {
		fmt.Fprintln(c.Stdout, j)
	}
	return 0
}

// await waits for a job or for Ctrl-C.
func await(c *Call, j *job.Job) int {
	select {
	case <-j.Done():
		return j.Status()
	case <-c.Context.Done():
		return statusSignal + job.Interrupt
	}
}

func (s *Shell) bringJob(c *Call) int {
	word := ""
	if len(c.Args) > 1 {
		word = c.Args[1]
	}
	j, err := s.Jobs.Find(word)
	if err != nil {
		return c.Fail("%v", err)
	}
	if err := j.Session.Foreground(); err != nil {
		return c.Fail("%s: %v", j.Text, err)
	}
	fmt.Fprintln(c.Stdout, j.Text) // from now on the keys are the job's
	status := await(c, j)
	for _, ended := range s.Jobs.Ended() {
		fmt.Fprintln(c.Stdout, ended.Report())
	}
	return status
}

func (s *Shell) waitJobs(c *Call) int {
	jobs := s.Jobs.All()
	if len(c.Args) > 1 {
		jobs = nil
	}
	for _, word := range c.Args[1:] {
		j, err := s.Jobs.Find(word)
		if err != nil {
			return c.Fail("%v", err)
		}
		jobs = append(jobs, j)
	}
	status := 0
	for _, j := range jobs {
		status = await(c, j)
	}
	if len(c.Args) == 1 && c.Context.Err() == nil {
		return 0
	}
	return status
}

// script runs a file in a shell of its own: it has the exported variables, and changes none here.
func (s *Shell) script(c *Call) int {
	if len(c.Args) < 2 {
		fmt.Fprintln(c.Stderr, "sh: which file?")
		return StatusUsage
	}
	name := c.Args[1]
	if !path.IsAbs(name) {
		name = path.Join(c.Dir, name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		fmt.Fprintf(c.Stderr, "sh: %s: %v\n", c.Args[1], Reason(err))
		return StatusNotFound
	}
	file, err := syntax.NewParser().Parse(strings.NewReader(string(text)), c.Args[1])
	if err != nil {
		fmt.Fprintf(c.Stderr, "sh: %v\n", err)
		return StatusUsage
	}
	prepare(file, s.isInternal)
	runner, err := s.interpreter(expand.ListEnviron(Exported(c.Env)...), c.Dir, c.stdin, c.Stdout,
		c.Stderr, c.Args[2:]...)
	if err != nil {
		return c.Fail("%v", err)
	}
	return statusOf(runner.Run(context.WithValue(c.Context, scriptKey{}, true), file))
}

// Reason leaves out what an error says about operation and file.
func Reason(err error) error {
	var failed *os.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// timeBegin and timeEnd stand around what `time` measures, see prepare.
func (s *Shell) timeBegin(c *Call) int {
	s.timers.Store(c.Args[1], time.Now())
	return 0
}

func (s *Shell) timeEnd(c *Call) int {
	if begun, ok := s.timers.LoadAndDelete(c.Args[1]); ok {
		fmt.Fprintf(c.Stderr, "real %.3f s\n", time.Since(begun.(time.Time)).Seconds())
	}
	status, err := strconv.Atoi(c.Args[2])
	if err != nil {
		return c.Fail("%v", err)
	}
	return status
}
