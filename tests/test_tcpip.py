# SPDX-License-Identifier: BSD-2-Clause
"""The TCP/IP server: configured by its network, asked by commands, and under fire.

What is on the other side is either QEMU's user network or, frame by frame, tcpip_peer.Network.
"""

import contextlib
import http.client
import json
import random
import re
import socket
import struct
import time

import pytest
from anser_qemu import PATIENCE, PROMPT, Machine, free_ports
from net_peer import BROADCAST, frame
from tcpip_peer import (ACK, GUEST_IP, HOST_IP, IP, IP6, RST, SYN, Connection, Network, icmp, ip4,
                        parse_ip4, tcp, udp)

PAGE = b"GET / HTTP/1.0\r\n\r\n"


@contextlib.contextmanager
def cable(folder, **options):
    """A machine at its prompt, and the network at the other end of its cable."""
    with Network(folder) as network, Machine(extra=network.arguments(), timeout=60,
                                             **options) as machine:
        machine.expect(PROMPT)
        wait_address(machine, GUEST_IP)
        yield machine, network


def wait_until(machine, command, pattern):
    """Asks again until the answer shows the pattern; some things take the guest seconds."""
    deadline = time.monotonic() + 30 * PATIENCE
    while time.monotonic() < deadline:
        shown = machine.command(command)
        found = re.search(pattern, shown, re.M)
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{command!r} never showed {pattern!r}: {shown}")


def wait_address(machine, address):
    wait_until(machine, "ip", rf"^ +{re.escape(address)}/\d+$")


def serve(machine):
    """The stock HTTP server listens on port 80 of the guest."""
    machine.command("httpd &")
    wait_until(machine, "ip connections", r"^tcp listen +\S+ 80 ")


def fetch(network):
    """A page by a connection as it should be."""
    connection = Connection(network, 80)
    connection.open()
    connection.send(PAGE)
    answer = connection.receive_all()
    assert answer.startswith(b"HTTP/1.0 200 OK\r\n"), answer[:100]


def counter(machine, line, name):
    """One of the numbers of `ip stats`."""
    shown = machine.command("ip stats")
    return int(re.search(rf"^ +{line}:.*?(\d+) {name}", shown, re.M)[1])


def test_user_network():
    """QEMU's own network: DHCP, the commands, and a connection from outside and to there."""
    (port,) = free_ports(1)
    with Machine(net="user", hostfwd=f"{port}:80", timeout=60) as machine:
        machine.expect(PROMPT)
        wait_address(machine, "10.0.2.15")
        assert re.search(r"^0\.0\.0\.0/0 by 10\.0\.2\.2 interface 2$", machine.command("ip route"), re.M)
        assert "resolver 10.0.2.3\n" in machine.command("ip route")
        shown = machine.command("ping -c 3 -i 0.01 10.0.2.2")
        assert "3 sent, 3 received, 0% lost" in shown
        assert "1 sent, 1 received" in machine.command("ping -c 1 -s 5000 127.0.0.1")
        assert "1 sent, 1 received" in machine.command("ping -c 1 -s 60000 ::1")
        assert "1 sent, 0 received, 100% lost" in machine.command("ping -c 1 -W 0.2 10.0.2.99")
        assert "there is no interface 'net7'" in machine.command("ip up net7")
        assert "'10.0.2.300' is no address" in machine.command("ip resolver 10.0.2.300")
        serve(machine)
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        client.request("GET", "/")
        assert client.getresponse().status == 200


def test_configuration(tmp_path):
    """A lease, names, the time by SNTP, IPv6 by a router's advertisement, an address by hand, the link down and up."""
    with cable(tmp_path, legacy=True) as (machine, network):
        assert network.leases == 1
        shown = machine.command("nslookup web.test")
        assert re.search(rf"^web\.test  {re.escape(HOST_IP)}$", shown, re.M)
        assert re.search(r"^web\.test  2001:db8:77::1$", shown, re.M)
        assert "no.test: there is no such name" in machine.command("nslookup no.test")
        assert (b"no.test", 28) in network.queries and (b"no.test", 1) in network.queries
        assert "2 sent, 2 received" in machine.command("ping -c 2 -i 0.01 web.test")
        machine.command("ip sntp 192.168.77.1")
        wait_until(machine, "date", r"2030")
        wait_until(machine, "ip", r"^ +fe80::5054:ff:fe12:3456%2/64$")
        network.echo6("fe80::5054:ff:fe12:3456")
        network.advertise()
        wait_until(machine, "ip", r"^ +2001:db8:77:0:5054:ff:fe12:3456/64$")
        assert "'10.9.8.7/33' is no address with a prefix" in machine.command("ip addr net0 10.9.8.7/33")
        machine.command("ip addr net0 10.9.8.7/24")
        machine.command("ip gateway net0 10.9.8.1")
        wait_address(machine, "10.9.8.7")
        assert "0.0.0.0/0 by 10.9.8.1 interface 2" in machine.command("ip route")
        machine.command("ip dhcp net0")
        wait_address(machine, GUEST_IP)
        assert network.leases == 2


