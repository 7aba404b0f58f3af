// SPDX-License-Identifier: BSD-2-Clause

// Package line reads lines at a prompt: editing, history and completion by golang.org/x/term, with
// the keys as a serial console sends them.
package line

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/term"
)

// ErrInterrupted is what ReadLine returns for Ctrl-C.
var ErrInterrupted = errors.New("interrupted")

const (
	keyInterrupt = 3
	keyEnd       = 4
	keyBackspace = 8
	keyDelete    = 127
)

// Completer proposes for the word at pos. It returns the new line and position, or lists for the
// screen when there are several ways to go on.
type Completer interface {
	Complete(line string, pos int) (newLine string, newPos int, choices []string)
}

// Editor reads lines from a console in byte mode, whose output turns "\n" into "\r\n".
type Editor struct {
	History   *History
	Completer Completer
	Shown     func() // called once, when the first prompt is out; may be nil
	keys      *keys
	screen    io.Writer
}

// New returns an editor that reads keys from in and draws on out.
func New(in io.Reader, out io.Writer) *Editor {
	return &Editor{History: &History{}, keys: &keys{in: in}, screen: screen{out}}
}

// ReadLine shows the prompt and returns the line that is typed, without its end. It returns io.EOF
// for Ctrl-D on an empty line, ErrInterrupted for Ctrl-C, and what reading keys returned.
func (e *Editor) ReadLine(prompt string) (string, error) {
	// After Ctrl-C a Terminal keeps the line that was dropped, so each line has its own.
	e.keys.interrupted = false
	e.keys.shown, e.Shown = e.Shown, nil
	terminal := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{e.keys, e.screen}, prompt)
	terminal.History = e.History
	terminal.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' || e.Completer == nil {
			return "", 0, false
		}
		return e.complete(terminal, line, pos)
	}
	line, err := terminal.ReadLine()
	if errors.Is(err, term.ErrPasteIndicator) {
		err = nil
	}
	if errors.Is(err, io.EOF) && e.keys.interrupted {
		io.WriteString(e.screen, "^C\n")
		return "", ErrInterrupted
	}
	if errors.Is(err, io.EOF) {
		io.WriteString(e.screen, "\n")
	}
	return line, err
}

func (e *Editor) complete(terminal *term.Terminal, line string, pos int) (string, int, bool) {
	// The callback counts in bytes, as x/term does for what it hands over.
	newLine, newPos, choices := e.Completer.Complete(line, pos)
	if len(choices) > 1 {
		e.pending(terminal, choices)
	}
	return newLine, newPos, true
}

// pending shows the choices above the line. The callback runs without the terminal's lock.
func (e *Editor) pending(terminal *term.Terminal, choices []string) {
	terminal.Write(Columns(choices, 80))
}

// keys hands the terminal at most one line at a time: what is typed ahead of a command's end belongs
// to whoever reads next. It also turns the keys of serial terminals into those that x/term knows.
type keys struct {
	in          io.Reader
	ahead       []byte
	last        byte
	interrupted bool
	shown       func()
}

func (k *keys) Read(to []byte) (int, error) {
	if k.shown != nil {
		k.shown()
		k.shown = nil
	}
	if len(k.ahead) == 0 {
		var buffer [256]byte
		n, err := k.in.Read(buffer[:])
		if n == 0 {
			return 0, err
		}
		k.ahead = append(k.ahead, buffer[:n]...)
	}
	n := 0
	for n < len(to) && len(k.ahead) > 0 {
		key := k.ahead[0]
		if n > 0 && (key == keyInterrupt || key == keyEnd) {
			return n, nil // the terminal draws what was typed before, then sees this key alone
		}
		k.ahead = k.ahead[1:]
		skip := key == '\n' && k.last == '\r'
		k.last = key
		switch key {
		case '\n':
			key = '\r'
		case keyBackspace:
			key = keyDelete
		case keyInterrupt:
			k.interrupted = true
		}
		if skip {
			continue
		}
		to[n] = key
		n++
		if key == '\r' || key == keyInterrupt {
			break
		}
	}
	if n == 0 {
		return k.Read(to)
	}
	return n, nil
}

// screen undoes the "\r\n" of x/term: the console does it itself.
type screen struct{ out io.Writer }

func (s screen) Write(text []byte) (int, error) {
	if _, err := s.out.Write(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))); err != nil {
		return 0, err
	}
	return len(text), nil
}
