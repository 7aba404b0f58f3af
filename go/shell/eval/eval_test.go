// SPDX-License-Identifier: BSD-2-Clause

package eval

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mvdan.cc/sh/v3/syntax"

	"anser/shell/machine"
)

// fake is a machine whose programs are functions; what the shell does not ask for here is missing.
type fake struct {
	machine.Machine
	mutex      sync.Mutex
	console    bytes.Buffer // what programs write to a session
	typed      string       // what a session reads, once
	pipes      int
	open       int // streams of pipes that are open
	interrupts []func()
	block      chan struct{} // not nil: nothing is typed for ever
	last       machine.Start
}

type fakeStream struct {
	io.Reader
	io.Writer
	close func() error
}

func (s *fakeStream) Close() error { return s.close() }

// copies lets a pipe's end be closed as often as it was handed out.
type end struct {
	fakeStream
	holders int
	mutex   sync.Mutex
}

func (e *end) hold() {
	e.mutex.Lock()
	e.holders++
	e.mutex.Unlock()
}

func (e *end) Close() error {
	e.mutex.Lock()
	e.holders--
	last := e.holders == 0
	e.mutex.Unlock()
	if last {
		return e.close()
	}
	return nil
}

func (f *fake) Pipe() (machine.Stream, machine.Stream, error) {
	r, w := io.Pipe()
	f.mutex.Lock()
	f.pipes++
	f.open += 2
	f.mutex.Unlock()
	closing := func(c io.Closer) func() error {
		return func() error {
			f.mutex.Lock()
			f.open--
			f.mutex.Unlock()
			return c.Close()
		}
	}
	return &end{fakeStream: fakeStream{r, nil, closing(r)}, holders: 1},
		&end{fakeStream: fakeStream{nil, w, closing(w)}, holders: 1}, nil
}

type fakeSession struct{ f *fake }

