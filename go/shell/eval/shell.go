// SPDX-License-Identifier: BSD-2-Clause

// Package eval runs command lines: the language is mvdan.cc/sh's, commands are the shell's own or
// programs of the machine.
package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"anser/shell/job"
	"anser/shell/machine"
)

// Exit statuses of shells.
const (
	StatusUsage    = 2
	StatusCannot   = 126
	StatusNotFound = 127
	statusSignal   = 128
	// StatusInterrupted is that of a command that Ctrl-C ended.
	StatusInterrupted = statusSignal + job.Interrupt
)

// Call is one call of a command of the shell's own.
type Call struct {
	Args           []string // Args[0] is its name
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Dir            string
	Env            expand.Environ
	Job            *job.Job
	Context        context.Context // ends with Ctrl-C
	stdin          *os.File
}

// Fail prints an error line and returns status 1.
func (c *Call) Fail(format string, values ...any) int {
	fmt.Fprintf(c.Stderr, c.Args[0]+": "+format+"\n", values...)
	return 1
}

// Command is a command of the shell's own; Run returns the exit status.
type Command struct {
	Name, Arguments, About string
	Run                    func(*Call) int
}

// Shell holds what command lines share.
type Shell struct {
	Machine  machine.Machine
	Jobs     job.Table
	commands map[string]Command
	runner   *interp.Runner
	timers   sync.Map // by key of `time`: when it began
	out      io.Writer
	// The console as the interpreter sees it: this end of a pipe stands for it, and has bytes only
	// while the interpreter's own `read` runs.
	console, typed *os.File
}

// New makes a shell that writes to out. env is its environment, dir its directory.
func New(m machine.Machine, out io.Writer, env []string, dir string) (*Shell, error) {
	s := &Shell{Machine: m, out: &output{out}, commands: map[string]Command{}}
	var ends [2]int
	// Blocking ends: they cost no poller.
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("pipe for read: %w", err)
	}
	s.console, s.typed = os.NewFile(uintptr(ends[0]), "console"), os.NewFile(uintptr(ends[1]), "typed")
	for _, command := range s.own() {
		s.commands[command.Name] = command
	}
	var err error
	s.runner, err = s.interpreter(expand.ListEnviron(env...), dir, s.console, s.out, s.out)
	return s, err
}

// Add makes commands known.
func (s *Shell) Add(commands ...Command) {
	for _, command := range commands {
		s.commands[command.Name] = command
	}
}

// Dir is the current directory.
func (s *Shell) Dir() string { return s.runner.Dir }

// interpreter makes a runner whose commands are this shell's.
func (s *Shell) interpreter(env expand.Environ, dir string, in *os.File, out, err io.Writer,
	params ...string) (*interp.Runner, error) {
	return interp.New(
		interp.Env(env), interp.Dir(dir), interp.StdIO(in, out, err),
		interp.Params(append([]string{"--"}, params...)...),
		interp.CallHandler(s.call),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return s.exec }),
	)
}

// output gives the console an address of its own, by which a command knows that it writes there.
type output struct{ io.Writer }

// Keys of values that a command's context carries.
type jobKey struct{}
type pipesKey struct{}
type scriptKey struct{}

// Line runs a command line. It returns the status of the last command.
//
// A line that is not complete gives an error of which syntax.IsIncomplete is true; nothing was run.
func (s *Shell) Line(line string) (int, error) {
	file, err := syntax.NewParser().Parse(strings.NewReader(line+"\n"), "")
	if err != nil {
		return StatusUsage, err
	}
	prepare(file, s.isInternal)
	status := 0
	for _, statement := range file.Stmts {
		text := strings.TrimRight(line[statement.Pos().Offset():min(int(statement.End().Offset()), len(line))], " \t&;")
		if statement.Background {
			status = s.background(statement, text)
			continue
		}
		var interrupted bool
		if status, interrupted = s.foreground(statement, text); interrupted {
			break
		}
	}
	return status, nil
}

// isInternal tells whether a name is not a program's: such commands work in the shell itself.
func (s *Shell) isInternal(name string) bool {
	_, own := s.commands[name]
	return own && name != nameTrace && name != nameRun || interp.IsBuiltin(name) || s.runner.Funcs[name] != nil
}

// begin makes a job with its session, and the context for what it runs.
func (s *Shell) begin(text string) (*job.Job, context.Context, error) {
	ctx, stop := context.WithCancel(context.Background())
	j := job.New(text, stop)
	session, err := s.Machine.OpenSession(func() { j.Signal(job.Interrupt) })
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("console: %w", err)
	}
	j.Session = session
	ctx = context.WithValue(ctx, jobKey{}, j)
	return j, context.WithValue(ctx, pipesKey{}, &pipes{machine: s.Machine}), nil
}

// finish ends what begin made.
func finish(j *job.Job, ctx context.Context, status int) {
	ctx.Value(pipesKey{}).(*pipes).close()
	j.Session.Close()
	j.Stop()
	j.Finish(status)
}

func (s *Shell) foreground(statement *syntax.Stmt, text string) (status int, interrupted bool) {
	j, ctx, err := s.begin(text)
	if err == nil {
		err = j.Session.Foreground()
	}
	if err != nil {
		fmt.Fprintf(s.out, "%s: %v\n", text, err)
		return 1, false
	}
	status = statusOf(s.runner.Run(ctx, statement))
	if ctx.Err() != nil {
		status = StatusInterrupted
	}
	interrupted = status == StatusInterrupted
	finish(j, ctx, status)
	if err := s.Machine.Foreground(); err != nil {
		fmt.Fprintf(s.out, "%s: console: %v\n", text, err)
	}
	return status, interrupted
}

// beginPatience is how long a line waits to tell the process of its job.
const beginPatience = 500 * time.Millisecond

func (s *Shell) background(statement *syntax.Stmt, text string) int {
	j, ctx, err := s.begin(text)
	if err != nil {
		fmt.Fprintf(s.out, "%s: %v\n", text, err)
		return 1
	}
	s.Jobs.Add(j)
	alone := *statement
	alone.Background = false
	runner := s.runner.Subshell()
	go func() { finish(j, ctx, statusOf(runner.Run(ctx, &alone))) }()
	select {
	case <-j.Begun():
		fmt.Fprintf(s.out, "[%d] %s is process %d\n", j.Number, text, j.First())
	case <-j.Done():
	case <-time.After(beginPatience): // nothing but commands of the shell's own so far
		fmt.Fprintf(s.out, "[%d] %s\n", j.Number, text)
	}
	return 0
}

func statusOf(err error) int {
	var status interp.ExitStatus
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	case errors.Is(err, context.Canceled):
		return StatusInterrupted
	}
	return 1
}

// ReportJobs tells about the jobs that have ended.
func (s *Shell) ReportJobs() {
	for _, j := range s.Jobs.Ended() {
		fmt.Fprintln(s.out, j.Report())
	}
}
