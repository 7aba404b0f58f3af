// SPDX-License-Identifier: BSD-2-Clause

package eval

import (
	"io"
	"os"
	"sync"
	"syscall"

	"anser/shell/machine"
)

// pipes holds the pipes between two programs of a job. The interpreter makes a pipe of its own for
// every `|`; both sides know by that one's inode that they belong together. Who comes first makes the
// system's pipe and leaves the other end here.
type pipes struct {
	machine machine.Machine
	mutex   sync.Mutex
	waiting map[uint64]machine.Stream // by inode: the end that has not been taken
}

// take returns an end of the pipe that stands for file: the read end if read, else the write end.
// nil: file is no pipe that can be told from others.
func (p *pipes) take(file any, read bool) (machine.Stream, error) {
	inode := inodeOfPipe(file)
	if inode == 0 {
		return nil, nil
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if end, ok := p.waiting[inode]; ok {
		delete(p.waiting, inode)
		return end, nil
	}
	reader, writer, err := p.machine.Pipe()
	if err != nil {
		return nil, err
	}
	if p.waiting == nil {
		p.waiting = map[uint64]machine.Stream{}
	}
	if read {
		p.waiting[inode] = writer
		return reader, nil
	}
	p.waiting[inode] = reader
	return writer, nil
}

// close ends what nobody took.
func (p *pipes) close() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, end := range p.waiting {
		end.Close()
	}
	p.waiting = nil
}

func inodeOfPipe(file any) uint64 {
	f, ok := file.(*os.File)
	if !ok {
		return 0
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return 0
	}
	return info.Sys().(*syscall.Stat_t).Ino
}

// wiring is what a program gets as stdin, stdout and stderr, and what the shell copies for it.
type wiring struct {
	machine      machine.Machine
	in, out, err machine.Stream
	owned        []machine.Stream // ends that were made for the program
	drains       sync.WaitGroup
}

func (w *wiring) own(stream machine.Stream) machine.Stream {
	w.owned = append(w.owned, stream)
	return stream
}

// feed makes a pipe from which the program reads what the shell reads from file.
func (w *wiring) feed(file io.Reader) (machine.Stream, error) {
	reader, writer, err := w.machine.Pipe()
	if err != nil {
		return nil, err
	}
	if file == nil {
		writer.Close()
		return w.own(reader), nil
	}
	go func() {
		io.Copy(writer, file)
		writer.Close()
	}()
	return w.own(reader), nil
}

// drain makes a pipe for the program's output, which the shell writes to file.
func (w *wiring) drain(file io.Writer) (machine.Stream, error) {
	reader, writer, err := w.machine.Pipe()
	if err != nil {
		return nil, err
	}
	w.drains.Add(1)
	go func() {
		defer w.drains.Done()
		defer reader.Close() // a reader that has gone: the program's next write fails
		io.Copy(file, reader)
	}()
	return w.own(writer), nil
}

// started gives up the shell's own handles: the program has duplicates.
func (w *wiring) started() {
	for _, stream := range w.owned {
		stream.Close()
	}
	w.owned = nil
}

// finish waits until all output is where it belongs; the program has ended.
func (w *wiring) finish() {
	w.started()
	w.drains.Wait()
}
