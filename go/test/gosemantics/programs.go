// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"errors"
	"syscall"

	"anser/anser"
)

// testChain wakes one goroutine after the other.
func testChain() error {
	const links = 16
	chain, trace := make([]anser.Chan[uint64], links+1), channel(links)
	defer trace.Ends.Close()
	for i := range chain {
		chain[i] = channel(0)
		defer chain[i].Ends.Close()
	}
	err := all(append(times(links, func(number int) error {
		_, _, err := chain[number].Receive()
		return errors.Join(err, trace.Send(uint64(number)), chain[number+1].Send(0))
	}), func() error {
		err := chain[0].Send(0)
		_, _, err2 := chain[links].Receive()
		return errors.Join(err, err2)
	})...)
	for i := range uint64(links) {
		value, _, err2 := trace.ReceiveUntil(0)
		err = errors.Join(err, err2, wrong(value != i, "%d ran as number %d", value, i))
	}
	return err
}

// testDaisies lets each of a chain add one.
func testDaisies() error {
	const daisies = 30
	chain := make([]anser.Chan[uint64], daisies+1)
	for i := range chain {
		chain[i] = channel(0)
		defer chain[i].Ends.Close()
	}
	var sum uint64
	err := all(append(times(daisies, func(number int) error {
		value, _, err := chain[number+1].Receive()
		return errors.Join(err, chain[number].Send(value+1))
	}), func() error {
		return chain[daisies].Send(0)
	}, func() (err error) {
		sum, _, err = chain[0].Receive()
		return err
	})...)
	return errors.Join(err, wrong(sum != daisies, "sum %d", sum))
}

// testSieve finds primes by a chain of filters, and ends it from its far end.
func testSieve() error {
	want := []uint64{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47}
	ended := make(chan error)
	first := channel(0)
	go func() {
		for i := uint64(2); ; i++ {
			if err := first.Send(i); err != nil {
				ended <- gone(err)
				return
			}
		}
	}()
	in := first
	var found []uint64
	ends := []anser.Chan[uint64]{first}
	for range want {
		prime, _, err := in.Receive()
		if err != nil {
			return err
		}
		found = append(found, prime)
		out := channel(0)
		ends = append(ends, out)
		go filter(in, out, prime, ended)
		in = out
	}
	err := in.Ends.Receive.Close()
	for range len(want) + 1 {
		err = errors.Join(err, <-ended)
	}
	for i, end := range ends {
		err = errors.Join(err, end.Ends.Send.Close(), wrong(i < len(want) && found[i] != want[i], "%d", i))
	}
	return err
}

func filter(in, out anser.Chan[uint64], prime uint64, ended chan<- error) {
	for {
		value, _, err := in.Receive()
		if err == nil && value%prime != 0 {
			err = out.Send(value)
		}
		if err != nil {
			ended <- errors.Join(gone(err), in.Ends.Receive.Close())
			return
		}
	}
}

// gone is no error: nobody wants more.
func gone(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// series is a power series: a coefficient for each request.
type series struct {
	requests     anser.Chan[struct{}]
	coefficients anser.Chan[uint64]
}

// serve makes a series of a function that gives one coefficient after the other.
func serve(next func() (uint64, error), end func() error, ended chan<- error) series {
	requests, err := anser.MakeChan[struct{}](0)
	s := series{requests, channel(0)}
	go func() {
		for range requests.All(&err) {
			value, err2 := next()
			if err2 = errors.Join(err2, s.coefficients.Send(value)); err2 != nil {
				err = errors.Join(err, err2)
				break
			}
		}
		s.requests.Ends.Close()
		s.coefficients.Ends.Close()
		ended <- errors.Join(err, end())
	}()
	return s
}

func (s series) next() (uint64, error) {
	if err := s.requests.Send(struct{}{}); err != nil {
		return 0, err
	}
	value, _, err := s.coefficients.Receive()
	return value, err
}

func (s series) end() error {
	return s.requests.CloseChannel()
}

func ones(ended chan<- error) series {
	return serve(func() (uint64, error) { return 1, nil }, func() error { return nil }, ended)
}

func derivative(a series, ended chan<- error) series {
	n := uint64(0)
	return serve(func() (uint64, error) {
		if n == 0 {
			if _, err := a.next(); err != nil {
				return 0, err
			}
		}
		n++
		value, err := a.next()
		return n * value, err
	}, a.end, ended)
}

func product(a, b series, ended chan<- error) series {
	var as, bs []uint64
	return serve(func() (uint64, error) {
		x, err := a.next()
		y, err2 := b.next()
		as, bs = append(as, x), append(bs, y)
		sum := uint64(0)
		for i := range as {
			sum += as[i] * bs[len(bs)-1-i]
		}
		return sum, errors.Join(err, err2)
	}, func() error { return errors.Join(a.end(), b.end()) }, ended)
}

// testSeries compares (1/(1-x))' with 1/(1-x) squared.
func testSeries() error {
	const terms, stages = 30, 5
	ended := make(chan error, stages)
	a := derivative(ones(ended), ended)
	b := product(ones(ended), ones(ended), ended)
	var all error
	for n := range uint64(terms) {
		x, err := a.next()
		y, err2 := b.next()
		all = errors.Join(all, err, err2, wrong(x != n+1 || y != n+1, "term %d: %d, %d", n, x, y))
	}
	all = errors.Join(all, a.end(), b.end())
	for range stages {
		all = errors.Join(all, <-ended)
	}
	return all
}
