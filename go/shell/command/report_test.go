// SPDX-License-Identifier: BSD-2-Clause

package command

import (
	"strings"
	"testing"

	"anser/shell/machine"
)

var (
	someProcesses = []machine.ProcessInfo{{ID: 1, Name: "init", CPUMillis: 1234, Pages: 50},
		{ID: 3, Name: "uart", Pages: 20}}
	someThreads = []machine.ThreadInfo{
		{ID: 2, Process: 1, State: "call", Priority: 30, WaitThread: 4},
		{ID: 4, Process: 3, State: "receive", Priority: 24, WaitObject: 9},
		{ID: 5, Process: 3, State: "word", Priority: 24, WaitObject: 0x1000, WaitWord: true},
	}
	someChannels = []machine.Channel{{Name: "console", Object: 9, Publisher: 3}, {Name: "lost", Object: 8}}
)

func check(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("shows\n%swant\n%s", got, want)
	}
}

func TestProcesses(t *testing.T) {
	var text strings.Builder
	printProcesses(&text, someProcesses, someThreads, someChannels)
	check(t, text.String(), `  PID  THR  NAME, STATE           CPU s   PAGES  WAITS FOR
    1       init                   1.234     50
          2   call     pri 30     0.000         answer of uart (thread 4)
    3       uart                   0.000     20
          4   receive  pri 24     0.000         channel 9 console
          5   word     pri 24     0.000         word at 0x1000
`)
}

func TestChannelList(t *testing.T) {
	var text strings.Builder
	printChannels(&text, someChannels, someThreads, someProcesses)
	check(t, text.String(), `NAME                     CHANNEL  PUBLISHED BY
console                        9  uart
    thread 4 of uart waits: receive
lost                           8  nobody serves it
`)
}

func TestMemoryAddsUp(t *testing.T) {
	var text strings.Builder
	printMemory(&text, machine.Memory{Total: 1000, Free: 700, Image: 100, Meta: 10, Boot: 50,
		Reserved: 40, Harts: 2}, someProcesses)
	for _, line := range []string{
		"kernel, for nobody in particular         30       120 KiB\n",
		"init (1)                                 50       200 KiB\n",
		"free                                    700      2800 KiB\n", "0 threads, 2 harts\n"} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("no %q in\n%s", line, text.String())
		}
	}
}

func TestServices(t *testing.T) {
	var text strings.Builder
	printServices(&text, []machine.Service{{Name: "uart", Process: 3, Restarts: 1, State: "running"},
		{Name: "odd", State: "held", Needs: "files log", WaitsFor: "log", End: "ended with status 1"}})
	check(t, text.String(), `NAME                PID RESTARTS  STATE
uart                  3        1  running
odd                   0        0  held
    needs files log
    waits for log
    last: ended with status 1
`)
}

func TestSignalNumber(t *testing.T) {
	for word, want := range map[string]int{"9": 9, "INT": 2, "SIGTERM": 15, "int": 2, "0": -1, "65": -1, "X": -1} {
		if got, ok := signalNumber(word); ok != (want > 0) || ok && got != want {
			t.Errorf("%s: %d, %t", word, got, ok)
		}
	}
}
