# SPDX-License-Identifier: BSD-2-Clause
"""Ethernet frames as a hostile neighbour sends them: almost right, so that they get far."""

import ipaddress
import struct

GUEST_MAC = bytes.fromhex("525400123456")
NEIGHBOUR_MAC = bytes.fromhex("020000000066")
BROADCAST = b"\xff" * 6
GUEST = ipaddress.ip_address("10.0.2.15").packed
NEIGHBOUR = ipaddress.ip_address("10.0.2.66").packed
ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86dd
ICMP, IGMP, TCP, UDP, ICMP6 = 1, 2, 6, 17, 58
PORT = 8080


def ethernet(kind, payload, to=GUEST_MAC):
    return to + NEIGHBOUR_MAC + struct.pack(">H", kind) + payload


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def arp(operation, sender=NEIGHBOUR, target=GUEST, to=BROADCAST):
    return ethernet(ARP, struct.pack(">HHBBH", 1, IPV4, 6, 4, operation) + NEIGHBOUR_MAC + sender
                    + bytes(6) + target, to)


def ipv4(protocol, payload, source=NEIGHBOUR, target=GUEST, fragment=0, options=b"", identity=1, length=None):
    words = 5 + len(options) // 4
    head = struct.pack(">BBHHHBBH", 0x40 | words, 0, 4 * words + len(payload) if length is None else length,
                       identity, fragment, 64, protocol, 0) + source + target + options
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return ethernet(IPV4, head + payload)


def with_sum(protocol, source, target, segment, offset):
    """The segment with its checksum at the offset, over IPv4's pseudo header."""
    pseudo = source + target + struct.pack(">HH", protocol, len(segment))
    value = checksum(pseudo + segment) or 0xffff
    return segment[:offset] + struct.pack(">H", value) + segment[offset + 2:]


def tcp(source_port, flags, sequence=0, acknowledged=0, options=b"", data=b"", source=NEIGHBOUR, port=PORT):
    words = 5 + len(options) // 4
    head = struct.pack(">HHIIBBHHH", source_port, port, sequence, acknowledged, words << 4, flags, 65535, 0, 0)
    return ipv4(TCP, with_sum(TCP, source, GUEST, head + options + data, 16), source)


def udp(source_port, port, data, source=NEIGHBOUR, length=None):
    head = struct.pack(">HHHH", source_port, port, 8 + len(data) if length is None else length, 0)
    return ipv4(UDP, with_sum(UDP, source, GUEST, head + data, 6), source)


def icmp(kind, code, rest):
    message = struct.pack(">BBH", kind, code, 0) + rest
    return ipv4(ICMP, message[:2] + struct.pack(">H", checksum(message)) + message[4:])


def ipv6(following, payload, target, length=None):
    source = bytes.fromhex("fe80" + "00" * 6 + "0000 00ff fe00 0066".replace(" ", ""))
    head = struct.pack(">IHBB", 6 << 28, len(payload) if length is None else length, following, 255)
    return ethernet(IPV6, head + source + target + payload, b"\x33\x33" + target[12:])


def random_address(random):
    """Of the guest's network, but nobody who is there."""
    return bytes((10, 0, 2, random.randrange(100, 250)))


# ---- What a neighbour may do wrong, each from random bytes.

def noise(random):
    return random.randbytes(random.choice((1, 13, 14, 15, 60, 600, 1514, 1515, 2000)))


def noise_to_guest(random):
    return GUEST_MAC + NEIGHBOUR_MAC + struct.pack(">H", random.choice((ARP, IPV4, IPV6, 0x8100, 3))) \
        + random.randbytes(random.randrange(0, 200))


def odd_arp(random):
    frame = bytearray(arp(random.randrange(4), random_address(random)))
    frame[random.randrange(14, 22)] = random.randrange(256)
    return bytes(frame[:random.choice((20, 30, 41, 42))])


def odd_ipv4(random):
    """A header that lies about its length, its options or its checksum."""
    frame = bytearray(udp(9, 9, random.randbytes(random.randrange(100)), random_address(random)))
    frame[random.randrange(14, 34)] = random.randrange(256)
    if random.random() < 0.7:
        header = frame[14:14 + 4 * max(5, frame[14] & 15)]
        header[10:12] = b"\0\0"
        frame[24:26] = struct.pack(">H", checksum(bytes(header)))
    return bytes(frame)


def odd_options(random):
    return ipv4(random.choice((ICMP, IGMP, UDP)), random.randbytes(20), random_address(random),
                options=random.randbytes(4 * random.randrange(1, 11)))


