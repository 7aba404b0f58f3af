// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

var secureTests = []test{
	{"HTTP/2: forty requests at once on one connection, in TLS", streamsInOne},
	{"TLS: ten connections, one after the other, HTTP/1.1", secureConnections},
	{"200 dials at once, and an echo on each", dialsAtOnce},
	{"HTTP: clients that say nothing are let go", slowClients},
	{"a deadline moves while a reader waits", deadlineMoves},
}

// together runs so many of it at once, and returns what went wrong.
func together(count int, run func(i int) error) error {
	results := make([]error, count)
	var group sync.WaitGroup
	for i := range count {
		group.Add(1)
		go func() {
			defer group.Done()
			results[i] = run(i)
		}()
	}
	group.Wait()
	return errors.Join(results...)
}

func echoBody(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s ", r.Proto)
	w.Write(body)
}

func post(client *http.Client, url, protocol string, body []byte) error {
	response, err := client.Post(url, "text/plain", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || string(answer) != protocol+" "+string(body) {
		return fmt.Errorf("%d bytes instead of %d, %v", len(answer), len(body), err)
	}
	return nil
}

func streamsInOne() error {
	server := httptest.NewUnstartedServer(http.HandlerFunc(echoBody))
	server.EnableHTTP2 = true
	var lock sync.Mutex
	connections := 0
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			lock.Lock()
			connections++
			lock.Unlock()
		}
	}
	server.StartTLS()
	defer server.Close()
	client := server.Client()
	// The first one makes the connection, which the others share.
	if err := post(client, server.URL, "HTTP/2.0", []byte("first")); err != nil {
		return err
	}
	err := together(40, func(i int) error {
		return post(client, server.URL, "HTTP/2.0", bytes.Repeat([]byte{byte('a' + i%26)}, 1000+i*1500))
	})
	lock.Lock()
	defer lock.Unlock()
	if err == nil && connections != 1 {
		err = fmt.Errorf("%d connections", connections)
	}
	return err
}

func secureConnections() error {
	server := httptest.NewTLSServer(http.HandlerFunc(echoBody))
	defer server.Close()
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	transport.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	for i := range 10 {
		if err := post(&http.Client{Transport: transport}, server.URL, "HTTP/1.1", bytes.Repeat([]byte("x"), i*5000)); err != nil {
			return err
		}
	}
	return nil
}

func dialsAtOnce() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(connection, connection)
				connection.Close()
			}()
		}
	}()
	var opened sync.WaitGroup
	opened.Add(200)
	return together(200, func(i int) error {
		connection, err := net.DialTimeout("tcp", listener.Addr().String(), 20*time.Second)
		opened.Done()
		if err != nil {
			return err
		}
		defer connection.Close()
		opened.Wait()
		said := fmt.Sprintf("connection %d", i)
		io.WriteString(connection, said)
		connection.(*net.TCPConn).CloseWrite()
		heard, err := io.ReadAll(connection)
		if err != nil || string(heard) != said {
			return fmt.Errorf("%q, %v", heard, err)
		}
		return nil
	})
}

func slowClients() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: 2 * time.Second, IdleTimeout: 50 * time.Millisecond,
		Handler: http.HandlerFunc(echoBody)}
	defer server.Close()
	go server.Serve(listener)
	return together(20, func(i int) error {
		connection, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			return err
		}
		defer connection.Close()
		// Half of them not even a head, the others no second one.
		request := "GET / HTTP/1.1\r\nHost: anser\r\n"
		if i%2 == 1 {
			request += "\r\n"
		}
		io.WriteString(connection, request)
		heard, err := io.ReadAll(connection)
		if err != nil || strings.HasPrefix(string(heard), "HTTP/1.1 200 OK\r\n") != (i%2 == 1) {
			return fmt.Errorf("%q, %v", heard, err)
		}
		return nil
	})
}

func deadlineMoves() error {
	client, server, err := pair("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer client.Close()
	defer server.Close()
	client.SetReadDeadline(time.Now().Add(time.Hour))
	result := make(chan error)
	go func() {
		_, err := client.Read(make([]byte, 1))
		result <- err
	}()
	time.Sleep(10 * time.Millisecond)
	client.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if err := <-result; !isTimeout(err) {
		return fmt.Errorf("no time limit: %v", err)
	}
	// What is over can be put off again, and nothing was lost.
	client.SetReadDeadline(time.Time{})
	server.Write([]byte("x"))
	if n, err := client.Read(make([]byte, 1)); n != 1 || err != nil {
		return fmt.Errorf("%d, %v", n, err)
	}
	// A peer that does not read: writing ends in time.
	server.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	for err = nil; err == nil; {
		_, err = server.Write(make([]byte, 65536))
	}
	if !isTimeout(err) {
		return fmt.Errorf("writing ends with %v", err)
	}
	return nil
}
