// SPDX-License-Identifier: BSD-2-Clause

// What a stock Go program may expect of Linux, one experiment for each name on the command line.
// Nothing here knows Anser: the same binary runs on Linux, and has to say the same there.
package main

import (
	"fmt"
	"os"
	"sort"
)

// An experiment returns what it found wrong. Arguments are those behind its name.
type experiment func(arguments []string) error

var experiments = map[string]experiment{
	"hello":     hello,
	"start":     start,
	"exit":      exit,
	"panic":     unrecovered,
	"fatal":     fatalMap,
	"sched":     schedule,
	"timers":    timers,
	"preempt":   preempt,
	"parallel":  parallel,
	"garbage":   garbage,
	"nil":       nilDereferences,
	"overflow":  deepStack,
	"lines":     lines,
	"pipes":     pipes,
	"interrupt": interrupt,
	"files":     files,
	"mmap":      mapFile,
	"bigread":   bigRead,
	"sleep":     sleep,
	"hog":       hogMemory,
	"threads":   hogThreads,
	"churn":     churn,
}

func hello([]string) error {
	fmt.Println("Hello from Go")
	return nil
}

func main() {
	if len(os.Args) < 2 || experiments[os.Args[1]] == nil {
		names := make([]string, 0, len(experiments))
		for name := range experiments {
			names = append(names, name)
		}
		sort.Strings(names)
		fmt.Fprintln(os.Stderr, "usage: go EXPERIMENT, one of", names)
		os.Exit(2)
	}
	if err := experiments[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Printf("%s: WRONG: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	fmt.Printf("%s: as it should be\n", os.Args[1])
}
