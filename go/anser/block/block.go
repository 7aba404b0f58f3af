// SPDX-License-Identifier: BSD-2-Clause

// Package block is disks for Go programs: the client side of include/anser/block.h.
//
// A Disk is an io.ReaderAt and an io.WriterAt, for any number of goroutines. When its server dies, calls
// wait for the successor and are made again; nobody notices but by the time it takes. What was done
// stays so; what was synced is on the medium. If the server is given up, calls fail with EPIPE.
package block

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"syscall"

	"anser/abi"
	"anser/anser"
)

// The data memory is divided among calls that go on at a time.
const (
	slots     = 8
	slotBytes = 128 << 10
)

// Disk is an open disk.
type Disk struct {
	name   string
	handle anser.Handle
	info   abi.BlockInfoMessage // but for Sectors, which may change
	size   atomic.Int64         // bytes

	// Whoever uses the data memory holds it for reading; it is replaced under it.
	region  sync.RWMutex
	session session

	lock    sync.Mutex // of the rings, and of what follows
	flights [slots]flight
	lost    error // no more calls
	free    chan uint32
	partial sync.Mutex // held by who writes a part of a block
}

// flight is a request that has a slot.
type flight struct {
	request abi.BlockRequest
	pending bool
	done    chan int64
}

// Open opens a disk by its name, "disk0". ESRCH, EPERM: there is none, or it may not be looked up.
func Open(name string) (*Disk, error) {
	handle, err := anser.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	d := &Disk{name: name, handle: handle, free: make(chan uint32, slots)}
	if err := d.ask(abi.BlockInfo, anser.Bytes(&d.info)); err != nil {
		_ = handle.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	d.size.Store(int64(d.info.Sectors * abi.BlockSector))
	if err := d.session.begin(d.handle); err != nil {
		_ = handle.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for slot := range d.flights {
		d.flights[slot].done = make(chan int64, 1)
		d.free <- uint32(slot)
	}
	go d.reap()
	return d, nil
}

// Close gives the disk up; calls that go on end with EBADF.
func (d *Disk) Close() error {
	d.lock.Lock()
	defer d.lock.Unlock()
	if errors.Is(d.lost, syscall.EBADF) {
		return d.lost
	}
	d.lose(syscall.EBADF)
	// Ends the goroutine that waits there.
	_ = d.session.signal.Close()
	return d.handle.Close()
}

// ask makes a call without handles, whose answer goes to buffer.
func (d *Disk) ask(request uint64, buffer []byte) error {
	for tries := 0; ; tries++ {
		in, err := d.handle.Call(anser.Never, anser.Bytes(&request), buffer)
		in.Close()
		if err == nil {
			_, err = anser.Status(in.Data)
		}
		if !errors.Is(err, syscall.EPIPE) || tries == pipeTries {
			return err
		}
	}
}

// Info is what the disk is like.
func (d *Disk) Info() abi.BlockInfoMessage {
	info := d.info
	info.Sectors = uint64(d.Size()) / abi.BlockSector
	return info
}

// Size is its size in bytes, as far as is known. It may change while the disk is open; ReadAt and WriteAt
// notice by themselves if it has become larger.
func (d *Disk) Size() int64 {
	return d.size.Load()
}

// Refresh asks for the size again.
func (d *Disk) Refresh() error {
	var info abi.BlockInfoMessage
	if err := d.ask(abi.BlockInfo, anser.Bytes(&info)); err != nil {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	d.size.Store(int64(info.Sectors * abi.BlockSector))
	return nil
}

// within is how many of length bytes from off on there are. What seems to lie beyond the end may be there
// by now.
func (d *Disk) within(off int64, length int) (int64, error) {
	if d.Size()-off < int64(length) {
		if err := d.Refresh(); err != nil {
			return 0, err
		}
	}
	return min(max(d.Size()-off, 0), int64(length)), nil
}

// Statistics are the counters of the server, since it began.
func (d *Disk) Statistics() (abi.BlockStatisticsMessage, error) {
	var counted abi.BlockStatisticsMessage
	err := d.ask(abi.BlockStatistics, anser.Bytes(&counted))
	return counted, err
}

// ReadAt reads len(p) bytes from off on, as io.ReaderAt.
func (d *Disk) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("%s: negative offset: %w", d.name, syscall.EINVAL)
	}
	left, end := d.within(off, len(p))
	if end == nil && left < int64(len(p)) {
		end = io.EOF
	}
	p = p[:left]
	n, err := d.pieces(abi.BlockOpRead, p, off)
	if err != nil {
		end = fmt.Errorf("%s: read at %d: %w", d.name, off+int64(n), err)
	}
	return n, end
}

// WriteAt writes p at off, as io.WriterAt. It does not go beyond the disk's end: io.ErrShortWrite.
func (d *Disk) WriteAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("%s: negative offset: %w", d.name, syscall.EINVAL)
	}
	left, end := d.within(off, len(p))
	if end == nil && left < int64(len(p)) {
		end = io.ErrShortWrite
	}
	p = p[:left]
	n, err := d.pieces(abi.BlockOpWrite, p, off)
	if err != nil {
		end = fmt.Errorf("%s: write at %d: %w", d.name, off+int64(n), err)
	}
	return n, end
}

