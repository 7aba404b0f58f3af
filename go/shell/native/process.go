// SPDX-License-Identifier: BSD-2-Clause

package native

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"

	"anser/abi"
	"anser/anser"
	"anser/shell/machine"
)

// process implements machine.Process.
type process struct {
	id      uint64
	handle  anser.Handle
	signals anser.Handle // 0: it knows no signals
	linux   bool
	told    atomic.Bool // a program of Anser's, that it is to end
	done    chan struct{}
	exit    machine.Exit
}

func (p *process) ID() uint64  { return p.id }
func (p *process) Linux() bool { return p.linux }

func (p *process) Wait() machine.Exit {
	<-p.done
	return p.exit
}

// Signal tells a program of Anser's once; whoever asks again wants it to end.
func (p *process) Signal(number int) error {
	if p.signals != 0 && number != int(syscall.SIGKILL) && (p.linux || !p.told.Swap(true)) {
		return say(p.signals.Signal(1 << (number - 1)))
	}
	return say(p.handle.KillProcess(uint64(128 + number)))
}

var exitKinds = map[uint64]int{abi.ExitNormal: machine.Ended, abi.ExitKilled: machine.Killed,
	abi.ExitFault: machine.Faulted}

// end notes the words of the exit event: kind of event, status, how, cause, value, pc.
func (p *process) end(event []byte) {
	var word [6]uint64
	for i := range word {
		if len(event) >= 8*(i+1) {
			word[i] = binary.LittleEndian.Uint64(event[8*i:])
		}
	}
	p.exit = machine.Exit{Kind: exitKinds[word[2]], Status: int64(word[1]), Cause: word[3],
		Value: word[4], PC: word[5]}
	p.handle.Close()
	p.signals.Close()
	close(p.done)
}

// Start implements machine.Machine.
func (m *Machine) Start(start machine.Start) (machine.Process, error) {
	header, text, err := startRequest(start)
	if err != nil {
		return nil, err
	}
	exit, badge, err := m.mint()
	if err != nil {
		return nil, say(err)
	}
	p := &process{done: make(chan struct{})}
	// The end may come before the answer is read.
	m.mutex.Lock()
	m.processes[badge] = p
	m.mutex.Unlock()
	if err := m.startProcess(p, start, header, text, exit); err != nil {
		m.mutex.Lock()
		delete(m.processes, badge)
		m.mutex.Unlock()
		return nil, err
	}
	return p, nil
}

func (m *Machine) startProcess(p *process, start machine.Start, header abi.InitStartMessage,
	text []byte, exit anser.Handle) error {
	m.starts.Lock()
	defer m.starts.Unlock()
	for _, given := range []struct {
		name   string
		stream machine.Stream
	}{{abi.StartStdin, start.Stdin}, {abi.StartStdout, start.Stdout},
		{abi.StartStderr, start.Stderr}, {abi.StartTrace, start.Trace}} {
		if err := m.give(given.name, given.stream); err != nil {
			exit.Close()
			return fmt.Errorf("%s: %w", given.name, say(err))
		}
	}
	if strings.HasPrefix(start.Name, "/") {
		if err := m.giveImage(start.Name, &header); err != nil {
			exit.Close()
			return err
		}
	}
	request := append(append([]byte(nil), anser.Bytes(&header)...), text...)
	var answer abi.InitStarted
	in, err := m.init.Call(anser.Never, request, anser.Bytes(&answer), exit)
	if err != nil {
		exit.Close()
		return say(err)
	}
	if _, err := anser.Status(in.Data); err != nil || len(in.Handles) == 0 {
		in.Close()
		return startError(err, anser.Text(answer.Text[:]))
	}
	p.id, p.handle = answer.Process, in.Handles[0]
	p.linux = answer.Flags&abi.InitStartedForeign != 0
	for _, signals := range in.Handles[1:] {
		if p.linux || answer.Flags&abi.InitStartedSignals != 0 {
			p.signals = signals
		} else {
			signals.Close()
		}
	}
	return nil
}

// startError makes one line of init's answer; its text says more than the number.
func startError(err error, text string) error {
	if errors.Is(err, syscall.ESRCH) {
		return machine.ErrNotFound
	}
	if text != "" {
		return errors.New(text)
	}
	return say(err)
}

// give deposits a duplicate of the stream for the start that follows.
func (m *Machine) give(name string, given machine.Stream) error {
	handle := handleOf(given)
	if handle == 0 {
		return nil
	}
	duplicate, err := handle.Copy()
	if err != nil {
		return err
	}
	return m.deposit(name, duplicate)
}

// deposit gives init a handle for the start that follows; it is closed on an error.
func (m *Machine) deposit(name string, handle anser.Handle) error {
	message := abi.InitGiveMessage{Type: abi.InitGive}
	err := anser.SetText(message.Name[:], name)
	if err != nil {
		handle.Close()
		return err
	}
	in, err := m.init.Call(anser.Never, anser.Bytes(&message), make([]byte, abi.RegisterBytes), handle)
	if err != nil {
		handle.Close()
		return err
	}
	_, err = anser.Status(in.Data)
	return err
}

func handleOf(given machine.Stream) anser.Handle {
	switch given := given.(type) {
	case *stream:
		return given.handle
	case *session:
		return given.handle
	}
	return 0
}

// startRequest is the message of INIT_START: a header, and all strings, which follow it.
func startRequest(start machine.Start) (abi.InitStartMessage, []byte, error) {
	header := abi.InitStartMessage{Type: abi.InitStart, Flags: abi.InitStartExit}
	arguments := append([]string{start.Name}, start.Args[1:]...)
	var text []byte
	for _, list := range [][]string{arguments, start.Env} {
		for _, word := range list {
			if strings.IndexByte(word, 0) >= 0 {
				return header, nil, fmt.Errorf("an argument or variable holds a NUL")
			}
			text = append(append(text, word...), 0)
		}
	}
	argumentLength := len(arguments)
	for _, word := range arguments {
		argumentLength += len(word)
	}
	header.ArgumentCount, header.ArgumentLength = uint32(len(arguments)), uint64(argumentLength)
	header.EnvironmentCount = uint64(len(start.Env))
	header.EnvironmentLength = uint64(len(text) - argumentLength)
	if length := len(anser.Bytes(&header)) + len(text); length > abi.InitElement {
		return header, nil, fmt.Errorf("arguments and environment are %d bytes too long",
			length-abi.InitElement)
	}
	return header, text, nil
}
