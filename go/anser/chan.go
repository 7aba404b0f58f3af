// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"errors"
	"fmt"
	"reflect"
	"syscall"
	"unsafe"

	"anser/abi"
)

// Chan is a channel whose elements are values of a fixed-size type without pointers: Go's chan T,
// between processes. Both ends are in Ends; an end that was given away is set to 0 there.
type Chan[T any] struct {
	Ends Channel
}

// ChanOf makes a Chan of ends that came from elsewhere; one of them may be 0.
func ChanOf[T any](ends Channel) (Chan[T], error) {
	var value T
	if size := unsafe.Sizeof(value); size > abi.ElementMax || hasPointers(reflect.TypeFor[T]()) {
		return Chan[T]{}, fmt.Errorf("a channel of %T, %d bytes: %w", value, size, syscall.EINVAL)
	}
	return Chan[T]{ends}, nil
}

// MakeChan is make(chan T, capacity). EINVAL: T holds pointers, or is larger than abi.ElementMax.
func MakeChan[T any](capacity int) (Chan[T], error) {
	c, err := ChanOf[T](Channel{})
	if err != nil {
		return c, err
	}
	var value T
	c.Ends, err = MakeChannel(int(unsafe.Sizeof(value)), capacity)
	return c, err
}

// hasPointers is true for what means nothing in another address space.
func hasPointers(t reflect.Type) bool {
	switch kind := t.Kind(); kind {
	case reflect.Array:
		return hasPointers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasPointers(t.Field(i).Type) {
				return true
			}
		}
		return false
	default:
		return kind == reflect.String || kind == reflect.UnsafePointer ||
			kind >= reflect.Chan && kind <= reflect.Slice
	}
}

// Send is c <- value. EPIPE: the channel is closed, or nobody can receive any more.
func (c Chan[T]) Send(value T) error {
	return c.Ends.Send.Send(Never, Bytes(&value))
}

// SendUntil is Send with a deadline; 0 does not wait: EAGAIN.
func (c Chan[T]) SendUntil(deadline uint64, value T) error {
	return c.Ends.Send.Send(deadline, Bytes(&value))
}

// Receive is value, ok := <-c: ok is false once the channel is closed and drained.
func (c Chan[T]) Receive() (value T, ok bool, err error) {
	return c.ReceiveUntil(Never)
}

// ReceiveUntil is Receive with a deadline; 0 does not wait: EAGAIN. EPROTO: what came is no T.
func (c Chan[T]) ReceiveUntil(deadline uint64) (value T, ok bool, err error) {
	in, err := c.Ends.Receive.Receive(deadline, Bytes(&value))
	if err == nil {
		ok, err = element(&in, int(unsafe.Sizeof(value)))
	}
	return value, ok, err
}

// element tells whether a message is an element of this size.
func element(in *In, size int) (bool, error) {
	if in.Closed {
		return false, nil
	}
	in.Close()
	if in.Event || in.Gone || in.Call || len(in.Data) != size {
		return false, syscall.EPROTO
	}
	return true, nil
}

// SendCase is a case of Select that sends *value.
func (c Chan[T]) SendCase(value *T) Case {
	return SendCase(c.Ends.Send, Bytes(value))
}

// ReceiveCase is a case of Select that receives into *value. In.Closed tells the end of the channel.
func (c Chan[T]) ReceiveCase(value *T) Case {
	return ReceiveCase(c.Ends.Receive, Bytes(value))
}

// CloseChannel is close(c). EPIPE: it was closed before, where Go panics.
func (c Chan[T]) CloseChannel() error {
	return c.Ends.Send.CloseChannel()
}

// Len is len(c), Cap is cap(c), seen through whichever end is there.
func (c Chan[T]) Len() (int, error) {
	length, _, err := c.end().Len()
	return length, err
}

// Cap is cap(c).
func (c Chan[T]) Cap() (int, error) {
	_, capacity, err := c.end().Len()
	return capacity, err
}

func (c Chan[T]) end() Handle {
	if c.Ends.Send != 0 {
		return c.Ends.Send
	}
	return c.Ends.Receive
}

// All yields the elements until the channel is closed and drained: for v := range c.All(&err). What
// ended it otherwise is in *failure.
func (c Chan[T]) All(failure *error) func(yield func(T) bool) {
	return func(yield func(T) bool) {
		for {
			value, ok, err := c.Receive()
			if err != nil || !ok {
				*failure = errors.Join(*failure, err)
				return
			}
			if !yield(value) {
				return
			}
		}
	}
}
