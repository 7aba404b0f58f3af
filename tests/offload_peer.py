#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What test_offload.py runs in a network of its own: a cable with the host's network stack in it.

    tap0 (the guest) -- bridge -- v0 -- v1 (the peer)

v0 can neither sum nor cut, so Linux completes what the guest left undone, before v1 sees it.

    offload_peer.py set-up              makes all that
    offload_peer.py listen TOTAL        a JSON list of the guest's TCP frames, as they were on tap0 and on v1
    offload_peer.py send TOTAL PIECE SEGMENT   frames as large as PIECE, not summed and not cut
"""

import ctypes
import fcntl
import json
import os
import select
import socket
import stat
import struct
import subprocess
import sys
import time

GUEST, PEER = b"\x52\x54\x00\x12\x34\x56", b"\x52\x54\x00\x00\x00\x99"
HEADERS, TCP = 54, 34
SOL_PACKET, PACKET_VNET_HDR = 263, 15
SIOCETHTOOL = 0x8946
SET_OFF = (0x17, 0x19, 0x1f, 0x24)  # checksums, scatter-gather, TCP segments, all segments


def pattern(first, length):
    return bytes((n * 31 + n // 253) & 0xff for n in range(first, first + length))


def total_of(data, start=0):
    """The Internet checksum's sum, not inverted: RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total = start + sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def set_up():
    """Also makes the device file that some containers lack, where it may."""
    if not os.path.exists("/dev/net/tun"):
        os.makedirs("/dev/net", exist_ok=True)
        os.mknod("/dev/net/tun", stat.S_IFCHR | 0o600, os.makedev(10, 200))
    for line in ("link add br0 type bridge", "link add v0 type veth peer name v1", "tuntap add dev tap0 mode tap",
                 "link set v1 address 52:54:00:00:00:99", "link set v0 master br0", "link set tap0 master br0",
                 *(f"link set {name} up" for name in ("lo", "br0", "v0", "v1", "tap0"))):
        subprocess.run(["ip", *line.split()], check=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for what in SET_OFF:
            value = ctypes.create_string_buffer(struct.pack("II", what, 0))
            request = struct.pack("16sP16x", b"v0", ctypes.addressof(value))
            fcntl.ioctl(control, SIOCETHTOOL, request)


def raw(name):
    connection = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)  # Linux cuts it to rmem_max
    connection.bind((name, 0))
    return connection


def describe(name, data):
    """What is right about a TCP frame of the guest."""
    length = struct.unpack_from(">H", data, 16)[0] - 40
    sequence = struct.unpack_from(">I", data, TCP + 4)[0]
    pseudo = total_of(data[26:34], 6 + 20 + length)
    return {"where": name, "size": len(data), "length": length, "sequence": sequence,
            "ip": total_of(data[14:34]) == 0xffff, "sum": total_of(data[TCP:HEADERS + length], pseudo) == 0xffff,
            "bytes": data[HEADERS:] == pattern(sequence, length)}


def listen(total):
    places = {raw(name): name for name in ("tap0", "v1")}
    print("listening", flush=True)
    seen, left, deadline = [], {"tap0": total, "v1": total}, time.monotonic() + 60
    while any(bytes_left > 0 for bytes_left in left.values()) and time.monotonic() < deadline:
        for ready in select.select(list(places), [], [], 1)[0]:
            data = ready.recv(70000)
            if data[6:12] == GUEST and data[12:14] == b"\x08\x00" and data[23] == 6:
                seen.append((places[ready], data))
                left[places[ready]] -= len(data) - HEADERS
    print(json.dumps([describe(*frame) for frame in seen]))


def send(total, piece, segment):
    connection = raw("v1")
    connection.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    for sequence in range(0, total, piece):
        length = min(piece, total - sequence)
        cut = segment and length > segment
        header = struct.pack("<BBHHHH", 1, 1 if cut else 0, HEADERS if cut else 0, segment if cut else 0, TCP, 16)
        ip = bytearray(struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + length, 0, 0, 64, 6, 0, b"\x0a\x09\x00\x01",
                                   b"\x0a\x09\x00\x02"))
        struct.pack_into(">H", ip, 10, 0xffff - total_of(bytes(ip)))
        tcp = struct.pack(">HHIIBBHHH", 9, 7, sequence, 0, 0x50, 0x10, 65535,
                          total_of(bytes(ip[12:]), 6 + 20 + length), 0)
        connection.send(header + GUEST + PEER + b"\x08\x00" + ip + tcp + pattern(sequence, length))
        time.sleep(0.002)  # the guest's buffers are few


if __name__ == "__main__":
    {"set-up": set_up, "listen": listen, "send": send}[sys.argv[1]](*map(int, sys.argv[2:]))
