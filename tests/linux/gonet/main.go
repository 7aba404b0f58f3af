// SPDX-License-Identifier: BSD-2-Clause

// What a stock Go program may expect of net and net/http, over the loop-back address. Prints TAP; nothing
// here knows Anser: the same binary runs on Linux, and has to say the same there.
package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

type test struct {
	name string
	run  func() error
}

// again is for a look at one test: the one with this text in its name, so many times.
func again(tests []test, text, count string) []test {
	n, _ := strconv.Atoi(count)
	for _, t := range tests {
		if strings.Contains(t.name, text) {
			return slices.Repeat([]test{t}, n)
		}
	}
	return nil
}

func main() {
	var tests []test
	tests = append(tests, streamTests...)
	tests = append(tests, datagramTests...)
	tests = append(tests, webTests...)
	tests = append(tests, secureTests...)
	if len(os.Args) == 3 {
		tests = again(tests, os.Args[1], os.Args[2])
	}
	failed := 0
	fmt.Printf("1..%d\n", len(tests))
	for i, t := range tests {
		err := t.run()
		if err == nil {
			fmt.Printf("ok %d - %s\n", i+1, t.name)
			continue
		}
		failed++
		fmt.Printf("not ok %d - %s: %v\n", i+1, t.name, err)
	}
	if failed > 0 {
		os.Exit(1)
	}
}
