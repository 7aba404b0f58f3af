# SPDX-License-Identifier: BSD-2-Clause
"""A neighbour on the wire sends junk; who uses the network does not notice.

QEMU's interface hangs on a hub, with the user network, over which a visitor asks a stock HTTP server, and
with a socket, through which frames come from here. After each batch the guest has to answer an ARP
request, so nothing is sent faster than it is taken.
"""

import random
import re
import socket

import pytest

import frames
from anser_qemu import BUILD, PATIENCE, PROMPT, Machine, free_ports
from conftest import SOAK
from visitor import Visitor

BATCHES, BATCH = (5000, 40) if SOAK else (60, 40)
SERVERS = ("net0", "tcpip")


class Neighbour:
    """A station on the hub: sends frames, and asks whether the guest is still there."""

    def __init__(self, own, qemu):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", own))
        self.socket.settimeout(0.2 * PATIENCE)
        self.qemu = ("127.0.0.1", qemu)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()

    def send(self, frame):
        self.socket.sendto(frame, self.qemu)

    def guest_answers(self, tries=300):
        """Whether the guest answers an ARP request."""
        for _ in range(tries):
            self.send(frames.arp(1))
            try:
                while True:
                    got = self.socket.recv(65536)
                    if got[:12] == frames.NEIGHBOUR_MAC + frames.GUEST_MAC and got[12:14] == b"\x08\x06" \
                            and got[20:22] == b"\0\2":
                        return True
            except socket.timeout:
                pass
        return False


def boot(forwarded, own, qemu):
    return Machine(
        mem="256M", initrd=BUILD / "initrd-devices.cpio", timeout=60,
        extra=["-global", "virtio-mmio.force-legacy=false",
               "-netdev", f"user,id=user,restrict=on,hostfwd=tcp:127.0.0.1:{forwarded}-:{frames.PORT}",
               "-netdev", f"socket,id=peer,udp=127.0.0.1:{own},localaddr=127.0.0.1:{qemu}",
               "-netdev", "hubport,id=first,hubid=0,netdev=user", "-netdev", "hubport,id=second,hubid=0,netdev=peer",
               "-netdev", "hubport,id=third,hubid=0", "-device", "virtio-net-device,netdev=third"])


def processes(machine):
    """{service: (process, restarts)}: the same as before if nobody ended."""
    shown = machine.command("services")
    found = {name: re.search(rf"^{name} +(\d+) +(\d+)  running$", shown, re.MULTILINE) for name in SERVERS}
    assert all(found.values()), shown
    return {name: match.groups() for name, match in found.items()}


def free_pages(machine):
    return int(re.search(r"^free +(\d+) ", machine.command("mem"), re.MULTILINE)[1])


@pytest.mark.parametrize("kinds", [frames.KINDS, (frames.syn,), (frames.fragment,)],
                         ids=["all", "syn", "fragment"])
def test_junk_stops_nobody(kinds):
    choose = random.Random(20)
    forwarded, own, qemu = free_ports(3)
    with boot(forwarded, own, qemu) as machine, Neighbour(own, qemu) as neighbour, Visitor(forwarded) as visitor:
        machine.expect(PROMPT)
        machine.command("netserve &")
        visitor.expect_answer()
        before = processes(machine)
        for number in range(BATCHES):
            for _ in range(BATCH):
                neighbour.send(choose.choice(kinds)(choose))
            assert neighbour.guest_answers(), f"silent after batch {number}: {machine.command('services')}"
        visitor.expect_answer()
        assert processes(machine) == before
        assert "fault" not in machine.command("dmesg")
