# SPDX-License-Identifier: BSD-2-Clause
"""ICMP errors from the network reach the programs whose packets they are about, and forged ones nobody."""

import struct

import pytest

from anser_qemu import BUILD
from test_tcpip import cable, wait_until
from tcpip_peer import (ACK, FIN, GUEST_IP, HOST_IP, HOST_IP6, PSH, SYN, Connection, icmp, icmp6, packed,
                        parse_ip4, parse_ip6, tcp)

FAR = "198.51.100.7"  # behind the gateway, which is this peer
GUEST_IP6 = "fe80::5054:ff:fe12:3456"
HOST, PORT, TOO_BIG = 1, 3, 2
UNREACHABLE, EXCEEDED = 3, 11


def sent_to(network, address, protocol):
    """The next packet to this address, from its IP header on."""
    def look(data):
        parsed = parse_ip4(data) or parse_ip6(data)
        return data[14:] if parsed and (parsed[0], parsed[2]) == (protocol, address) else None

    return network.wait_for(look)


def changed(packet, at, by=1):
    """A packet that was never sent: one of its bytes is another."""
    return packet[:at] + bytes([packet[at] + by & 255]) + packet[at + 1:]


def report(network, code, packet, kind=UNREACHABLE, spoil=0):
    """An error of the gateway's about a packet."""
    message = icmp(kind, code, bytes(4) + packet[:28])
    network.put_ip4(1, changed(message, 2, spoil))


def forge(network, packet, places):
    """Errors that would be taken for one about the packet, but for one thing each: an address or a port
    (`places` in the packet), a bad sum, too little of it, a later fragment, a header too long."""
    for place in places:
        report(network, HOST, changed(packet, place))
    report(network, HOST, packet, spoil=1)
    report(network, HOST, changed(packet, 7))
    report(network, HOST, changed(packet, 0, 10))
    for length in range(28):
        network.put_ip4(1, icmp(UNREACHABLE, HOST, bytes(4) + packet[:length]))
    network.put_ip4(1, icmp(UNREACHABLE, HOST, bytes(4) + packet[:28]), to="192.168.77.255")


def test_ping(tmp_path):
    """Who says that there is no answer, and why; IPv4 and IPv6."""
    with cable(tmp_path) as (machine, network):
        machine.send(f"ping -c 1 -W 60 {FAR}\n")
        request = sent_to(network, FAR, 1)
        forge(network, request, (15, 19, 20, 24, 26))  # addresses, type, identifier, sequence number
        report(network, HOST, request)
        machine.expect(rf"from {HOST_IP}: sequence 1, destination host unreachable\n")
        machine.expect("1 sent, 0 received, 1 errors, 100% lost")
        machine.send(f"ping -c 1 -W 60 -t 1 {FAR}\n")
        request = sent_to(network, FAR, 1)
        assert request[8] == 1, "the time to live"
        report(network, 0, request, EXCEEDED)
        machine.expect(rf"from {HOST_IP}: sequence 1, time to live exceeded\n")
        machine.send("ping -c 1 -W 60 2001:db8::1\n")
        machine.expect("ping: 2001:db8::1: network unreachable\n")
        network.advertise()
        wait_until(machine, "ip", r"^ +2001:db8:77:0:5054:ff:fe12:3456/64$")
        machine.send("ping -c 1 -W 60 2001:db8::1\n")
        request = sent_to(network, "2001:db8::1", 58)
        to = str(parse_ip6(bytes(12) + b"\x86\xdd" + request)[1])
        network.put_ip6(58, icmp6(1, bytes(4) + request, HOST_IP6, to, code=3), to=to)
        machine.expect(r"from fe80::5054:ff:feab:cdef%2: sequence 1, address unreachable\n")


@pytest.mark.parametrize("kind, code, says", [
    (UNREACHABLE, HOST, "no route to host"), (UNREACHABLE, 0, "network is unreachable"),
    (UNREACHABLE, PORT, "connection refused"), (EXCEEDED, 0, "no route to host")])
def test_connect(tmp_path, kind, code, says):
    """A connection that cannot be made ends at once, with Linux's error."""
    with cable(tmp_path) as (machine, network):
        machine.send(f"httpget http://{FAR}/\n")
        syn = sent_to(network, FAR, 6)
        assert syn[33] == SYN
        # Addresses, ports, and sequence numbers before and behind the one that is in flight.
        forge(network, syn, (15, 19, 21, 23))
        for by in (1, -1):
            report(network, PORT if code == HOST else HOST, changed(syn, 27, by))
        report(network, code, syn, kind)
        machine.expect(says)


