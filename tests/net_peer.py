# SPDX-License-Identifier: BSD-2-Clause
"""The other end of a guest's network cable: whole Ethernet frames, by QEMU's `-netdev dgram`.

    with Peer(tmp_path) as peer, Machine(extra=peer.arguments(), ...) as machine:
        peer.send(frame)
        frame = peer.receive()

Two Unix datagram sockets: neither end loses a frame, the sender waits. Numbers of ports are not needed.
"""

import os
import select
import socket
import time

from anser_qemu import PATIENCE

ECHO, WORDS = 0x88b5, 0x88b6  # EtherTypes for local experiments (IEEE 802), see tests/net/agent.c
GUEST = bytes.fromhex("525400123456")
HOST = bytes.fromhex("525400abcdef")
BROADCAST = b"\xff" * 6


def frame(payload, ethertype=ECHO, to=GUEST, source=HOST):
    """An Ethernet frame without the check sequence."""
    return to + source + ethertype.to_bytes(2, "big") + payload


class Peer:
    """Listens and sends on one cable. timeout: seconds, times TEST_PATIENCE."""

    def __init__(self, folder, number=0, timeout=20):
        self._here = os.path.join(folder, f"host{number}")
        self._there = os.path.join(folder, f"guest{number}")
        self._number = number
        self._timeout = timeout * PATIENCE
        self._left = []

    def __enter__(self):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._here)
        self._socket.setblocking(False)
        return self

    def __exit__(self, *_):
        self._socket.close()

    def arguments(self, device="", address=GUEST, bus=None):
        """QEMU's words for a virtio-net device on this cable; `device`: more of its properties."""
        n = self._number
        where = f",bus=virtio-mmio-bus.{bus}" if bus is not None else ""
        mac = ":".join(f"{byte:02x}" for byte in address)
        return ["-netdev", f"dgram,id=cable{n},local.type=unix,local.path={self._there},"
                           f"remote.type=unix,remote.path={self._here}",
                "-device", f"virtio-net-device,id=nic{n},netdev=cable{n},mac={mac}{where}"
                           + (f",{device}" if device else "")]

    def send(self, data):
        """Sends one frame; waits for as long as the guest does not take it."""
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                self._socket.sendto(data, self._there)
                return
            except (BlockingIOError, FileNotFoundError, ConnectionRefusedError):
                # Nothing says when an unconnected socket's peer has room: what comes is taken meanwhile.
                assert time.monotonic() < deadline, "the guest does not take frames"
                self._listen(0.002)

    def _listen(self, seconds):
        if select.select([self._socket], [], [], seconds)[0]:
            self._left.append(self._socket.recv(65536 + 64))

    def receive(self, wanted=lambda data: True, timeout=None):
        """The next frame for which `wanted` holds; others before it are dropped. None: time is up."""
        deadline = time.monotonic() + (self._timeout if timeout is None else timeout * PATIENCE)
        while True:
            while self._left:
                data = self._left.pop(0)
                if wanted(data):
                    return data
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._listen(left)

    def command(self, words):
        """Tells the agent in the guest (tests/net/agent.c), and returns what it says."""
        self.send(frame(words.encode(), WORDS))
        answer = self.receive(lambda data: data[12:14] == WORDS.to_bytes(2, "big"))
        assert answer is not None, f"no answer to {words!r}"
        return answer[14:].decode()
