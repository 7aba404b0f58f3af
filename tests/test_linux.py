# SPDX-License-Identifier: BSD-2-Clause
"""Stock programs for Linux run unmodified: static binaries of Go and of the GNU C library.

The programs are those of tests/linux/, in the archive build/initrd-test.cpio. Each boots with one of
them, as `test=`, so its status is QEMU's and its output is all there is.
"""

import re

import pytest

from anser_qemu import BUILD, PROMPT, Machine, read_tap

ARCHIVE = BUILD / "initrd-test.cpio"
GOS = ["go", "go-1.23"]
SMP = [1, 2]
SEGV, ILL, ABRT, KILL = 128 + 11, 128 + 4, 128 + 6, 128 + 9


def boot(program, *arguments, **options):
    append = " ".join([f"test=linux/{program}", options.pop("append", ""), "--", *arguments])
    return Machine(initrd=ARCHIVE, append=append, **options)


def run(program, *arguments, code=0, timeout=60, **options):
    """Runs one program to its end; returns what the console showed after the boot."""
    with boot(program, *arguments, timeout=timeout, **options) as machine:
        status = machine.wait_exit()
        assert status == code, f"{program} ended with {status}, not {code}"
        return machine.transcript.partition("anser: initrd")[2].partition("\n")[2]


# Everything that a Go program has to say is that all was as it should be.
GO_EXPERIMENTS = {
    "hello": [], "sched": [], "timers": [], "preempt": [], "parallel": [], "nil": [],
    "overflow": [], "pipes": [], "files": ["/tests/linux", "hello"],
    "mmap": ["/tests/linux/hello"], "bigread": ["/tests/linux/hello"],
}


@pytest.mark.parametrize("smp", SMP)
@pytest.mark.parametrize("go", GOS)
@pytest.mark.parametrize("experiment", GO_EXPERIMENTS)
def test_go(experiment, go, smp):
    output = run(go, experiment, *GO_EXPERIMENTS[experiment], smp=smp)
    assert f"{experiment}: as it should be\n" in output


@pytest.mark.parametrize("smp", SMP)
def test_go_garbage(smp):
    """1 GiB of garbage, with what the runtime takes from the system kept below 64 MiB and a little."""
    output = run("go", "garbage", "1024", smp=smp, timeout=150)
    amount, collections = map(int, re.search(r"(\d+) MiB in (\d+) collections", output).groups())
    assert amount >= 1024 and collections >= 16
    assert "garbage: as it should be\n" in output


@pytest.mark.parametrize("go", GOS)
def test_go_arguments(go):
    output = run(go, "start", "one", "x=y", "--flag")
    shown = re.findall(r'argument \d+: "(.*)"\n', output)
    assert shown == [f"tests/linux/{go}", "start", "one", "x=y", "--flag"]


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_go_exit(code):
    output = run("go", "exit", str(code), code=code)
    assert f"leaving with {code}\n" in output and "deferred call ran" not in output


@pytest.mark.parametrize("go", GOS)
def test_go_panic(go):
    """A traceback that names where, on standard error, and status 2."""
    output = run(go, "panic", code=2)
    assert "panic: runtime error: invalid memory address or nil pointer dereference\n" in output
    assert "[signal SIGSEGV: segmentation violation" in output
    assert re.search(r"goroutine 1 \[running\]:\nmain\.unrecovered.*\n.*/memory\.go:\d+ ", output)


@pytest.mark.parametrize("go", GOS)
def test_go_panic_after_defer(go):
    output = run(go, "fatal", code=2)
    assert output.index("deferred calls still run") < output.index("panic: assignment to entry in")


def test_go_speed_up():
    """Two harts do more than one: the program measures it itself, and says so."""
    output = run("go", "parallel", smp=2)
    assert "harts: 2 GOMAXPROCS: 2\n" in output
    assert float(re.search(r"speed-up of two: ([\d.]+)\n", output)[1]) >= 1.2


