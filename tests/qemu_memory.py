# SPDX-License-Identifier: BSD-2-Clause
"""A running QEMU from outside: its monitor (QMP), and the machine's physical memory through its gdb server.

Memory can be looked at and changed only while the machine stands still, which it does from `Stopped`'s
beginning to its end. QEMU finishes all requests of its disks first.
"""

import json
import socket
import struct
import time


def arguments(folder):
    """What QEMU needs for both; the sockets are in this folder."""
    return ["-qmp", f"unix:{folder}/qmp,server=on,wait=off",
            "-chardev", f"socket,id=gdb,path={folder}/gdb,server=on,wait=off", "-gdb", "chardev:gdb"]


def _connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(str(path))
    return connection


class Monitor:
    """QMP."""

    def __init__(self, folder):
        self._connection = _connect(folder / "qmp")
        self._answers = self._connection.makefile("r")
        assert "QMP" in json.loads(self._answers.readline())
        self.ask("qmp_capabilities")

    def close(self):
        self._answers.close()
        self._connection.close()

    def ask(self, command, words=None):
        request = {"execute": command, "arguments": words or {}}
        self._connection.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = json.loads(self._answers.readline())
            if "return" in answer or "error" in answer:
                assert "return" in answer, (request, answer)
                return answer["return"]

    def throttle(self, drive, bytes_a_second):
        """How many bytes a second a disk may read; 0: as many as it can."""
        none = dict.fromkeys(("bps", "bps_wr", "iops", "iops_rd", "iops_wr"), 0)
        self.ask("block_set_io_throttle", {"device": drive, "bps_rd": bytes_a_second, **none})

    def read_block(self, drive, size):
        """Reads from a disk, past the guest."""
        self.ask("human-monitor-command", {"command-line": f'qemu-io {drive} "read 0 {size}"'})

    def queue(self, kind, index):
        """What QEMU knows of a virtqueue of the only device of that kind ("virtio-blk"), by its names."""
        path, = (device["path"] for device in self.ask("x-query-virtio") if device["name"] == kind)
        return self.ask("x-query-virtio-queue-status", {"path": path, "queue": index})

    def wait_in_flight(self, kind, index):
        """Waits until the device holds a request."""
        for _ in range(600):
            if self.queue(kind, index)["inuse"] > 0:
                return
            time.sleep(0.1)
        raise AssertionError(f"{kind}: nothing in flight: {self.queue(kind, index)}")


class Stopped:
    """The machine stands still inside of `with`; numbers are little-endian at physical addresses."""

    def __init__(self, folder):
        self._folder = folder

    def __enter__(self):
        self._connection = _connect(self._folder / "gdb")
        self._bytes = self._connection.makefile("rb")
        assert self._packet("Qqemu.PhyMemMode:1") == b"OK"
        return self

    def __exit__(self, *ignored):
        assert self._packet("D") == b"OK"
        self._bytes.close()
        self._connection.close()

    def _answer(self):
        while self._byte() != b"$":
            continue
        answer = b""
        while (byte := self._byte()) != b"#":
            answer += byte
        self._bytes.read(2)
        self._connection.sendall(b"+")
        return answer

    def _byte(self):
        byte = self._bytes.read(1)
        assert byte, "QEMU's gdb server is gone"
        return byte

    def _packet(self, text):
        data = text.encode()
        self._connection.sendall(b"$" + data + b"#%02x" % (sum(data) % 256))
        # That the machine stands still may be said in between.
        while (answer := self._answer())[:1] in (b"S", b"T"):
            continue
        return answer

    def read(self, address, form):
        """One number; form as in struct: H, I, Q."""
        answer = self._packet(f"m{address:x},{struct.calcsize(form):x}")
        return struct.unpack("<" + form, bytes.fromhex(answer.decode()))[0]

    def write(self, address, form, *values):
        data = struct.pack("<" + form, *values)
        assert self._packet(f"M{address:x},{len(data):x}:{data.hex()}") == b"OK"
