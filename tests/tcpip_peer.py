# SPDX-License-Identifier: BSD-2-Clause
"""A whole little network at the other end of a guest's cable, frame by frame.

It answers ARP, DHCP (the guest gets GUEST_IP), DNS (NAMES), neighbour solicitations and echo, and it
can speak TCP: well (`Connection`), or as badly as a test likes (the functions that make packets).
"""

import ipaddress
import random
import struct
import threading
import time

from anser_qemu import PATIENCE
from net_peer import BROADCAST, GUEST, HOST, Peer, frame

HOST_IP, GUEST_IP, NETWORK = "192.168.77.1", "192.168.77.2", "192.168.77.0"
HOST_IP6 = "fe80::5054:ff:feab:cdef"
PREFIX6 = "2001:db8:77::"
NAMES = {b"web.test": ["192.168.77.1", "2001:db8:77::1"], b"four.test": ["192.0.2.4"]}
TIME = 1900000000  # 17 March 2030, 17:46:40 UTC
IP, ARP, IP6 = 0x0800, 0x0806, 0x86dd
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packed(address):
    return ipaddress.ip_address(address).packed


def ip4(protocol, payload, source=HOST_IP, to=GUEST_IP, identifier=0, fragment=0, length=None,
        version_ihl=0x45):
    """An IPv4 packet; `fragment`: the field of flags and offset, `length`: what the header says."""
    total = 20 + len(payload) if length is None else length
    header = struct.pack("!BBHHHBBH4s4s", version_ihl, 0, total, identifier, fragment, 64, protocol,
                         0, packed(source), packed(to))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ip6(protocol, payload, source=HOST_IP6, to=None, hops=255):
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), protocol, hops, packed(source),
                       packed(to)) + payload


def pseudo(protocol, payload, source, to):
    source, to = packed(source), packed(to)
    if len(source) == 4:
        return source + to + struct.pack("!BBH", 0, protocol, len(payload))
    return source + to + struct.pack("!II", len(payload), protocol)


def with_sum(protocol, segment, at, source, to):
    """The segment with its checksum at this offset."""
    value = checksum(pseudo(protocol, segment, source, to) + segment)
    return segment[:at] + struct.pack("!H", value) + segment[at + 2:]


def tcp(port, to_port, sequence, acknowledged, flags, payload=b"", window=65535, options=b"",
        source=HOST_IP, to=GUEST_IP):
    offset = (20 + len(options)) // 4 << 4
    segment = struct.pack("!HHIIBBHHH", port, to_port, sequence & 0xffffffff,
                          acknowledged & 0xffffffff, offset, flags, window, 0, 0)
    return with_sum(6, segment + options + payload, 16, source, to)


def udp(port, to_port, payload, source=HOST_IP, to=GUEST_IP):
    segment = struct.pack("!HHHH", port, to_port, 8 + len(payload), 0) + payload
    return with_sum(17, segment, 6, source, to)


def icmp(kind, code, rest):
    message = struct.pack("!BBH", kind, code, 0) + rest
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def icmp6(kind, rest, source, to, code=0):
    return with_sum(58, struct.pack("!BBH", kind, code, 0) + rest, 2, source, to)


def parse_ip4(data):
    """(protocol, source, to, payload) of a frame, or None."""
    if data[12:14] != IP.to_bytes(2, "big"):
        return None
    header = (data[14] & 15) * 4
    total = int.from_bytes(data[16:18], "big")
    return (data[23], str(ipaddress.ip_address(data[26:30])),
            str(ipaddress.ip_address(data[30:34])), data[14 + header:14 + total])


def parse_ip6(data):
    """Likewise; the protocol may be that of an extension header."""
    if data[12:14] != IP6.to_bytes(2, "big"):
        return None
    return (data[20], str(ipaddress.ip_address(data[22:38])), str(ipaddress.ip_address(data[38:54])),
            data[54:54 + int.from_bytes(data[18:20], "big")])


