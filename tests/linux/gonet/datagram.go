// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

var datagramTests = []test{
	{"UDP over 127.0.0.1", func() error { return datagramsOver("udp4", "127.0.0.1:0") }},
	{"UDP over ::1", func() error { return datagramsOver("udp6", "[::1]:0") }},
	{"UDP: a deadline", datagramDeadline},
	{"UDP: messages with addresses", messages},
	{"UDP: nobody is there: ECONNREFUSED", datagramRefused},
}

func datagramsOver(network, addr string) error {
	server, err := net.ListenPacket(network, addr)
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := net.Dial(network, server.LocalAddr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	for _, length := range []int{1, 0, 1000, 1472, 5000} {
		sent := bytes.Repeat([]byte{byte(length)}, length)
		if _, err := client.Write(sent); err != nil {
			return err
		}
		got := make([]byte, 6000)
		n, from, err := server.ReadFrom(got)
		if err != nil || !bytes.Equal(got[:n], sent) || from.String() != client.LocalAddr().String() {
			return fmt.Errorf("%d bytes of %d came, from %v, %v", n, length, from, err)
		}
		if _, err := server.WriteTo(got[:n], from); err != nil {
			return err
		}
		if n, err = client.Read(got); err != nil || n != length {
			return fmt.Errorf("%d bytes of %d came back, %v", n, length, err)
		}
	}
	return nil
}

func datagramDeadline() error {
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer server.Close()
	server.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, _, err := server.ReadFrom(make([]byte, 1)); !isTimeout(err) {
		return fmt.Errorf("ReadFrom: %v", err)
	}
	return nil
}

func datagramRefused() error {
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server.Close()
	client, err := net.Dial("udp4", server.LocalAddr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	for range 3 {
		if _, err := client.Write([]byte("x")); err != nil {
			return err
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
			return fmt.Errorf("not refused: %v", err)
		}
	}
	return nil
}

func messages() error {
	server, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return err
	}
	defer client.Close()
	to := server.LocalAddr().(*net.UDPAddr)
	if _, _, err := client.WriteMsgUDP([]byte("message"), nil, to); err != nil {
		return err
	}
	got := make([]byte, 100)
	n, oobn, _, from, err := server.ReadMsgUDP(got, make([]byte, 100))
	if err != nil || string(got[:n]) != "message" || oobn != 0 || from.Port != client.LocalAddr().(*net.UDPAddr).Port {
		return fmt.Errorf("%q came from %v, %v", got[:n], from, err)
	}
	return nil
}
