// SPDX-License-Identifier: BSD-2-Clause

// Package machine is what the shell needs of Anser, as an interface: starting programs, the console,
// pipes, and what ps and its like show. The package native has the real one; tests have their own.
package machine

import (
	"errors"
	"io"
	"time"
)

// ErrNotFound is the error of a start of what is not there; all others mean that it cannot be run.
var ErrNotFound = errors.New("no such command or program; try help or ls")

// Machine is the shell's view of the system.
type Machine interface {
	Start(Start) (Process, error)
	// Pipe makes a pipe that can be given to programs.
	Pipe() (read, write Stream, err error)
	// OpenSession makes a session of the console; interrupted is called when Ctrl-C is typed there,
	// in a goroutine of the machine's, so it must not block.
	OpenSession(interrupted func()) (Session, error)
	// Foreground gives the input back to the shell's own session.
	Foreground() error

	Programs() ([]Program, error)
	Services() ([]Service, error)
	Devices() ([]Device, error)
	Restart(service string) error
	Kill(process uint64) error

	Processes() ([]ProcessInfo, error)
	Threads() ([]ThreadInfo, error)
	Memory() (Memory, error)
	Channels() ([]Channel, error)
	// Log writes the log's lines; it returns early, with the context's error, when stop is closed.
	Log(LogQuery, io.Writer, <-chan struct{}) error

	Uptime() Uptime
	// SetTime sets the time of day.
	SetTime(time.Time) error
	PowerOff(code uint8) error
	Reboot() error
}

// Stream is one end of a pipe or a console session, which programs can be given.
type Stream interface {
	io.ReadWriteCloser
}

// Session is a session of the console.
type Session interface {
	Stream
	// Foreground gives the input to this session.
	Foreground() error
}

// Start says what runs, and with what. The streams stay the caller's: the program gets duplicates.
type Start struct {
	Name   string   // of the program in /programs, or an absolute path
	Args   []string // Args[0] included
	Env    []string // NAME=VALUE
	Stdin  Stream   // nil: none, reads find the end
	Stdout Stream
	Stderr Stream
	Trace  Stream // nil: none; else its foreign calls are printed there
}

// Process is a program that runs.
type Process interface {
	ID() uint64
	// Wait returns when it has ended; any number of callers may wait.
	Wait() Exit
	// Signal sends a Linux signal, or ends a program that knows none.
	Signal(number int) error
	// Linux tells whether it is a program for Linux: then a status of 128 + n is death by signal n.
	Linux() bool
}

// Exit kinds.
const (
	Ended   = iota // by itself, with Status
	Killed         // by somebody else
	Faulted        // by an exception that nobody handled
)

// Exit tells how a process ended.
type Exit struct {
	Kind   int
	Status int64
	Cause  uint64 // scause, of a fault
	Value  uint64 // stval
	PC     uint64
}

// Program is a program of the boot archive.
type Program struct {
	Name string
	Size uint64
}

// Service is a server that init keeps running.
type Service struct {
	Name     string
	Process  uint64 // 0: it does not run
	Restarts uint64
	State    string
	Needs    string // names of services, blanks between them
	WaitsFor string // the first of them that does not run, where that keeps it from running
	End      string // how it ended last, or why it failed; "": never
}

// Device is a device of the machine, whether somebody drives it or not.
type Device struct {
	Address uint64 // of its registers
	IRQ     uint64
	Kind    string
	Virtio  uint64 // DeviceID; 0: it is no virtio device
	Legacy  bool   // its virtio transport is the legacy one
	Driver  string // the service; "": nobody drives it
	Wrong   string // why nobody may have it; "": it is well
}

// ProcessInfo is one process as the kernel sees it.
type ProcessInfo struct {
	ID        uint64
	Name      string
	CPUMillis uint64
	Pages     uint64
}

// ThreadInfo is one thread as the kernel sees it.
type ThreadInfo struct {
	ID, Process uint64
	State       string
	Priority    uint64
	CPUMillis   uint64
	WaitObject  uint64 // id of a channel or signal; address of a word
	WaitWord    bool   // WaitObject is an address
	WaitThread  uint64 // of the server whose answer it waits for
}

// Memory is the machine's memory in pages, and what the kernel has counted.
type Memory struct {
	Total, Free, Image, Meta, Slab, Tables, Boot, Reserved uint64
	Objects, Handles, Threads, Harts                       uint64
}

// Channel is a published channel.
type Channel struct {
	Name      string
	Object    uint64
	Publisher uint64 // process
}

// LogQuery says which lines of the log are wanted.
type LogQuery struct {
	Follow bool
	Source string // "": all
	Level  string // the least, "": all
}

// Uptime tells how long the machine has been up.
type Uptime struct {
	Seconds          uint64
	BootInstructions uint64 // from the loader's first to the shell's first prompt
}