@pytest.mark.parametrize("go", GOS)
def test_go_lines(go):
    """Standard input comes line by line, edited as on a terminal."""
    with boot(go, "lines") as machine:
        machine.expect("type away\n")
        machine.send("first\n")
        machine.expect('line 1 is "first"\n')
        machine.send("secx\x7fond\n\n")
        machine.expect('line 2 is "second"\n')
        machine.expect('line 3 is ""\n')
        machine.send("end\n")
        machine.expect('line 4 is "end"\n')
        assert machine.wait_exit() == 0


def test_go_end_of_input():
    with boot("go", "lines") as machine:
        machine.expect("type away\n")
        machine.send("last\n")
        machine.expect('line 1 is "last"\n')
        machine.send("\x04")
        machine.expect("lines: as it should be\n")
        assert machine.wait_exit() == 0


# ---- C. ------------------------------------------------------------------------------------------

def test_c_hello():
    output = run("hello", "a", "b c", code=4)
    for line in ["Hello from C: 4 arguments, the last is c", "1.414214   -42|ab   |0xdeadbeefcafe",
                 "memory: kept", "to standard error", "atexit ran"]:
        assert line + "\n" in output


@pytest.mark.parametrize("smp", SMP)
@pytest.mark.parametrize("program, arguments", [
    ("threads", []), ("copies", []), ("files", ["/tests/linux", "hello"]), ("calls", ["/manifest"]),
    ("readiness", ["/tests/linux/hello"])])
def test_c(program, arguments, smp):
    with boot(program, *arguments, smp=smp) as machine:
        status = machine.wait_exit(90)
        _, failures = read_tap(machine.transcript)
        assert not failures, "; ".join(failures)
        assert status == 0


# ---- Started by others: limits, environments, the shell. -----------------------------------------

def test_go_memory_limit():
    """1 GiB of garbage in a process that has 64 MiB, page tables and all."""
    output = run("driver", "run", "16384", "/tests/linux/go", "garbage", "1024", mem="256M",
                 timeout=150)
    assert "garbage: as it should be\n" in output


@pytest.mark.parametrize("program", ["go start", "hello"])
def test_environment(program):
    words = f"run 0 A=1 EMPTY= LONG={'x' * 500} /tests/linux/{program} end".split()
    output = run("driver", *words, code=2 if program == "hello" else 0)
    assert re.findall(r"environment: (.*)\n", output) == ["A=1", "EMPTY=", f"LONG={'x' * 500}"]


@pytest.mark.parametrize("smp", SMP)
def test_killed_at_random(smp):
    """A thousand programs that are always busy, each killed at some moment of its first 40 ms."""
    with boot("driver", "kill", "1000", "/tests/linux/hostile", "churn", "/tests/linux/go", "churn",
              smp=smp) as machine:
        status = machine.wait_exit(240)
        passed, failures = read_tap(machine.transcript)
        assert not failures, "; ".join(failures)
        assert (status, passed) == (0, 3)


@pytest.mark.parametrize("go", GOS)
def test_go_interrupt(go):
    """Ctrl-C on the console is SIGINT in the program, and the prompt comes back afterwards."""
    with Machine(initrd=ARCHIVE, mem="256M") as machine:
        machine.expect(PROMPT)
        machine.send(f"/tests/linux/{go} interrupt\n")
        machine.expect("press Ctrl-C\n")
        machine.send("\x03")
        machine.expect("caught: interrupt\n")
        machine.expect("interrupt: as it should be\n")
        machine.expect(PROMPT)


def test_interrupt_kills():
    """Who does not catch it dies of it; the shell's status says so."""
    with Machine(initrd=ARCHIVE, mem="256M") as machine:
        machine.expect(PROMPT)
        machine.send("/tests/linux/hostile spin\n")
        machine.expect("spinning\n")
        machine.send("\x03")
        machine.expect(PROMPT)
        machine.send("echo status $?\n")
        machine.expect("status 130\n")