class Network(Peer):
    """The peer with somebody at home: a thread answers what a network answers."""

    def __init__(self, folder, **options):
        super().__init__(folder, **options)
        self._lock = threading.Lock()
        self._running = True
        self.leases = 0
        self.queries = []
        self.arrived = []  # TCP segments and other things that nobody here answers
        self._news = threading.Condition()
        self.dns = True

    def __enter__(self):
        super().__enter__()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._running = False
        self._thread.join(10)
        super().__exit__(*error)

    def put(self, data):
        """Sends a frame; any thread."""
        with self._lock:
            self.send(data)

    def put_ip4(self, *arguments, **options):
        self.put(frame(ip4(*arguments, **options), IP))

    def put_ip6(self, *arguments, **options):
        self.put(frame(ip6(*arguments, **options), IP6))

    def _listen(self, seconds):
        # Sending waits in this thread or in the test's; receiving is this thread's alone.
        if threading.current_thread() is self._thread:
            super()._listen(seconds)
        else:
            time.sleep(min(seconds, 0.01))

    def _serve(self):
        while self._running:
            data = self.receive(timeout=0.1)
            if data is None:
                continue
            answers = {ARP: self._arp, IP: self._ip4, IP6: self._ip6}
            answer = answers.get(int.from_bytes(data[12:14], "big"))
            if answer is None or not answer(data):
                with self._news:
                    self.arrived.append(data)
                    self._news.notify_all()

    def wait_for(self, wanted, timeout=20):
        """The first frame that nobody answered for which wanted(frame) is not None: that value."""
        deadline = time.monotonic() + timeout * PATIENCE
        with self._news:
            while True:
                while self.arrived:
                    found = wanted(self.arrived.pop(0))
                    if found is not None:
                        return found
                left = deadline - time.monotonic()
                assert left > 0, "what was waited for did not come"
                self._news.wait(left)

    def _arp(self, data):
        operation, target = data[20:22], data[38:42]
        if operation == b"\0\1" and target == packed(HOST_IP):
            self.put(frame(bytes.fromhex("00010800060400 02".replace(" ", "")) + HOST + target
                           + data[22:32], ARP, to=data[6:12]))
        return True

    def _ip4(self, data):
        protocol, source, to, payload = parse_ip4(data)
        if protocol == 17 and payload[2:4] == b"\0\x43":
            return self._dhcp(payload[8:])
        if protocol == 17 and payload[2:4] == b"\0\x35" and to == HOST_IP:
            return self._dns(payload, source)
        if protocol == 17 and payload[2:4] == b"\0\x7b" and to == HOST_IP:
            return self._ntp(payload, source)
        if protocol == 1 and payload[0] == 8 and to == HOST_IP:
            self.put_ip4(1, icmp(0, 0, payload[4:]), to=source)
            return True
        return protocol == 2

    def _dhcp(self, message):
        kind = message[message.index(b"\x35\x01", 240) + 2]
        if kind not in (1, 3):
            return True
        options = bytes([53, 1, 2 if kind == 1 else 5, 54, 4]) + packed(HOST_IP) \
            + bytes([1, 4, 255, 255, 255, 0, 3, 4]) + packed(HOST_IP) + bytes([6, 4]) \
            + packed(HOST_IP) + bytes([51, 4, 0, 0, 14, 16, 255])
        self.leases += kind == 3
        answer = bytes([2, 1, 6, 0]) + message[4:8] + bytes(8) + packed(GUEST_IP) + packed(HOST_IP) \
            + bytes(4) + message[28:44] + bytes(192) + bytes.fromhex("63825363") + options
        to = "255.255.255.255"
        self.put(frame(ip4(17, udp(67, 68, answer, to=to), to=to), IP, to=BROADCAST))
        return True

    def _dns(self, packet, source):
        port, query = int.from_bytes(packet[:2], "big"), packet[8:]
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]])
            at += 1 + query[at]
        name, kind = b".".join(labels), int.from_bytes(query[at + 1:at + 3], "big")
        self.queries.append((name, kind))
        if not self.dns:
            return True
        found = [packed(a) for a in NAMES.get(name, []) if (":" in a) == (kind == 28)]
        answer = query[:2] + struct.pack("!HHHHH", 0x8180 if name in NAMES else 0x8183, 1,
                                         len(found), 0, 0) + query[12:at + 5]
        for address in found:
            answer += struct.pack("!HHHIH", 0xc00c, kind, 1, 60, len(address)) + address
        self.put_ip4(17, udp(53, port, answer, to=source), to=source)
        return True

    def _ntp(self, packet, source):
        """It is always TIME here (RFC 4330)."""
        answer = bytes([0x24, 1, 4, 0]) + bytes(20) + packet[8 + 40:8 + 48] \
            + struct.pack("!II", TIME + 2208988800, 0) * 2
        port = int.from_bytes(packet[:2], "big")
        self.put_ip4(17, udp(123, port, answer, to=source), to=source)
        return True

    def _ip6(self, data):
        packet = data[14:]
        if packet[6] != 58 or packet[40] != 135:
            return False
        target, source = packet[48:64], packet[8:24]
        if target == packed(HOST_IP6) and any(source):
            to = str(ipaddress.ip_address(source))
            rest = struct.pack("!I", 0x60000000) + target + b"\x02\x01" + HOST
            self.put(frame(ip6(58, icmp6(136, rest, HOST_IP6, to), to=to), IP6, to=data[6:12]))
        return True

    def advertise(self):
        """A router's advertisement of PREFIX6 (RFC 4861, 4.2)."""
        to = "ff02::1"
        prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 86400, 14400, 0) + packed(PREFIX6)
        rest = struct.pack("!BBHII", 64, 0, 1800, 0, 0) + prefix + b"\x01\x01" + HOST
        self.put(frame(ip6(58, icmp6(134, rest, HOST_IP6, to), to=to), IP6,
                       to=bytes.fromhex("333300000001")))

    def echo6(self, to):
        """Asks an IPv6 address for an echo, and waits for it."""
        data = random.randbytes(40)
        rest = struct.pack("!HH", 7, 1) + data
        self.put(frame(ip6(58, icmp6(128, rest, HOST_IP6, to), to=to), IP6))
        self.wait_for(lambda got: True if got[12:14] == b"\x86\xdd" and got[54] == 129
                      and got[62:] == data else None)