def test_link(tmp_path):
    """A cable that is pulled and put back in brings a new lease; connections go on."""
    with Network(tmp_path) as network, socket.socket(socket.AF_UNIX) as control, Machine(
            extra=[*network.arguments(), "-qmp", f"unix:{tmp_path}/qmp,server=on,wait=off"],
            timeout=60) as machine:
        machine.expect(PROMPT)
        wait_address(machine, GUEST_IP)
        serve(machine)
        connection = Connection(network, 80)
        connection.open()
        control.connect(f"{tmp_path}/qmp")
        lines = control.makefile("rw")
        lines.readline()

        def order(what, **arguments):
            lines.write(json.dumps({"execute": what, "arguments": arguments}))
            lines.flush()
            while "return" not in json.loads(lines.readline()):
                pass

        order("qmp_capabilities")
        order("set_link", name="nic0", up=False)
        wait_until(machine, "ip", r"^2: net0  up, no link")
        order("set_link", name="nic0", up=True)
        wait_until(machine, "ip", r"^2: net0  up, dhcp")
        connection.send(PAGE)
        assert connection.receive_all().startswith(b"HTTP/1.0 200 OK\r\n")
        assert network.leases == 2


def test_no_name_server(tmp_path):
    """A name server that says nothing is an error of its own."""
    with cable(tmp_path) as (machine, network):
        network.dns = False
        machine.send("nslookup web.test\n")
        machine.expect("web.test: no answer from the name server", timeout=60)


def junk(randomness):
    """Frames that are noise, and such that look right for longer and longer."""
    for length in range(14, 1515, 7):
        yield randomness.randbytes(length)
    for _ in range(300):
        kind = randomness.choice([1, 2, 6, 17, 58, 132])
        body = randomness.randbytes(randomness.randrange(0, 120))
        yield frame(ip4(kind, body), IP)
        yield frame(ip4(kind, body, length=randomness.randrange(0, 65536)), IP)
        yield frame(ip4(kind, body, version_ihl=0x40 | randomness.randrange(16)), IP)
        yield frame(bytes([0x60]) + randomness.randbytes(5) + bytes([kind, 255])
                    + randomness.randbytes(32) + body, IP6)
    whole = ip4(6, tcp(1, 80, 0, 0, SYN, options=b"\x02\x04\x05\xb4"))
    for length in range(len(whole)):
        yield frame(whole[:length], IP)
    for options in (b"\x02\x00\x00\x00", b"\x02\xff\x00\x00", b"\x03\x03\xff\x00", b"\x05\x22" + bytes(2),
                    b"\xfd\x01\x01\x01"):
        yield frame(ip4(6, tcp(2, 80, 0, 0, SYN, options=options)), IP)
    for flags in range(256):
        yield frame(ip4(6, tcp(3, 80, randomness.randrange(1 << 32), 7, flags, b"x")), IP)
    for length in range(0, 28):
        yield frame(randomness.randbytes(length), 0x0806, to=BROADCAST)
    for code in range(16):
        yield frame(ip4(1, icmp(3, code, bytes(4) + whole[:28])), IP)
    yield frame(ip4(6, tcp(80, 80, 1, 1, SYN, source=GUEST_IP), source=GUEST_IP), IP)


