# SPDX-License-Identifier: BSD-2-Clause
"""The other side of tests/bench/netserve: what a host does with the forwarded ports, on 127.0.0.1."""

import selectors
import socket
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: netserve\r\n\r\n"
BODY = b"hello, world\n"
PIECE = bytes(256 << 10)
PATIENCE_SECONDS = 120


class LoadError(AssertionError):
    """The server did not answer, or not what it should."""


def connect(port, seconds=PATIENCE_SECONDS):
    connection = socket.create_connection(("127.0.0.1", port), timeout=seconds)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def answer_length(data):
    """Bytes of the first HTTP answer in data; None: there is more to come."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    if not data.startswith(b"HTTP/1.1 200 "):
        raise LoadError(f"not an answer: {data[:200]!r}")
    length = end + 4 + len(BODY)
    if len(data) < length:
        return None
    if data[end + 4:length] != BODY:
        raise LoadError(f"another body: {data[end + 4:length]!r}")
    return length


def first_answer(port, seconds):
    """Asks until there is an answer, over connections of a second each, as a browser's user would."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with connect(port, 1) as connection:
                connection.sendall(REQUEST)
                data = b""
                while piece := connection.recv(65536):
                    data += piece
                    if answer_length(data):
                        return
        except OSError:
            pass
        time.sleep(0.02)
    raise LoadError(f"no answer within {seconds} s")


class Browser:
    """One connection that asks again as soon as it has its answer."""

    def __init__(self, port):
        self.connection, self.data = connect(port), b""

    def ask(self):
        self.connection.sendall(REQUEST)

    def take(self):
        """Takes what has come; whether that was the rest of an answer."""
        piece = self.connection.recv(65536)
        if not piece:
            raise LoadError("the server closed a connection")
        self.data += piece
        length = answer_length(self.data)
        if length:
            self.data = self.data[length:]
        return bool(length)


def http(port, connections, requests):
    """So many requests over so many connections that stay, one in flight on each. Returns seconds."""
    browsers = [Browser(port) for _ in range(connections)]
    with selectors.DefaultSelector() as selector:
        for browser in browsers:
            selector.register(browser.connection, selectors.EVENT_READ, browser)
        begin = time.monotonic()
        for browser in browsers:
            browser.ask()
        asked, answered = connections, 0
        while answered < requests:
            ready = selector.select(PATIENCE_SECONDS)
            if not ready:
                raise LoadError(f"{answered} answers of {requests}, then silence")
            for key, _ in ready:
                if key.data.take():
                    answered += 1
                    if asked < requests:
                        key.data.ask()
                        asked += 1
        seconds = time.monotonic() - begin
    for browser in browsers:
        browser.connection.close()
    return seconds


def send(port, total):
    """Sends so many bytes, a multiple of a piece, and waits until the server has them. Returns seconds."""
    with connect(port) as connection:
        begin = time.monotonic()
        for _ in range(total // len(PIECE)):
            connection.sendall(PIECE)
        connection.shutdown(socket.SHUT_WR)
        said = b""
        while piece := connection.recv(100):
            said += piece
        if int(said or 0) != total:
            raise LoadError(f"the server got {said!r} of {total} bytes")
        return time.monotonic() - begin


def receive(port, total):
    """Has the server send so many bytes. Returns seconds."""
    buffer, got = bytearray(256 << 10), 0
    with connect(port) as connection:
        begin = time.monotonic()
        connection.sendall(b"%d\n" % total)
        while n := connection.recv_into(buffer):
            got += n
        if got != total:
            raise LoadError(f"{got} of {total} bytes came")
        return time.monotonic() - begin
