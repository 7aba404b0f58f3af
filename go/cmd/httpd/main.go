// SPDX-License-Identifier: BSD-2-Clause

// Httpd serves a folder by HTTP. It is stock Go: the same program runs on Linux.
//
//	httpd [-addr :80] [-root /share/www]
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

// How long a client may take for what it has to say, and an idle connection stays open.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
)

func serve(addr, root string) error {
	if info, err := os.Stat(root); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is no folder", root)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	log.Printf("serving %s on %s", root, listener.Addr())
	server := &http.Server{
		Handler:           http.FileServer(http.Dir(root)),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
	}
	return server.Serve(listener)
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("httpd: ")
	addr := flag.String("addr", ":80", "where to listen, `host:port`")
	root := flag.String("root", "/share/www", "the `folder` that is served")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Printf("what is %q? -h shows the options", flag.Arg(0))
		os.Exit(2)
	}
	log.Fatal(serve(*addr, *root))
}
