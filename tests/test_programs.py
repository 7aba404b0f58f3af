# SPDX-License-Identifier: BSD-2-Clause
"""The demonstration programs at the console: each does what the README says of it."""

import pytest

from anser_qemu import Machine, PROMPT


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
