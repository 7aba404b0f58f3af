# SPDX-License-Identifier: BSD-2-Clause
"""The demonstration programs at the console: each does what the README says of it."""

import re

import pytest

from anser_qemu import BUILD, Machine, PROMPT


def run(machine, command):
    """Types a command; when it has ended, "NAME: status N" is shown."""
    machine.send(f"{command}; echo {command.split()[0]}: status $?\n")


@pytest.fixture(params=[1, 2, 4], ids=lambda smp: f"smp{smp}")
def machine(request):
    with Machine(smp=request.param) as machine:
        machine.expect(PROMPT)
        yield machine


def test_hello(machine):
    run(machine, "hello you there")
    machine.expect(r"Hello from \S+ you there\n")
    machine.expect(r"I was given:.* stdout")
    machine.expect(r"hello: status 0")


def test_pingpong(machine):
    run(machine, "pingpong")
    machine.expect(r"nobody has published demo/pingpong")
    machine.expect(r"pingpong: status 1")
    machine.send("pingpong serve &\n")
    machine.expect(PROMPT)
    run(machine, "pingpong 2000")
    machine.expect(r"2000 round trips, \d+ ns each")
    machine.expect(r"pingpong: status 0")
    run(machine, "pingpong nonsense")
    machine.expect(r"usage: pingpong")
    machine.expect(r"pingpong: status 2")


def test_registry(machine):
    machine.send("registry serve &\n")
    machine.expect(PROMPT)
    for _ in range(2):
        run(machine, "registry 2")
        machine.expect(r"registered as number \d+\n")
        first = int(machine.expect(r"news (\d+) for \d+ clients\n")[1])
        second = int(machine.expect(r"news (\d+) for \d+ clients\n")[1])
        assert second > first
        machine.expect(r"registry: status 0")


def test_producer_and_consumer(machine):
    machine.send("consumer &\n")
    machine.expect(PROMPT)
    run(machine, "producer 3")
    machine.expect(r"3 times 2 MiB there and back")
    machine.expect(r"producer: status 0")


def test_pingpong_counts_instructions():
    with Machine(icount=0) as machine:
        machine.expect(PROMPT)
        machine.send("pingpong serve &\n")
        machine.expect(PROMPT)
        run(machine, "pingpong")
        assert int(machine.expect(r"ns each, (\d+) instructions each")[1]) <= 200


# ---- Ctrl-C and kill, for programs of Anser's that want to be told. ---------------------------------------

@pytest.fixture(name="told")
def make_machine(tmp_path):
    with Machine(initrd=BUILD / "initrd-test.cpio", net="user", disk=tmp_path / "disk", timeout=60) as machine:
        machine.expect(PROMPT)
        yield machine


def interrupt(machine, command, when):
    """Types Ctrl-C when the command has shown that, behind the line that was typed."""
    machine.send(f"{command}; echo NEVER\n")
    machine.expect("NEVER\n")
    machine.expect(when)
    machine.send("\x03")


def ended(machine):
    """The status of what was interrupted, with which its line has ended."""
    machine.expect(PROMPT)
    return int(re.search(r"(?m)^(\d+)$", machine.command("echo $?"))[1])


def test_ping_sums_up(told):
    interrupt(told, "ping 10.0.2.2", "sequence 2, ")
    told.expect(r"10\.0\.2\.2: \d+ sent, \d+ received, \d+% lost\nleast .* ms\n")
    assert ended(told) == 0
    interrupt(told, "ping -i 1000 -W 0 10.0.2.77", "no answer")
    told.expect("10.0.2.77: 1 sent, 0 received, 100% lost\n")
    assert ended(told) == 1
    told.send("ping -i 1000 10.0.2.2 &\n")
    told.expect("sequence 1, ")
    told.send("kill %1; wait\n")
    told.expect("10.0.2.2: 1 sent, 1 received, 0% lost\n")
    told.expect(r"\[1\] ping -i 1000 10\.0\.2\.2: status 0 ")


def test_dd_says_what_it_copied(told):
    interrupt(told, "while true; do dd if=disk0 of=disk0 status=progress; done", r"\rdd: .*, 0%, |dd: .*, 0%, ")
    bytes_copied = told.expect(r"\d+\+0 records out\n(\d+) bytes \(\d.*B\) copied, \d+\.\d+ s, ")[1]
    assert 0 < int(bytes_copied) < 64 << 20
    assert ended(told) == 130


def test_who_does_not_listen(told):
    """Ctrl-C ends who knows nothing of it; the second one who was told, and goes on."""
    interrupt(told, "/tests/told deaf", "deaf\n")
    told.expect("told 2\n")
    told.send("\x03")
    assert ended(told) == 130
    told.send("sha256sum\n")
    told.expect("sha256sum\n")
    told.send("\x03")
    assert ended(told) == 130
