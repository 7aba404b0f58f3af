# SPDX-License-Identifier: BSD-2-Clause
"""Sessions at the prompt: every command, programs, Ctrl-C, servers that are killed, broken archives."""

import functools
import re
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from anser_qemu import BUILD, CONSOLE_STANZA, PROMPT, ROOT, Machine

MACHINES = [pytest.param(smp, qemu, id=f"smp{smp}-qemu{qemu}")
            for qemu in ("7.2", "10") for smp in (1, 2, 4)]
# The console in C takes the place of the shell; all else is as it comes.
MANIFEST = re.sub(r"^service shell\n(?:[ \t].*\n)*", CONSOLE_STANZA + "\n",
                  (ROOT / "servers/init/manifest").read_text(), flags=re.M)
SERVICES = len(re.findall(r"^service ", MANIFEST, re.M))


def boot(initrd=None, **options):
    """A machine at its first prompt, for `with`."""
    machine = Machine(timeout=60, initrd=initrd or whole_archive(), **options)
    enter = machine.__enter__

    def enter_and_wait():
        enter()
        try:
            machine.expect(PROMPT)
        except BaseException:
            machine.__exit__(AssertionError, None, None)
            raise
        return machine

    return _Booted(machine, enter_and_wait)


_folder = tempfile.TemporaryDirectory()


@functools.cache
def whole_archive():
    """Every server and C program of the tree, with the console in C."""
    programs = [path.stem for path in (ROOT / "programs").glob("*.c")]
    return archive(Path(_folder.name) / "console.cpio", programs=[*programs, "tally"],
                   more=["servers/logd=go/logd", "servers/linux=servers/linux",
                         *(f"servers/{name}=servers/{name}" for name in ("entropy", "clock", "tcpip"))])


class _Booted:
    def __init__(self, machine, enter):
        self._machine, self._enter = machine, enter

    def __enter__(self):
        return self._enter()

    def __exit__(self, *error):
        return self._machine.__exit__(*error)


def until(machine, command, pattern):
    """Repeats a command until it shows the pattern; returns what it showed."""
    for _ in range(500):
        shown = machine.command(command)
        if re.search(pattern, shown, re.M):
            return shown
    raise AssertionError(f"{command!r} never showed {pattern!r}, but {shown}")


def pid_of(machine, service):
    """The process id of a service, from the list of services."""
    pattern = rf"^{service} +(\d+) +\d+  running$"
    return int(re.search(pattern, until(machine, "services", pattern), re.M)[1])


@pytest.mark.parametrize("smp, qemu", MACHINES)
def test_session(smp, qemu):
    with boot(smp=smp, qemu=qemu) as machine:
        assert "dmesg" in machine.command("help")
        programs = machine.command("ls")
        assert re.search(r"^hello +\d+ bytes$", programs, re.M)
        hello = machine.command("hello one \"two words\"")
        assert "Hello from hello one two words" in hello
        assert re.search(r"^\[1\] hello: status 0 \(\d+\.\d{3} s\)$", hello, re.M)
        assert "Hello from hello" in machine.command("run hello")
        processes = until(machine, "ps", r"receive +pri 24 .* channel \d+ console\n")
        for name in ("init", "uart", "console"):
            assert re.search(rf"^ +\d+ +{name} ", processes, re.M)
        assert re.search(r"^free +\d+ +\d+ KiB$", machine.command("mem"), re.M)
        assert re.search(r"^console +\d+  uart$", machine.command("chan"), re.M)
        assert machine.command("services").count("  running\n") == SERVICES
        assert re.search(r"up \d+:\d\d:\d\d", machine.command("uptime"))
        assert len(machine.command("dmesg").splitlines()) > 3
        assert "nonsense: no such command or program" in machine.command("nonsense 1 2")
        assert "there is none" in machine.command("kill 999999")
        assert "'x' is not a number" in machine.command("kill x")
        assert "quote" in machine.command('hello "open')
        machine.send("shutdown\n")
        assert machine.wait_exit() == 0


def test_programs_talk():
    """The demonstrations: ping-pong over a published channel, pages that move."""
    with boot(smp=2) as machine:
        machine.command("pingpong serve &")
        until(machine, "chan", r"^demo/pingpong +\d+  pingpong$")
        assert re.search(r"1000 round trips, \d+", machine.command("pingpong 1000"))
        machine.command("consumer &")
        until(machine, "chan", r"^demo/pages +\d+  consumer$")
        assert "status 0" in machine.command("producer", timeout=60)
        assert "pingpong, process" in machine.command("jobs")


