// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// start: os.Args and the environment, as whoever started us said them.
func start(arguments []string) error {
	for i, argument := range os.Args {
		fmt.Printf("argument %d: %q\n", i, argument)
	}
	for _, variable := range os.Environ() {
		fmt.Printf("environment: %s\n", variable)
	}
	if value, set := os.LookupEnv("NOT_SET_AT_ALL"); set || value != "" {
		return fmt.Errorf("a variable that nobody set is %q", value)
	}
	if os.Getpid() <= 0 || os.Getpagesize() != 4096 {
		return fmt.Errorf("pid %d, pages of %d", os.Getpid(), os.Getpagesize())
	}
	return nil
}

// exit CODE ends at once, with other goroutines and a deferred call pending.
func exit(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("exit wants a code")
	}
	code, err := strconv.Atoi(arguments[0])
	if err != nil {
		return err
	}
	defer fmt.Println("a deferred call ran in spite of os.Exit")
	go time.Sleep(time.Hour)
	fmt.Fprintln(os.Stderr, "leaving with", code)
	os.Exit(code)
	return nil
}

// lines reads standard input to its end or to a line "end".
func lines([]string) error {
	fmt.Println("type away")
	scanner := bufio.NewScanner(os.Stdin)
	for n := 1; scanner.Scan(); n++ {
		fmt.Printf("line %d is %q\n", n, scanner.Text())
		if scanner.Text() == "end" {
			return nil
		}
	}
	return scanner.Err()
}

// pipes: a thousand goroutines blocked on pipes that os.Pipe made cost no threads, and all wake.
func pipes([]string) error {
	const count = 1000
	limit := syscall.Rlimit{Cur: 2*count + 100, Max: 2*count + 100}
	syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	var writers [count]*os.File
	var group sync.WaitGroup
	wrong := make(chan error, count)
	for i := range writers {
		reader, writer, err := os.Pipe()
		if err != nil {
			return fmt.Errorf("pipe %d: %w", i, err)
		}
		writers[i] = writer
		group.Add(1)
		go func(i int) {
			defer group.Done()
			defer reader.Close()
			if err := readBack(reader, i); err != nil {
				wrong <- err
			}
		}(i)
	}
	time.Sleep(20 * time.Millisecond)
	for i, writer := range writers {
		if _, err := fmt.Fprintf(writer, "pipe %d", i); err != nil {
			return err
		}
		if err := writer.Close(); err != nil {
			return err
		}
	}
	group.Wait()
	close(wrong)
	return <-wrong
}

func readBack(reader *os.File, i int) error {
	var text [64]byte
	n, err := reader.Read(text[:])
	if err != nil || string(text[:n]) != fmt.Sprintf("pipe %d", i) {
		return fmt.Errorf("pipe %d brought %q, %v", i, text[:n], err)
	}
	if n, err = reader.Read(text[:]); n != 0 || err == nil {
		return fmt.Errorf("pipe %d has %d bytes behind its end, %v", i, n, err)
	}
	return nil
}

// interrupt waits for Ctrl-C as os/signal brings it, then sends itself one.
func interrupt([]string) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGUSR1)
	syscall.Kill(syscall.Getpid(), syscall.SIGUSR1)
	if s := <-signals; s != syscall.SIGUSR1 {
		return fmt.Errorf("%v came instead of SIGUSR1", s)
	}
	fmt.Println("press Ctrl-C")
	select {
	case s := <-signals:
		fmt.Println("caught:", s)
		if s != syscall.SIGINT {
			return fmt.Errorf("%v came instead of SIGINT", s)
		}
	case <-time.After(60 * time.Second):
		return fmt.Errorf("no SIGINT came")
	}
	return nil
}

// sleep N stays that many seconds; somebody kills it meanwhile.
func sleep(arguments []string) error {
	seconds, err := strconv.Atoi(append(arguments, "3600")[0])
	if err != nil {
		return err
	}
	fmt.Println("sleeping")
	time.Sleep(time.Duration(seconds) * time.Second)
	return nil
}
