// SPDX-License-Identifier: BSD-2-Clause

// Package native is the shell's view of a real Anser, through its start handles: stdin (a console
// session), init, names, system; the pipe and the log server by their names.
package native

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"syscall"

	"anser/abi"
	"anser/anser"
	"anser/shell/machine"
)

// eventsCapacity is the room for Ctrl-C messages that are not read yet; ends of processes need none.
const eventsCapacity = 32

// Machine implements machine.Machine.
type Machine struct {
	console stream
	init    anser.Handle
	system  anser.System
	events  anser.Channel

	starts sync.Mutex // what init was given belongs to the next start, so starts are made one by one

	mutex       sync.Mutex
	badge       uint64 // given out last
	processes   map[uint64]*process
	interrupts  map[uint64]func()
	pipeServer  anser.Handle
	promptCount uint64 // instructions at the first prompt
}

// New finds the handles and begins to receive events.
func New() (*Machine, error) {
	m := &Machine{
		console:    stream{anser.StartHandle(abi.StartStdin), consoleTries},
		init:       anser.StartHandle(abi.StartInit),
		system:     anser.System{Handle: anser.StartHandle(abi.StartSystem)},
		processes:  map[uint64]*process{},
		interrupts: map[uint64]func(){},
	}
	for name, handle := range map[string]anser.Handle{abi.StartStdin: m.console.handle,
		abi.StartInit: m.init, abi.StartSystem: m.system.Handle} {
		if handle == 0 {
			return nil, fmt.Errorf("started without the handle '%s'", name)
		}
	}
	var err error
	if m.events, err = anser.MakeChannel(abi.RegisterBytes, eventsCapacity); err != nil {
		return nil, fmt.Errorf("channel for events: %w", err)
	}
	go m.receive()
	return m, nil
}

// receive takes events: Ctrl-C of sessions, ends of processes, each by its badge.
func (m *Machine) receive() {
	buffer := make([]byte, abi.RegisterBytes)
	for {
		in, err := m.events.Receive.Receive(anser.Never, buffer)
		if err != nil {
			return
		}
		in.Close()
		m.mutex.Lock()
		interrupted, ended := m.interrupts[in.Badge], m.processes[in.Badge]
		if in.Event {
			delete(m.processes, in.Badge)
		}
		m.mutex.Unlock()
		switch {
		case in.Event && ended != nil:
			ended.end(in.Data)
		case !in.Event && !in.Gone && interrupted != nil:
			interrupted()
		}
	}
}

// mint makes a send handle of the events' channel with a badge of its own.
func (m *Machine) mint() (anser.Handle, uint64, error) {
	m.mutex.Lock()
	m.badge++
	badge := m.badge
	m.mutex.Unlock()
	handle, err := m.events.Receive.Mint(badge)
	return handle, badge, err
}

func (m *Machine) forget(badge uint64) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	delete(m.interrupts, badge)
}

// RawKeys sets the shell's own session to single bytes, without echo.
func (m *Machine) RawKeys() error {
	_, _, err := m.console.ask(words(abi.ConsoleMode, abi.ConsoleModeCrlf), make([]byte, 16))
	return err
}

// Console is the shell's own session.
func (m *Machine) Console() machine.Stream {
	return &m.console
}

// OpenSession implements machine.Machine.
func (m *Machine) OpenSession(interrupted func()) (machine.Session, error) {
	interrupt, badge, err := m.mint()
	if err != nil {
		return nil, err
	}
	m.mutex.Lock()
	m.interrupts[badge] = interrupted
	m.mutex.Unlock()
	opened, err := m.open(interrupt, badge)
	if err != nil {
		m.forget(badge)
	}
	return opened, err
}

func (m *Machine) open(interrupt anser.Handle, badge uint64) (machine.Session, error) {
	buffer := make([]byte, 16)
	in, err := m.console.handle.Call(anser.Never, words(abi.ConsoleOpen), buffer, interrupt)
	for try := 1; isPipeError(err) && try < consoleTries; try++ {
		in, err = m.console.handle.Call(anser.Never, words(abi.ConsoleOpen), buffer, interrupt)
	}
	if err != nil {
		interrupt.Close()
		return nil, err
	}
	if _, err := anser.Status(in.Data); err != nil {
		in.Close()
		return nil, err
	}
	if len(in.Data) != len(buffer) || len(in.Handles) != 1 {
		in.Close()
		return nil, syscall.EIO
	}
	return &session{stream{in.Handles[0], consoleTries}, binary.LittleEndian.Uint64(in.Data[8:]), m,
		badge}, nil
}

func (m *Machine) foreground(number uint64) error {
	_, _, err := m.console.ask(words(abi.ConsoleForeground, number), make([]byte, 16))
	return err
}

// Foreground implements machine.Machine.
func (m *Machine) Foreground() error { return m.foreground(0) }

// Pipe implements machine.Machine.
func (m *Machine) Pipe() (read, write machine.Stream, err error) {
	server, err := m.findPipes()
	if err != nil {
		return nil, nil, err
	}
	in, err := server.Call(anser.Never, words(abi.PipeMake), make([]byte, abi.RegisterBytes))
	for try := 1; isPipeError(err) && try < consoleTries; try++ {
		in, err = server.Call(anser.Never, words(abi.PipeMake), make([]byte, abi.RegisterBytes))
	}
	if err == nil {
		_, err = anser.Status(in.Data)
	}
	if err == nil && len(in.Handles) != 2 {
		err = syscall.EIO
	}
	if err != nil {
		in.Close()
		return nil, nil, fmt.Errorf("pipe server: %w", err)
	}
	return &stream{in.Handles[0], 1}, &stream{in.Handles[1], 1}, nil
}

func (m *Machine) findPipes() (anser.Handle, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.pipeServer == 0 {
		m.pipeServer = anser.StartHandle(abi.PipeService)
	}
	if m.pipeServer == 0 {
		handle, err := anser.Lookup(abi.PipeService)
		if errors.Is(err, syscall.ESRCH) {
			return 0, errors.New("there is no pipe server")
		}
		if err != nil {
			return 0, fmt.Errorf("pipe server: %w", err)
		}
		m.pipeServer = handle
	}
	return m.pipeServer, nil
}