def test_control_c_and_jobs():
    with boot() as machine:
        machine.send("pingpong serve\n")
        machine.expect("pingpong serve\n")
        machine.send("\x03")
        machine.expect(r"\^C\n")
        machine.expect(r"\[1\] pingpong: killed .*\n")
        machine.expect(PROMPT)
        # At the prompt it drops the line.
        machine.send("nonsense\x03")
        machine.expect(r"nonsense\^C\n")
        machine.expect(PROMPT)
        started = machine.command("pingpong serve &")
        pid = re.search(r"\[1\] pingpong is process (\d+)", started)[1]
        if "[1] pingpong: killed" not in machine.command(f"kill {pid}"):
            until(machine, "uptime", r"\[1\] pingpong: killed")
        # A job can be brought back and ended there.
        machine.command("pingpong serve &")
        machine.send("fg 1\n")
        machine.expect("fg 1\n")
        machine.send("\x03")
        machine.expect(r"\[1\] pingpong: killed")


def test_input_of_programs():
    with boot() as machine:
        machine.send("cat\n")
        machine.expect("cat\n")
        machine.send("one\ntwp\x7fo\nthree words here\x17\x17two\n")
        machine.expect_all("one\none\n", "two\n")
        machine.expect(r"\nthree two\n")
        machine.send("\x04")
        machine.expect("3 lines\n")
        machine.expect(r"cat: status 0")
        # In the background it waits for the input; in the foreground it gets it.
        machine.expect(PROMPT)
        machine.command("cat &")
        assert "status" not in machine.command("uptime")
        machine.send("fg 1\n")
        machine.send("later\n\x04")
        machine.expect_all("later\nlater\n", "1 lines\n")


def test_keys_at_the_prompt():
    with boot() as machine:
        machine.command("uptime")
        machine.send("\x1b[A\n")
        machine.expect("up 0:")
        machine.expect(PROMPT)
        machine.send("elp\x01\x1b[Hh\x1b[F\n")
        machine.expect("this list")
        machine.expect(PROMPT)
        machine.send("\x04")
        machine.expect("'shutdown' switches the machine off")


def test_control_t_shows_who_waits():
    with boot() as machine:
        machine.send("\x14")
        machine.expect(r"uart \(\d+\):\n")
        machine.expect(r"console \(\d+\):\n")
        assert "Anser" not in machine.command("uptime")


@pytest.mark.parametrize("smp", [1, 2, 4])
@pytest.mark.parametrize("service", ["uart", "console"])
def test_killed_server_comes_back(service, smp):
    with boot(smp=smp) as machine:
        before = pid_of(machine, service)
        machine.send(f"kill {before}\n")
        machine.expect(PROMPT)
        after = pid_of(machine, service)
        assert after != before
        listing = machine.command("services")
        assert re.search(rf"^{service} +{after} +1  running$", listing, re.M), listing
        assert "Hello from hello" in machine.command("hello")
        machine.send("pingpong serve\n")
        machine.expect("pingpong serve\n")
        machine.send("\x03")
        machine.expect("pingpong: killed")


def test_uart_dies_under_a_reading_program():
    """Foreground, mode and Ctrl-C are what they were; the program does not notice."""
    with boot(smp=2) as machine:
        uart = pid_of(machine, "uart")
        machine.command("cat &")
        machine.send(f"kill {uart}\n")
        machine.expect(PROMPT)
        assert pid_of(machine, "uart") != uart
        machine.send("fg 1\n")
        machine.expect("fg 1\n")
        machine.send("still here\n")
        machine.expect("still here\nstill here\n")
        machine.send("\x03")
        machine.expect("cat: killed")
        machine.expect(PROMPT)
        assert "Hello" in machine.command("hello")


@pytest.mark.parametrize("smp", [1, 2])
def test_no_output_is_lost_when_the_uart_dies(smp):
    """Every line comes, in order; what was under way when the server died may come twice."""
    with boot(smp=smp) as machine:
        machine.send("lines 4000 &\n")
        machine.expect("lines is process")
        for after in (r"line 500 of", r"line 2000 of"):
            machine.expect(after)
            machine.send("restart uart\n")
            machine.expect("init: service 'uart' was killed")
        machine.expect(r"line 4000 of 4000\n")
        machine.send("\n")
        machine.expect(PROMPT)
        until(machine, "services", r"^uart +\d+ +2  running$")
        numbers = [int(n) for n in re.findall(r"line (\d+) of 4000\n", machine.transcript)]
        first_seen = list(dict.fromkeys(numbers))
        assert first_seen == sorted(first_seen)
        assert set(range(1, 4001)) - set(numbers) == set()


