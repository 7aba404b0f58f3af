// SPDX-License-Identifier: BSD-2-Clause

// The shell: reads lines on the console and runs them.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"mvdan.cc/sh/v3/syntax"

	"anser/shell/command"
	"anser/shell/complete"
	"anser/shell/eval"
	"anser/shell/line"
	"anser/shell/native"
)

const (
	prompt     = "anser> "
	promptMore = "> " // the command goes on in the next line
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "shell: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	system, err := native.New()
	if err != nil {
		return err
	}
	console := system.Console()
	if err := errors.Join(system.RawKeys(), system.Foreground()); err != nil {
		return fmt.Errorf("console: %w", err)
	}
	shell, err := eval.New(system, console, environment(), "/")
	if err != nil {
		return err
	}
	editor := line.New(console, console)
	names := command.Install(shell, editor.History)
	editor.Completer = completer(shell, names)
	fmt.Fprintln(console, "Anser. 'help' lists the commands.")
	editor.Shown = system.FirstPrompt
	return loop(shell, editor, console)
}

func environment() []string {
	return []string{"PATH=/programs", "HOME=/", "TMPDIR=/tmp", "USER=root"}
}

func completer(shell *eval.Shell, names []string) *complete.Completer {
	return &complete.Completer{
		Commands: func() []string {
			all := append([]string(nil), names...)
			programs, _ := shell.Machine.Programs() // without init there are commands still
			for _, program := range programs {
				all = append(all, program.Name)
			}
			return all
		},
		ReadDir: func(dir string) ([]fs.DirEntry, error) {
			if !path.IsAbs(dir) {
				dir = path.Join(shell.Dir(), dir)
			}
			return os.ReadDir(dir)
		},
	}
}

// loop reads and runs lines until the console has gone.
func loop(shell *eval.Shell, editor *line.Editor, console io.Writer) error {
	text := ""
	for {
		ask := promptMore
		if text == "" {
			shell.ReportJobs()
			ask = prompt
		}
		typed, err := editor.ReadLine(ask)
		switch {
		case errors.Is(err, line.ErrInterrupted):
			text = ""
			continue
		case errors.Is(err, io.EOF):
			if text == "" {
				fmt.Fprintln(console, "'shutdown' switches the machine off")
			}
			text = ""
			continue
		case err != nil:
			return fmt.Errorf("console: %w", err)
		}
		text += typed
		_, err = shell.Line(text)
		if err != nil && syntax.IsIncomplete(err) {
			text += "\n"
			continue
		}
		if err != nil {
			fmt.Fprintln(console, err)
		}
		text = ""
	}
}
