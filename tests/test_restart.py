# SPDX-License-Identifier: BSD-2-Clause
"""Servers of devices are killed while they are used; the network comes back each time."""

import random
import re

import pytest

from anser_qemu import BUILD, PROMPT, Machine, free_ports
from conftest import SOAK
from visitor import Visitor

KILLS = 1000 if SOAK else 13  # of each server, on one hart and on two
ROUNDS = 200 if SOAK else 4
SERVER_PORT = 8080
# A server's heap may end a little larger than its predecessor's; a leak of a page in two kills does not pass.
PAGES_MORE = 12
IN_GO = ("shell", "log", "netserve")
MEMORY_LINE = re.compile(r"^(\S.*?) +(\d+) +\d+ KiB$", re.MULTILINE)
EVERYTHING = ("net0", "tcpip", "disk0", "entropy", "clock", "files", "pipe", "log")


def boot(smp, port, image, legacy="false"):
    return Machine(
        smp=smp, mem="256M", initrd=BUILD / "initrd-devices.cpio", timeout=60,
        extra=["-global", f"virtio-mmio.force-legacy={legacy}",
               "-drive", f"file={image},if=none,format=raw,id=disk", "-device", "virtio-blk-device,drive=disk",
               "-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{port}-:{SERVER_PORT}",
               "-device", "virtio-net-device,netdev=net"])


def start_server(machine):
    machine.expect(PROMPT)
    started = machine.command("netserve &")
    if "NETSERVE-READY" not in started:
        machine.expect("NETSERVE-READY")


def held_pages(machine):
    """What is not free, but for programs in Go: their heaps are as large as the collector likes."""
    pages = {who: int(count) for who, count in MEMORY_LINE.findall(machine.command("mem"))}
    return pages["all"] - pages["free"] - sum(count for who, count in pages.items()
                                              if who.split(" ")[0] in IN_GO)


def restarts(machine, service):
    shown = machine.command("services")
    found = re.search(rf"^{service} +\d+ +(\d+)  running$", shown, re.MULTILINE)
    assert found, shown
    return int(found[1])


def kill(machine, service):
    said = machine.command(f"restart {service}")
    assert said.strip() == f"restart {service}", said


def kill_under_load(machine, visitor, services, kills):
    """Kills one after the other, the next as soon as there was an answer after the last."""
    visitor.expect_answer()
    before = {service: restarts(machine, service) for service in set(services)}
    for number in range(kills):
        kill(machine, services[number % len(services)])
        visitor.expect_answer()
        if number == len(services) - 1:
            pages = held_pages(machine)  # from here on every server is a successor
    after = {service: restarts(machine, service) for service in before}
    assert sum(after.values()) - sum(before.values()) == kills, (before, after)
    return pages


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "disk.image"
    path.write_bytes(bytes(1 << 20))
    return path


@pytest.mark.parametrize("smp", [1, 2])
@pytest.mark.parametrize("service", ["net0", "tcpip"])
def test_network_comes_back(smp, service, image):
    """Requests all the while; no byte of an answer is ever wrong, and no memory is lost."""
    port, = free_ports(1)
    with boot(smp, port, image) as machine, Visitor(port) as visitor:
        start_server(machine)
        pages = kill_under_load(machine, visitor, [service], KILLS)
        assert held_pages(machine) <= pages + PAGES_MORE


def test_connection_outlives_its_interface(image):
    """Frames are lost, as on a wire; who waits for their repetition keeps the connection."""
    port, = free_ports(1)
    with boot(1, port, image) as machine, Visitor(port, silence=60) as visitor:
        start_server(machine)
        visitor.expect_answer()
        breaks = visitor.breaks
        kill_under_load(machine, visitor, ["net0"], 5)
        assert visitor.breaks == breaks


def test_everything_at_once(image):
    """All of them in any order, several before the first of them is back."""
    port, = free_ports(1)
    choose = random.Random(5)
    with boot(2, port, image) as machine, Visitor(port) as visitor:
        start_server(machine)
        visitor.expect_answer()
        for _ in range(ROUNDS):
            for service in choose.sample(EVERYTHING, choose.randrange(2, len(EVERYTHING) + 1)):
                kill(machine, service)
            visitor.expect_answer()
        assert all(restarts(machine, service) > 0 for service in EVERYTHING)


def test_programs_leave_room():
    """Programs have all the memory that they may have; a driver whose regions its clients still hold is started
    again all the same."""
    with Machine(net="user", timeout=60) as machine:
        machine.expect(PROMPT)
        machine.send("capture -q tcp &\n")
        machine.expect("listening on net0")
        machine.send("\n")
        machine.expect(PROMPT)
        said = ""
        for _ in range(30):
            said += machine.command("run cat &")
            if "left for programs" in said:
                break
        assert re.search(r"cat: it needs \d+ KiB of memory, and \d+ are left for programs", said), said
        machine.send("restart net0\n")
        machine.expect("capture: net0 was started again")  # it may stand behind the prompt
        machine.send("\n")
        machine.expect(PROMPT)
        machine.command("kill -9 %2; wait %2")
        said = machine.command("ping -c 5 -W 2 -i 0.2 10.0.2.2; services")
        assert re.search("[1-5] received", said), said
        assert re.search("net0 .* running", said), said
