// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

var streamTests = []test{
	{"a connection over 127.0.0.1", func() error { return echoOver("tcp4", "127.0.0.1:0") }},
	{"a connection over ::1", func() error { return echoOver("tcp6", "[::1]:0") }},
	{"a listener of both families", bothFamilies},
	{"much in both directions at once", bothDirections},
	{"one direction ends, the other goes on", halfClose},
	{"nobody listens: ECONNREFUSED", refused},
	{"a port that is taken: EADDRINUSE", taken},
	{"deadlines", deadlines},
	{"closing ends Accept and Read", closing},
	{"net.Buffers", buffers},
	{"a file sent by the kernel", sendFile},
	{"a hundred connections at once", hundred},
	{"accepted when the stack's timers have seen it", acceptedLate},
	{"a connection that is reset: ECONNRESET", reset},
	{"names of /etc/hosts", names},
	{"a dial that is cancelled", cancelled},
}

// pair makes the two ends of a connection.
func pair(network, addr string) (client, server *net.TCPConn, err error) {
	listener, err := net.Listen(network, addr)
	if err != nil {
		return nil, nil, err
	}
	defer listener.Close()
	c, err := net.Dial(network, listener.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	s, err := listener.Accept()
	if err != nil {
		c.Close()
		return nil, nil, err
	}
	return c.(*net.TCPConn), s.(*net.TCPConn), nil
}

func echoOver(network, addr string) error {
	client, server, err := pair(network, addr)
	if err != nil {
		return err
	}
	defer client.Close()
	defer server.Close()
	if client.LocalAddr().String() != server.RemoteAddr().String() {
		return fmt.Errorf("%v is not %v", client.LocalAddr(), server.RemoteAddr())
	}
	go func() {
		io.Copy(server, server)
		server.Close()
	}()
	if _, err := client.Write([]byte("hello")); err != nil {
		return err
	}
	client.CloseWrite()
	back, err := io.ReadAll(client)
	if err != nil || string(back) != "hello" {
		return fmt.Errorf("%q came back, %v", back, err)
	}
	return nil
}

func bothFamilies() error {
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		return err
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	for _, host := range []string{"127.0.0.1", "::1"} {
		client, err := net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
		if err != nil {
			return err
		}
		server, err := listener.Accept()
		if err != nil {
			return err
		}
		peer := server.RemoteAddr().(*net.TCPAddr).IP
		client.Close()
		server.Close()
		if !peer.Equal(net.ParseIP(host)) {
			return fmt.Errorf("%s came as %v", host, peer)
		}
	}
	return nil
}

// send writes pseudo-random bytes of a seed, check reads them.
func send(conn *net.TCPConn, seed int64, length int) error {
	random := rand.New(rand.NewSource(seed))
	piece := make([]byte, 70000)
	for length > 0 {
		n := min(length, len(piece))
		random.Read(piece[:n])
		if _, err := conn.Write(piece[:n]); err != nil {
			return err
		}
		length -= n
	}
	return conn.CloseWrite()
}

func check(conn *net.TCPConn, seed int64, length int) error {
	random := rand.New(rand.NewSource(seed))
	expected, got := make([]byte, 70000), make([]byte, 70000)
	for length > 0 {
		n := min(length, len(expected))
		random.Read(expected[:n])
		if _, err := io.ReadFull(conn, got[:n]); err != nil {
			return err
		}
		if !bytes.Equal(expected[:n], got[:n]) {
			return errors.New("other bytes came")
		}
		length -= n
	}
	if n, err := conn.Read(got); n != 0 || err != io.EOF {
		return fmt.Errorf("behind the end: %d bytes, %v", n, err)
	}
	return nil
}

func bothDirections() error {
	const length = 2 << 20
	client, server, err := pair("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer client.Close()
	defer server.Close()
	results := make(chan error, 4)
	go func() { results <- send(client, 1, length) }()
	go func() { results <- send(server, 2, length) }()
	go func() { results <- check(server, 1, length) }()
	go func() { results <- check(client, 2, length) }()
	for range 4 {
		if e := <-results; e != nil {
			err = e
		}
	}
	return err
}

func halfClose() error {
	client, server, err := pair("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer client.Close()
	defer server.Close()
	client.Write([]byte("question"))
	client.CloseWrite()
	question, err := io.ReadAll(server)
	if err != nil || string(question) != "question" {
		return fmt.Errorf("%q came, %v", question, err)
	}
	server.Write([]byte("answer"))
	server.Close()
	answer, err := io.ReadAll(client)
	if err != nil || string(answer) != "answer" {
		return fmt.Errorf("%q came back, %v", answer, err)
	}
	return nil
}

func refused() error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listener.Close()
	_, err = net.Dial("tcp4", listener.Addr().String())
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("not refused: %v", err)
	}
	return nil
}

func taken() error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	_, err = net.Listen("tcp4", listener.Addr().String())
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("not in use: %v", err)
	}
	return nil
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