func (s fakeSession) Read(to []byte) (int, error) {
	if s.f.block != nil {
		<-s.f.block
	}
	s.f.mutex.Lock()
	defer s.f.mutex.Unlock()
	n := copy(to, s.f.typed)
	s.f.typed = s.f.typed[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (s fakeSession) Write(from []byte) (int, error) {
	s.f.mutex.Lock()
	defer s.f.mutex.Unlock()
	return s.f.console.Write(from)
}
func (fakeSession) Close() error      { return nil }
func (fakeSession) Foreground() error { return nil }
func (f *fake) Foreground() error     { return nil }

func (f *fake) OpenSession(interrupted func()) (machine.Session, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.interrupts = append(f.interrupts, interrupted)
	return fakeSession{f}, nil
}

func (f *fake) interrupt() {
	f.mutex.Lock()
	latest := f.interrupts[len(f.interrupts)-1]
	f.mutex.Unlock()
	latest()
}

type fakeProcess struct {
	id      uint64
	done    chan struct{}
	exit    machine.Exit
	signals chan int
}

func (p *fakeProcess) ID() uint64         { return p.id }
func (p *fakeProcess) Wait() machine.Exit { <-p.done; return p.exit }
func (p *fakeProcess) Linux() bool        { return true }
func (p *fakeProcess) Signal(n int) error { p.signals <- n; return nil }

var programs = map[string]func(machine.Start, <-chan int) machine.Exit{
	"say": func(s machine.Start, _ <-chan int) machine.Exit {
		fmt.Fprintln(s.Stdout, strings.Join(s.Args[1:], " "))
		return machine.Exit{}
	},
	"up": func(s machine.Start, _ <-chan int) machine.Exit {
		text, _ := io.ReadAll(s.Stdin)
		s.Stdout.Write(bytes.ToUpper(text))
		return machine.Exit{}
	},
	"env": func(s machine.Start, _ <-chan int) machine.Exit {
		fmt.Fprintln(s.Stdout, strings.Join(s.Env, " "))
		return machine.Exit{}
	},
	"complain": func(s machine.Start, _ <-chan int) machine.Exit {
		fmt.Fprintln(s.Stderr, "no")
		return machine.Exit{Status: 3}
	},
	"crash":  func(machine.Start, <-chan int) machine.Exit { return machine.Exit{Status: 128 + 11} },
	"broken": func(machine.Start, <-chan int) machine.Exit { return machine.Exit{Kind: machine.Faulted} },
	"forever": func(_ machine.Start, signals <-chan int) machine.Exit {
		return machine.Exit{Status: int64(128 + <-signals)}
	},
}

func (f *fake) Start(start machine.Start) (machine.Process, error) {
	if start.Name == "unloadable" {
		return nil, errors.New("not an image")
	}
	program, ok := programs[filepath.Base(start.Name)]
	if !ok {
		return nil, machine.ErrNotFound
	}
	f.mutex.Lock()
	f.last = start
	f.mutex.Unlock()
	streams := []machine.Stream{start.Stdin, start.Stdout, start.Stderr}
	for _, stream := range streams {
		if e, ok := stream.(*end); ok {
			e.hold()
		}
	}
	p := &fakeProcess{id: 7, done: make(chan struct{}), signals: make(chan int, 1)}
	go func() {
		p.exit = program(start, p.signals)
		for _, stream := range streams {
			if e, ok := stream.(*end); ok {
				e.Close()
			}
		}
		close(p.done)
	}()
	return p, nil
}

func newShell(t *testing.T) (*Shell, *fake) {
	t.Helper()
	f := &fake{}
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "lines"), []byte("one\ntwo\n"), 0o600)
	os.WriteFile(filepath.Join(dir, "script"),
		[]byte("x=$1\nfor i in a b; do say $x $i | up; done\necho $# $HOME\nexit 5\n"), 0o600)
	s, err := New(f, writerFunc(fakeSession{f}.Write), []string{"HOME=/here"}, dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, f
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(text []byte) (int, error) { return w(text) }

// Lines, what the console shows, and the last status. A deadlock is a failure of the whole test.
var lines = []struct {
	line, shows string
	status      int
}{
	{`say one "two  words" 'th$ree'`, "one two  words th$ree\n", 0},
	{`x=4; say $x $((x+1)) "${x}x"`, "4 5 4x\n", 0},
	{`say a | up`, "A\n", 0},
	{`say a | up | up`, "A\n", 0},
	{`echo b | up`, "B\n", 0},
	{`say c | while read w; do echo "<$w>"; done`, "<c>\n", 0},
	{`say c | { up; say d; }`, "C\nd\n", 0},
	{`say out > /dev/null`, "", 0},
	{`say "$(say in | up)"`, "IN\n", 0},
	{`up < lines`, "ONE\nTWO\n", 0},
	{`f() { say "in $1" | up; }; f x`, "IN X\n", 0},
	{`up <<END
here
END`, "HERE\n", 0},
	{`A=1 env | up`, "A=1 HOME=/HERE\n", 0},
	{`complain`, "no\n", 3},
	{`complain || say $?`, "no\n3\n", 0},
	{`complain 2>/dev/null; echo $?`, "3\n", 0},
	{`complain |& up`, "NO\n", 0},
	{`nothing`, "nothing: no such command or program; try help or ls\n", 127},
	{`say a | nothing`, "nothing: no such command or program; try help or ls\n", 127},
	{`nothing | up`, "nothing: no such command or program; try help or ls\n", 0},
	{`unloadable`, "unloadable: not an image\n", 126},
	{`crash`, "crash: signal 11 (segmentation fault)\n", 139},
	{`broken`, "broken: fault, cause 0 at address 0x0, pc 0x0\n", 139},
	{`sh script one`, "ONE A\nONE B\n1 /here\n", 5},
	{`sh missing`, "sh: missing: no such file or directory\n", 127},
	{`time say x`, "x\nreal 0.", 0},
	{`time complain`, "no\nreal 0.", 3},
	{`say x | time up`, "X\nreal 0.", 0},
	{`run say x`, "x\n", 0},
	{`run`, "which program? 'ls' shows them\n", 2},
	{`fg`, "fg: there is no job\n", 1},
	{`fg x`, "fg: 'x' is not a number of a job\n", 1},
	{`cd /nonexistent`, "", 1},
	{`if true; then say yes; else say no; fi`, "yes\n", 0},
	{`read a b; say "$b" "$a"`, "typed words\n", 0},
}

func TestLines(t *testing.T) {
	for _, test := range lines {
		s, f := newShell(t)
		f.typed = "words typed\n"
		status, err := s.Line(test.line)
		shown := f.console.String()
		if err != nil || status != test.status || !strings.Contains(shown, test.shows) ||
			test.shows == "" && test.status == 0 && shown != "" {
			t.Errorf("%q: status %d, error %v, shows %q; want %d and %q", test.line, status, err, shown,
				test.status, test.shows)
		}
		for i := 0; f.open != 0 && i < 100; i++ { // ends that goroutines are about to close
			time.Sleep(time.Millisecond)
		}
		if f.open != 0 {
			t.Errorf("%q: %d ends of pipes are left open", test.line, f.open)
		}
	}
}

// Between two programs there is one pipe; the shell copies nothing.
func TestOnePipeBetweenPrograms(t *testing.T) {
	for line, pipes := range map[string]int{"say a | up": 1, "say a | up | up": 2, "echo a | up": 1,
		"run say a | up": 1, "say a | up > /dev/null": 3} {
		s, f := newShell(t)
		if s.Line(line); f.pipes != pipes {
			t.Errorf("%q: %d pipes instead of %d", line, f.pipes, pipes)
		}
	}
}

func TestStateStays(t *testing.T) {
	s, f := newShell(t)
	s.Line("x=1; cd /; y() { say $x; }")
	s.Line("y; pwd")
	s.Line("complain")
	s.Line("say $?")
	if got := f.console.String(); got != "1\n/\nno\n3\n" {
		t.Errorf("shows %q", got)
	}
}

func TestIncomplete(t *testing.T) {
	s, _ := newShell(t)
	for _, line := range []string{"if true; then", "say 'open", "say a |", "f() {"} {
		if _, err := s.Line(line); err == nil || !syntax.IsIncomplete(err) {
			t.Errorf("%q: %v", line, err)
		}
	}
	if status, err := s.Line("say )"); err == nil || syntax.IsIncomplete(err) || status != 2 {
		t.Errorf("a wrong line: %v, status %d", err, status)
	}
}

func TestStrace(t *testing.T) {
	s, f := newShell(t)
	s.Line("strace say x")
	if f.last.Trace == nil || f.last.Name != "say" {
		t.Errorf("started %+v", f.last)
	}
}

func TestPrograms(t *testing.T) {
	s, f := newShell(t)
	s.Line("cd /tmp; ./say x; /tests/../say y")
	if got := f.console.String(); got != "x\ny\n" || f.last.Name != "/say" {
		t.Errorf("shows %q, started %q", got, f.last.Name)
	}
}

func TestInterrupt(t *testing.T) {
	for _, line := range []string{"forever; say more", "while true; do forever; done",
		"forever | up; say more", "while true; do :; done; say more",
		"read x; say more"} {
		s, f := newShell(t)
		f.block = make(chan struct{})
		done := make(chan int)
		go func() {
			status, _ := s.Line(line)
			done <- status
		}()
		time.Sleep(50 * time.Millisecond)
		f.interrupt()
		select {
		case status := <-done:
			if status != 130 && !strings.Contains(line, "up") {
				t.Errorf("%q: status %d", line, status)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%q goes on after Ctrl-C", line)
		}
		if strings.Contains(f.console.String(), "more") && !strings.Contains(line, "up") {
			t.Errorf("%q: the rest of the line was run", line)
		}
	}
}

func TestJobs(t *testing.T) {
	s, f := newShell(t)
	s.Line("forever &")
	s.Line("jobs")
	if got := f.console.String(); got != "[1] forever is process 7\n[1] forever, process 7\n" {
		t.Errorf("shows %q", got)
	}
	f.console.Reset()
	f.interrupts[0]()
	if status, _ := s.Line("wait %1"); status != 130 {
		t.Errorf("wait: %d", status)
	}
	s.ReportJobs()
	if got := f.console.String(); !strings.HasPrefix(got, "[1] forever: status 130 (0.") {
		t.Errorf("shows %q", got)
	}
	if s.ReportJobs(); len(s.Jobs.All()) != 0 {
		t.Errorf("jobs are left")
	}
}