def kept(machine):
    """Objects, handles and free pages, when nothing but the services runs."""
    running = machine.command("services").count("  running\n")
    shown = until(machine, "mem", rf" {1 + running} threads, ")
    objects, handles = map(int, re.search(r"(\d+) objects, (\d+) handles", shown).groups())
    return objects, handles, int(re.search(r"^free +(\d+)", shown, re.M)[1])


def test_nothing_is_left_behind(tmp_path):
    """Programs and restarts cost nothing that does not come back."""
    # Without the log server: Go's runtime takes and gives back memory when it likes.
    manifest = re.sub(r"^service log\n(?:[ \t].*\n)*", "", MANIFEST, flags=re.M)
    assert manifest != MANIFEST
    manifest = manifest.replace(" files log\n", " files\n")
    with boot(initrd=archive(tmp_path / "a.cpio", manifest=manifest)) as machine:
        for _ in range(3):
            machine.command("hello")
            machine.send("restart uart\n")
            machine.expect(PROMPT)
        before = kept(machine)
        for _ in range(30):
            machine.command("hello")
        for _ in range(15):
            machine.send("restart uart\n")
            machine.expect(PROMPT)
        after = kept(machine)
        assert after[:2] == before[:2]
        # Kernel objects share pages: which of them are full is a matter of who ended when.
        assert abs(after[2] - before[2]) <= 2, "45 ends would have lost many pages"
        assert re.search(r"^uart +\d+ +18  running$", machine.command("services"), re.M)
        assert "there is none" in machine.command("restart nobody")


def test_reboot():
    with boot() as machine:
        machine.send("reboot\n")
        machine.expect("OpenSBI")
        machine.expect(PROMPT)
        machine.send("shutdown 7\n")
        assert machine.wait_exit() == 7


@pytest.mark.parametrize("append, code, says", [
    ("run=hello -- a b", 0, "Hello from programs/hello a b"),
    ("run=nothing", 127, "init: programs/nothing: not in the archive"),
    ("test=nothing", 127, "init: tests/nothing: not in the archive"),
])
def test_one_program_alone(append, code, says):
    with Machine(append=append, timeout=60) as machine:
        machine.expect(re.escape(says))
        assert machine.wait_exit() == code


# ---- Archives that are not as they should be. ---------------------------------------------------


def archive(path, *, manifest=MANIFEST, leave_out=(), programs=("hello", "tally"), more=()):
    """An archive with this manifest (None: without), the C servers and these programs."""
    files = {"init": "servers/init", "servers/uart": "servers/uart",
             "servers/console": "servers/console", "servers/example": "servers/example",
             "servers/files": "servers/files", "servers/pipe": "servers/pipe",
             **{f"programs/{name}": f"programs/{name}" for name in programs},
             **dict(word.split("=") for word in more)}
    words = [f"{name}={BUILD / file}" for name, file in files.items() if name not in leave_out]
    if manifest is not None:
        text = path.with_suffix(".manifest")
        text.write_text(manifest)
        words.insert(1, f"manifest={text}")
    subprocess.run([ROOT / "tools/mkinitrd", path, *words], check=True)
    return path


def line_of(text, what):
    return text[:text.index(what)].count("\n") + 1


def test_example_server(tmp_path):
    manifest = MANIFEST + (ROOT / "servers/example/manifest").read_text()
    with boot(initrd=archive(tmp_path / "a.cpio", manifest=manifest)) as machine:
        assert "7\n" in machine.command("tally 3 4")
        assert "1 clients, 12 in all" in machine.command("tally 5 7")
        machine.command("restart tally")
        assert "1 clients, 1 in all" in machine.command("tally 1")
        assert re.search(r"^tally +\d+ +1  running$", machine.command("services"), re.M)


@pytest.mark.parametrize("stanza, says", [
    ("service odd\nrun servers/example\npriority 8\nmemory 64K\nfrobnicate\n",
     "unknown word 'frobnicate'"),
    ("service odd\nrun servers/example\npriority 40\nmemory 64K\n",
     "'40' is not a number from 0 to 31"),
    ("service odd\nrun servers/example\npriority 1\nmemory 64K\nserve odd 64\n"
     "service user\nrun servers/example\npriority 2\nmemory 64K\nuse odd\n",
     "priority 1 of 'odd' is below 2 of its client 'user'"),
    ("service odd\nrun servers/example\npriority 1\nmemory 64K\nuse nothing\n",
     "'odd' uses 'nothing', which no service serves"),
])
def test_bad_manifest_line(tmp_path, stanza, says):
    """The error names file and line; everything else starts."""
    wrong = {"un": "frob", "'4": "priority 40", "pr": "priority 1", "'o": "use nothing"}[says[:2]]
    manifest = MANIFEST + stanza
    line = len(MANIFEST.splitlines()) + line_of(stanza, wrong)
    with boot(initrd=archive(tmp_path / "a.cpio", manifest=manifest)) as machine:
        assert f"init: manifest:{line}: {says}" in machine.transcript
        assert "Hello" in machine.command("hello")
        assert "odd" not in machine.command("services")


