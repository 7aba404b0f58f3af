# SPDX-License-Identifier: BSD-2-Clause
"""Disk and network: the same image, interface and programs for Anser and a Linux guest.

Both take lines from the console, by tests/bench/devices.c and tests/bench/linux_devices.c: "busy" tells the
instructions that were executed until now (nanoseconds in which the processor did not idle), "disk" runs the
disk's figures. Load for the network comes from here, through forwarded ports.
"""

import re
import struct
import time

from anser_qemu import BUILD, ConsoleError, Machine, free_ports
from bench import netload
from bench.netload import LoadError

IMAGE_BLOCKS, BLOCK = 16384, 4096  # as tests/bench/disk_work.h has it; half is read, half is written
WRITTEN, PIECE_BLOCKS = 0xa5a5a5a500000000, 256
TRANSFER_BYTES, REQUESTS = 16 << 20, 1000
GUEST_PORTS = {"http": 8080, "sink": 9001, "source": 9002}
TIMEOUT_SECONDS = 300
SETTLE_SECONDS = 3  # of what a system still does in the background after booting
# Idle time goes by the host's clock here: with sleep=off it would leap from timer to timer while the host
# works on an answer, and connections would time out.
COUNTING = 0
FIGURE = re.compile(r"^BENCH (\S+) (\S+) (\d+) +(.*)$", re.MULTILINE)


def make_image(path):
    """Each block begins with its number."""
    filling = bytes(BLOCK - 8)
    with path.open("wb") as image:
        for number in range(IMAGE_BLOCKS):
            image.write(struct.pack("<Q", number) + filling)


def check_image(path):
    """What the guest wrote is there: the first block of each piece of the second half is marked."""
    with path.open("rb") as image:
        for number in range(IMAGE_BLOCKS // 2, IMAGE_BLOCKS, PIECE_BLOCKS):
            image.seek(number * BLOCK)
            stamp, = struct.unpack("<Q", image.read(8))
            if stamp != WRITTEN | number:
                raise ConsoleError(f"block {number} of {path} begins with {stamp:#x}")


class Guest:
    """A machine with disk and network, whose console takes the lines."""

    def __init__(self, name, counting, **options):
        self.name, self.counting = name, counting
        self.image = BUILD / f"{name}.image"
        self.ports = dict(zip(GUEST_PORTS, free_ports(len(GUEST_PORTS))))
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{self.ports[which]}-:{port}"
                           for which, port in GUEST_PORTS.items())
        make_image(self.image)
        self.machine = Machine(
            icount=COUNTING if counting else None, timeout=TIMEOUT_SECONDS, name=name, mem="512M",
            extra=["-global", "virtio-mmio.force-legacy=false",
                   "-drive", f"file={self.image},if=none,format=raw,id=disk",
                   "-device", "virtio-blk-device,drive=disk",
                   "-netdev", f"user,id=net{forwards}", "-device", "virtio-net-device,netdev=net"],
            **options)

    def __enter__(self):
        self.machine.__enter__()
        self.begin = time.monotonic()
        return self

    def __exit__(self, *error):
        self.machine.__exit__(*error)
        self.image.unlink()

    def busy(self):
        """Instructions since the machine began."""
        self.machine.send("busy\n")
        return int(self.machine.expect(r"BUSY (\d+)\s")[1])

    def disk(self):
        """What the guest says of its disk's figures; the image holds what it wrote."""
        begin = len(self.machine.transcript)
        self.machine.send("disk\n")
        status = self.machine.expect(r"DISK (\d+)\s")[1]
        if status != "0":
            raise ConsoleError(f"{self.name}: {self.machine.transcript[begin:]}")
        check_image(self.image)
        return self.machine.transcript[begin:]

    def cost(self, work, parts):
        """What one of the `parts` of a work takes: instructions, or nanoseconds of the host's clock."""
        if not self.counting:
            return round(work() * 1e9 / parts)
        before = self.busy()
        work()
        after = self.busy()
        asking = self.busy() - after
        return (after - asking - before) // parts


def network(guest):
    """The network's figures, {name: (value, how)}; each work is done once before it counts."""
    ports, kib = guest.ports, TRANSFER_BYTES // 1024
    works = {
        "tcp_in_kib": (lambda: netload.send(ports["sink"], TRANSFER_BYTES), kib,
                       "TCP from the host to a Go program, a KiB"),
        "tcp_out_kib": (lambda: netload.receive(ports["source"], TRANSFER_BYTES), kib,
                        "TCP from a Go program to the host, a KiB"),
        "http_1": (lambda: netload.http(ports["http"], 1, REQUESTS), REQUESTS,
                   "HTTP requests of the host to net/http, one connection"),
        "http_16": (lambda: netload.http(ports["http"], 16, REQUESTS), REQUESTS,
                    "HTTP requests of the host to net/http, 16 connections"),
    }
    return {name: (min(guest.cost(work, parts) for _ in range(2)), how)
            for name, (work, parts, how) in works.items()}


def disk_figures(said, prefix):
    """Those of the figures that the guest said that mean something: the guest cannot know which."""
    return {name: {"unit": unit, "value": int(value), "how": how} for name, unit, value, how in FIGURE.findall(said)
            if name.startswith("wall_") == bool(prefix)}


def measure(name, counting, settle, **options):
    """Everything of one machine: {name: {"unit", "value", "how"}}."""
    unit, prefix = ("instructions", "") if counting else ("nanoseconds", "wall_")
    with Guest(name, counting, **options) as guest:
        try:
            guest.machine.expect("NETSERVE-READY")
            netload.first_answer(guest.ports["http"], TIMEOUT_SECONDS)
            first = guest.busy() if counting else round((time.monotonic() - guest.begin) * 1e9)
            time.sleep(settle)
            found = network(guest)
            found["first_http_answer"] = first, "from QEMU's start to the first answer of net/http"
            disk = disk_figures(guest.disk(), prefix)
            guest.machine.send("end\n")
            guest.machine.wait_exit()
        except LoadError as error:
            raise ConsoleError(f"{name}: {error}") from error
    network_figures = {prefix + key: {"unit": unit, "value": value, "how": how}
                       for key, (value, how) in found.items()}
    return {**disk, **network_figures}
