// SPDX-License-Identifier: BSD-2-Clause

package logclient

import (
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"anser/abi"
	"anser/anser"
)

// encode is an answer of the log server with these lines.
func encode(lines ...string) []byte {
	head := abi.LogRecords{Status: int64(len(lines)), Next: 10, Lost: 2}
	answer := append([]byte(nil), anser.Bytes(&head)...)
	for i, line := range lines {
		r := abi.LogRecord{Position: uint64(i), Level: abi.LogError, Length: uint32(len(line))}
		_ = anser.SetText(r.Source[:], "demo")
		answer = append(append(answer, anser.Bytes(&r)...), line...)
		answer = append(answer, make([]byte, -len(answer)&7)...)
	}
	return answer
}

func TestParse(t *testing.T) {
	head, records, err := parse(encode("first", "", "eight ch"))
	if err != nil || head.Next != 10 || head.Lost != 2 || len(records) != 3 {
		t.Fatalf("parse = %+v, %+v, %v", head, records, err)
	}
	for i, want := range []string{"first", "", "eight ch"} {
		if r := records[i]; r.Text != want || r.Source != "demo" || r.Position != uint64(i) {
			t.Errorf("record %d = %+v", i, r)
		}
	}
	answer := encode("first")
	for length := range len(answer) - 3 { // the last three bytes are padding
		if _, _, err := parse(answer[:length]); !errors.Is(err, syscall.EIO) {
			t.Errorf("parse of %d bytes of %d = %v", length, len(answer), err)
		}
	}
}

func TestLine(t *testing.T) {
	r := Record{Time: 3*anser.Hertz() + anser.Hertz()/2, Level: abi.LogInfo, Source: "init", Text: "up"}
	if got := r.Line(); got != "[    3.500000] init: up" {
		t.Errorf("Line = %q", got)
	}
	r = Record{Level: abi.LogError, Source: "demo", Text: "down"}
	if got := r.Line(); got != "[            ] demo: error: down" {
		t.Errorf("Line = %q", got)
	}
}

func TestDmesgArguments(t *testing.T) {
	for arguments, want := range map[string]string{
		"-l loud": `no level "loud"; there are error, warning, notice, info, debug`,
		"-x":      "-x; usage: dmesg [-f] [-s SOURCE] [-l LEVEL]",
		"more":    `what is "more"?; usage: dmesg`,
	} {
		err := Dmesg(context.Background(), io.Discard, strings.Fields(arguments))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("dmesg %s: %v", arguments, err)
		}
	}
}
