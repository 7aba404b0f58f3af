// SPDX-License-Identifier: BSD-2-Clause

package eval

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"mvdan.cc/sh/v3/interp"

	"anser/shell/job"
)

const (
	nameTrace = "strace" // in front of a program: print its foreign calls
	nameRun   = "run"    // in front of a program: even if there is a command of this name
	// nameHidden goes before the name of a command of ours that the interpreter has one of, too.
	nameHidden = " own "
)

// hidden are such commands; in a script the interpreter's are right, for it has no jobs of ours.
var hidden = map[string]bool{"wait": true, "fg": true, "bg": true}

// call is asked by the interpreter before every command.
func (s *Shell) call(ctx context.Context, args []string) ([]string, error) {
	if hidden[args[0]] && ctx.Value(scriptKey{}) == nil {
		return append([]string{nameHidden + args[0]}, args[1:]...), nil
	}
	if args[0] == "read" && interp.HandlerCtx(ctx).Stdin == s.console {
		s.typeLine(untilDone{ctx, ctx.Value(jobKey{}).(*job.Job).Session})
	}
	return args, nil
}

// typeLine reads a line from the console and puts it where `read` finds it. At the end
// of input there is none to put, and `read` is given an empty one.
func (s *Shell) typeLine(console io.Reader) {
	buffer := make([]byte, 1024)
	for {
		n, err := console.Read(buffer)
		if err != nil {
			buffer[0], n = '\n', 1
		}
		s.typed.Write(buffer[:n])
		if n > 0 && buffer[n-1] == '\n' {
			return
		}
	}
}

// untilDone reads until Ctrl-C. A read that waits then ends later, with the job's session.
type untilDone struct {
	ctx context.Context
	in  io.Reader
}

func (u untilDone) Read(to []byte) (int, error) {
	type result struct {
		data []byte
		err  error
	}
	results := make(chan result, 1)
	go func() {
		buffer := make([]byte, len(to))
		n, err := u.in.Read(buffer)
		results <- result{buffer[:n], err}
	}()
	select {
	case r := <-results:
		return copy(to, r.data), r.err
	case <-u.ctx.Done():
		return 0, u.ctx.Err()
	}
}

// exec is asked by the interpreter for every command that is not its own.
func (s *Shell) exec(ctx context.Context, args []string) error {
	args, with, program := prefixes(args)
	if len(args) == 0 {
		fmt.Fprintln(interp.HandlerCtx(ctx).Stderr, "which program? 'ls' shows them")
		return exitError(StatusUsage)
	}
	if command, ok := s.commands[strings.TrimPrefix(args[0], nameHidden)]; ok && !program {
		return exitError(command.Run(newCall(ctx, s.console, args)))
	}
	return exitError(s.program(ctx, args, with))
}

// prefixes takes off what stands in front of a program's name; program: it must be one.
func prefixes(args []string) (rest []string, with options, program bool) {
	for len(args) > 0 {
		switch args[0] {
		case namePiped:
			with.pipedIn = strings.Contains(args[1], "i")
			with.pipedOut = strings.Contains(args[1], "o")
			args = args[1:]
		case nameTrace:
			with.trace = true
			program = true
		case nameRun:
			program = true
		default:
			return args, with, program
		}
		args = args[1:]
	}
	return args, with, program
}

func exitError(status int) error {
	if status == 0 {
		return nil
	}
	return interp.ExitStatus(uint8(status))
}

func newCall(ctx context.Context, console *os.File, args []string) *Call {
	hc := interp.HandlerCtx(ctx)
	j := ctx.Value(jobKey{}).(*job.Job)
	c := &Call{Args: append([]string{strings.TrimPrefix(args[0], nameHidden)}, args[1:]...),
		Stdin: hc.Stdin, Stdout: hc.Stdout, Stderr: hc.Stderr, Dir: hc.Dir, Env: hc.Env, Job: j,
		Context: ctx}
	c.stdin, _ = hc.Stdin.(*os.File)
	if c.stdin == console {
		c.Stdin = untilDone{ctx, j.Session}
	}
	return c
}
