// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// sequences are operations with what comes of them on the host: tests/host/channel_operation.h.
//
//go:embed sequences.txt
var sequences string

// shapeGo is the shape of sequences that use nothing but what package anser offers.
const shapeGo = 4

const noName = -1

// selectCase is a case of a select: case=name:send:length:carried.
type selectCase struct {
	name, length, carried int
	send                  bool
}

// values are what a line says, by key; what it does not say has its default.
type values map[string]int

func (v values) get(key string, otherwise int) int {
	if value, found := v[key]; found {
		return value
	}
	return otherwise
}

// names are the handles that a message carries.
func (v values) names() []int {
	var names []int
	for _, key := range []string{"carry", "carry2"} {
		if name := v.get(key, noName); name != noName {
			names = append(names, name)
		}
	}
	return names
}

type operation struct {
	line   string
	kind   string
	values values
	cases  []selectCase
}

func (o *operation) thread() int {
	return o.values.get("t", -1)
}

// outcomes are those of an operation, by thread.
type outcomes map[int]values

type step struct {
	operation operation
	outcomes  outcomes
}

type sequence struct {
	seed  int
	steps []step
}

func parseCase(text string) (selectCase, error) {
	var c selectCase
	var send int
	_, err := fmt.Sscanf(text, "%d:%d:%d:%d", &c.name, &send, &c.length, &c.carried)
	c.send = send != 0
	return c, err
}

// parseLine reads the words behind the first one.
func parseLine(line string) (operation, error) {
	kind, rest, _ := strings.Cut(line, " ")
	parsed := operation{line: line, kind: kind, values: values{}}
	for _, word := range strings.Fields(rest) {
		key, text, _ := strings.Cut(word, "=")
		if key == "case" {
			c, err := parseCase(text)
			if err != nil {
				return parsed, fmt.Errorf("%q: %w", line, err)
			}
			parsed.cases = append(parsed.cases, c)
			continue
		}
		value, err := strconv.Atoi(text)
		if err != nil {
			return parsed, fmt.Errorf("%q: %w", line, err)
		}
		parsed.values[key] = value
	}
	return parsed, nil
}

// parse reads the sequences that are for programs in Go.
func parse(text string) ([]sequence, error) {
	var all []sequence
	ours := false
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		parsed, err := parseLine(line)
		if err != nil {
			return nil, err
		}
		switch {
		case parsed.kind == "sequence":
			ours = parsed.values.get("target", 0) == shapeGo
			if ours {
				all = append(all, sequence{seed: parsed.values.get("until", 0)})
			}
		case !ours:
		case parsed.kind == ">":
			steps := all[len(all)-1].steps
			steps[len(steps)-1].outcomes[parsed.thread()] = parsed.values
		default:
			last := &all[len(all)-1]
			last.steps = append(last.steps, step{parsed, outcomes{}})
		}
	}
	return all, nil
}
