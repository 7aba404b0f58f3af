// SPDX-License-Identifier: BSD-2-Clause

package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"anser/abi"
	"anser/anser"
	"anser/shell/machine"
)

// logPatience is how long a request for lines to come waits before it looks for Ctrl-C.
const logPatience = 200 * time.Millisecond

var logLevels = map[string]uint32{"": abi.LogDebug, "error": abi.LogError, "warning": abi.LogWarning,
	"notice": abi.LogNotice, "info": abi.LogInfo, "debug": abi.LogDebug}

// Log implements machine.Machine. Without a log server the kernel's log is what there is.
func (m *Machine) Log(query machine.LogQuery, out io.Writer, stop <-chan struct{}) error {
	level, ok := logLevels[query.Level]
	if !ok {
		return fmt.Errorf("'%s' is no level: error, warning, notice, info, debug", query.Level)
	}
	server, err := anser.Lookup(abi.LogService)
	if errors.Is(err, syscall.ESRCH) && !query.Follow && query == (machine.LogQuery{}) {
		return m.kernelLog(out)
	}
	if err != nil {
		return fmt.Errorf("log server: %w", say(err))
	}
	defer server.Close()
	request := abi.LogReadMessage{Type: abi.LogRead, Level: level}
	if err := anser.SetText(request.Source[:], query.Source); err != nil {
		return fmt.Errorf("'%s' is no source", query.Source)
	}
	return readLog(server, request, query.Follow, out, stop)
}

// kernelLog copies the kernel's ring.
func (m *Machine) kernelLog(out io.Writer) error {
	buffer := make([]byte, 4096)
	for position := uint64(0); ; {
		n, next, err := m.system.ReadLog(buffer, position)
		if err != nil || n == 0 {
			return say(err)
		}
		if _, err := out.Write(buffer[:n]); err != nil {
			return err
		}
		position = next
	}
}

// readLog asks from the oldest record on until there are no more or, following, until stop.
func readLog(server anser.Handle, request abi.LogReadMessage, follow bool, out io.Writer,
	stop <-chan struct{}) error {
	buffer := make([]byte, abi.LogElement)
	tries := consoleTries
	for {
		select {
		case <-stop:
			return context.Canceled
		default:
		}
		in, err := server.Call(anser.After(logPatience), anser.Bytes(&request), buffer)
		if isPipeError(err) && tries > 0 { // it is being restarted
			tries--
			continue
		}
		if follow && errors.Is(err, syscall.ETIMEDOUT) {
			continue
		}
		if err != nil {
			return say(err)
		}
		var head abi.LogRecords
		count, err := anser.Status(in.Data)
		if err != nil {
			return say(err)
		}
		if !anser.Take(in.Data, &head) {
			return syscall.EIO
		}
		if err := printLog(out, head, in.Data, count); err != nil {
			return err
		}
		if count == 0 && !follow {
			return nil
		}
		if count == 0 {
			request.Flags = abi.LogReadFollow
		}
		request.Position, tries = head.Next, consoleTries
	}
}

// printLog writes an answer's records, a line each.
func printLog(out io.Writer, head abi.LogRecords, data []byte, count int64) error {
	var text strings.Builder
	if head.Lost > 0 {
		fmt.Fprintf(&text, "(%d lines before are no longer there)\n", head.Lost)
	}
	at := len(anser.Bytes(&head))
	for range count {
		var record abi.LogRecord
		if at > len(data) || !anser.Take(data[at:], &record) {
			return syscall.EIO
		}
		at += len(anser.Bytes(&record))
		end := at + int(record.Length)
		if end > len(data) {
			return syscall.EIO
		}
		if source := anser.Text(record.Source[:]); source != "" && source != "kernel" {
			fmt.Fprintf(&text, "%s: ", source)
		}
		text.Write(data[at:end])
		text.WriteByte('\n')
		at = (end + 7) &^ 7
	}
	_, err := io.WriteString(out, text.String())
	return err
}
