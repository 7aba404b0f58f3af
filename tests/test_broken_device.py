# SPDX-License-Identifier: BSD-2-Clause
"""Devices that do what cannot be, on the real system.

QEMU's devices behave; so what they wrote into their rings is changed behind their back, through QEMU's gdb
server, while the machine stands still. The driver must say what is wrong and end, init must reset the
device and start a successor, and whoever was using the disk goes on and gets every byte.
"""

import hashlib
import random

import pytest

from anser_qemu import Machine
from qemu_memory import Monitor, Stopped, arguments

DISK = 0x10001000  # registers of the first virtio-mmio slot, where tools/run-qemu puts the first disk
QUEUE_NOTIFY = 0x50
SIZE = 4 << 20


@pytest.fixture(name="image")
def make_image(tmp_path):
    data = random.Random(5).randbytes(SIZE)
    (tmp_path / "disk").write_bytes(data)
    return tmp_path / "disk", hashlib.sha256(data).hexdigest()


def used_entry(stopped, queue):
    """Address of the used element that the device wrote last, and its id."""
    index = stopped.read(queue["vring-used"] + 2, "H")
    place = queue["vring-used"] + 4 + (index - 1) % queue["vring-num"] * 8
    return place, stopped.read(place, "I")


def wrong_id(stopped, queue):
    place, _ = used_entry(stopped, queue)
    stopped.write(place, "I", 0x12345678)


def wrong_length(stopped, queue):
    place, _ = used_entry(stopped, queue)
    stopped.write(place + 4, "I", 0x7fffffff)


def other_id(stopped, queue):
    """A descriptor of the queue, but not the one with which a request began."""
    place, right = used_entry(stopped, queue)
    stopped.write(place, "I", (right + 1) % queue["vring-num"])


def index_jumps(stopped, queue):
    index = stopped.read(queue["vring-used"] + 2, "H")
    stopped.write(queue["vring-used"] + 2, "H", (index + 1000) % 65536)


IN_FLIGHT = {
    "used id is no descriptor": wrong_id,
    "used length beyond what the device may write": wrong_length,
    "used id is no request in flight": other_id,
    "used index beyond what was made available": index_jumps,
}


def check_said(machine, what, times):
    assert machine.command("dmesg").count(f"disk0: device broken: {what}") == times


def break_under_load(machine, monitor, folder, what, digest):
    """The device holds requests, they end as the machine is stopped, and then one of them is not what it was."""
    monitor.throttle("disk0", 1)
    monitor.read_block("disk0", 65536)  # on credit: what comes now waits for a day
    machine.send("sha256sum disk0\n")
    monitor.wait_in_flight("virtio-blk", 0)
    with Stopped(folder) as stopped:
        IN_FLIGHT[what](stopped, monitor.queue("virtio-blk", 0))
    monitor.throttle("disk0", 0)
    machine.expect(f"{digest}  disk0")
    machine.expect("> ")


def ask_for_reset(stopped, queue):
    """The driver's index is where it cannot be: QEMU's device stops, and asks for a reset."""
    index = stopped.read(queue["vring-avail"] + 2, "H")
    stopped.write(queue["vring-avail"] + 2, "H", (index + 1000) % 65536)
    stopped.write(DISK + QUEUE_NOTIFY, "I", 0)


@pytest.mark.parametrize("legacy", [False, True])
def test_disk(image, tmp_path, legacy):
    path, digest = image
    with Machine(disk=path, legacy=legacy, extra=arguments(tmp_path), timeout=60) as machine:
        machine.expect("> ")
        monitor = Monitor(tmp_path)
        for what in IN_FLIGHT:
            break_under_load(machine, monitor, tmp_path, what, digest)
            check_said(machine, f"queue 0: {what}", 1)
        if not legacy:  # which has no way to ask for it
            with Stopped(tmp_path) as stopped:
                ask_for_reset(stopped, monitor.queue("virtio-blk", 0))
            assert f"{digest}  disk0" in machine.command("sha256sum disk0")
            check_said(machine, "it asks for a reset", 1)
        monitor.close()
