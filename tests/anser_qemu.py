# SPDX-License-Identifier: BSD-2-Clause
"""A machine for one test: boots Anser in QEMU, reads its console, types on it, ends it.

    with Machine(smp=2, append="test=channels") as machine:
        machine.expect(r"ok 1 - .*")
        machine.send("ls\\n")
        assert machine.wait_exit() == 0

QEMU is started by tools/run-qemu, as for a person. The transcript of every machine is kept in
build/test-logs/ and printed when a test fails.
"""

import ctypes
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("BUILD", "build")
LOGS = BUILD / "test-logs"
PROMPT = r"(?m)^.*> $"
# The serial line, for manifests that begin with little.
UART_STANZA = """\
service uart
    run servers/uart
    priority 24
    memory 1M
    restart always
    console
    serve console 4096
    device uart ns16550a
    system info debug
"""
# The console in C, for manifests of which it is the one.
CONSOLE_STANZA = """\
service console
    run servers/console
    priority 12
    memory 2M
    restart always
    interactive
    stdio console
    system info kill power debug log
    processes
    lookup *
"""

# A loaded machine needs more patience, not other tests.
PATIENCE = float(os.environ.get("TEST_PATIENCE", "2"))

_libc = ctypes.CDLL(None)


class ConsoleError(AssertionError):
    """The console did not show what the test waits for, or QEMU did not end."""


def _die_with_parent():
    pr_set_pdeathsig = 1
    _libc.prctl(pr_set_pdeathsig, signal.SIGKILL)


def _free_log(name):
    """A log file of its own for every machine, also when a test starts several."""
    LOGS.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^A-Za-z0-9_.=-]+", "-", name).strip("-")[:120]
    for number in range(1, 10000):
        path = LOGS / f"{stem}.{number}.log"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        return path
    raise RuntimeError(f"no free log name for {stem}")


def free_ports(count):
    """So many TCP ports of 127.0.0.1 that nobody listens on, for hostfwd.

    Below those that the host gives to connections going out, so that none of those takes one before
    QEMU does; at random, for tests run side by side.
    """
    found = []
    while len(found) < count:
        port = random.randrange(10000, 32000)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


def _words(value):
    """One word or several of them, for a variable of tools/run-qemu."""
    if value is None or isinstance(value, (str, Path)):
        return str(value or "")
    return " ".join(map(str, value))


