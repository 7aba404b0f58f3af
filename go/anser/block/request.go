// SPDX-License-Identifier: BSD-2-Clause

package block

import (
	"errors"
	"syscall"

	"anser/abi"
	"anser/anser"
)

// request makes one: data that it takes along is copied in, what it brings is copied out.
func (d *Disk) request(request abi.BlockRequest, out, in []byte) error {
	slot := <-d.free
	defer func() { d.free <- slot }()
	request.Cookie, request.Offset = uint64(slot), slot*slotBytes
	if err := d.begin(slot, request, out); err != nil {
		return err
	}
	if status := <-d.flights[slot].done; status < 0 {
		return syscall.Errno(-status)
	}
	d.region.RLock()
	defer d.region.RUnlock()
	if d.session.data == nil {
		return syscall.EBADF // closed meanwhile
	}
	copy(in, d.session.data[request.Offset:])
	return nil
}

func (d *Disk) begin(slot uint32, request abi.BlockRequest, out []byte) error {
	d.region.RLock()
	defer d.region.RUnlock()
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.lost != nil {
		return d.lost
	}
	copy(d.session.data[request.Offset:], out)
	d.flights[slot].request, d.flights[slot].pending = request, true
	copy(d.session.requests.Entry(0), anser.Bytes(&request))
	if d.session.requests.Advance(1) {
		_ = d.kick() // a server that has died has a successor, who tells the goroutine that reaps
	}
	return nil
}

func (d *Disk) kick() error {
	var status int64
	request := uint64(abi.BlockKick)
	in, err := d.handle.Call(anser.Never, anser.Bytes(&request), anser.Bytes(&status))
	if err == nil {
		_, err = anser.Status(in.Data)
	}
	return err
}

// reap gives completions to those who wait for them, and finds the successor of a dead server.
func (d *Disk) reap() {
	for {
		d.lock.Lock()
		err := d.takeAll()
		for err == nil && !d.session.completions.Sleep(1) {
			err = d.takeAll()
		}
		signal := d.session.signal
		d.lock.Unlock()
		if err == nil {
			_, err = signal.WaitSignal(anser.Never)
		}
		if err == nil {
			err = d.check()
		} else if errors.Is(err, syscall.EPIPE) {
			err = d.recover()
		}
		if err != nil {
			d.end(err)
			return
		}
	}
}

// takeAll delivers the completions that there are.
func (d *Disk) takeAll() error {
	ready, err := d.session.completions.Ready()
	if err != nil || ready == 0 {
		return err
	}
	for i := uint32(0); i < ready; i++ {
		var completion abi.BlockCompletion
		copy(anser.Bytes(&completion), d.session.completions.Entry(i))
		if completion.Cookie >= slots || !d.flights[completion.Cookie].pending {
			return syscall.EPROTO
		}
		d.land(uint32(completion.Cookie), completion.Status)
	}
	if d.session.completions.Advance(ready) {
		_ = d.kick()
	}
	return nil
}

func (d *Disk) land(slot uint32, status int64) {
	d.flights[slot].pending = false
	d.flights[slot].done <- status
}

// check is for a signal: it came for a completion, or from a successor, who does not know this client.
func (d *Disk) check() error {
	d.lock.Lock()
	ready, err := d.session.completions.Ready()
	d.lock.Unlock()
	if err != nil || ready > 0 {
		return err
	}
	err = d.kick()
	if errors.Is(err, syscall.ESTALE) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EPROTO) {
		return d.recover()
	}
	return err
}

// recover attaches to the successor, and makes what was not completed once more.
func (d *Disk) recover() error {
	d.region.Lock()
	defer d.region.Unlock()
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.lost != nil {
		return d.lost
	}
	if err := d.takeAll(); err != nil {
		return err
	}
	if err := d.session.renew(d.handle); err != nil {
		return err
	}
	count := uint32(0)
	for slot := range d.flights {
		if d.flights[slot].pending {
			copy(d.session.requests.Entry(count), anser.Bytes(&d.flights[slot].request))
			count++
		}
	}
	if d.session.requests.Advance(count) {
		// If this one has died as well, its successor tells.
		_ = d.kick()
	}
	return nil
}

// lose fails all that goes on, and all that comes. With the lock held.
func (d *Disk) lose(err error) {
	if d.lost == nil {
		d.lost = err
	}
	errno := syscall.EIO
	errors.As(d.lost, &errno)
	for slot := range d.flights {
		if d.flights[slot].pending {
			d.land(uint32(slot), -int64(errno))
		}
	}
}

func (d *Disk) end(err error) {
	d.region.Lock()
	defer d.region.Unlock()
	d.lock.Lock()
	defer d.lock.Unlock()
	d.lose(err)
	_ = d.session.signal.Close()
	_ = d.session.region.Unmap()
	d.session.data = nil
}
