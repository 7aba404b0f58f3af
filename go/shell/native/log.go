// SPDX-License-Identifier: BSD-2-Clause

package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"anser/anser/logclient"
	"anser/shell/machine"
)

// Log implements machine.Machine. Without a log server the kernel's log is what there is.
func (m *Machine) Log(query machine.LogQuery, out io.Writer, stop <-chan struct{}) error {
	filter := logclient.Filter{Source: query.Source}
	var err error
	if query.Level == "" {
		query.Level = logclient.Levels[len(logclient.Levels)-1]
	}
	if filter.Level, err = logclient.ParseLevel(query.Level); err != nil {
		return err
	}
	until, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-stop:
			cancel()
		case <-until.Done():
		}
	}()
	err = logclient.Read(until, filter, query.Follow, func(r logclient.Record, lost uint64) error {
		if lost > 0 {
			if _, err := fmt.Fprintf(out, "(%d lines before are no longer there)\n", lost); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintln(out, r.Line())
		return err
	})
	if errors.Is(err, syscall.ESRCH) && !query.Follow {
		return m.kernelLog(out)
	}
	return err
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
