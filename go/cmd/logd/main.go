// SPDX-License-Identifier: BSD-2-Clause

// Logd is the log server: it keeps the lines of the kernel's log and those that programs send, and gives
// them to readers, filtered, at once or as they come. The protocol is include/anser/log.h.
//
// It needs its own receive handle and the system object with the right INFO. When it ends, its successor
// reads the kernel's log again, goes on with the same positions, so that nobody who follows sees a line
// twice, and says how many lines of programs are lost.
package main

import (
	"fmt"
	"os"
	"time"

	"anser/abi"
	"anser/anser"
)

const (
	keptBytes    = 256 << 10
	pollInterval = 250 * time.Millisecond // the kernel's log is read in between, too, when somebody asks
	stateKey     = 1                      // of the record that is left with init
)

func loadState() state {
	record, err := anser.LoadRecord(stateKey)
	if err != nil {
		return state{} // the first start
	}
	_ = record.Handle.Close()
	return state{next: record.Words[0], kernel: record.Words[1], programs: record.Words[2]}
}

// saveState cannot fail in a way that matters: without a record the successor begins from nothing.
func saveState(s state) {
	record := anser.Record{Key: stateKey}
	record.Words = [abi.KeepWords]uint64{s.next, s.kernel, s.programs}
	_ = record.Store()
}

func run() error {
	system := anser.System{Handle: anser.StartHandle(abi.StartSystem)}
	s := &server{kernel: kernelLog{read: system.ReadLog}, now: anser.Now, save: saveState}
	if err := s.restore(loadState(), keptBytes); err != nil {
		return err
	}
	go func() {
		for range time.Tick(pollInterval) {
			s.poll()
		}
	}()
	loop := anser.Server{
		Receive:     anser.StartHandle(abi.StartReceive),
		ElementSize: abi.LogElement,
		Handle:      s.handle,
		Gone:        s.gone,
	}
	return loop.Serve()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "logd:", err)
		os.Exit(1)
	}
}
