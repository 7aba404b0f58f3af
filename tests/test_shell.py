# SPDX-License-Identifier: BSD-2-Clause
"""Sessions with the shell in Go: editing, programs in C and Go, pipes, jobs, scripts, errors."""

import re

import pytest

from anser_qemu import Machine

# The whole of it: a line with "> " in it is shown byte by byte while it is typed.
PROMPT = r"(?m)^anser> $"


@pytest.fixture(params=[1, 2], ids=lambda smp: f"smp{smp}")
def machine(request):
    with Machine(smp=request.param, timeout=60) as machine:
        machine.expect(PROMPT)
        yield machine


def shown(machine, line, **options):
    """What a line shows, without the line itself."""
    return machine.command(line, PROMPT, **options).split("\n", 1)[1]


def interrupt(machine, line, when=None):
    """Types a line, Ctrl-C when it shows something, and waits for the prompt."""
    machine.send(line + "\n")
    machine.expect(re.escape(line) + "\n")
    if when:
        machine.expect(when)
    machine.send("\x03")
    machine.expect(r"\^C\n")
    machine.expect(PROMPT)


def until(machine, line, pattern):
    """Asks until it shows; asking without pause would keep a job in the background from running."""
    for _ in range(600):
        text = shown(machine, f"{line}; sleep 0.05")
        if re.search(pattern, text, re.M):
            return text
    raise AssertionError(f"{line!r} never showed {pattern!r}, but {text!r}")


def test_commands(machine):
    """What the console in C can, under the same names and in the same format."""
    listed = shown(machine, "help")
    for command in ("ls", "run", "ps", "mem", "chan", "services", "dmesg", "kill", "restart", "shutdown",
                    "reboot", "jobs", "fg", "history", "cat", "strace"):
        assert re.search(rf"^  {command} ", listed, re.M), command
    assert re.search(r"^hello +\d+ bytes$", shown(machine, "ls"), re.M)
    processes = shown(machine, "ps")
    for name in ("init", "uart", "files", "pipe", "shell"):
        assert re.search(rf"^ +\d+ +{name} ", processes, re.M), name
    assert re.search(r"receive +pri 24 .* channel \d+ console\n", processes)
    assert re.search(r"^free +\d+ +\d+ KiB$", shown(machine, "mem"), re.M)
    assert re.search(r"^console +\d+  uart$", shown(machine, "chan"), re.M)
    assert re.search(r"^shell +\d+ +0  running", shown(machine, "services"), re.M)
    assert re.match(r"up 0:\d\d:\d\d\n$", shown(machine, "uptime"))
    assert re.match(r"\d+ instructions from the loader's first to the first prompt\n$",
                    shown(machine, "uptime boot"))
    assert "anser: version" in shown(machine, "dmesg")
    machine.send("shutdown 7\n")
    assert machine.wait_exit() == 7


LINES = [
    ("echo one 'two  words' \"three\"", "one two  words three\n"),
    ("x=4; echo $x $((x * 2)) ${y:-none}", "4 8 none\n"),
    ("hello 'a  b' \"c d\" | run cat", "Hello from hello a  b c d\nI was given: "),
    ("hello | cat | run cat", "Hello from hello\nI was given: "),
    ("hello | while read a b; do echo \"$b\"; done", "from hello\nwas given: "),
    ("cat /share/demo.sh | run cat", " lines\n"),
    ("run cat < /share/demo.sh", "\nexit 3\n12 lines\n"),
    ("echo \"<$(hello | { read a b; echo $b; })>\"", "<from hello>\n"),
    ("cd /share; pwd; cat demo.sh | { read line; echo \"$line\"; }; cd /",
     "/share\n# A script of the boot archive: sh /share/demo.sh [NAME]\n"),
    ("ls /share", "demo.sh "),
    ("/programs/hello there", "Hello from /programs/hello there\n"),
    ("cd /programs; ./hello there; cd -", "Hello from /programs/hello there\n"),
    ("sh /share/demo.sh you; echo $?", "hello, you\n1 lines\ngood-bye, you\n1 lines\nstatus 0\n3\n"),
    ("export GREETING='good day'; env", "GREETING=good day\n"),
    ("time hello", "real 0."),
    ("true && echo yes || echo no; false && echo yes || echo no", "yes\nno\n"),
    ("for i in 1 2 3; do echo $i; done | run cat", "1\n2\n3\n3 lines\n"),
    # Errors: one line each, and the status of other shells.
    ("nonsense; echo $?", "nonsense: no such command or program; try help or ls\n127\n"),
    ("/nonsense; echo $?", "/nonsense: no such command or program; try help or ls\n127\n"),
    ("/manifest; echo $?", "126\n"),
    ("pingpong; echo $?", "pingpong: nobody has published demo/pingpong"),
    ("pingpong nonsense 2>/dev/null; echo $?", "2\n"),
    ("echo x > /share/new; echo $?", "read-only file system\n1\n"),
    ("cat /nothing", "cat: /nothing: no such file or directory\n"),
    ("cat < /nothing; echo $?", "no such file or directory\n1\n"),
    ("sh /nothing; echo $?", "sh: /nothing: no such file or directory\n127\n"),
    ("cd /nothing; echo $?", "1\n"),
    ("echo )", "syntax error"),
    ("kill 999999", "kill: 999999: there is none\n"),
    ("kill x", "kill: 'x' is not a number\n"),
    ("kill", "kill: which process? 'ps' shows them\n"),
    ("restart nobody", "restart: nobody: there is none\n"),
    ("restart", "restart: which service? 'services' shows them\n"),
    ("fg 3", "fg: there is no job 3\n"),
    ("run", "which program? 'ls' shows them\n"),
    ("shutdown 256", "shutdown: '256' is no exit code (0 to 255)\n"),
    ("dmesg -l loud", 'dmesg: no level "loud"'),
]


