# SPDX-License-Identifier: BSD-2-Clause
"""Devices that do what cannot be, on the real system.

QEMU's devices behave; so what they wrote into their rings is changed behind their back, through QEMU's gdb
server, while the machine stands still. The driver must say what is wrong and end, init must reset the
device and start a successor, and whoever was using the disk goes on and gets every byte.
"""

import hashlib
import random
import re
import time

import pytest

from anser_qemu import Machine
from qemu_memory import Monitor, Stopped, arguments

# Registers of the virtio-mmio slots where tools/run-qemu puts the first disk and the network.
DISK = 0x10001000
NET = 0x10007000
QUEUE_NOTIFY = 0x50
RECEIVE, SEND = 0, 1  # queues of the network
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


def wait_said(machine, who, what, times=1):
    """Waits until the log has that line so often."""
    for _ in range(300):
        if (count := machine.command("dmesg").count(f"{who}: device broken: {what}")) == times:
            return
        time.sleep(0.1)
    raise AssertionError(f"{who} said {count} times: {what}")


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


def ask_for_reset(stopped, registers, index, queue):
    """A request that cannot be, as if by the driver: QEMU's device stops, and asks for a reset."""
    available = stopped.read(queue["vring-avail"] + 2, "H")
    stopped.write(queue["vring-avail"] + 4 + available % queue["vring-num"] * 2, "H", 65535)
    stopped.write(queue["vring-avail"] + 2, "H", (available + 1) % 65536)
    stopped.write(registers + QUEUE_NOTIFY, "I", index)


@pytest.mark.parametrize("legacy", [False, True])
def test_disk(image, tmp_path, legacy):
    path, digest = image
    with Machine(disk=path, legacy=legacy, extra=arguments(tmp_path), timeout=60) as machine:
        machine.expect("> ")
        monitor = Monitor(tmp_path)
        for what in IN_FLIGHT:
            break_under_load(machine, monitor, tmp_path, what, digest)
            wait_said(machine, "disk0", f"queue 0: {what}")
        if not legacy:  # which has no way to ask for it
            with Stopped(tmp_path) as stopped:
                ask_for_reset(stopped, DISK, 0, monitor.queue("virtio-blk", 0))
            assert f"{digest}  disk0" in machine.command("sha256sum disk0")
            wait_said(machine, "disk0", "it asks for a reset")
        monitor.close()


def break_each(machine, monitor, folder, last_words):
    """Has the device ask for a reset whenever there is a server, until the console shows these words."""
    for _ in range(600):
        if last_words in machine.unread:
            return
        with Stopped(folder) as stopped:
            queue = monitor.queue("virtio-blk", 0)
            if queue["vring-avail"] != 0:  # else it is between two servers
                ask_for_reset(stopped, DISK, 0, queue)
        time.sleep(0.2)
    raise AssertionError(f"never said: {last_words}")


def test_broken_for_good(image, tmp_path):
    """Each server ends that takes the disk over, until init gives it up; then nobody waits any more."""
    path, digest = image
    with Machine(disk=path, extra=arguments(tmp_path), timeout=90) as machine:
        machine.expect("> ")
        monitor = Monitor(tmp_path)
        monitor.throttle("disk0", 1)
        monitor.read_block("disk0", 65536)
        machine.send("sha256sum disk0; echo status $?\n")
        break_each(machine, monitor, tmp_path, "its server was given up")
        monitor.throttle("disk0", 0)
        machine.expect("sha256sum: disk0: its server was given up")
        machine.expect("(?m)^status 1$")
        machine.expect("> ")
        assert "service 'disk0' ended 10 times in 60 s: given up" in machine.command("dmesg")
        assert re.search(r"disk0 .* failed", machine.command("services"))
        assert "disk0: its server was given up" in machine.command("disk")
        machine.command("restart disk0")
        assert f"{digest}  disk0" in machine.command("sha256sum disk0")
        monitor.close()


def use_one(stopped, queue, number, length):
    """The device has used one more buffer: that of this descriptor, so many bytes."""
    index = stopped.read(queue["vring-used"] + 2, "H")
    place = queue["vring-used"] + 4 + index % queue["vring-num"] * 8
    stopped.write(place, "II", number, length)
    stopped.write(queue["vring-used"] + 2, "H", (index + 1) % 65536)


def first_waiting(stopped, queue):
    """The descriptor of the next buffer that the device will use."""
    index = stopped.read(queue["vring-used"] + 2, "H")
    return stopped.read(queue["vring-avail"] + 4 + index % queue["vring-num"] * 2, "H")


# What is said, the queue that it is about, and what is done to it. Nothing is being sent, and the device
# always holds buffers to receive into.
NETWORK = [
    ("used id is no descriptor", RECEIVE, lambda stopped, queue: use_one(stopped, queue, 65535, 100)),
    ("used length beyond what the device may write", RECEIVE,
     lambda stopped, queue: use_one(stopped, queue, first_waiting(stopped, queue), 1 << 20)),
    ("used index beyond what was made available", RECEIVE, index_jumps),
    ("used index beyond what was made available", SEND, index_jumps),
]


def check_network(machine):
    """The network is there: at once, or after what was lost has been sent again."""
    for _ in range(30):
        if "1 received" in machine.command("ping -c 1 -W 1 10.0.2.2"):
            return
    raise AssertionError("no answer any more")


def ask_network_for_reset(machine, monitor, folder):
    """If the driver sends before QEMU has looked, it puts right what was wrong: then once more."""
    for _ in range(30):
        with Stopped(folder) as stopped:
            ask_for_reset(stopped, NET, SEND, monitor.queue("virtio-net", SEND))
        time.sleep(0.2)
        if "net0: device broken: it says that it needs a reset" in machine.command("dmesg"):
            return
    raise AssertionError("net0 did not notice")


@pytest.mark.parametrize("legacy", [False, True])
def test_network(tmp_path, legacy):
    """The link goes down while the machine stands still: nothing comes in between, and an interrupt does."""
    with Machine(net="user", legacy=legacy, extra=arguments(tmp_path), timeout=60) as machine:
        machine.expect("> ")
        monitor = Monitor(tmp_path)
        said = []
        for what, queue, change in NETWORK:
            check_network(machine)
            with Stopped(tmp_path) as stopped:
                monitor.ask("set_link", {"name": "net0", "up": False})
                change(stopped, monitor.queue("virtio-net", queue))
            said.append(what)
            wait_said(machine, "net0", what, said.count(what))
            monitor.ask("set_link", {"name": "net0", "up": True})
        check_network(machine)
        if not legacy:
            ask_network_for_reset(machine, monitor, tmp_path)
            check_network(machine)
        monitor.close()