class Connection:
    """TCP as a client that is in no hurry: one segment at a time, everything in order.

    Over IPv4 unless `source` and `to` are others. `sizes`: bytes of each segment that came, in order."""

    def __init__(self, network, to_port, port=None, source=HOST_IP, to=GUEST_IP):
        self._network = network
        self._to_port = to_port
        self._ends = {"source": source, "to": to}
        self.sizes = []
        self._port = port or random.randrange(20000, 60000)
        self.sent = random.randrange(1 << 32)
        self._seen = 0

    def _put(self, flags, payload=b"", options=b""):
        put = self._network.put_ip6 if ":" in self._ends["to"] else self._network.put_ip4
        put(6, tcp(self._port, self._to_port, self.sent, self._seen, flags, payload, options=options,
                   **self._ends), **self._ends)

    def _mine(self, data):
        parsed = parse_ip4(data) or parse_ip6(data)
        if parsed is None or parsed[0] != 6:
            return None
        segment = parsed[3]
        ports = struct.unpack("!HH", segment[:4])
        if ports != (self._to_port, self._port):
            return None
        assert checksum(pseudo(6, segment, parsed[1], parsed[2]) + segment) == 0, "bad checksum"
        sequence, acknowledged = struct.unpack("!II", segment[4:12])
        payload = segment[(segment[12] >> 4) * 4:]
        self.sizes.append(len(payload))
        return sequence, acknowledged, segment[13], payload

    def open(self):
        self._put(SYN, options=b"\x02\x04\x05\xb4")
        sequence, acknowledged, flags, _ = self._network.wait_for(self._mine)
        assert flags & (SYN | ACK) == SYN | ACK, f"flags {flags:#x} instead of SYN and ACK"
        self.sent = acknowledged
        self._seen = (sequence + 1) & 0xffffffff
        self._put(ACK)

    def send(self, payload):
        self._put(ACK | PSH, payload)
        self.sent += len(payload)

    def receive_all(self):
        """Everything until the other side ends."""
        received = b""
        while True:
            sequence, _, flags, payload = self._network.wait_for(self._mine)
            assert not flags & RST, "the connection was reset"
            if sequence != self._seen:
                self._put(ACK)
                continue
            received += payload
            self._seen = (self._seen + len(payload) + bool(flags & FIN)) & 0xffffffff
            if payload or flags & FIN:
                self._put(ACK | (FIN if flags & FIN else 0))
            if flags & FIN:
                return received