def test_lines(machine):
    for line, says in LINES:
        text = shown(machine, line)
        if says == "syntax error":
            assert re.match(r"1:6: .*\)", text), text
            continue
        assert says in text, (line, text)


def test_go_and_c(machine):
    """Pipes between programs of both kinds, either way round."""
    usage = "usage: gopingpong [ROUNDS] or gopingpong serve"
    assert usage in shown(machine, "gopingpong nonsense")
    assert re.search(re.escape(usage) + r"\n\d+ lines\n", shown(machine, "gopingpong nonsense 2>&1 | run cat"))
    machine.command("gopingpong serve &", PROMPT)
    until(machine, "chan", r"^demo/pingpong +\d+  gopingpong$")
    assert re.match(r"500 round trips, .*\n1 lines\n$", shown(machine, "gopingpong 500 | run cat"))
    assert re.match(r"500 round trips, ", shown(machine, "pingpong 500 | run cat"))
    # A job of Go's ends by a signal, one in C by being killed.
    assert re.search(r"^\[1\] gopingpong serve: signal 15 \(terminated\)", shown(machine, "kill %1; wait %1"), re.M)


def test_many_threads_end_at_once(machine):
    """Whoever of a Go program's threads ends it, the others go quietly."""
    for _ in range(6):
        text = shown(machine, "for i in 1 2 3 4; do for j in 1 2 3 4; do gopingpong x; done; done")
        assert text == "usage: gopingpong [ROUNDS] or gopingpong serve\n" * 16


def test_editing(machine):
    machine.command("uptime", PROMPT)
    assert "up 0:" in shown(machine, "\x1b[A")
    assert "this list" in machine.command("elp\x01h\x05", PROMPT)
    assert "this list" in machine.command("helpx\x7f", PROMPT)
    machine.send("nonsense\x03")
    machine.expect(r"nonsense\^C\n")
    machine.expect(PROMPT)
    machine.send("\x04")
    machine.expect("'shutdown' switches the machine off")
    machine.expect(PROMPT)
    numbered = shown(machine, "history")
    assert re.search(r"^ +1  uptime\n", numbered) and re.search(r"^ +\d+  history\n", numbered, re.M)
    # A command over two lines.
    machine.send("if true; then\n")
    machine.expect(r"(?m)^> $")
    machine.send("echo in two lines; fi\n")
    machine.expect(r"(?m)^in two lines\n")
    machine.expect(PROMPT)


def test_completion(machine):
    machine.send("upt\t\n")
    machine.expect(r"(?m)^up 0:\d\d:\d\d\n")
    machine.expect(PROMPT)
    machine.send("cons\t\n")
    machine.expect(r"consumer ")
    machine.send("\x03")
    machine.expect(PROMPT)
    machine.send("cat /sha\tde\t\n")
    machine.expect(r"# A script of the boot archive")
    machine.expect(PROMPT)
    machine.send("re\t")
    machine.expect(r"reboot +registry +restart\n")
    machine.send("\x15echo done\n")
    machine.expect(r"(?m)^done\n")


def test_control_c(machine):
    machine.command("x=1", PROMPT)
    interrupt(machine, "pingpong serve")
    interrupt(machine, "run cat; echo not this")
    interrupt(machine, "sleep 1000")
    interrupt(machine, "while true; do :; done")
    interrupt(machine, "while true; do hello; done", when="Hello from hello")
    interrupt(machine, "hello | sleep 1000")
    interrupt(machine, "gopingpong serve | run cat")
    interrupt(machine, "read line")
    assert "\nnot this" not in machine.transcript
    assert shown(machine, "sleep 0; echo $x $?") == "1 0\n"


