// SPDX-License-Identifier: BSD-2-Clause

// Labgo is a worker of the channel lab in Go: lab starts it if an experiment's parameter `ends` says so.
// The protocol is include/anser/lab.h, the experiments are those of programs/lab. A role is a function
// that register has put into the table.
package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"anser/abi"
	"anser/anser"
)

// role runs in a process of its own; an error ends the experiment.
type role func(*work) error

// roles is filled by the init functions of the experiments: "EXPERIMENT ROLE".
var roles = make(map[string]role)

// register makes the role of an experiment known.
func register(experiment, name string, run role) {
	roles[experiment+" "+name] = run
}

// ask makes a request of lab; the answer, status first, goes to buffer.
func ask(request, buffer []byte) (anser.In, error) {
	in, err := anser.StartHandle(abi.LabHandle).Call(anser.Never, request, buffer)
	if err != nil {
		return in, err
	}
	_, err = anser.Status(in.Data)
	return in, err
}

func askQuery(kind, index uint64, buffer []byte) (anser.In, error) {
	query := abi.LabQuery{Type: kind, Index: index}
	return ask(anser.Bytes(&query), buffer)
}

// holdLifeline ends the process when lab has ended, whatever the role waits for.
func holdLifeline() {
	for {
		_, err := askQuery(abi.LabLifeline, 0, make([]byte, abi.RegisterBytes))
		if err != syscall.EINTR {
			os.Exit(1)
		}
	}
}

// join learns what this worker is to do.
func join() (*work, role, error) {
	var joined abi.LabJoined
	if _, err := askQuery(abi.LabJoin, 0, anser.Bytes(&joined)); err != nil {
		return nil, nil, err
	}
	w, err := readText(anser.Text(joined.Text[:]))
	if err != nil {
		return nil, nil, err
	}
	run := roles[w.name]
	if run == nil {
		return nil, nil, fmt.Errorf("no role %q: %w", w.name, syscall.ENOSYS)
	}
	for uint64(len(w.handles)) < joined.Handles {
		in, err := askQuery(abi.LabHandles, uint64(len(w.handles)), make([]byte, abi.RegisterBytes))
		if err != nil {
			return nil, nil, err
		}
		if len(in.Handles) == 0 {
			return nil, nil, syscall.EIO
		}
		w.handles = append(w.handles, in.Handles...)
	}
	return w, run, nil
}

func run() error {
	if anser.StartHandle(abi.LabHandle) == 0 {
		return fmt.Errorf("a worker of lab, which starts it; run lab")
	}
	w, role, err := join()
	if err != nil {
		return fmt.Errorf("cannot read its role: %w", err)
	}
	go holdLifeline()
	if _, err := askQuery(abi.LabReady, 0, make([]byte, abi.RegisterBytes)); err != nil {
		return fmt.Errorf("not wanted any more: %w", err)
	}
	done := abi.LabDoneMessage{Type: abi.LabDone}
	if err := role(w); err != nil {
		fmt.Fprintf(os.Stderr, "labgo: %s: %v\n", w.name, err)
		done.Status = anser.ErrorStatus(err)
	}
	if err := w.writeReports(&done); err != nil {
		return err
	}
	_, err = ask(anser.Bytes(&done), make([]byte, abi.RegisterBytes))
	return err
}

func main() {
	if err := run(); err != nil {
		if !errors.Is(err, syscall.EPIPE) { // a lab that has gone wants to hear nothing
			fmt.Fprintln(os.Stderr, "labgo:", err)
		}
		os.Exit(1)
	}
}