@pytest.mark.parametrize("stanza, says", [
    ("service odd\nrun servers/nothing\npriority 1\nmemory 64K\n",
     "init: servers/nothing: not in the archive"),
    ("service odd\nrun manifest\npriority 1\nmemory 64K\n", "init: manifest: .*magic"),
    ("service odd\nrun servers/example\npriority 1\nmemory 1\n", "init: servers/example: .*error 12"),
    ("service odd\nrun servers/example\npriority 1\nmemory 1M\nserve odd 8\n"
     "device disk no,such\n", r"init: service 'odd': device 'disk' \(no,such\): the machine has none"),
])
def test_service_that_cannot_start(tmp_path, stanza, says):
    with boot(initrd=archive(tmp_path / "a.cpio", manifest=MANIFEST + stanza)) as machine:
        assert re.search(says, machine.command("dmesg")), says
        assert re.search(r"^odd +0 +0  failed$", machine.command("services"), re.M)


def test_service_that_dies_is_given_pauses(tmp_path):
    """hello ends at once: the first restart is immediate, the others wait longer and longer."""
    stanza = "service odd\nrun programs/hello\npriority 1\nmemory 1M\nrestart always\n"
    with boot(initrd=archive(tmp_path / "a.cpio", manifest=MANIFEST + stanza)) as machine:
        pattern = r"^odd +\d+ +(\d+)  (running|to be restarted)$"
        counts = []
        while len(counts) < 3 or counts[-1] < 3:
            counts.append(int(re.search(pattern, machine.command("services"), re.M)[1]))
            assert len(counts) < 2000
        assert counts == sorted(counts) and counts[-1] < 10, "it was not restarted without a pause"
        assert "init: service 'odd' ended with status 0" in machine.command("dmesg")


@pytest.mark.soak
def test_service_that_fails_is_given_up(tmp_path):
    """After ten failures, half a minute of pauses in all; a restart by hand begins anew."""
    stanza = ("service odd\nrun programs/tally\npriority 1\nmemory 1M\nrestart on-failure\n"
              "serve odd 8\n")
    with boot(initrd=archive(tmp_path / "a.cpio", manifest=MANIFEST + stanza)) as machine:
        time.sleep(30)
        assert re.search(r"^odd +0 +9  failed$", machine.command("services"), re.M)
        assert "init: service 'odd' ended 10 times in a row: given up" in machine.command("dmesg")
        assert "odd" not in machine.command("chan")
        machine.command("restart odd")
        until(machine, "services", r"^odd +\d+ +1\d  (running|to be restarted)$")


def test_no_manifest(tmp_path):
    with boot(initrd=archive(tmp_path / "a.cpio", manifest=None)) as machine:
        assert "init: no file 'manifest' in the archive: using the built-in one" in machine.transcript
        assert "Hello" in machine.command("hello")


def test_rescue(tmp_path):
    """The manifest is not even looked at."""
    path = archive(tmp_path / "a.cpio", manifest="nonsense\n")
    with boot(initrd=path, append="rescue") as machine:
        assert "nonsense" not in machine.transcript
        assert "Hello" in machine.command("hello")


HEADER = "after 'programs/hello'"


@pytest.mark.parametrize("damage, where, says", [
    (lambda data, at: data[:at] + b"X" + data[at + 1:], HEADER, "no 070701"),
    (lambda data, at: data[:at + 60], HEADER, "ends before its trailer"),
    (lambda data, at: data[:at + 54] + b"Q" + data[at + 55:], HEADER, "hexadecimal"),
    (lambda data, at: data[:at + 54] + b"7fffffff" + data[at + 62:], "named 'programs/tally'",
     "past the end"),
], ids=["magic", "cut", "digit", "size"])
def test_damaged_archive(tmp_path, damage, where, says):
    """Damage behind the servers: told at boot with its place, and what lies before it works."""
    path = archive(tmp_path / "a.cpio")
    data = path.read_bytes()
    at = data.rindex(b"070701", 0, data.index(b"programs/tally\0"))
    path.write_bytes(damage(data, at))
    with boot(initrd=path) as machine:
        line = re.search(r"init: archive: entry at byte (\d+) \((.*)\): (.*)\n", machine.transcript)
        assert line and int(line[1]) == at and line[2] == where and says in line[3], line
        assert "Hello" in machine.command("hello")
        assert "tally: no such command or program" in machine.command("tally 1")