def fragment(random):
    """Pieces that overlap, go beyond 64 KiB, or never come to an end."""
    place = random.choice((0, 1, 2, 3, 100, 0x1ff0, 0x1fff)) | random.choice((0, 0x2000))
    return ipv4(random.choice((UDP, ICMP, TCP)), random.randbytes(random.choice((0, 1, 7, 8, 9, 1480))),
                random_address(random), fragment=place, identity=random.randrange(20))


def syn(random):
    return tcp(random.randrange(1, 65536), 2, random.getrandbits(32), source=random_address(random))


def odd_tcp(random):
    """Any flags, options and numbers, on the port where somebody listens."""
    source = random_address(random)
    frame = bytearray(tcp(random.randrange(1, 65536), random.randrange(256), random.getrandbits(32),
                          random.getrandbits(32), random.randbytes(4 * random.randrange(11)),
                          random.randbytes(random.randrange(100)), source))
    if random.random() < 0.3:
        frame[46] = random.randrange(256)  # where the data begins
    return bytes(frame)


def odd_udp(random):
    """Answers that nobody asked for: of a name server, a DHCP server, a clock; and lengths that lie."""
    source_port, port = random.choice(((53, 53), (53, 49152), (67, 68), (123, 123), (9, random.randrange(65536))))
    data = random.randbytes(random.randrange(600))
    if source_port == 67:
        data = b"\x02\x01\x06\0" + random.randbytes(232) + b"\x63\x82\x53\x63" + random.randbytes(100)
    length = random.choice((None, None, 0, 7, 8, 65535))
    return udp(source_port, port, data, random_address(random), length)


def odd_icmp(random):
    """Errors about packets that were never sent, redirects, requests of all sizes."""
    return icmp(random.choice((0, 3, 4, 5, 8, 11, 12, 13, 17, random.randrange(256))), random.randrange(16),
                random.randbytes(random.randrange(4, 600)))


def forged_error(random):
    """Errors about packets that could have been sent, and almost were: whole, cut off, or with a byte changed."""
    protocol = random.choice((ICMP, TCP, UDP))
    head = struct.pack(">HH", random.choice((PORT, 53, 68, 0x0800)), random.randrange(65536)) + random.randbytes(16)
    packet = bytearray(ipv4(protocol, head, GUEST, random_address(random))[14:])
    if random.random() < 0.5:
        packet[random.randrange(len(packet))] = random.randrange(256)
    code = random.randrange(17)
    return icmp(random.choice((3, 3, 11, 12)), code, random.randbytes(4) + packet[:random.randrange(29, 41)])


def packet_too_big(random):
    """Sums and quoted addresses are right; what the path takes is not (RFC 8201)."""
    source, guest = (bytes.fromhex("fe80" + "00" * 6 + end) for end in ("000000fffe000066", "505400fffe123456"))
    quoted = struct.pack(">IHBB", 6 << 28, 40, random.choice((TCP, UDP, ICMP6, 44)), 64) + guest + source \
        + struct.pack(">HH", PORT, 9) + random.randbytes(16)
    message = struct.pack(">BBHI", 2, 0, 0, random.choice((0, 1, 40, 48, 55, 56, 100, 1279, 1280, 65536, 0xffffffff))) \
        + quoted[:random.randrange(len(quoted))]
    pseudo = source + guest + struct.pack(">II", len(message), ICMP6)
    message = message[:2] + struct.pack(">H", checksum(pseudo + message)) + message[4:]
    return ethernet(IPV6, struct.pack(">IHBB", 6 << 28, len(message), ICMP6, 255) + source + guest + message)


def odd_ipv6(random):
    """Chains of extension headers, router advertisements and neighbours with options that lie."""
    all_nodes = bytes.fromhex("ff02" + "00" * 13 + "01")
    following = random.choice((0, 43, 44, 50, 51, 60, ICMP6, TCP, UDP, random.randrange(256)))
    payload = random.randbytes(random.randrange(200))
    if following == ICMP6:
        payload = bytes((random.choice((1, 2, 128, 130, 134, 135, 136, 137)), 0)) + payload
    elif following in (0, 43, 60):
        payload = bytes((random.choice((0, 43, 44, 60, ICMP6, 59)), random.choice((0, 1, 255)))) + payload
    return ipv6(following, payload, all_nodes, random.choice((None, None, 0, 65535)))


KINDS = (noise, noise_to_guest, odd_arp, odd_ipv4, odd_options, fragment, syn, odd_tcp, odd_udp, odd_icmp, forged_error,
         packet_too_big, odd_ipv6)