def fragments(randomness):
    """Pieces of datagrams: overlapping, out of order, with holes, too long, and never complete."""
    data = udp(9, 9, randomness.randbytes(4000))
    for identifier in range(200):
        for _ in range(4):
            at = randomness.randrange(0, 500)
            more = 0x2000 if randomness.random() < 0.8 else 0
            length = randomness.choice([1, 7, 8, 64, 1480])
            yield frame(ip4(17, data[at * 8:at * 8 + length] or b"z", identifier=identifier,
                            fragment=more | at), IP)
    yield frame(ip4(17, bytes(1480), identifier=300, fragment=0x1fff), IP)
    for at in (0, 8, 4, 0, 16):
        yield frame(ip4(6, tcp(5, 80, 0, 0, SYN)[at:], identifier=301, fragment=0x2000 | at // 8), IP)


def test_hostile_frames(tmp_path):
    """Junk, truncated headers and fragments stop nothing."""
    seed = random.randrange(1 << 32)
    print("seed", seed)
    randomness = random.Random(seed)
    with cable(tmp_path, smp=2) as (machine, network):
        serve(machine)
        for data in junk(randomness):
            network.put(data)
        fetch(network)
        for data in fragments(randomness):
            network.put(data)
        fetch(network)
        # A datagram in pieces that is as it should be still arrives.
        echo = icmp(8, 0, b"\0\1\0\1" + randomness.randbytes(4000))
        for at in (2960, 0, 1480):
            more = 0x2000 if at < 2960 else 0
            network.put_ip4(1, echo[at:at + 1480], identifier=999, fragment=more | at // 8)
        network.wait_for(lambda data: (parse_ip4(data) or [0])[0] == 1 or None)
        shown = machine.command("services")
        assert re.search(r"^tcpip +\d+ +0  running", shown, re.M), shown


def test_flood_of_syns(tmp_path):
    """10,000 half-open connections, from many addresses; then one that is meant."""
    with cable(tmp_path) as (machine, network):
        serve(machine)
        segment = tcp(1000, 80, 0, 0, SYN)
        for number in range(10000):
            source = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
            network.put_ip4(6, segment if number % 100 else tcp(number % 60000 + 1, 80, number, 0, SYN,
                                                               source=source), source=source)
        for number in range(10000):
            source = f"192.168.77.{number % 250 + 3}"
            network.put_ip4(6, tcp(number + 1, 80, number, 0, SYN, source=source), source=source)
        fetch(network)
        assert counter(machine, "stack", "connections at most") < 1024
        shown = machine.command("services")
        assert re.search(r"^tcpip +\d+ +0  running", shown, re.M), shown


def test_segments_out_of_place(tmp_path):
    """A connection whose peer sends twice, in the wrong order, outside the window and with false sums."""
    with cable(tmp_path) as (machine, network):
        serve(machine)
        connection = Connection(network, 80, port=31000)
        connection.open()
        base, seen = connection.sent, connection._seen

        def put(at, payload, flags=ACK, spoil=False):
            segment = tcp(31000, 80, base + at, seen, flags, payload)
            if spoil:
                segment = segment[:16] + bytes([segment[16] ^ 1]) + segment[17:]
            network.put_ip4(6, segment)

        put(4, PAGE[4:9])
        put(2, PAGE[2:6])
        put(12, PAGE[12:])
        put(0, b"POST /wrong", spoil=True)
        put(1 << 30, b"far away")
        put(-5000, b"long ago")
        put(0, b"", flags=RST | ACK, spoil=True)
        put(9, PAGE[9:13])
        put(0, PAGE[0:3])
        connection.sent = base + len(PAGE)
        assert connection.receive_all().startswith(b"HTTP/1.0 200 OK\r\n")


@pytest.mark.parametrize("smp", [1, 2])
def test_restart(smp):
    """The server and the driver below it are killed under load; listeners come back by themselves."""
    (port,) = free_ports(1)

    def get():
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            client.request("GET", "/")
            return client.getresponse().read()
        finally:
            client.close()

    def get_again():
        """In between, QEMU's network finds nobody: it resets, or the answer is cut off."""
        for _ in range(200):
            with contextlib.suppress(OSError, http.client.HTTPException):
                page = get()
                if page:
                    return page
            time.sleep(0.05)
        raise AssertionError("the HTTP server did not come back")

    with Machine(net="user", hostfwd=f"{port}:80", smp=smp, timeout=60) as machine:
        machine.expect(PROMPT)
        wait_address(machine, "10.0.2.15")
        serve(machine)
        page = get()
        for victim in ("tcpip", "net0", "tcpip", "net0"):
            machine.command(f"restart {victim}")
            assert get_again() == page
        shown = machine.command("services")
        assert re.search(r"^tcpip +\d+ +2  running", shown, re.M), shown