// Sync returns when what was written before is on the medium.
func (d *Disk) Sync() error {
	return d.single(abi.BlockOpFlush, "sync", 0, 0)
}

// Discard gives a range back, whose bytes read as anything then. EOPNOTSUPP: it cannot.
func (d *Disk) Discard(off, length int64) error {
	return d.ranges(abi.BlockOpDiscard, "discard", off, length)
}

// Zero makes a range read as zero. EOPNOTSUPP: the disk cannot by itself.
func (d *Disk) Zero(off, length int64) error {
	return d.ranges(abi.BlockOpZero, "zero", off, length)
}

func (d *Disk) ranges(operation uint32, what string, off, length int64) error {
	most := int64(d.info.RangeSectorsMax) * abi.BlockSector
	if most == 0 {
		return fmt.Errorf("%s: %s: %w", d.name, what, syscall.EOPNOTSUPP)
	}
	for length > 0 {
		part := min(length, most)
		if err := d.single(operation, what, off, part); err != nil {
			return err
		}
		off, length = off+part, length-part
	}
	return nil
}

func (d *Disk) single(operation uint32, what string, off, length int64) error {
	request := abi.BlockRequest{Operation: operation, Sector: uint64(off) / abi.BlockSector, Bytes: uint64(length)}
	if off < 0 || off%abi.BlockSector != 0 {
		return fmt.Errorf("%s: %s at %d: %w", d.name, what, off, syscall.EINVAL)
	}
	if err := d.request(request, nil, nil); err != nil {
		return fmt.Errorf("%s: %s: %w", d.name, what, err)
	}
	return nil
}

// pieces reads or writes p in requests of whole blocks; a part of a block is read, and written back if
// it changes.
func (d *Disk) pieces(operation uint32, p []byte, off int64) (int, error) {
	block := int64(d.info.BlockSize)
	done := 0
	for done < len(p) {
		at, rest := off+int64(done), p[done:]
		begin := at % block
		var err error
		var n int
		if whole := int64(len(rest)) / block * block; begin == 0 && whole > 0 {
			n = int(min(whole, slotBytes, int64(d.info.RequestMax)))
			err = d.whole(operation, rest[:n], at)
		} else {
			n = int(min(block-begin, int64(len(rest))))
			err = d.part(operation, rest[:n], at-begin, begin)
		}
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

func (d *Disk) whole(operation uint32, p []byte, at int64) error {
	request := abi.BlockRequest{Operation: operation, Sector: uint64(at) / abi.BlockSector, Bytes: uint64(len(p))}
	if operation == abi.BlockOpWrite {
		return d.request(request, p, nil)
	}
	return d.request(request, nil, p)
}

func (d *Disk) part(operation uint32, p []byte, at, begin int64) error {
	bytes := make([]byte, d.info.BlockSize)
	if operation == abi.BlockOpWrite {
		d.partial.Lock()
		defer d.partial.Unlock()
	}
	if err := d.whole(abi.BlockOpRead, bytes, at); err != nil {
		return err
	}
	if operation == abi.BlockOpRead {
		copy(p, bytes[begin:])
		return nil
	}
	copy(bytes[begin:], p)
	return d.whole(abi.BlockOpWrite, bytes, at)
}
