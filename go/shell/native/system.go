// SPDX-License-Identifier: BSD-2-Clause

package native

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"anser/abi"
	"anser/anser"
	"anser/shell/machine"
)

// texts of errors, where Linux's words would mislead.
var texts = map[syscall.Errno]string{
	syscall.EPERM:  "not permitted",
	syscall.ESRCH:  "there is none",
	syscall.EBADF:  "no handle for that",
	syscall.ENOMEM: "out of memory",
	syscall.EINVAL: "cannot be (dmesg may say why)",
	syscall.EPIPE:  "nobody answers",
	syscall.EMFILE: "too many handles",
}

func say(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) && texts[errno] != "" {
		return fmt.Errorf("%s", texts[errno])
	}
	return err
}

// query asks init; the answer goes to *answer. False: there are no more.
func query[T any](m *Machine, kind, index uint64, name string, answer *T) (bool, error) {
	request := abi.InitQuery{Type: kind, Index: index}
	if err := anser.SetText(request.Name[:], name); err != nil {
		return false, say(syscall.ESRCH)
	}
	in, err := m.init.Call(anser.Never, anser.Bytes(&request), anser.Bytes(answer))
	if err != nil {
		return false, say(err)
	}
	in.Close()
	status, err := anser.Status(in.Data)
	return status > 0, say(err)
}

// Programs implements machine.Machine.
func (m *Machine) Programs() ([]machine.Program, error) {
	var list []machine.Program
	for index := uint64(0); ; {
		var answer abi.InitProgramMessage
		more, err := query(m, abi.InitProgram, index, "", &answer)
		if err != nil || !more {
			return list, err
		}
		list = append(list, machine.Program{Name: anser.Text(answer.Name[:]), Size: answer.Size})
		index = answer.Next
	}
}

var serviceStates = map[uint64]string{abi.InitStateRunning: "running",
	abi.InitStateStopped: "stopped", abi.InitStateWaiting: "to be restarted",
	abi.InitStateFailed: "failed", abi.InitStateHeld: "held"}

// Services implements machine.Machine.
func (m *Machine) Services() ([]machine.Service, error) {
	var list []machine.Service
	for index := uint64(0); ; {
		var answer abi.InitServiceMessage
		more, err := query(m, abi.InitService, index, "", &answer)
		if err != nil || !more {
			return list, err
		}
		list = append(list, machine.Service{Name: anser.Text(answer.Name[:]),
			Process: answer.Process, Restarts: answer.Restarts, State: serviceStates[answer.State],
			Needs: anser.Text(answer.Needs[:]), WaitsFor: anser.Text(answer.WaitsFor[:]),
			End: anser.Text(answer.End[:])})
		index = answer.Next
	}
}

// Devices implements machine.Machine.
func (m *Machine) Devices() ([]machine.Device, error) {
	var list []machine.Device
	for index := uint64(0); ; {
		var answer abi.InitDeviceMessage
		more, err := query(m, abi.InitDevice, index, "", &answer)
		if err != nil || !more {
			return list, err
		}
		list = append(list, machine.Device{Address: answer.Address, IRQ: answer.Irq,
			Kind: anser.Text(answer.Kind[:]), Virtio: answer.Virtio, Legacy: answer.Version == 1,
			Driver: anser.Text(answer.Driver[:]), Wrong: anser.Text(answer.Wrong[:])})
		index = answer.Next
	}
}

// Restart implements machine.Machine.
func (m *Machine) Restart(service string) error {
	var answer [abi.RegisterBytes]byte
	_, err := query(m, abi.InitRestart, 0, service, &answer)
	return err
}

// Kill implements machine.Machine.
func (m *Machine) Kill(id uint64) error {
	found, err := m.system.FindProcess(id)
	if err != nil {
		return say(err)
	}
	defer found.Close()
	return say(found.KillProcess(0))
}

func milliseconds(ticks uint64) uint64 {
	return uint64(anser.Duration(ticks) / time.Millisecond)
}

// Processes implements machine.Machine.
func (m *Machine) Processes() ([]machine.ProcessInfo, error) {
	all, err := m.system.Processes()
	var list []machine.ProcessInfo
	for _, info := range all {
		list = append(list, machine.ProcessInfo{ID: info.ID, Name: anser.Text(info.Name[:]),
			CPUMillis: milliseconds(info.CPUTicks), Pages: info.PagesUsed})
	}
	return list, say(err)
}

var threadStates = map[uint64]string{abi.StateReady: "ready", abi.StateRunning: "running",
	abi.StateSending: "send", abi.StateReceiving: "receive", abi.StateCalling: "call",
	abi.StateWord: "word", abi.StateSignal: "signal", abi.StateFaulted: "faulted",
	abi.StateDying: "dying"}

// Threads implements machine.Machine.
func (m *Machine) Threads() ([]machine.ThreadInfo, error) {
	all, err := m.system.Threads()
	var list []machine.ThreadInfo
	for _, info := range all {
		list = append(list, machine.ThreadInfo{ID: info.ID, Process: info.Process,
			State: threadStates[info.State], Priority: info.Priority,
			CPUMillis: milliseconds(info.CPUTicks), WaitObject: info.WaitObject,
			WaitWord: info.State == abi.StateWord, WaitThread: info.WaitThread})
	}
	return list, say(err)
}

// Memory implements machine.Machine.
func (m *Machine) Memory() (machine.Memory, error) {
	info, err := m.system.Info()
	return machine.Memory{Total: info.FramesTotal, Free: info.FramesFree, Image: info.FramesImage,
		Meta: info.FramesMeta, Slab: info.FramesSlab, Tables: info.FramesTables,
		Boot: info.FramesBoot, Reserved: info.FramesReserved, Objects: info.KernelObjects,
		Handles: info.Handles, Threads: info.Threads, Harts: info.Harts}, say(err)
}

// Channels implements machine.Machine.
func (m *Machine) Channels() ([]machine.Channel, error) {
	all, err := anser.Names()
	var list []machine.Channel
	for _, name := range all {
		list = append(list, machine.Channel{Name: name.Name, Object: name.Object,
			Publisher: name.Publisher})
	}
	return list, say(err)
}

// FirstPrompt notes that the first prompt is out.
func (m *Machine) FirstPrompt() { m.promptCount = anser.Instructions() }

// Uptime implements machine.Machine. Counters are per hart: the instructions mean something with one
// hart only, and in QEMU with -icount.
func (m *Machine) Uptime() machine.Uptime {
	info, _ := m.system.Info()
	return machine.Uptime{Seconds: uint64(anser.Duration(anser.Now()) / time.Second),
		BootInstructions: m.promptCount - info.BootInstret}
}

// SetTime implements machine.Machine.
func (m *Machine) SetTime(t time.Time) error {
	value := syscall.NsecToTimeval(t.UnixNano())
	return say(syscall.Settimeofday(&value))
}

// PowerOff implements machine.Machine.
func (m *Machine) PowerOff(code uint8) error {
	return say(m.system.Power(abi.PowerOff, uint64(code)))
}

// Reboot implements machine.Machine.
func (m *Machine) Reboot() error { return say(m.system.Power(abi.PowerReboot, 0)) }
