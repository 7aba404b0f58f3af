// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type tree struct {
	left, right *tree
	payload     [64]byte
}

func plant(depth int) *tree {
	t := &tree{}
	t.payload[depth] = byte(depth)
	if depth > 0 {
		t.left, t.right = plant(depth-1), plant(depth-1)
	}
	return t
}

func (t *tree) count() int {
	if t == nil {
		return 0
	}
	return 1 + t.left.count() + t.right.count()
}

// garbage allocates MIB MiB in total, with little of it alive at a time; what is alive stays whole.
func garbage(arguments []string) error {
	mebibytes := 1024
	if len(arguments) > 0 {
		var err error
		if mebibytes, err = strconv.Atoi(arguments[0]); err != nil {
			return err
		}
	}
	debug.SetMemoryLimit(64 << 20)
	kept := plant(12)
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	for round := 0; ; round++ {
		if n := plant(10).count(); n != 2047 {
			return fmt.Errorf("round %d: a tree of 2047 has %d nodes", round, n)
		}
		block := make([]byte, 300000)
		block[round%len(block)] = 1
		words := strings.Repeat(strconv.Itoa(round), 1000)
		if !strings.HasSuffix(words, strconv.Itoa(round)) {
			return fmt.Errorf("round %d: the text is broken", round)
		}
		if round%64 == 0 {
			runtime.ReadMemStats(&now)
			if now.TotalAlloc-before.TotalAlloc >= uint64(mebibytes)<<20 {
				break
			}
		}
	}
	if n := kept.count(); n != 8191 {
		return fmt.Errorf("the tree that was kept has %d nodes left of 8191", n)
	}
	fmt.Printf("%d MiB in %d collections, %d MiB from the system\n",
		(now.TotalAlloc-before.TotalAlloc)>>20, now.NumGC, now.Sys>>20)
	if now.NumGC < 4 || now.Sys > 80<<20 {
		return errors.New("that is not within the limit")
	}
	return nil
}

var sink byte

func dereference(t *tree) (err error) {
	defer func() {
		if e, ok := recover().(runtime.Error); ok {
			err = e
		}
	}()
	return fmt.Errorf("read %d through nil", t.payload[1])
}

// nilDereferences: each is a fault, a signal, and a panic that is recovered. The fields of a large
// structure must not be read from beyond the first page, and other faults are no nil dereference.
func nilDereferences([]string) error {
	for i := 0; i < 10000; i++ {
		err := dereference(nil)
		if err == nil || !strings.Contains(err.Error(), "nil pointer dereference") {
			return fmt.Errorf("dereference %d: %v", i, err)
		}
	}
	debug.SetPanicOnFault(true)
	defer func() { recover() }()
	unmapped, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_NONE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return err
	}
	// The kernel's side is an error, ours a panic.
	if _, err := os.Stdout.Write(unmapped[:1]); !errors.Is(err, syscall.EFAULT) {
		return fmt.Errorf("writing it out: %v", err)
	}
	sink = unmapped[0]
	return errors.New("memory without any right was read")
}

// unrecovered ends with a traceback and status 2.
func unrecovered([]string) error {
	var t *tree
	fmt.Println("about to panic")
	t.payload[3] = 1
	return nil
}

// fatalMap is an error that cannot be recovered.
func fatalMap([]string) error {
	var m map[string]int
	defer fmt.Println("deferred calls still run")
	m["x"] = 1
	return nil
}

func descend(n int) int {
	var frame [128]byte
	frame[n%128] = 1
	if n == 0 {
		return 0
	}
	return descend(n-1) + int(frame[n%128])
}

// deepStack grows a goroutine's stack to some MiB, in several goroutines, while others collect.
func deepStack([]string) error {
	results := make(chan int)
	for i := 0; i < 4; i++ {
		go func() { results <- descend(10000) }()
	}
	for i := 0; i < 4; i++ {
		runtime.GC()
		if n := <-results; n != 10000 {
			return fmt.Errorf("descended to %d", n)
		}
	}
	return nil
}

// hogMemory never stops; the runtime ends it with status 2 when there is no more.
func hogMemory([]string) error {
	var kept [][]byte
	fmt.Println("allocating without end")
	for {
		block := make([]byte, 1<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		kept = append(kept, block)
		runtime.KeepAlive(kept)
	}
}

// hogThreads starts threads without end; the runtime gives up, with status 2, when it gets no more.
func hogThreads([]string) error {
	debug.SetMaxThreads(1 << 30)
	fmt.Println("starting threads without end")
	for {
		go func() {
			runtime.LockOSThread()
			time.Sleep(time.Hour)
		}()
		runtime.Gosched()
	}
}
