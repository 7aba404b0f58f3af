// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"bytes"
	"encoding/binary"
	"syscall"
	"unsafe"
)

// Messages are C structures of this machine: what package abi declares is copied byte by byte.

// Bytes is the memory of *value, a struct of package abi without pointers. It is not copied.
func Bytes[T any](value *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(value)), unsafe.Sizeof(*value))
}

// Take copies the struct at the beginning of data; false: data is too short for it.
func Take[T any](data []byte, value *T) bool {
	return copy(Bytes(value), data) == int(unsafe.Sizeof(*value))
}

// Text is the string in a field of bytes, up to its NUL.
func Text(field []byte) string {
	text, _, _ := bytes.Cut(field, []byte{0})
	return string(text)
}

// SetText puts a string into a field of bytes. EINVAL: it does not fit, or holds a NUL.
func SetText(field []byte, text string) error {
	if len(text) >= len(field) || bytes.IndexByte([]byte(text), 0) >= 0 {
		return syscall.EINVAL
	}
	clear(field[copy(field, text):])
	return nil
}

// Status is the 64-bit status at the beginning of an answer, as an error if it is one. EIO: the answer
// is too short to hold one.
func Status(answer []byte) (int64, error) {
	if len(answer) < 8 {
		return 0, syscall.EIO
	}
	status := int64(binary.LittleEndian.Uint64(answer))
	if status < 0 {
		return 0, syscall.Errno(-status)
	}
	return status, nil
}
