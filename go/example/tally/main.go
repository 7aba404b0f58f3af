// SPDX-License-Identifier: BSD-2-Clause

// Tally is the example server of docs/servers.md in Go: it keeps a sum for each client, and forgets it
// when the client has gone. The protocol is servers/example/tally.h, so the client in C does not notice
// the difference.
package main

import (
	"fmt"
	"math"
	"os"
	"syscall"

	"anser/abi"
	"anser/anser"
)

const (
	tallyAdd   = 1 // add -> status, the client's sum
	tallyTotal = 2 // type -> number of clients, the sum of all
)

// add is struct tally_add.
type add struct {
	Type  uint64
	Value int64
}

// tally holds the sums by the badge that init gave to each client.
type tally struct {
	sums map[uint64]int64
}

func (t *tally) handle(request *anser.Request) (anser.Reply, error) {
	switch request.Type() {
	case tallyAdd:
		return t.add(request)
	case tallyTotal:
		var all int64
		for _, sum := range t.sums {
			all += sum
		}
		return anser.Reply{Status: int64(len(t.sums)), Data: anser.Bytes(&all)}, nil
	}
	return anser.Reply{}, syscall.ENOSYS
}

func (t *tally) add(request *anser.Request) (anser.Reply, error) {
	var asked add
	if !anser.Take(request.Data, &asked) {
		return anser.Reply{}, syscall.EINVAL
	}
	sum := t.sums[request.Badge]
	if asked.Value > 0 && sum > math.MaxInt64-asked.Value ||
		asked.Value < 0 && sum < math.MinInt64-asked.Value {
		return anser.Reply{}, syscall.EINVAL
	}
	sum += asked.Value
	t.sums[request.Badge] = sum
	return anser.Reply{Data: anser.Bytes(&sum)}, nil
}

func main() {
	t := tally{sums: make(map[uint64]int64)}
	server := anser.Server{
		Receive:     anser.StartHandle(abi.StartReceive),
		ElementSize: abi.RegisterBytes,
		Handle:      t.handle,
		Gone:        func(badge uint64) { delete(t.sums, badge) },
	}
	if err := server.Serve(); err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(1)
	}
}
