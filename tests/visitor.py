# SPDX-License-Identifier: BSD-2-Clause
"""A visitor of tests/bench/netserve behind a forwarded port, who comes again whatever breaks.

What breaks is a connection: it ends or is refused, and the visitor opens another one. What may never
happen is an answer with a wrong byte.
"""

import socket
import threading
import time

from anser_qemu import PATIENCE

PATTERN = bytes((i * 7 + (i >> 8)) & 255 for i in range(100_000))
REQUEST = b"GET /pattern HTTP/1.1\r\nHost: visitor\r\n\r\n"
# A connection that says nothing for so long is given up: a packet may have been lost, and QEMU's user network
# takes a second or more until it sends it again. Each time it is in vain the next one gets twice as long.
SILENCE_SECONDS, SILENCE_MAX_SECONDS = 0.15, 8


class WrongAnswer(AssertionError):
    """A byte of an answer is not what the server sent."""


def read_answer(connection):
    """Reads one answer of the connection, all of it checked. Raises OSError if it breaks off."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += read_some(connection)
    head, body = data.split(b"\r\n\r\n", 1)
    if not head.startswith(b"HTTP/1.1 200 OK\r\n"):
        raise WrongAnswer(f"the answer begins with {head[:100]!r}")
    while len(body) < len(PATTERN):
        body += read_some(connection)
    if body != PATTERN:
        wrong = next(i for i, (a, b) in enumerate(zip(body, PATTERN)) if a != b)
        raise WrongAnswer(f"byte {wrong} of {len(body)} is {body[wrong]}, not {PATTERN[wrong]}")


def read_some(connection):
    piece = connection.recv(1 << 16)
    if not piece:
        raise ConnectionError("the connection ended")
    return piece


class Visitor(threading.Thread):
    """Asks without a pause until it is stopped. `answers` and `breaks` count.

    silence: seconds that a connection may say nothing.
    """

    def __init__(self, port, silence=SILENCE_SECONDS):
        super().__init__(daemon=True)
        self.first_silence = self.silence = silence * PATIENCE
        self.port, self.answers, self.breaks, self.wrong = port, 0, 0, None
        self.marked = self.seen = 0
        self.leaving = False
        self.changed = threading.Condition()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.leaving = True
        self.join()

    def run(self):
        while not self.leaving and self.wrong is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), self.silence) as connection:
                    self.stay(connection)
            except OSError:
                self.breaks += 1
                self.silence = min(2 * self.silence, SILENCE_MAX_SECONDS * PATIENCE)
                time.sleep(0.01)
            except WrongAnswer as wrong:
                self.note(wrong=wrong)

    def stay(self, connection):
        while not self.leaving:
            mark = self.marked
            connection.sendall(REQUEST)
            read_answer(connection)
            self.silence = self.first_silence
            self.note(mark)

    def note(self, mark=None, wrong=None):
        with self.changed:
            self.wrong = wrong
            if mark is not None:
                self.answers += 1
                self.seen = mark
            self.changed.notify_all()

    def expect_answer(self, seconds=60):
        """Waits for the answer to a question that is asked from now on."""
        with self.changed:
            self.marked += 1
            mark = self.marked
            self.changed.wait_for(lambda: self.wrong or self.seen >= mark, seconds * PATIENCE)
        if self.wrong:
            raise self.wrong
        assert self.seen >= mark, f"no answer in {seconds} s after {self.answers} answers, {self.breaks} breaks"
