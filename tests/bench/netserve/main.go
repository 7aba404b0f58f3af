// SPDX-License-Identifier: BSD-2-Clause

// Netserve is the server that network figures are taken with, a stock program for Linux: HTTP on
// port 8080, bytes in on 9001, bytes out on 9002. tests/bench/netload.py is the other side. The same
// binary runs on Anser and on Linux. Tests ask it for /pattern, where every byte can be told wrong.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

const (
	pieceBytes   = 256 << 10
	patternBytes = 100_000
)

func listen(address string) net.Listener {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Println("netserve:", err)
		os.Exit(1)
	}
	return listener
}

func serve(listener net.Listener, handle func(net.Conn)) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			fmt.Println("netserve:", err)
			return
		}
		go handle(connection)
	}
}

// sink takes what comes, and says how much it was.
func sink(connection net.Conn) {
	defer connection.Close()
	piece := make([]byte, pieceBytes)
	var total int64
	for {
		n, err := connection.Read(piece)
		total += int64(n)
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println("netserve: sink:", err)
			return
		}
	}
	fmt.Fprintln(connection, total)
}

// source sends as many bytes as the first line says.
func source(connection net.Conn) {
	defer connection.Close()
	var left int64
	if _, err := fmt.Fscanln(bufio.NewReader(connection), &left); err != nil {
		fmt.Println("netserve: source:", err)
		return
	}
	piece := make([]byte, pieceBytes)
	for left > 0 {
		n, err := connection.Write(piece[:min(left, pieceBytes)])
		if err != nil {
			fmt.Println("netserve: source:", err)
			return
		}
		left -= int64(n)
	}
}

// pattern is tests/visitor.py's, too.
func pattern() []byte {
	bytes := make([]byte, patternBytes)
	for i := range bytes {
		bytes[i] = byte(i*7 + i>>8)
	}
	return bytes
}

func serveHTTP(listener net.Listener) error {
	hello, long := []byte("hello, world\n"), pattern()
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/pattern" {
			w.Header().Set("Content-Length", fmt.Sprint(len(long)))
			w.Write(long)
		} else {
			w.Write(hello)
		}
	}))
}

func main() {
	go serve(listen(":9001"), sink)
	go serve(listen(":9002"), source)
	listener := listen(":8080")
	fmt.Println("NETSERVE-READY")
	fmt.Println("netserve:", serveHTTP(listener))
}
