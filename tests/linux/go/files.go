// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"syscall"
)

// files DIRECTORY FILE: reads, lists and is refused as on any file system that is read-only.
func files(arguments []string) error {
	if len(arguments) != 2 {
		return fmt.Errorf("files wants a directory and a file in it")
	}
	directory, name := arguments[0], arguments[1]
	path := filepath.Join(directory, name)
	whole, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := listed(directory, name, int64(len(whole))); err != nil {
		return err
	}
	if err := readPieces(path, whole); err != nil {
		return err
	}
	return refused(path, directory)
}

// listed: ReadDir, Stat and the open file agree, and names come once each.
func listed(directory, name string, size int64) error {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	if !sort.SliceIsSorted(entries, func(i, k int) bool { return entries[i].Name() < entries[k].Name() }) {
		return errors.New("ReadDir returned names out of order")
	}
	for i, entry := range entries {
		if i > 0 && entry.Name() == entries[i-1].Name() {
			return fmt.Errorf("%s is listed twice", entry.Name())
		}
		if entry.Name() != name {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Size() != size || !info.Mode().IsRegular() || entry.IsDir() {
			return fmt.Errorf("%s is listed as %v of %d bytes, not %d", name, info.Mode(), info.Size(), size)
		}
		fmt.Printf("%d names, %s of %d bytes\n", len(entries), name, size)
		return nil
	}
	return fmt.Errorf("%s is not listed among %d names", name, len(entries))
}

func readPieces(path string, whole []byte) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var copied bytes.Buffer
	for buffer := make([]byte, 777); ; {
		n, err := file.Read(buffer)
		copied.Write(buffer[:n])
		if err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	if !bytes.Equal(copied.Bytes(), whole) {
		return fmt.Errorf("in pieces %d bytes came, in one %d", copied.Len(), len(whole))
	}
	half := int64(len(whole) / 2)
	piece := make([]byte, len(whole)-int(half))
	if _, err := file.ReadAt(piece, half); err != nil || !bytes.Equal(piece, whole[half:]) {
		return fmt.Errorf("ReadAt the middle: %v", err)
	}
	if at, err := file.Seek(-3, io.SeekEnd); err != nil || at != int64(len(whole))-3 {
		return fmt.Errorf("Seek to the end: %d, %v", at, err)
	}
	if n, err := file.Read(piece); n != 3 || err != nil {
		return fmt.Errorf("%d bytes at the end, %v", n, err)
	}
	return nil
}

// refused: each error is the one that Linux has for it.
func refused(path, directory string) error {
	for _, test := range []struct {
		what string
		want error
		try  func() error
	}{
		{"open nothing", syscall.ENOENT, func() error { _, err := os.Open(path + "-not-there"); return err }},
		{"open below a file", syscall.ENOTDIR, func() error { _, err := os.Open(path + "/x"); return err }},
		{"stat nothing", fs.ErrNotExist, func() error { _, err := os.Stat("/no/such/place"); return err }},
		{"empty name", syscall.ENOENT, func() error { _, err := os.Open(""); return err }},
		{"read a directory", syscall.EISDIR, func() error { _, err := os.ReadFile(directory); return err }},
		{"list a file", syscall.ENOTDIR, func() error { _, err := os.ReadDir(path); return err }},
		{"open for writing", syscall.EROFS, func() error { _, err := os.OpenFile(path, os.O_RDWR, 0); return err }},
		{"create", syscall.EROFS, func() error { return os.WriteFile(directory+"/new", nil, 0o600) }},
		{"read after close", fs.ErrClosed, func() error {
			file, err := os.Open(path)
			if err != nil {
				return err
			}
			file.Close()
			_, err = file.Read(make([]byte, 1))
			return err
		}},
	} {
		if err := test.try(); !errors.Is(err, test.want) {
			return fmt.Errorf("%s: %v, not %v", test.what, err, test.want)
		}
	}
	return nil
}

// mapFile FILE: what is mapped is what is read, also at an offset and behind the end.
func mapFile(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("mmap wants a file")
	}
	whole, err := os.ReadFile(arguments[0])
	if err != nil {
		return err
	}
	file, err := os.Open(arguments[0])
	if err != nil {
		return err
	}
	defer file.Close()
	descriptor, page := int(file.Fd()), os.Getpagesize()
	for offset := 0; offset < len(whole) && offset < 8*page; offset += page {
		mapped, err := syscall.Mmap(descriptor, int64(offset), len(whole)-offset, syscall.PROT_READ, syscall.MAP_PRIVATE)
		if err != nil {
			return fmt.Errorf("at offset %d: %w", offset, err)
		}
		if !bytes.Equal(mapped, whole[offset:]) {
			return fmt.Errorf("mapped from offset %d on it differs", offset)
		}
		if err := syscall.Munmap(mapped); err != nil {
			return err
		}
	}
	private, err := syscall.Mmap(descriptor, 0, len(whole), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	if err != nil {
		return fmt.Errorf("writable and private: %w", err)
	}
	private[0] ^= 0xff
	again, err := os.ReadFile(arguments[0])
	if err != nil || !bytes.Equal(again, whole) {
		return fmt.Errorf("writing to a private mapping changed the file, %v", err)
	}
	if _, err = syscall.Mmap(descriptor, 0, page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED); !errors.Is(err, syscall.EACCES) {
		return fmt.Errorf("writable and shared: %v", err)
	}
	return nil
}

// bigRead FILE N: reads a file N times from several goroutines, which all get the same bytes.
func bigRead(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("bigread wants a file")
	}
	want, err := os.ReadFile(arguments[0])
	if err != nil {
		return err
	}
	results := make(chan error)
	for i := 0; i < 20; i++ {
		go func() {
			got, err := os.ReadFile(arguments[0])
			if err == nil && !bytes.Equal(got, want) {
				err = errors.New("the bytes differ")
			}
			results <- err
		}()
	}
	for i := 0; i < 20; i++ {
		if err := <-results; err != nil {
			return err
		}
	}
	return nil
}
