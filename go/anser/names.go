// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"errors"
	"syscall"

	"anser/abi"
)

// names makes one request to the name service. The handle in the answer is the caller's.
func names(kind uint64, name string, index uint64, given ...Handle) (abi.NamesAnswer, Handle, error) {
	request := abi.NamesRequest{Type: kind, Index: index}
	var answer abi.NamesAnswer
	if err := SetText(request.Name[:], name); err != nil {
		return answer, 0, err
	}
	in, err := StartHandle(abi.StartNames).Call(Never, Bytes(&request), Bytes(&answer), given...)
	if err != nil {
		return answer, 0, err
	}
	if _, err := Status(in.Data); err != nil || len(in.Handles) == 0 {
		in.Close()
		return answer, 0, err
	}
	return answer, in.Handles[0], nil
}

// Publish publishes a send handle, which has the rights DUP and TRANSFER, under a name. The handle moves
// and is closed by the name service on an error; only if that could not be reached it is still the
// caller's. EPERM: not granted this name; EEXIST: another one published it.
func Publish(name string, send Handle) error {
	_, _, err := names(abi.NamesPublish, name, 0, send)
	return err
}

// Withdraw ends a publication of this program.
func Withdraw(name string) error {
	_, _, err := names(abi.NamesWithdraw, name, 0)
	return err
}

// Lookup returns a send handle to what is published. ESRCH: nothing is.
func Lookup(name string) (Handle, error) {
	_, handle, err := names(abi.NamesLookup, name, 0)
	if err == nil && handle == 0 {
		err = syscall.EIO
	}
	return handle, err
}

// Watch has abi.NamesPublished sent to a send handle, which moves, at each publication of the name.
func Watch(name string, send Handle) error {
	_, _, err := names(abi.NamesWatch, name, 0, send)
	return err
}

// WaitFor looks a name up and waits for its publication until the deadline.
func WaitFor(name string, deadline uint64) (Handle, error) {
	news, err := MakeChannel(abi.RegisterBytes, 1)
	if err != nil {
		return 0, err
	}
	defer news.Receive.Close()
	// The watch is there before the look-up, so no publication is missed.
	if err := Watch(name, news.Send); err != nil {
		_ = news.Send.Close()
		return 0, err
	}
	buffer := make([]byte, abi.RegisterBytes)
	for {
		handle, err := Lookup(name)
		if !errors.Is(err, syscall.ESRCH) {
			return handle, err
		}
		in, err := news.Receive.Receive(deadline, buffer)
		if err != nil {
			return 0, err
		}
		if in.Closed {
			return 0, syscall.EPIPE
		}
	}
}

// Name is an entry of the name service.
type Name struct {
	Name      string
	Object    uint64 // id of the channel, as in abi.ThreadInfo
	Publisher uint64 // process id, 0 if it is not known
}

// Names lists what is published.
func Names() ([]Name, error) {
	var list []Name
	for index := uint64(0); ; {
		answer, _, err := names(abi.NamesList, "", index)
		if err != nil || answer.Status == 0 {
			return list, err
		}
		list = append(list, Name{Text(answer.Name[:]), answer.Object, answer.Publisher})
		index = answer.Next
	}
}
