// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"syscall"

	"anser/abi"
)

// Record is state that a service leaves with init for its successor: see include/anser/keep.h.
type Record struct {
	Key    uint64
	Words  [abi.KeepWords]uint64
	Handle Handle // or 0
}

func keep(request *abi.KeepRequest, given ...Handle) (abi.KeepAnswer, In, error) {
	var answer abi.KeepAnswer
	in, err := StartHandle(abi.StartInit).Call(Never, Bytes(request), Bytes(&answer), given...)
	if err != nil {
		return answer, in, err
	}
	if _, err = Status(in.Data); err != nil {
		in.Close()
	}
	return answer, in, err
}

// Store makes or replaces the record with this key. Its handle moves, and needs the right DUP.
func (r *Record) Store() error {
	var given []Handle
	if r.Handle != 0 {
		given = []Handle{r.Handle}
	}
	_, in, err := keep(&abi.KeepRequest{Type: abi.KeepStore, Key: r.Key, Words: r.Words}, given...)
	in.Close()
	return err
}

// LoadRecord returns the record with this key, with a duplicate of its handle. ESRCH: there is none.
func LoadRecord(key uint64) (Record, error) {
	answer, in, err := keep(&abi.KeepRequest{Type: abi.KeepNext, Key: key})
	if err == nil && (answer.Status == 0 || answer.Key != key) {
		in.Close()
		err = syscall.ESRCH
	}
	if err != nil {
		return Record{}, err
	}
	record := Record{Key: key, Words: answer.Words}
	if len(in.Handles) > 0 {
		record.Handle = in.Handles[0]
	}
	return record, nil
}