def test_jobs(machine):
    assert re.match(r"\[1\] pingpong serve is process \d+\n", shown(machine, "pingpong serve &"))
    # One that is only the shell's own has no process.
    assert re.match(r"\[2\] sleep 1000\n\[1\] pingpong serve, process \d+\n\[2\] sleep 1000\n"
                    r"\[2\] sleep 1000: status 130 \(\d+\.\d{3} s\)\n$",
                    shown(machine, "sleep 1000 & jobs; kill %2; wait %2"))
    assert re.match(r"\[1\] pingpong serve, process \d+\n$", shown(machine, "jobs"))
    # In the background it waits for the input; in the foreground it gets it.
    machine.command("run cat &", PROMPT)
    assert "status" not in shown(machine, "uptime")
    machine.send("fg 2\n")
    machine.expect("fg 2\nrun cat\n")
    machine.send("later\n\x04")
    machine.expect_all("later\nlater\n", "1 lines\n", r"\[2\] run cat: status 0")
    machine.expect(PROMPT)
    interrupt(machine, "fg 1", when=r"pingpong serve\n")
    assert "\n[1] pingpong serve: killed (" in machine.transcript
    assert shown(machine, "jobs") == ""
    # The end of a pipe in the background, and waiting for it.
    assert "1 lines\n" in shown(machine, "{ sleep 0.2; echo x; } | run cat & wait; echo waited")


def test_input(machine):
    machine.send("run cat\n")
    machine.expect("run cat\n")
    machine.send("one\ntwp\x7fo\n\x04")
    machine.expect_all("one\none\n", "two\n", "2 lines\n")
    machine.expect(PROMPT)
    machine.send("read first rest; echo \"<$rest>\"; cat\n")
    machine.expect("cat\n")
    machine.send("some typed words\n")
    machine.expect("<typed words>\n")
    machine.send("and more\n\x04")
    machine.expect("and more\nand more\n")
    machine.expect(PROMPT)


def test_strace(machine):
    calls = shown(machine, "strace gopingpong nonsense")
    assert re.search(r"^(\[\d+\] )?rt_sigaction\(\d+, ", calls, re.M)
    assert re.search(r'^(\[\d+\] )?write\(2, "usage: gopingpong', calls, re.M)
    assert re.search(r"^(\[\d+\] )?exit_group\(2\)", calls, re.M)
    assert "usage: gopingpong" in shown(machine, "gopingpong nonsense"), "and not the time after"
    assert "exit_group" not in shown(machine, "gopingpong nonsense")


@pytest.mark.parametrize("service", ["uart", "files", "pipe"])
def test_service_dies(machine, service):
    """The shell and what it starts go on with the successor."""
    machine.command("cat /share/demo.sh | run cat", PROMPT)
    machine.send(f"restart {service}\n")
    machine.expect(PROMPT)
    until(machine, "services", rf"^{service} +\d+ +1  running")
    assert " lines\n" in shown(machine, "cat /share/demo.sh | run cat")
    assert re.search(r"exit 3\n12 lines\n", shown(machine, "hello > /dev/null; run cat < /share/demo.sh"))
    interrupt(machine, "pingpong serve")


def test_shell_dies(machine):
    """Another one takes its place; what was in the background goes on, and can be used."""
    machine.command("pingpong serve &", PROMPT)
    pid = re.search(r"^shell +(\d+) ", shown(machine, "services"), re.M)[1]
    machine.send(f"kill {pid}\n")
    machine.expect("Anser. 'help' lists the commands.\n")
    machine.expect(PROMPT)
    assert re.search(r"^shell +\d+ +1  running", shown(machine, "services"), re.M)
    assert "Hello from hello" in shown(machine, "hello | cat")
    assert "100 round trips" in shown(machine, "pingpong 100")


def test_nothing_is_left_behind(machine):
    """Programs, pipes and jobs cost no handle that does not come back."""
    def handles():
        return int(re.search(r"(\d+) handles", shown(machine, "mem"))[1])

    line = "hello | run cat | cat > /dev/null; hello > /dev/null & wait"
    for _ in range(3):
        machine.command(line, PROMPT)
    before = handles()
    for _ in range(20):
        machine.command(line, PROMPT)
    # The runtime may have started a thread more for what blocks: a few handles each.
    assert handles() <= before + 12


def test_program_by_its_path(machine):
    """The image comes from the file server, in place, also behind its restart."""
    assert "Hello from /programs/hello by path\n" in shown(machine, "/programs/hello by path")
    assert "Hello from /programs/hello here\n" in shown(machine, "cd /etc/../programs; ./hello here; cd /")
    for path, says, status in (("/etc/motd", "is not a program", 126), ("/etc", "is a directory", 126),
                               ("/etc/none", "no such command", 127), ("/etc/motd/x", "no such command", 127)):
        said = shown(machine, f"{path}; echo $?")
        assert says in said and said.rstrip().endswith(str(status)) and said.startswith(path), said
    assert "Hello from /programs/hello again\n" in shown(machine, "restart files; /programs/hello again")