def test_established(tmp_path):
    """A connection that stands goes on, whatever is said of it."""
    with cable(tmp_path) as (machine, network):
        machine.send(f"httpget http://{FAR}:81/\n")
        syn = sent_to(network, FAR, 6)
        port, sequence = int.from_bytes(syn[20:22], "big"), int.from_bytes(syn[24:28], "big")

        def put(at, flags, payload=b"", seen=0):
            network.put_ip4(6, tcp(81, port, 1000 + at, sequence + seen, flags, payload, source=FAR), source=FAR)

        put(0, SYN | ACK, seen=1)
        request = None
        while request is None or len(request) == 40:
            request = sent_to(network, FAR, 6)
        for code in (0, HOST, 2, PORT, 10, 13):
            report(network, code, request)
        report(network, 0, request, EXCEEDED)
        page = b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nI am here"
        put(1, ACK | PSH | FIN, page, seen=1 + len(request) - 40)
        machine.expect("I am here")


def test_datagram(tmp_path):
    """A connected UDP socket hears of what is final, once, and of nothing else."""
    with cable(tmp_path, initrd=BUILD / "initrd-devices.cpio", mem="256M") as (machine, network):
        machine.send(f"tests/linux/refused {FAR} 9\n")
        datagram = sent_to(network, FAR, 17)
        forge(network, datagram, (15, 19, 21, 23))
        report(network, HOST, datagram)  # it may be there again for the next datagram
        report(network, 0, datagram, EXCEEDED)
        report(network, 4, datagram)
        report(network, PORT, datagram)
        machine.expect("recv: Connection refused\n")


# ---- The path MTU of IPv6. -----------------------------------------------------------------------

def too_big(network, packet, mtu, spoil=0):
    message = icmp6(TOO_BIG, struct.pack("!I", mtu) + packet[:1232], HOST_IP6, GUEST_IP6)
    network.put_ip6(58, changed(message, 2, spoil), to=GUEST_IP6)


def answer_echo(network):
    """Answers an echo request of the guest's, in one piece; the request."""
    request = sent_to(network, HOST_IP6, 58)
    network.put_ip6(58, icmp6(129, request[44:], HOST_IP6, GUEST_IP6), to=GUEST_IP6)
    return request


def test_path_too_narrow(tmp_path):
    """Nobody has less than 1,280 bytes: who says so changes nothing. 48 once made lwIP cut for ever."""
    with cable(tmp_path) as (machine, network):
        wait_until(machine, "ip", rf"^ +{GUEST_IP6}%2/64$")
        for mtu in (48, 55, 1, 0, 100, 1279, 1500, 9000, 0xffffffff):
            machine.send(f"ping -c 1 -W 60 -s 1300 {HOST_IP6}%2\n")
            request = answer_echo(network)
            machine.expect("1 sent, 1 received")
            assert len(request) == 1348
            too_big(network, request, mtu)
        # In fragments it goes, when it has to.
        machine.send(f"ping -c 1 -W 60 -s 1300 {HOST_IP6}%2\n")
        too_big(network, sent_to(network, HOST_IP6, 58), 1280)
        machine.expect(r"sequence 1, packet too big \(1280 bytes fit\)")
        machine.send(f"ping -c 1 -W 60 -s 1300 {HOST_IP6}%2\n")
        assert len(sent_to(network, HOST_IP6, 44)) == 1280


def transfer(network, sequence_change, mtu):
    """Fetches a large file over IPv6; the first segment of more than 1,250 bytes gets an error, with
    another sequence number if so wanted. The sizes of the segments that came."""
    connection = Connection(network, 80, source=HOST_IP6, to=GUEST_IP6)
    connection.open()
    connection.send(b"GET /servers/linux HTTP/1.0\r\n\r\n")

    def large(data):
        parsed = parse_ip6(data)
        return data[14:] if parsed and parsed[0] == 6 and len(parsed[3]) > 1250 else None

    segment = network.wait_for(large)
    sequence = int.from_bytes(segment[44:48], "big") + sequence_change & 0xffffffff
    too_big(network, segment[:44] + struct.pack("!I", sequence) + segment[48:], mtu)
    answer = connection.receive_all()
    assert answer.endswith((BUILD / "servers" / "linux").read_bytes())
    return connection.sizes


def test_path_shrinks(tmp_path):
    """A connection goes on with smaller segments, and what was under way is cut, not lost. A stranger who
    does not know where the connection is makes no difference."""
    with cable(tmp_path) as (machine, network):
        machine.command("httpd -root / &")
        wait_until(machine, "ip connections", r"^tcp listen +\S+ 80 ")
        wait_until(machine, "ip", rf"^ +{GUEST_IP6}%2/64$")
        for change in (1 << 20, -(1 << 20), 1 << 31):
            assert max(transfer(network, change, 1280)[-9:]) == 1440
        assert max(transfer(network, 0, 1300)[-9:]) == 1240
        assert max(transfer(network, 0, 1280)[-9:]) == 1220
