# SPDX-License-Identifier: BSD-2-Clause
"""Servers of devices are killed while they are used; the network comes back each time."""

import random
import re

import pytest

from anser_qemu import BUILD, PROMPT, Machine, free_ports
from conftest import SOAK
from visitor import Visitor

KILLS = 1000 if SOAK else 50
SERVER_PORT = 8080
# A server's heap may end a little larger or smaller than its predecessor's; a leak of a page a kill does not pass.
PAGES_MORE = 40
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


def free_pages(machine):
    return int(re.search(r"^free +(\d+) ", machine.command("mem"), re.MULTILINE)[1])


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
            pages = free_pages(machine)  # from here on every server is a successor
    after = {service: restarts(machine, service) for service in before}
    assert sum(after.values()) - sum(before.values()) == kills, (before, after)
    return pages


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "disk.image"
    path.write_bytes(bytes(1 << 20))
    return path


@pytest.mark.parametrize("smp", [1, 2])
@pytest.mark.parametrize("services", [["net0"], ["tcpip"]], ids=lambda services: services[0])
def test_network_comes_back(smp, services, image):
    """Requests all the while; no byte of an answer is ever wrong, and no memory is lost."""
    port, = free_ports(1)
    with boot(smp, port, image) as machine, Visitor(port) as visitor:
        start_server(machine)
        pages = kill_under_load(machine, visitor, services, KILLS // 2)
        visitor.expect_answer()
        assert free_pages(machine) >= pages - PAGES_MORE
        if services == ["net0"]:
            assert visitor.breaks < KILLS // 2, "a connection outlives its interface's server"


def test_everything_at_once(image):
    """All of them in any order, several before the first of them is back."""
    port, = free_ports(1)
    choose = random.Random(5)
    with boot(2, port, image) as machine, Visitor(port) as visitor:
        start_server(machine)
        visitor.expect_answer()
        for _ in range(KILLS // 10):
            for service in choose.sample(EVERYTHING, choose.randrange(2, len(EVERYTHING) + 1)):
                kill(machine, service)
            visitor.expect_answer()
        for service in EVERYTHING:
            assert restarts(machine, service) > 0
