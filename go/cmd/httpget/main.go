// SPDX-License-Identifier: BSD-2-Clause

// Httpget fetches what an address of the web holds. It is stock Go: the same program runs on Linux.
//
//	httpget [-head] [-o file] [-sum] [-q] [-t seconds] URL...
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// options are those of the command line.
type options struct {
	head  bool
	sum   bool
	quiet bool
	to    string
}

// progress tells how far a transfer is, at most twice a second, on one line of standard error.
type progress struct {
	begin, last time.Time
	done, all   int64
}

func (p *progress) Write(bytes []byte) (int, error) {
	p.done += int64(len(bytes))
	if now := time.Now(); now.Sub(p.last) >= time.Second/2 {
		p.last = now
		p.show("\r")
	}
	return len(bytes), nil
}

func (p *progress) show(end string) {
	seconds := time.Since(p.begin).Seconds()
	of := ""
	if p.all > 0 {
		of = fmt.Sprintf(" of %d", p.all)
	}
	fmt.Fprintf(os.Stderr, "%d%s bytes, %.2f s, %.0f KiB/s%s", p.done, of, seconds,
		float64(p.done)/1024/seconds, end)
}

// open gives the writer for the body.
func (o *options) open() (io.WriteCloser, error) {
	switch {
	case o.sum && o.to == "":
		return nopCloser{io.Discard}, nil
	case o.to == "" || o.to == "-":
		return nopCloser{os.Stdout}, nil
	default:
		return os.OpenFile(o.to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func showHead(response *http.Response) {
	fmt.Println(response.Proto, response.Status)
	response.Header.Write(os.Stdout)
	fmt.Println()
}

// copyBody moves the body to where it belongs.
func (o *options) copyBody(response *http.Response) error {
	out, err := o.open()
	if err != nil {
		return err
	}
	sum := sha256.New()
	writers := []io.Writer{out}
	if o.sum {
		writers = append(writers, sum)
	}
	p := &progress{begin: time.Now(), last: time.Now(), all: response.ContentLength}
	if !o.quiet {
		writers = append(writers, p)
	}
	_, err = io.Copy(io.MultiWriter(writers...), response.Body)
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if !o.quiet {
		p.show("\n")
	}
	if o.sum {
		fmt.Printf("%x  %s\n", sum.Sum(nil), response.Request.URL)
	}
	return nil
}

func (o *options) fetch(client *http.Client, url string) error {
	if !strings.Contains(url, "://") {
		url = "http://" + url
	}
	method := http.MethodGet
	if o.head {
		method = http.MethodHead
	}
	request, err := http.NewRequest(method, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if o.head {
		showHead(response)
		return nil
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return o.copyBody(response)
}

func main() {
	var o options
	flag.BoolVar(&o.head, "head", false, "ask for the head alone, and show it")
	flag.BoolVar(&o.sum, "sum", false, "show the SHA-256 of what came; without -o, nothing else")
	flag.BoolVar(&o.quiet, "q", false, "no progress")
	flag.StringVar(&o.to, "o", "", "write to this `file`, not to standard output")
	limit := flag.Int("t", 0, "give up after so many `seconds`")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "httpget: what address? -h shows the options")
		os.Exit(2)
	}
	client := &http.Client{Timeout: time.Duration(*limit) * time.Second}
	for _, url := range flag.Args() {
		if err := o.fetch(client, url); err != nil {
			fmt.Fprintln(os.Stderr, "httpget:", err)
			os.Exit(1)
		}
	}
}
