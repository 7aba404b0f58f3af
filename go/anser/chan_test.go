// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"errors"
	"syscall"
	"testing"

	"anser/abi"
)

func TestChanOf(t *testing.T) {
	type fixed struct {
		a uint64
		b [4]struct{ c, d int16 }
	}
	if _, err := ChanOf[fixed](Channel{}); err != nil {
		t.Errorf("ChanOf[fixed]: %v", err)
	}
	_, text := ChanOf[struct{ s string }](Channel{})
	_, pointer := ChanOf[*int](Channel{})
	_, list := ChanOf[[2][]byte](Channel{})
	_, large := ChanOf[[abi.ElementMax + 1]byte](Channel{})
	for i, err := range []error{text, pointer, list, large} {
		if !errors.Is(err, syscall.EINVAL) {
			t.Errorf("wrong type %d: %v", i, err)
		}
	}
}

func TestElement(t *testing.T) {
	if ok, err := element(&In{Data: make([]byte, 8)}, 8); !ok || err != nil {
		t.Errorf("an element: %v, %v", ok, err)
	}
	if ok, err := element(&In{Closed: true}, 8); ok || err != nil {
		t.Errorf("closed: %v, %v", ok, err)
	}
	for _, in := range []In{{Gone: true}, {Event: true, Data: make([]byte, 8)}, {Data: make([]byte, 7)}} {
		if ok, err := element(&in, 8); ok || !errors.Is(err, syscall.EPROTO) {
			t.Errorf("%+v: %v, %v", in, ok, err)
		}
	}
}

func TestKernelCases(t *testing.T) {
	data, buffer := make([]byte, 5), make([]byte, 7)
	list, err := kernelCases([]Case{SendCase(32, data, 64, 96), ReceiveCase(128, buffer), {}})
	if err != nil || len(list) != 3 {
		t.Fatalf("kernelCases: %d, %v", len(list), err)
	}
	send, receive := list[0], list[1]
	if send.handle != 32 || send.info != abi.CaseSend|2<<abi.InfoHandlesShift || send.message.sendLength != 5 {
		t.Errorf("send: %+v, %+v", send, send.message)
	}
	if receive.handle != 128 || receive.info != abi.InfoWantReply || receive.message.recvCapacity != 7 {
		t.Errorf("receive: %+v, %+v", receive, receive.message)
	}
	if _, err := kernelCases(make([]Case, abi.SelectMax+1)); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("too many cases: %v", err)
	}
	long := SendCase(32, make([]byte, abi.ElementMax+1))
	if _, err := kernelCases([]Case{long}); !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("a message that is too long: %v", err)
	}
}

func TestExpiries(t *testing.T) {
	words := [2]uint64{abi.EventTimer, 3}
	if count := Expiries(&In{Event: true, Data: Bytes(&words)}); count != 3 {
		t.Errorf("Expiries = %d", count)
	}
	words[0] = abi.EventExit
	for _, in := range []In{{Data: Bytes(&words)}, {Event: true, Data: Bytes(&words)}, {Event: true}} {
		if count := Expiries(&in); count != 0 {
			t.Errorf("Expiries(%+v) = %d", in, count)
		}
	}
}
