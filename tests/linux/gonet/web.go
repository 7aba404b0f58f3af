// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"
)

var webTests = []test{
	{"HTTP: a page, asked for again on the same connection", keepAlive},
	{"HTTP: a large body there and back", largeBody},
	{"HTTP: sixteen clients at once", sixteen},
	{"HTTP: a part of a page", partOfPage},
	{"HTTP: an answer in pieces", chunked},
	{"HTTP: a client's time limit", clientTimeout},
	{"HTTP: a server that shuts down", shutdown},
}

// serve runs a handler on a free port until stop is called.
func serve(handler http.HandlerFunc) (url string, server *http.Server, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server = &http.Server{Handler: handler}
	go server.Serve(listener)
	return "http://" + listener.Addr().String() + "/", server, nil
}

func get(client *http.Client, url string) (string, error) {
	response, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func keepAlive() error {
	url, server, err := serve(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "page "+r.URL.Path) })
	if err != nil {
		return err
	}
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	reused := 0
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if info.Reused {
			reused++
		}
	}}
	for i := range 20 {
		request, err := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), "GET", url+fmt.Sprint(i), nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(body) != fmt.Sprintf("page /%d", i) {
			return fmt.Errorf("%q, %v", body, err)
		}
	}
	if reused != 19 {
		return fmt.Errorf("%d of 19 on the same connection", reused)
	}
	return nil
}

func largeBody() error {
	url, server, err := serve(func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.New()
		n, _ := io.Copy(sum, r.Body)
		fmt.Fprintf(w, "%d %x", n, sum.Sum(nil))
	})
	if err != nil {
		return err
	}
	defer server.Close()
	body := bytes.Repeat([]byte("all the bytes "), 100000)
	response, err := http.Post(url, "text/plain", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if expected := fmt.Sprintf("%d %x", len(body), sha256.Sum256(body)); err != nil || string(answer) != expected {
		return fmt.Errorf("%s instead of %s, %v", answer, expected, err)
	}
	return nil
}

func sixteen() error {
	url, server, err := serve(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	if err != nil {
		return err
	}
	defer server.Close()
	var group sync.WaitGroup
	results := make(chan error, 16)
	for i := range 16 {
		group.Add(1)
		go func() {
			defer group.Done()
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			var err error
			for j := range 20 {
				path := fmt.Sprintf("%d/%d", i, j)
				body, e := get(client, url+path)
				if e != nil || body != "/"+path {
					err = fmt.Errorf("%q for %s, %w", body, path, e)
				}
			}
			results <- err
		}()
	}
	group.Wait()
	for range 16 {
		if e := <-results; e != nil {
			err = e
		}
	}
	return err
}

func partOfPage() error {
	text := strings.Repeat("0123456789", 1000)
	url, server, err := serve(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "digits", time.Time{}, strings.NewReader(text))
	})
	if err != nil {
		return err
	}
	defer server.Close()
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Range", "bytes=5003-5012")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusPartialContent || string(body) != "3456789012" {
		return fmt.Errorf("%s, %q, %v", response.Status, body, err)
	}
	return nil
}

func chunked() error {
	url, server, err := serve(func(w http.ResponseWriter, r *http.Request) {
		for i := range 50 {
			fmt.Fprintf(w, "%d ", i)
			w.(http.Flusher).Flush()
		}
	})
	if err != nil {
		return err
	}
	defer server.Close()
	body, err := get(http.DefaultClient, url)
	if err != nil || len(strings.Fields(body)) != 50 {
		return fmt.Errorf("%q, %v", body, err)
	}
	return nil
}

func clientTimeout() error {
	release := make(chan bool)
	url, server, err := serve(func(w http.ResponseWriter, r *http.Request) { <-release })
	if err != nil {
		return err
	}
	defer server.Close()
	defer close(release)
	client := &http.Client{Timeout: 50 * time.Millisecond}
	if _, err = get(client, url); !isTimeout(err) {
		return fmt.Errorf("no time limit: %v", err)
	}
	return nil
}

func shutdown() error {
	url, server, err := serve(func(w http.ResponseWriter, r *http.Request) {})
	if err != nil {
		return err
	}
	if _, err := get(http.DefaultClient, url); err != nil {
		return err
	}
	http.DefaultClient.CloseIdleConnections()
	if err := server.Shutdown(context.Background()); err != nil {
		return err
	}
	if _, err := get(http.DefaultClient, url); err == nil {
		return errors.New("it answers all the same")
	}
	return nil
}
