// SPDX-License-Identifier: BSD-2-Clause

// Package logclient talks to the log server (include/anser/log.h). A restart of the server does not show,
// but for its line that says what was lost.
package logclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"unsafe"

	"anser/abi"
	"anser/anser"
)

// Levels are the names of abi.LogError and so on, the gravest first.
var Levels = []string{"error", "warning", "notice", "info", "debug"}

// ParseLevel is the number of a level's name.
func ParseLevel(name string) (uint32, error) {
	level := slices.Index(Levels, name)
	if level < 0 {
		return 0, fmt.Errorf("no level %q; there are %s", name, strings.Join(Levels, ", "))
	}
	return uint32(level), nil
}

// Record is one line of the log.
type Record struct {
	Position uint64
	Time     uint64 // ticks; 0: not known
	Level    uint32
	Source   string
	Text     string
}

// Filter says which records a reader wants.
type Filter struct {
	Level  uint32 // at most this
	Source string // "": of all
}

// tries is how often a request is made: each restart of the server costs the one that was being served.
const tries = 8

// call makes a request, again if the server went down with it.
func call(server anser.Handle, request, buffer []byte) ([]byte, error) {
	for try := 1; ; try++ {
		in, err := server.Call(anser.Never, request, buffer)
		if errors.Is(err, syscall.EPIPE) && try < tries {
			continue
		}
		if err != nil {
			return nil, err
		}
		in.Close()
		_, err = anser.Status(in.Data)
		return in.Data, err
	}
}

func open() (anser.Handle, error) {
	server, err := anser.Lookup(abi.LogService)
	if err != nil {
		return 0, fmt.Errorf("no log server: %w", err)
	}
	return server, nil
}

// Write keeps a line, under the name that the program gives itself. It returns when it is kept.
func Write(source string, level uint32, text string) error {
	head := abi.LogWriteMessage{Type: abi.LogWrite, Level: uint64(level)}
	if err := anser.SetText(head.Source[:], source); err != nil {
		return err
	}
	server, err := open()
	if err != nil {
		return err
	}
	defer server.Close()
	request := append(slices.Clone(anser.Bytes(&head)), text[:min(len(text), abi.LogTextMax)]...)
	var buffer [abi.RegisterBytes]byte
	_, err = call(server, request, buffer[:])
	return err
}

// Read calls each for the records that the filter lets pass, the oldest first. lost is how many records
// before this one were no longer there. With follow it waits for more, until ctx is done or each returns
// an error; without, it ends with the newest record.
func Read(ctx context.Context, filter Filter, follow bool, each func(r Record, lost uint64) error) error {
	server, err := open()
	if err != nil {
		return err
	}
	// A handle of its own: closing it ends the call that waits, here and in the server.
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer func() {
		if stop() {
			_ = server.Close()
		}
	}()
	request := abi.LogReadMessage{Type: abi.LogRead, Level: filter.Level}
	if follow {
		request.Flags = abi.LogReadFollow
	}
	if err := anser.SetText(request.Source[:], filter.Source); err != nil {
		return fmt.Errorf("source %q: %w", filter.Source, err)
	}
	buffer := make([]byte, abi.LogElement)
	for {
		answer, err := call(server, anser.Bytes(&request), buffer)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		head, records, err := parse(answer)
		if err != nil || len(records) == 0 {
			return err
		}
		for i, r := range records {
			if i > 0 {
				head.Lost = 0
			}
			if err := each(r, head.Lost); err != nil {
				return err
			}
		}
		request.Position = head.Next
	}
}

// parse reads an answer of LOG_READ.
func parse(answer []byte) (head abi.LogRecords, records []Record, err error) {
	if !anser.Take(answer, &head) {
		return head, nil, syscall.EIO
	}
	answer = answer[unsafe.Sizeof(head):]
	for range head.Status {
		var r abi.LogRecord
		size := int(unsafe.Sizeof(r))
		if !anser.Take(answer, &r) || int(r.Length) > len(answer)-size {
			return head, nil, syscall.EIO
		}
		text := string(answer[size : size+int(r.Length)])
		records = append(records, Record{r.Position, r.Time, r.Level, anser.Text(r.Source[:]), text})
		answer = answer[min((size+len(text)+7)&^7, len(answer)):]
	}
	return head, records, nil
}