func deadlines() error {
	client, server, err := pair("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer client.Close()
	defer server.Close()
	client.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := client.Read(make([]byte, 1)); !isTimeout(err) {
		return fmt.Errorf("Read: %v", err)
	}
	client.SetReadDeadline(time.Time{})
	server.Write([]byte("x"))
	if n, err := client.Read(make([]byte, 4)); n != 1 || err != nil {
		return fmt.Errorf("Read after the deadline was taken away: %d, %v", n, err)
	}
	client.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	piece := make([]byte, 1<<20)
	for err = nil; err == nil; {
		_, err = client.Write(piece)
	}
	if !isTimeout(err) {
		return fmt.Errorf("Write: %v", err)
	}
	return nil
}

func closing() error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	results := make(chan error, 2)
	go func() {
		_, err := listener.Accept()
		results <- err
	}()
	time.Sleep(10 * time.Millisecond)
	listener.Close()
	if err := <-results; !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("Accept: %v", err)
	}
	client, server, err := pair("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer server.Close()
	go func() {
		_, err := client.Read(make([]byte, 1))
		results <- err
	}()
	time.Sleep(10 * time.Millisecond)
	client.Close()
	if err := <-results; !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("Read: %v", err)
	}
	return nil
}

func buffers() error {
	client, server, err := pair("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer server.Close()
	var pieces net.Buffers
	var all []byte
	for i := range 300 {
		piece := bytes.Repeat([]byte{byte(i)}, i)
		pieces = append(pieces, piece)
		all = append(all, piece...)
	}
	go func() {
		pieces.WriteTo(client)
		client.Close()
	}()
	got, err := io.ReadAll(server)
	if err != nil || !bytes.Equal(got, all) {
		return fmt.Errorf("%d bytes came instead of %d, %v", len(got), len(all), err)
	}
	return nil
}

func sendFile() error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	const length = 2 << 20
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	client, server, err := pair("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer server.Close()
	go func() {
		io.CopyN(client, file, length)
		client.Close()
	}()
	expected, err := os.Open(path)
	if err != nil {
		return err
	}
	defer expected.Close()
	return same(server, io.LimitReader(expected, length))
}

// same compares what two readers give.
func same(a, b io.Reader) error {
	first, second := make([]byte, 32768), make([]byte, 32768)
	for total := 0; ; {
		n, err := io.ReadFull(a, first)
		m, _ := io.ReadFull(b, second)
		if n != m || !bytes.Equal(first[:n], second[:m]) {
			return fmt.Errorf("behind byte %d: %d bytes, not %d, or others", total, n, m)
		}
		if total += n; err != nil {
			return nil
		}
	}
}

func hundred() error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	go func() {
		for {
			server, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(server, server)
				server.Close()
			}()
		}
	}()
	var group sync.WaitGroup
	results := make(chan error, 100)
	for i := range 100 {
		group.Add(1)
		go func() {
			defer group.Done()
			client, err := net.Dial("tcp4", listener.Addr().String())
			if err == nil {
				err = askAgain(client, byte(i))
				client.Close()
			}
			results <- err
		}()
	}
	group.Wait()
	for range 100 {
		if e := <-results; e != nil {
			err = e
		}
	}
	return err
}

func askAgain(client net.Conn, n byte) error {
	for range 10 {
		if _, err := client.Write([]byte{n}); err != nil {
			return err
		}
		var back [1]byte
		if _, err := io.ReadFull(client, back[:]); err != nil || back[0] != n {
			return fmt.Errorf("%d came back for %d, %v", back[0], n, err)
		}
	}
	return nil
}

// acceptedLate lets a connection wait for longer than the timers of the stack, which look at each.
func acceptedLate() error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	client, err := net.Dial("tcp4", listener.Addr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	if _, err := client.Write([]byte("early")); err != nil {
		return err
	}
	time.Sleep(5 * time.Second)
	server, err := listener.Accept()
	if err != nil {
		return err
	}
	defer server.Close()
	var came [5]byte
	if _, err := io.ReadFull(server, came[:]); err != nil || string(came[:]) != "early" {
		return fmt.Errorf("%q came, %v", came, err)
	}
	return nil
}

func reset() error {
	client, server, err := pair("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer client.Close()
	server.SetLinger(0)
	server.Close()
	_, err = client.Read(make([]byte, 1))
	if !errors.Is(err, syscall.ECONNRESET) {
		return fmt.Errorf("not reset: %v", err)
	}
	return nil
}

func names() error {
	addresses, err := net.LookupHost("localhost")
	if err != nil {
		return err
	}
	if !slices.Contains(addresses, "127.0.0.1") {
		return fmt.Errorf("localhost is %v", addresses)
	}
	port, err := net.LookupPort("tcp", "http")
	if err != nil || port != 80 {
		return fmt.Errorf("http is %d, %v", port, err)
	}
	if name, err := os.Hostname(); err != nil || name == "" {
		return fmt.Errorf("the host's name is %q, %v", name, err)
	}
	return nil
}

func cancelled() error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var dialer net.Dialer
	_, err = dialer.DialContext(ctx, "tcp4", listener.Addr().String())
	if err == nil {
		return errors.New("it went through")
	}
	return nil
}
