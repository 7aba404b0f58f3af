// SPDX-License-Identifier: BSD-2-Clause

// Goblock checks package block on a disk: `goblock DISK`. What is on the disk at the end is printed as a
// digest, for the host that has the image.
package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"sync"
	"syscall"
	"time"

	"anser/abi"
	"anser/anser"
	"anser/anser/block"
	"anser/internal/tap"
)

const (
	writers = 6
	rounds  = 25
	kills   = 20
)

// mirror is a disk, and what must be on it.
type mirror struct {
	disk *block.Disk
	data []byte
}

func (m *mirror) write(random *rand.Rand, begin, end int) error {
	length := 1 + random.Intn((end-begin)/2)
	at := begin + random.Intn(end-begin-length)
	if random.Intn(2) == 0 {
		at, length = at&^511, (length+511)&^511
	}
	at = max(at, begin)
	length = min(length, end-at)
	random.Read(m.data[at : at+length])
	n, err := m.disk.WriteAt(m.data[at:at+length], int64(at))
	if err == nil && n != length {
		err = fmt.Errorf("wrote %d of %d bytes", n, length)
	}
	return err
}

func (m *mirror) check(begin, end int) error {
	found := make([]byte, end-begin)
	if _, err := m.disk.ReadAt(found, int64(begin)); err != nil {
		return err
	}
	if !bytes.Equal(found, m.data[begin:end]) {
		return fmt.Errorf("other bytes between %d and %d", begin, end)
	}
	return nil
}

// together lets several goroutines write and read, each in a part of its own.
func (m *mirror) together() error {
	var group sync.WaitGroup
	failures := make(chan error, writers)
	part := len(m.data) / writers &^ 511
	for number := range writers {
		group.Add(1)
		go func() {
			defer group.Done()
			random := rand.New(rand.NewSource(int64(number)))
			begin := number * part
			for range rounds {
				if err := m.write(random, begin, begin+part); err != nil {
					failures <- err
					return
				}
				if err := m.check(begin, begin+part); err != nil {
					failures <- err
					return
				}
			}
		}()
	}
	group.Wait()
	close(failures)
	return <-failures
}

// restart ends the server of a disk; init starts it again.
func restart(name string) error {
	request := abi.InitQuery{Type: abi.InitRestart}
	if err := anser.SetText(request.Name[:], name); err != nil {
		return err
	}
	var status int64
	in, err := anser.StartHandle(abi.StartInit).Call(anser.Never, anser.Bytes(&request), anser.Bytes(&status))
	if err == nil {
		_, err = anser.Status(in.Data)
	}
	return err
}

func killOften(name string, done chan<- error) {
	for range kills {
		time.Sleep(time.Duration(rand.Intn(20)) * time.Millisecond)
		// ESRCH: the one before is dying; EAGAIN: it is not there yet.
		if err := restart(name); err != nil && !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.ESRCH) {
			done <- err
			return
		}
	}
	done <- nil
}

func edges(m *mirror) {
	size := m.disk.Size()
	expect := func(what string, n, wantN int, err, wantErr error) {
		if n != wantN || !errors.Is(err, wantErr) {
			tap.Check(what, fmt.Errorf("%d, %v instead of %d, %v", n, err, wantN, wantErr))
			return
		}
		tap.Check(what, nil)
	}
	buffer := make([]byte, 100)
	n, err := m.disk.ReadAt(buffer, size-60)
	expect("a read across the end is short", n, 60, err, io.EOF)
	n, err = m.disk.ReadAt(buffer, size)
	expect("behind the end is nothing", n, 0, err, io.EOF)
	n, err = m.disk.ReadAt(buffer, size+1000)
	expect("nor far behind", n, 0, err, io.EOF)
	n, err = m.disk.ReadAt(buffer, -1)
	expect("nor before the beginning", n, 0, err, syscall.EINVAL)
	n, err = m.disk.WriteAt(m.data[size-60:], size-60)
	expect("the last bytes can be written", n, 60, err, nil)
	n, err = m.disk.WriteAt(append(m.data[size-60:size:size], buffer...), size-60)
	expect("a write across the end is short", n, 60, err, io.ErrShortWrite)
	n, err = m.disk.WriteAt(nil, 0)
	expect("no bytes are no error", n, 0, err, nil)
	expect("zero", 0, 0, m.disk.Zero(4096, 8192), nil)
	clear(m.data[4096:12288])
	expect("zero between sectors", 0, 0, m.disk.Zero(100, 512), syscall.EINVAL)
	expect("zero behind the end", 0, 0, m.disk.Zero(size, 512), syscall.EINVAL)
	section, err := io.ReadAll(io.NewSectionReader(m.disk, 777, 70000))
	expect("a section reader", len(section), 70000, err, nil)
	if !bytes.Equal(section, m.data[777:70777]) {
		tap.Check("has the bytes", errors.New("others"))
	}
}

func main() {
	name := "disk0"
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	_, err := block.Open("disk63")
	if errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.EPERM) {
		err = nil
	} else if err == nil {
		err = errors.New("it can be opened")
	}
	tap.Check("a disk that there is not", err)
	disk, err := block.Open(name)
	tap.Check("open", err)
	if err != nil {
		tap.End()
	}
	m := &mirror{disk: disk, data: make([]byte, disk.Size())}
	_, err = disk.ReadAt(m.data, 0)
	tap.Check("read all of it", err)
	edges(m)
	tap.Check("goroutines write and read together", m.together())
	done := make(chan error, 1)
	go killOften(name, done)
	tap.Check("and while the server is killed", m.together())
	tap.Check("which it was", <-done)
	tap.Check("all of it is as it was written", m.check(0, len(m.data)))
	tap.Check("sync", disk.Sync())
	counted, err := disk.Statistics()
	if err == nil && counted.Reads == 0 {
		err = errors.New("no reads are counted")
	}
	tap.Check("statistics", err)
	tap.Check("close", disk.Close())
	if _, err = disk.ReadAt(m.data[:512], 0); err == nil {
		tap.Check("a closed disk is read", errors.New("no error"))
	}
	fmt.Printf("# digest %x\n", sha256.Sum256(m.data))
	tap.End()
}
