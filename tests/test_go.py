# SPDX-License-Identifier: BSD-2-Clause
"""Go beside C: ping-pong in every combination, the log server and its clients."""

import re

import pytest

from anser_qemu import BUILD, Machine, PROMPT, run_target_program

PINGPONG = ["pingpong", "gopingpong"]


@pytest.fixture(params=[1, 2], ids=lambda smp: f"smp{smp}")
def machine(request):
    with Machine(smp=request.param, timeout=60) as machine:
        machine.expect(PROMPT)
        yield machine


@pytest.mark.parametrize("smp", [1, 2])
@pytest.mark.parametrize("program", ["gochannels", "gosemantics"])
def test_package(program, smp):
    """go/test: package anser itself; what Go's own tests ask of channels, asked of ours."""
    run_target_program(program, smp=smp, initrd=BUILD / "initrd-test.cpio")


def test_package_on_anser():
    """The package's unit tests and examples, as go test would run them."""
    with Machine(append="test=goanser -- -test.v", initrd=BUILD / "initrd-test.cpio",
                 timeout=60) as machine:
        assert machine.wait_exit() == 0
        passed = re.findall(r"^--- PASS: (\w+)", machine.transcript, re.M)
        assert {"ExampleMakeChan", "ExampleSelect", "TestKernelCases"} <= set(passed)
        assert re.search(r"^PASS$", machine.transcript, re.M)


@pytest.mark.parametrize("client", PINGPONG)
@pytest.mark.parametrize("server", PINGPONG)
def test_pingpong(machine, server, client):
    machine.command(f"{server} serve &")
    machine.send(f"{client} 2000\n")
    machine.expect(r"(?m)^2000 round trips, \d+ ns each \(instructions are counted under")
    # The server goes on, also after a pause in which the runtime has taken its processor away.
    machine.expect(PROMPT)
    for other in PINGPONG:
        machine.send(f"{other} 10\n")
        machine.expect(r"(?m)^10 round trips, \d+ ns each")
        machine.expect(PROMPT)


def test_gopingpong_says_what_is_wrong(machine):
    machine.send("gopingpong\n")
    machine.expect(r"gopingpong: nobody has published demo/pingpong \(.+\); start")
    machine.expect(PROMPT)
    for arguments in ("nonsense", "0", "-1", "1 2", "99999999999999999999"):
        machine.send(f"gopingpong {arguments}\n")
        machine.expect(r"usage: gopingpong \[ROUNDS\] or gopingpong serve")
        machine.expect(PROMPT)
    machine.command("pingpong serve &")
    machine.command("pingpong 1")
    machine.send("gopingpong serve\n")
    machine.expect(r"gopingpong: cannot publish demo/pingpong: file exists")


@pytest.mark.parametrize("server, client, most", [
    ("pingpong", "gopingpong", 350), ("gopingpong", "pingpong", 300), ("gopingpong", "gopingpong", 420)])
def test_pingpong_counts_instructions(server, client, most):
    with Machine(icount=0, timeout=60) as machine:
        machine.expect(PROMPT)
        machine.command(f"{server} serve &")
        machine.send(f"{client} 20000\n")
        assert int(machine.expect(r"ns each, (\d+) instructions each")[1]) <= most


def test_log_keeps_and_filters(machine):
    machine.command("logger notice demo hello there")
    machine.command("logger error other is broken")
    shown = machine.command("logger")
    # The kernel's lines come first, from the loader's report on.
    order = [shown.index(text) for text in (
        " info anser: version", "notice demo: hello there", "error other: is broken")]
    assert order == sorted(order)
    shown = machine.command("logger error")
    assert "error other: is broken" in shown and "hello there" not in shown and "anser:" not in shown
    shown = machine.command("logger debug demo")
    assert "notice demo: hello there" in shown and "broken" not in shown
    assert "demo:" not in machine.command("logger warning demo")


def test_log_says_what_is_wrong(machine):
    for line, answer in {
            "logger loud demo text": r"logger: no level 'loud'; there are error, warning",
            "logger info odd+source text": r"logger: line is not kept: bad argument"}.items():
        machine.send(line + "\n")
        machine.expect(answer)
        machine.expect(PROMPT)


def test_log_survives(machine):
    """Readers and writers do not notice that the server is killed; one line says what is lost."""
    machine.command("logger info demo first")

    def settle(mark):
        # What the reader prints may come behind a prompt, which is none then.
        machine.send(f"\necho settled {mark}\n")
        machine.expect(rf"(?m)^settled {mark}$")
        machine.expect(PROMPT)

    def write(text):
        machine.send(f"logger info demo {text}\n")
        machine.expect(rf"(?m)\d+ info demo: {text}$")
        settle(text)

    machine.send("logger -f debug demo &\n")
    machine.expect(r"(?m)\d+ info demo: first$")
    settle("first")
    write("second")
    for number, lost in ((1, 2), (2, 1)):
        machine.command("restart log")
        write(f"after {number}")
        machine.send("logger warning log\n")
        machine.expect(rf"warning log: restarted; lines of programs that are lost: {lost}\n")
        settle(f"restart {number}")
    assert machine.transcript.count("info demo: second") == 1
    assert " info anser: version" in machine.command("logger debug anser")
    assert "info demo: second" not in machine.command("logger debug demo")


def test_dmesg(machine):
    """The shell's command over the same server."""
    machine.command("logger notice demo hello there")
    machine.command("logger error other is broken")
    shown = machine.command("dmesg")
    assert re.search(r"^\[ *\d+\.\d{6}\] anser: version", shown, re.M)
    assert re.search(r"^\[ *\d+\.\d{6}\] other: error: is broken$", shown, re.M)
    assert "demo: hello there" in machine.command("dmesg -s demo")
    shown = machine.command("dmesg -l error")
    assert "is broken" in shown and "hello there" not in shown
    assert 'no level "loud"' in machine.command("dmesg -l loud")
    machine.send("dmesg -f -s demo\n")
    machine.expect(r"demo: hello there\n")
    machine.send("\x03")
    machine.expect(PROMPT)
