# SPDX-License-Identifier: BSD-2-Clause
"""A neighbour on the wire sends junk; who uses the network does not notice.

The guest's interface hangs on a wire that ends here, and so does QEMU's user network, over which a visitor asks a stock HTTP
server. Frames are passed on between the two; junk goes to the guest alone, for it kills QEMU's libslirp.
After each batch the guest has to answer an ARP request, so nothing is sent faster than it is taken.
"""

import random
import re
import select
import socket
import threading

import pytest

import frames
from anser_qemu import BUILD, PATIENCE, PROMPT, Machine, free_ports
from conftest import SOAK
from visitor import Visitor

BATCHES, BATCH = (5000, 40) if SOAK else (60, 40)
SERVERS = ("net0", "tcpip")


class Wire(threading.Thread):
    """Passes frames between the guest and the user network, and sends its own to the guest."""

    def __init__(self):
        super().__init__(daemon=True)
        self.guest_ports, self.user_ports = free_ports(2), free_ports(2)
        self.guest, self.user = self.open(self.guest_ports), self.open(self.user_ports)
        self.answered, self.ended = threading.Event(), False

    @staticmethod
    def open(ports):
        """A socket with QEMU's at its other end: ours is the first port."""
        end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        end.bind(("127.0.0.1", ports[0]))
        return end

    @staticmethod
    def netdev(name, ports):
        return f"socket,id={name},udp=127.0.0.1:{ports[0]},localaddr=127.0.0.1:{ports[1]}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.ended = True
        self.join()
        self.guest.close()
        self.user.close()

    def run(self):
        while not self.ended:
            for end in select.select((self.guest, self.user), (), (), 0.1)[0]:
                frame = end.recv(1 << 16)
                if end is self.user:
                    self.send(frame)
                elif frame[:6] == frames.NEIGHBOUR_MAC:
                    self.look_at(frame)
                else:
                    self.user.sendto(frame, ("127.0.0.1", self.user_ports[1]))

    def send(self, frame):
        self.guest.sendto(frame, ("127.0.0.1", self.guest_ports[1]))

    def look_at(self, frame):
        if frame[6:14] == frames.GUEST_MAC + b"\x08\x06" and frame[20:22] == b"\0\2":
            self.answered.set()

    def guest_answers(self, tries=300):
        """Whether the guest answers an ARP request."""
        for _ in range(tries):
            self.answered.clear()
            self.send(frames.arp(1))
            if self.answered.wait(0.2 * PATIENCE):
                return True
        return False


def wires(wire, forwarded):
    """QEMU's arguments for the two ends, and the interface."""
    return ["-netdev", wire.netdev("guest", wire.guest_ports), "-device", "virtio-net-device,netdev=guest",
            "-netdev", f"user,id=user,restrict=on,hostfwd=tcp:127.0.0.1:{forwarded}-:{frames.PORT}",
            "-netdev", wire.netdev("other", wire.user_ports),
            "-netdev", "hubport,id=first,hubid=1,netdev=user", "-netdev", "hubport,id=second,hubid=1,netdev=other"]


def processes(machine):
    """{service: (process, restarts)}: the same as before if nobody ended."""
    shown = machine.command("services")
    found = {name: re.search(rf"^{name} +(\d+) +(\d+)  running$", shown, re.MULTILINE) for name in SERVERS}
    assert all(found.values()), shown
    return {name: match.groups() for name, match in found.items()}


def free_pages(machine):
    return int(re.search(r"^free +(\d+) ", machine.command("mem"), re.MULTILINE)[1])


@pytest.mark.parametrize("kinds", [frames.KINDS, (frames.syn,), (frames.fragment,),
                                   (frames.forged_error, frames.packet_too_big)],
                         ids=["all", "syn", "fragment", "errors"])
def test_junk_stops_nobody(kinds):
    choose = random.Random(20)
    forwarded, = free_ports(1)
    with Wire() as wire, Machine(mem="256M", initrd=BUILD / "initrd-devices.cpio", timeout=60,
                                 extra=wires(wire, forwarded)) as machine, Visitor(forwarded) as visitor:
        machine.expect(PROMPT)
        machine.command("netserve &")
        visitor.expect_answer()
        before = processes(machine)
        for number in range(BATCHES):
            for _ in range(BATCH):
                wire.send(choose.choice(kinds)(choose))
            assert wire.guest_answers(), f"silent after batch {number}: {machine.command('services')}"
        visitor.expect_answer()
        assert processes(machine) == before
        assert "fault" not in machine.command("dmesg")
