# SPDX-License-Identifier: BSD-2-Clause
"""Sockets of stock programs: over the loop-back address, and with the host's curl, Python and sockets.

The host is reached as 10.0.2.2, the guest by ports of 127.0.0.1 that QEMU forwards.
"""

import contextlib
import difflib
import hashlib
import http.client
import http.server
import re
import socket
import subprocess
import threading

import pytest

from anser_qemu import BUILD, PATIENCE, PROMPT, ROOT, Machine, free_ports, read_tap
from bench.sessions import EXACTLY

ARCHIVE = BUILD / "initrd-devices.cpio"
LARGE = BUILD / "servers" / "linux"  # a file of the archive, as servers/linux
SMP = [1, 2]
SECONDS = str(int(30 * PATIENCE))


@pytest.mark.parametrize("smp", SMP)
@pytest.mark.parametrize("program", ["sockets", "gonet"])
def test_loopback(program, smp):
    """Programs that have to say the same on Linux."""
    with Machine(initrd=ARCHIVE, net="user", mem="256M", append=f"test=linux/{program}", smp=smp) as machine:
        status = machine.wait_exit(60)
        _, failures = read_tap(machine.transcript)
        assert not failures, "; ".join(failures)
        assert status == 0


def test_hundred_again():
    """More sockets than bits in the signal, on two harts: no wake-up is lost."""
    with Machine(initrd=ARCHIVE, net="user", mem="256M", append="test=linux/gonet -- hundred 15", smp=2) as machine:
        assert machine.wait_exit(60) == 0
        assert machine.transcript.count("ok 15 - a hundred connections at once") == 1


def test_transcript():
    """Every call returns what Linux says (expected.txt), but where differences.txt has why it does not."""
    folder = ROOT / "tests" / "linux" / "transcript"
    with Machine(initrd=ARCHIVE, net="user", mem="256M", append="test=linux/transcript", icount=EXACTLY) as machine:
        assert machine.wait_exit(120) == 0
        lines = machine.transcript.replace("\r", "").split("\n")
    said = lines[lines.index("transcript begins") + 1:lines.index("transcript ends")]
    expected = (folder / "expected.txt").read_text().splitlines()
    found = [line for line in difflib.unified_diff(expected, said, n=0, lineterm="")
             if not line.startswith(("---", "+++", "@@"))]
    known = [line for line in (folder / "differences.txt").read_text().splitlines()
             if line.startswith(("-", "+"))]
    assert "\n".join(found) == "\n".join(known)


@pytest.mark.parametrize("smp", SMP)
def test_churn(smp):
    """Threads refuse, shut, reset and close under each other's hands: nothing hangs, no byte is lost."""
    with Machine(initrd=ARCHIVE, net="user", mem="256M", append="test=linux/churn", smp=smp) as machine:
        assert machine.wait_exit(60) == 0


@pytest.mark.parametrize("smp", SMP)
def test_churn_over_restarts(smp):
    """The same while the TCP/IP server is restarted again and again."""
    with Machine(initrd=ARCHIVE, net="user", mem="256M", smp=smp) as machine:
        machine.expect(PROMPT)
        machine.send("/tests/linux/churn restart &\n")
        machine.expect("churning")
        for _ in range(5):
            machine.command("restart tcpip")
        machine.send("kill %1; wait; echo it is over\n")
        machine.expect(r"churned: \d+ rounds, 0 failures", timeout=60)
        machine.expect(r"\nit is over\n")


# ---- The host asks. ------------------------------------------------------------------------------

@contextlib.contextmanager
def web_server(**options):
    """httpd with all of the archive, ready to answer; its address, as the host sees it."""
    port = free_ports(1)[0]
    with Machine(net="user", hostfwd=f"{port}:80", append="run=httpd -- -root /", **options) as machine:
        machine.expect(r"httpd: serving / on \[::\]:80\n")
        yield machine, f"http://127.0.0.1:{port}"


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--max-time", SECONDS, *arguments],
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("smp", SMP)
def test_curl(smp):
    """Large files, parts of them, heads, errors, one connection for many requests, sixteen at once."""
    with web_server(smp=smp) as (_, url):
        expected = LARGE.read_bytes()
        assert curl(f"{url}/servers/linux") == expected
        assert curl("-r", "1000-70999", f"{url}/servers/linux") == expected[1000:71000]
        head = curl("-I", f"{url}/share/www/").decode()
        assert head.startswith("HTTP/1.1 200 OK\r\n") and "Content-Type: text/html" in head
        assert curl("-o", "/dev/null", "-w", "%{http_code}", f"{url}/nothing") == b"404"
        several = curl("-w", "%{num_connects}\n", *[f"{url}/etc/motd"] * 20).decode()
        assert sum(map(int, re.findall(r"^(\d+)$", several, re.MULTILINE))) == 1
        motd = curl(f"{url}/etc/motd")
        at_once = curl("-Z", "--parallel-max", "16", *[f"{url}/etc/motd"] * 64)
        assert at_once == motd * 64


