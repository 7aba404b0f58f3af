// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"unsafe"

	"anser/abi"
	"anser/anser"
)

// record is one line of the log.
type record struct {
	time    uint64 // ticks; 0: before this server was restarted
	level   uint32
	source  string
	text    string
	program bool // a program sent it: it is nowhere else
}

const recordSize = int(unsafe.Sizeof(abi.LogRecord{}))

// size is what the record takes in an answer: the next one begins at a multiple of 8.
func (r *record) size() int {
	return (recordSize + len(r.text) + 7) &^ 7
}

// store keeps the last lines, up to a number of bytes. They have successive positions; the newest is at
// next - 1.
type store struct {
	records  []record // oldest first
	size     int      // sum of their sizes
	limit    int
	next     uint64
	programs uint64 // how many of the records are from programs
}

func newStore(limit int, next uint64) *store {
	return &store{limit: limit, next: max(next, 1)} // position 0 means the oldest
}

func (s *store) oldest() uint64 {
	return s.next - uint64(len(s.records))
}

// add appends a record and drops old ones that have no room any more.
func (s *store) add(r record) {
	s.records = append(s.records, r)
	s.size += r.size()
	s.next++
	if r.program {
		s.programs++
	}
	for s.size > s.limit && len(s.records) > 1 {
		s.drop()
	}
}

func (s *store) drop() {
	oldest := &s.records[0]
	s.size -= oldest.size()
	if oldest.program {
		s.programs--
	}
	*oldest = record{} // its text is garbage now, also while the array lives
	s.records = s.records[1:]
}

// query is what a reader wants.
type query struct {
	position uint64
	level    uint32
	source   string
}

func (q *query) matches(r *record) bool {
	return r.level <= q.level && (q.source == "" || r.source == q.source)
}

// read appends the records that the query asks for, up to room bytes, to out, and moves its position
// behind what it has seen. It returns how many there are, and how many before them were no longer
// there.
func (s *store) read(q *query, out []byte, room int) (answer []byte, count int, lost uint64) {
	if q.position < s.oldest() {
		if q.position != 0 {
			lost = s.oldest() - q.position
		}
		q.position = s.oldest()
	}
	for ; q.position < s.next; q.position++ {
		r := &s.records[q.position-s.oldest()]
		if !q.matches(r) {
			continue
		}
		if room < r.size() {
			break
		}
		room -= r.size()
		out = r.append(out, q.position)
		count++
	}
	return out, count, lost
}

// append appends the record as include/anser/log.h describes it.
func (r *record) append(out []byte, position uint64) []byte {
	head := abi.LogRecord{Position: position, Time: r.time, Level: r.level, Length: uint32(len(r.text))}
	_ = anser.SetText(head.Source[:], r.source)
	begin := len(out)
	out = append(append(out, anser.Bytes(&head)...), r.text...)
	return append(out, make([]byte, begin+r.size()-len(out))...)
}
