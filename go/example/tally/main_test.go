// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"errors"
	"math"
	"syscall"
	"testing"

	"anser/anser"
)

// ask makes a request as the client with this badge.
func ask(t *tally, badge, kind uint64, value int64) (status, sum int64, err error) {
	request := add{Type: kind, Value: value}
	reply, err := t.handle(&anser.Request{Data: anser.Bytes(&request), Badge: badge, Call: true})
	anser.Take(reply.Data, &sum)
	return reply.Status, sum, err
}

func TestTally(t *testing.T) {
	sums := tally{sums: make(map[uint64]int64)}
	for _, c := range []struct {
		badge, kind uint64
		value       int64
		status, sum int64
		err         error
	}{
		{1, tallyAdd, 3, 0, 3, nil},
		{1, tallyAdd, 4, 0, 7, nil},
		{2, tallyAdd, -1, 0, -1, nil},
		{2, tallyTotal, 0, 2, 6, nil},
		{1, tallyAdd, math.MaxInt64, 0, 0, syscall.EINVAL},
		{2, tallyAdd, math.MinInt64, 0, 0, syscall.EINVAL},
		{2, tallyTotal, 0, 2, 6, nil},
		{1, 9, 0, 0, 0, syscall.ENOSYS},
	} {
		status, sum, err := ask(&sums, c.badge, c.kind, c.value)
		if status != c.status || sum != c.sum || !errors.Is(err, c.err) {
			t.Errorf("%+v: %d, %d, %v", c, status, sum, err)
		}
	}
	if _, err := sums.handle(&anser.Request{Data: []byte{tallyAdd, 0, 0, 0, 0, 0, 0, 0}}); err != syscall.EINVAL {
		t.Errorf("a request that is too short: %v", err)
	}
}