def ask(connection):
    """One request on a connection that stays open."""
    connection.sendall(b"GET /etc/motd HTTP/1.1\r\nHost: anser\r\n\r\n")
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.read()


def test_many_connections():
    """200 connections stand open at once, each with an answer before the next is opened; then again."""
    with web_server() as (_, url), contextlib.ExitStack() as stack:
        port = int(url.rpartition(":")[2])
        motd = curl(f"{url}/etc/motd")
        connections = []
        for _ in range(200):
            connection = socket.create_connection(("127.0.0.1", port), float(SECONDS))
            connections.append(stack.enter_context(connection))
            assert ask(connection) == motd
        for connection in reversed(connections):
            assert ask(connection) == motd


# ---- The guest asks. -----------------------------------------------------------------------------

class Pages(http.server.BaseHTTPRequestHandler):
    """Serves `large`, and at /endless as much as anybody takes."""

    protocol_version = "HTTP/1.1"
    large = bytes((i * 7 + (i >> 8)) & 255 for i in range(3_000_000))

    def do_GET(self):
        self.send_response(200)
        if self.path == "/endless":
            self.send_header("Connection", "close")
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(self.large)
        else:
            self.send_header("Content-Length", str(len(self.large)))
            self.end_headers()
            self.wfile.write(self.large)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def pages():
    """A web server on the host; its address, as the guest sees it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://10.0.2.2:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("smp", SMP)
def test_httpget(smp):
    with pages() as url, Machine(net="user", smp=smp, append=f"run=httpget -- -q -sum {url}/large") as machine:
        assert machine.wait_exit(60) == 0
        assert f"{hashlib.sha256(Pages.large).hexdigest()}  {url}/large\n" in machine.transcript


def test_httpget_errors():
    """Who is refused, or asks for what is not there, says so in one line."""
    closed = free_ports(1)[0]
    with Machine(net="user", append=f"run=httpget -- http://10.0.2.2:{closed}/") as machine:
        assert machine.wait_exit(60) == 1
        assert re.search(rf'httpget: Get "http://10.0.2.2:{closed}/": dial tcp 10.0.2.2:{closed}: .*refused\n',
                         machine.transcript)


def test_resolver():
    """A name is asked of the server that DHCP told, which knows no such name, or is not there."""
    with Machine(net="user", append="run=httpget -- -t 20 http://no-such-name.invalid/") as machine:
        assert machine.wait_exit(60) == 1
        assert re.search(r"httpget: .*no-such-name.invalid on 10\.0\.2\.3:53: ", machine.transcript)


def test_killed():
    """A program that is killed while bytes come leaves nothing in the way of the next one."""
    with pages() as url, Machine(net="user") as machine:
        machine.expect(PROMPT)
        for _ in range(3):
            machine.send(f"httpget -o /dev/null {url}/endless &\n")
            machine.expect(r"\d+ bytes, ")
            machine.command("kill -9 %1")
            machine.send("wait; echo it is gone\n")
            machine.expect(r"\nit is gone\n")
        machine.send(f"httpget -q -sum {url}/large\n")
        machine.expect(hashlib.sha256(Pages.large).hexdigest(), timeout=60)


def ask_until_answered(url):
    """A connection that comes while nobody listens may wait for QEMU's user network to try again."""
    for _ in range(20):
        done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--max-time", "5", url], capture_output=True,
                              check=False)
        if done.returncode == 0:
            return done.stdout
    raise AssertionError(f"no answer, at last: {done.stderr.decode()}")


def test_successor():
    """httpd goes on behind a TCP/IP server that was ended, without being started again."""
    port = free_ports(1)[0]
    with Machine(net="user", hostfwd=f"{port}:80") as machine:
        machine.expect(PROMPT)
        machine.send("httpd &\n")
        machine.expect(r"httpd: serving /share/www on \[::\]:80\n")
        for _ in range(4):
            assert b"<title>Anser</title>" in ask_until_answered(f"http://127.0.0.1:{port}/")
            machine.command("restart tcpip")
        assert b"<title>Anser</title>" in ask_until_answered(f"http://127.0.0.1:{port}/")