def test_pipe_of_programs():
    """Between programs of both kinds and both languages, standard input ends when the writer does."""
    with Machine(initrd=ARCHIVE, mem="256M") as machine:
        machine.expect(PROMPT)
        machine.send("/tests/linux/hello one two | /tests/linux/go lines\n")
        machine.expect(r'line 1 is "Hello from C: 3 arguments, the last is two"\n')
        machine.expect(r'line \d+ is "atexit ran"\n')
        machine.expect("lines: as it should be\n")
        machine.expect(PROMPT)


# ---- Programs that nobody wants. -----------------------------------------------------------------

def test_unknown_call():
    """-ENOSYS, and one line that says number and program, however often it is tried."""
    output = run("hostile", "unknown", code=3)
    assert "unknown calls: ENOSYS\n" in output
    assert len(re.findall(r"\b5555\b", output)) == 1
    assert re.search(r"hostile.*\b5555\b.*\n", output)


def test_unknown_call_is_logged():
    """Where a log server runs, the line is there, with number and program, and not on the console."""
    with Machine(initrd=ARCHIVE) as machine:
        machine.expect(PROMPT)
        shown = machine.command("/tests/linux/hostile unknown")
        assert "is not there" not in shown
        kept = machine.command("dmesg -s hostile")
        assert kept.count("hostile: warning: Linux call 5555 is not there: ENOSYS") == 1


@pytest.mark.parametrize("mode, code, says", [
    ("close", 3, ""),
    ("unmap", 3, "still here\n"),
    ("pipes", 3, "Too many open files\n"),
    ("null", SEGV, "signal 11 SIGSEGV, pc 0x"),
    ("illegal", ILL, "signal 4 SIGILL, pc 0x"),
    ("nested", SEGV, "signal 11 SIGSEGV, pc 0x"),
    ("nostack", 9, ""),
    ("abort", ABRT, ""),
])
def test_hostile(mode, code, says):
    assert says in run("hostile", mode, code=code)


def test_jump_into_the_personality():
    """What lies there is code, not authority: the program ends by a fault of its own."""
    with boot("hostile", "jump") as machine:
        assert machine.wait_exit() in (SEGV, ILL)
        assert re.search(r"signal (11|4) SIG(SEGV|ILL), pc 0x", machine.transcript)


@pytest.mark.parametrize("program, mode, codes", [
    ("hostile", "allocate", (3, KILL)),
    ("hostile", "touch", (3, KILL)),
    ("hostile", "threads", (3, KILL)),
    ("go", "hog", (2, KILL)),
])
def test_greedy(program, mode, codes):
    """Nothing left for it is its own end, told in words, and nobody else's."""
    with boot(program, mode, timeout=90) as machine:
        assert machine.wait_exit() in codes
        assert re.search(r"no more after \d+|out of memory", machine.transcript)
        assert "panic: kernel" not in machine.transcript


@pytest.mark.parametrize("image, code, says", [
    ("short", 126, r"p_filesz = 0x\w+ is more than the file has"),
    ("header", 126, r"file size = 0x28 is less than an ELF-64 header"),
    ("machine", 126, r"e_machine = 0x3e is another machine"),
    ("class", 126, r"EI_CLASS = 0x1 is not ELFCLASS64"),
    ("interpreter", 126, r"asks for an interpreter"),
    ("empty", 126, r"file size = 0x0"),
    ("text", 126, r"not the magic number of ELF"),
    ("not-there", 127, r"not in the archive"),
])
def test_no_program(image, code, says):
    """One line that names the file and what is wrong with it; the status is that of a shell."""
    lines = run(f"broken/{image}", code=code).splitlines()
    about = [line for line in lines if f"tests/linux/broken/{image}" in line]
    assert len(about) == 1 and re.search(says, about[0]), lines