class Machine:
    """One QEMU. Every argument has the meaning that it has for `make run`.

    kernel, initrd  paths; initrd="none" boots without boot modules
    smp, mem        harts; memory as QEMU writes it ("128M")
    append          kernel command line
    extra           more arguments for QEMU, a list of words
    qemu            "7.2" (the machine's own) or "10" (unpacked by the set-up)
    disk            None, the path of an image (made if it is not there), or a list of them
    net             None, "user", or the words of -netdev without an id
    hostfwd         ports that lead to the guest's, as "8080:80 udp:5353:53", or a list of them
    pcap            file for what is on the network
    rng             whether there is a source of random bytes
    legacy          whether virtio devices are behind the legacy transport
    icount          None, or the shift of -icount (0: one instruction is a nanosecond)
    console         "plain": every byte sent reaches the guest; "nographic": Ctrl-A is QEMU's
    timeout         seconds that expect and wait_exit are ready to wait, if they do not say more
    """

    def __init__(self, *, kernel=None, initrd=None, smp=1, mem="128M", append="", extra=(),
                 qemu="7.2", icount=None, console="plain", timeout=30, name=None, disk=None,
                 net=None, hostfwd=(), pcap=None, rng=False, legacy=False):
        if qemu not in ("7.2", "10"):
            raise ValueError(f"qemu={qemu!r} is neither '7.2' nor '10'")
        self._extra = list(extra.split() if isinstance(extra, str) else extra)
        if icount is not None:
            self._extra += ["-icount", f"shift={icount}"]
        self._variables = {
            "KERNEL": str(kernel or BUILD / "loader.elf"),
            "INITRD": str(initrd or BUILD / "initrd.cpio"),
            "SMP": str(smp), "MEM": str(mem), "APPEND": append, "QEMU_EXTRA": "",
            "QEMU10": "1" if qemu == "10" else "", "QEMU_CONSOLE": console, "BUILD": str(BUILD),
            "DISK": _words(disk), "NET": net or "", "HOSTFWD": _words(hostfwd),
            "PCAP": str(pcap or ""), "RNG": "1" if rng else "", "LEGACY": "1" if legacy else "",
        }
        self._timeout = timeout
        test = os.environ.get("PYTEST_CURRENT_TEST", "machine").split(" ")[0]
        self._name = name or test.split("/")[-1]
        self._arrived = threading.Condition()
        self._bytes = bytearray()
        self._ended = False
        self._position = 0
        self._process = None

    def __enter__(self):
        self.log = _free_log(self._name)
        self._process = subprocess.Popen(
            [str(ROOT / "tools" / "run-qemu"), *self._extra], cwd=ROOT,
            env={**os.environ, **self._variables}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_die_with_parent)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, kind, error, traceback):
        self.kill()
        self._reader.join(10)
        self._process.stdin.close()
        self._process.stdout.close()
        self.log.write_text(self.transcript, encoding="utf-8")
        if kind is not None:
            print(f"--- console of {self._name}, also in {self.log} ---")
            print(self.transcript)
            print("--- end of console ---")

    def _read(self):
        while True:
            piece = os.read(self._process.stdout.fileno(), 65536)
            with self._arrived:
                self._bytes += piece
                self._ended = self._ended or not piece
                self._arrived.notify_all()
            if not piece:
                return

    @property
    def transcript(self):
        """Everything on the console until now, line ends as Unix has them."""
        with self._arrived:
            return self._bytes.decode("utf-8", "replace").replace("\r", "")

    @property
    def unread(self):
        """What came after the last match of expect."""
        return self.transcript[self._position:]

    @property
    def running(self):
        return self._process.poll() is None

    @property
    def pid(self):
        return self._process.pid

    def expect(self, pattern, timeout=None):
        """Waits until the console shows `pattern` (a regular expression) after the last match.

        Text arrives in pieces, so a pattern that ends in "as much as there is" must also name
        what comes behind it: r"(\\d+) pages\\n", not r"(\\d+)".

        Returns the match and moves on behind it. Raises ConsoleError after `timeout` seconds, or
        at once when QEMU has ended and the text is not there.
        """
        regex = re.compile(pattern)
        deadline = time.monotonic() + (timeout or self._timeout) * PATIENCE
        with self._arrived:
            while True:
                ended = self._ended
                match = regex.search(self.transcript, self._position)
                if match:
                    self._position = match.end()
                    return match
                left = deadline - time.monotonic()
                if ended or left <= 0:
                    why = "QEMU ended" if ended else "time is up"
                    raise ConsoleError(f"{why} while waiting for {pattern!r}; "
                                       f"last on the console: {self.unread[-500:]!r}")
                self._arrived.wait(left)

    def expect_all(self, *patterns, timeout=None):
        """Waits for the patterns one after the other; returns the list of matches."""
        return [self.expect(pattern, timeout) for pattern in patterns]

    def send(self, text):
        """Types `text`, exactly: a line needs its own "\\n". Bytes are sent as they are."""
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def command(self, line, prompt=PROMPT, timeout=None):
        """Types a line and returns what the console shows until the next prompt."""
        begin = self._position
        self.send(line + "\n")
        match = self.expect(prompt, timeout)
        return self.transcript[begin:match.start()]

    def wait_exit(self, timeout=None):
        """Waits until QEMU ends by itself; returns its exit code. Raises ConsoleError if not."""
        try:
            code = self._process.wait((timeout or self._timeout) * PATIENCE)
        except subprocess.TimeoutExpired:
            raise ConsoleError("QEMU did not end; last on the console: "
                               f"{self.unread[-500:]!r}") from None
        self._reader.join(10)
        return code

    def kill(self):
        """Ends QEMU, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


TAP_LINE = re.compile(r"^(not )?ok (\d+)\b(?: - )?(.*)$", re.MULTILINE)
TAP_PLAN = re.compile(r"^1\.\.(\d+)$", re.MULTILINE)


def read_tap(text):
    """Reads TAP; returns (passed, failures), failures a list of lines that say what is wrong."""
    failures, numbers = [], []
    for failed, number, what in TAP_LINE.findall(text):
        numbers.append(int(number))
        if failed:
            failures.append(f"not ok {number} - {what}")
    plan = TAP_PLAN.findall(text)
    if len(plan) != 1:
        failures.append(f"{len(plan)} plan lines (1..N) instead of one")
    elif numbers != list(range(1, int(plan[0]) + 1)):
        failures.append(f"the plan says 1..{plan[0]}, {len(numbers)} results came: {numbers[-5:]}")
    if not numbers:
        failures.append("no result at all")
    passed = sum(1 for failed, _, _ in TAP_LINE.findall(text) if not failed)
    return passed, failures


def run_target_program(name, *, timeout=120, **options):
    """Boots with test=NAME and checks the program's TAP and its exit code. Returns the transcript."""
    append = " ".join(filter(None, [f"test={name}", options.pop("append", "")]))
    with Machine(append=append, timeout=timeout, **options) as machine:
        code = machine.wait_exit(timeout)
        passed, failures = read_tap(machine.transcript)
        assert not failures, "; ".join(failures)
        assert code == 0, f"{passed} results were ok, but QEMU's exit code is {code}"
        return machine.transcript
