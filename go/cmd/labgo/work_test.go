// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"testing"

	"anser/abi"
)

func TestReadText(t *testing.T) {
	w, err := readText("pingpong client index=3 size=64 by=send seed=2")
	if err != nil || w.name != "pingpong client" || w.index != 3 || w.size != 64 || !w.is("by", "send") {
		t.Errorf("readText = %+v, %v", w, err)
	}
	if w, err := readText("ring node index=0 seed=1"); err != nil || w.size != 8 {
		t.Errorf("readText without size = %+v, %v", w, err)
	}
	for _, wrong := range []string{"", "pingpong", "pingpong client size=5000"} {
		if _, err := readText(wrong); err == nil {
			t.Errorf("readText(%q) is no error", wrong)
		}
	}
}

func TestReports(t *testing.T) {
	w, _ := readText("pingpong client")
	w.report("most", 1)
	w.report("least", 2)
	w.report("most", 3)
	var done abi.LabDoneMessage
	if err := w.writeReports(&done); err != nil || done.Count != 2 || done.Reports[0].Value != 3 {
		t.Errorf("writeReports = %+v, %v", done, err)
	}
	w.report("a name that is longer than the field", 4)
	if err := w.writeReports(&done); err == nil {
		t.Error("a name that is too long is no error")
	}
}

// What the generator of programs/lab/worker.c begins with for seed 1, as worker 2.
func TestRandomIsThatOfC(t *testing.T) {
	w, _ := readText("workqueue master index=2 seed=1")
	if first, second := w.next(), w.next(); first != 0x1e09f8a031519da4 || second != 0xe74875695d6fea0e {
		t.Errorf("next = %#x, %#x", first, second)
	}
}
