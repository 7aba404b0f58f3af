// SPDX-License-Identifier: BSD-2-Clause

package line

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// byPieces gives one piece a read, as the console does.
type byPieces struct{ pieces []string }

func (b *byPieces) Read(to []byte) (int, error) {
	if len(b.pieces) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(to, b.pieces[0])
	b.pieces = b.pieces[1:]
	return n, nil
}

type completerFunc func(string, int) (string, int, []string)

func (c completerFunc) Complete(line string, pos int) (string, int, []string) { return c(line, pos) }

func TestReadLine(t *testing.T) {
	for keys, want := range map[string]string{
		"ls\n":                   "ls",
		"ls\r":                   "ls",
		"ls\r\n":                 "ls",
		"lsx\x7f\n":              "ls",
		"lsx\b\n":                "ls",
		"s\x01l\n":               "ls",
		"s\x1b[Dl\x1b[Fx\n":      "lsx",
		"one two\x17\n":          "one ",
		"gone\x15new\n":          "new",
		"a\x1b[3~b\x0b\n":        "ab",
		"h\xc3\xa4\n":            "hä",
		"comp\t\n":               "complete ",
		"first\n|\x1b[A\n":       "first",
		"1\n|2\n|\x1b[A\x1b[A\n": "1",
	} {
		pieces := strings.Split(keys, "|")
		editor := New(&byPieces{pieces}, io.Discard)
		editor.Completer = completerFunc(func(line string, pos int) (string, int, []string) {
			return "complete ", 9, nil
		})
		got, err := "", error(nil)
		for range pieces {
			got, err = editor.ReadLine("> ")
		}
		if got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", keys, got, err, want)
		}
	}
}

func TestEnds(t *testing.T) {
	var screen bytes.Buffer
	editor := New(&byPieces{[]string{"dropped\x03kept\n", "\x04", "half"}}, &screen)
	if _, err := editor.ReadLine("> "); !errors.Is(err, ErrInterrupted) {
		t.Errorf("Ctrl-C: %v", err)
	}
	if line, err := editor.ReadLine("> "); line != "kept" || err != nil {
		t.Errorf("behind Ctrl-C: %q, %v", line, err)
	}
	if _, err := editor.ReadLine("> "); err != io.EOF {
		t.Errorf("Ctrl-D: %v", err)
	}
	if _, err := editor.ReadLine("> "); err != io.ErrUnexpectedEOF {
		t.Errorf("a console that fails: %v", err)
	}
	if !strings.HasPrefix(screen.String(), "> dropped^C\n> kept\n> ") {
		t.Errorf("the screen shows %q", screen.String())
	}
}

func TestChoices(t *testing.T) {
	var screen bytes.Buffer
	editor := New(&byPieces{[]string{"p\t\n"}}, &screen)
	editor.Completer = completerFunc(func(line string, pos int) (string, int, []string) {
		return line, pos, []string{"ping", "ps"}
	})
	if line, err := editor.ReadLine("> "); line != "p" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	if !strings.Contains(screen.String(), "ping  ps\n> p") {
		t.Errorf("the screen shows %q", screen.String())
	}
}

func TestShown(t *testing.T) {
	count := 0
	editor := New(&byPieces{[]string{"\n", "\n"}}, io.Discard)
	editor.Shown = func() { count++ }
	editor.ReadLine("> ")
	editor.ReadLine("> ")
	if count != 1 {
		t.Errorf("%d times", count)
	}
}

func TestHistory(t *testing.T) {
	var history History
	history.Add("same")
	history.Add("same")
	history.Add("  ")
	if history.Len() != 1 {
		t.Errorf("%d lines", history.Len())
	}
	for i := range historyMax {
		history.Add(strings.Repeat("x", i+1))
	}
	first, lines := history.All()
	if first != 2 || len(lines) != historyMax || history.At(0) != lines[historyMax-1] {
		t.Errorf("first %d, %d lines", first, len(lines))
	}
}
