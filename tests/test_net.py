# SPDX-License-Identifier: BSD-2-Clause
"""The network interface: frames between a guest and a peer in Python on the other end of its cable."""

import base64
import json
import random
import re
import socket
import subprocess

import pytest

from anser_qemu import BUILD, CONSOLE_STANZA, ROOT, UART_STANZA, Machine, read_tap
from net_peer import BROADCAST, ECHO, GUEST, HOST, WORDS, Peer, frame

TYPE = 0x88b7

# Without a TCP/IP server, which would be the default client.
MANIFEST = UART_STANZA + """\
driver net
    run servers/virtio-net
    priority 22
    memory 8M
    restart always
    device virtio virtio:1
    serve net 64
    log
driver disk
    run servers/virtio-blk
    priority 22
    memory 8M
    restart always
    device virtio virtio:2
    serve disk 64
    log
program programs/capture
    priority 8
    memory 8M
    lookup net disk
    control net
program tests/net/agent
    priority 8
    memory 8M
    lookup net
    control net
    processes
program tests/net/hostile
    priority 8
    memory 16M
    lookup net
""" + CONSOLE_STANZA
FILES = ("servers/uart", "servers/console", "servers/virtio-net", "servers/virtio-blk",
         "programs/capture", "tests/net/agent", "tests/net/hostile")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("net")
    (folder / "manifest").write_text(MANIFEST)
    subprocess.run([ROOT / "tools/mkinitrd", folder / "a.cpio", f"init={BUILD}/servers/init",
                    f"manifest={folder}/manifest", *(f"{name}={BUILD / name}" for name in FILES)],
                   check=True)
    return folder / "a.cpio"


@pytest.fixture
def guest(archive):
    """Makes a machine on a peer's cable that runs tests/net/WHAT."""
    def make(peer, what, *, device="", extra=(), append=None, timeout=60, **options):
        return Machine(initrd=archive, append=append or f"test=net/{what}", timeout=timeout,
                       extra=[*peer.arguments(device), *extra], **options)
    return make


def stop(peer, machine):
    peer.send(frame(b"stop", WORDS))
    assert machine.wait_exit() == 0
    assert read_tap(machine.transcript)[1] == []


def counters(peer):
    """What the agent says: {client: {what: number}}; of A/B, frames and bytes."""
    found = {}
    for line in peer.command("counters").splitlines():
        name, *pairs = line.split()
        for pair in pairs:
            what, numbers = pair.split("=")
            found.setdefault(name, {})[what] = tuple(map(int, numbers.split("/")))
    return found


def echoed(peer, data):
    """The frame that comes back for this one."""
    peer.send(data)
    answer = data[6:12] + GUEST + data[12:]
    back = peer.receive(lambda came: came[12:14] == data[12:14])
    assert back == answer, (len(data), back and back.hex())


# What the device is, and on how many harts the guest runs.
KINDS = {
    "modern": {},
    "legacy": {"legacy": True},
    "qemu10": {"qemu": "10"},
    "two-harts": {"smp": 2},
    "legacy-header-apart": {"legacy": True, "device": "any_layout=off,event_idx=off", "qemu": "10"},
    "no-events": {"device": "event_idx=off,indirect_desc=off,mrg_rxbuf=off", "smp": 2},
    "jumbo": {"device": "host_mtu=9000"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_frames(tmp_path, guest, kind):
    """Frames of every size go in and out unharmed, one by one and in bursts, and are counted."""
    options = dict(KINDS[kind])
    most = 9014 if kind == "jumbo" else 1514
    dice = random.Random(kind)
    with Peer(tmp_path) as peer, guest(peer, "agent -- default", **options) as machine:
        assert peer.receive()[14:] == b"ready"
        link = peer.command("link")
        assert link.startswith(f"52:54:00:12:34:56 mtu={most - 14} link=up"), link
        before = counters(peer)["default"]
        sizes = [*range(14, 100), *range(100, most, 97), most - 1, most]
        for size in sizes:
            echoed(peer, frame(dice.randbytes(size - 14)))
        burst = [frame(number.to_bytes(8, "little") + dice.randbytes(dice.randrange(1000)))
                 for number in range(600)]
        back = []
        for data in burst:
            peer.send(data)
        for data in burst:
            back.append(peer.receive(lambda came: came[12:14] == ECHO.to_bytes(2, "big")))
            assert back[-1] is not None and back[-1][12:] == data[12:], len(back)
        after = counters(peer)["default"]
        frames, size = len(sizes) + len(burst), sum(sizes) + sum(map(len, burst))
        words = len(b"counters") + 14  # the second question itself
        assert after["received"][0] - before["received"][0] == frames + 1
        assert after["received"][1] - before["received"][1] == size + words
        assert after["dropped"] == (0,) and after["errors"] == (0,)
        peer.send(frame(bytes(3 * most), 0x88ff))  # too long, if the device passes it on at all
        peer.send(frame(b"", to=HOST))          # for somebody else
        echoed(peer, frame(b"still there"))
        stop(peer, machine)


def test_guest_sends_in_bursts(tmp_path, guest):
    """10,000 frames from the guest, each one there, in order."""
    with Peer(tmp_path) as peer, guest(peer, "agent -- default") as machine:
        assert peer.receive()
        peer.send(frame(b"burst 10000 214", WORDS))
        for number in range(10000):
            data = peer.receive()
            assert data is not None and len(data) == 214, number
            assert data[14:] == number.to_bytes(8, "little") + bytes([number & 255]) * 192, number
        stop(peer, machine)


def test_clients(tmp_path, guest):
    """By EtherType, promiscuous, and each other: who gets what."""
    other, near = TYPE.to_bytes(2, "big"), 0x9999
    with Peer(tmp_path) as peer, \
            guest(peer, "agent -- default type=88b7 type=88b8 promiscuous") as machine:
        assert peer.receive()
        echoed(peer, frame(b"for the default client"))
        echoed(peer, frame(b"of an EtherType", TYPE))
        echoed(peer, frame(b"of another", 0x88b8))
        peer.send(frame(b"of nobody here", to=HOST))
        peer.send(frame(b"to everybody", TYPE, to=BROADCAST))
        assert peer.receive(lambda data: data[12:14] == other)[:12] == HOST + GUEST
        peer.send(frame(b"to everybody", to=BROADCAST))
        assert peer.receive()[14:] == b"to everybody"
        seen = counters(peer)
        assert seen["type=88b7"]["received"][0] == 2 and seen["type=88b8"]["received"][0] == 1
        everything = seen["promiscuous"]
        assert everything["outgoing"][0] == seen["interface"]["sent"][0]
        assert everything["received"][0] == sum(seen["interface"][way][0]
                                                for way in ("received", "sent")), seen
        # From the default client to the own address: the client of that type has it, and sends it back
        # to the own address, where the default client is the one that is left. The wire sees none.
        peer.send(frame(b"local 88b7", WORDS))
        peer.send(frame(b"local %x" % near, WORDS))  # nobody's: it goes out
        assert peer.receive()[12:14] == near.to_bytes(2, "big")
        now = counters(peer)
        assert now["type=88b7"]["received"][0] == 3 and now["type=88b7"]["sent"][0] == 3
        assert now["default"]["received"][0] == seen["default"]["received"][0] + 4
        stop(peer, machine)


def test_overload(tmp_path, guest):
    """A client without buffers loses frames, which are counted; others do not notice."""
    with Peer(tmp_path) as peer, guest(peer, "agent -- default type=88b7") as machine:
        assert peer.receive()
        assert peer.command("hold 16") == "held"
        for _ in range(100):
            peer.send(frame(b"held back", TYPE))
        echoed(peer, frame(b"goes on"))
        seen = counters(peer)
        assert seen["type=88b7"]["received"][0] == 16 and seen["type=88b7"]["dropped"] == (84,)
        assert seen["interface"]["dropped"] == (84,) and seen["default"]["dropped"] == (0,)
        assert peer.command("hold 0") == "held"
        echoed(peer, frame(b"again", TYPE))
        stop(peer, machine)


def test_link(tmp_path, guest):
    """The cable is cut and mended: the client is told, and frames go on."""
    path = str(tmp_path / "qmp")
    with Peer(tmp_path) as peer, \
            guest(peer, "agent -- default",
                  extra=["-qmp", f"unix:{path},server=on,wait=off"]) as machine, \
            socket.socket(socket.AF_UNIX) as control:
        assert peer.receive()
        machine.expect("link up")
        control.connect(path)
        lines = control.makefile("rw")
        assert "QMP" in lines.readline()

        def order(command, **arguments):
            lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
            lines.flush()
            while "return" not in json.loads(lines.readline()):
                pass

        order("qmp_capabilities")
        for _ in range(3):
            order("set_link", name="nic0", up=False)
            machine.expect("link down")
            order("set_link", name="nic0", up=True)
            machine.expect("link up")
            echoed(peer, frame(b"through"))
        stop(peer, machine)


@pytest.mark.parametrize("smp", [1, 2])
def test_hostile_client(tmp_path, guest, smp):
    """Each broken rule is answered, and the server goes on (tests/net/hostile.c)."""
    with Peer(tmp_path) as peer, guest(peer, "hostile", smp=smp, timeout=90) as machine:
        while machine.running:
            peer.receive(timeout=0.2)
        assert machine.wait_exit() == 0
        passed, failures = read_tap(machine.transcript)
        assert not failures and passed > 40
        assert "net0" not in re.sub("net0: a client broke the rules of its rings", "",
                                    machine.transcript.split("\nok ", 1)[1])


def test_junk(tmp_path, guest):
    """Random bytes as frames, to the guest's address and others: it lives, and answers."""
    dice = random.Random(5)
    with Peer(tmp_path) as peer, guest(peer, "agent -- default type=88b7 promiscuous") as machine:
        assert peer.receive()
        for number in range(8000):
            data = dice.randbytes(dice.choice([14, 15, 20, 60, 200, 1514]))
            peer.send(GUEST + data[6:] if number % 2 else data)
        echoed(peer, frame(b"alive"))
        stop(peer, machine)


def kills(tmp_path, guest, count, smp):
    """Kills the server under traffic; each time frames go both ways again, through new memory."""
    with Peer(tmp_path) as peer, \
            guest(peer, "agent -- default type=88b7 promiscuous", smp=smp, timeout=60) as machine:
        assert peer.receive()
        for number in range(count):
            for _ in range(number % 7):
                peer.send(frame(b"load"))
            peer.send(frame(b"kill", WORDS))
            for ethertype in (ECHO, TYPE):
                probe = frame(b"kill %d of %d" % (number, count), ethertype)
                for _ in range(1000):  # frames are lost meanwhile, as on a wire
                    peer.send(probe)
                    if peer.receive(lambda data: data[14:] == probe[14:], timeout=0.1):
                        break
                else:
                    raise AssertionError(f"no frames after kill {number}")
        seen = counters(peer)
        assert all(seen[name]["recoveries"] == (count,) for name in seen if name != "interface"), seen
        stop(peer, machine)


@pytest.mark.parametrize("smp", [1, 2])
def test_kills(tmp_path, guest, smp):
    kills(tmp_path, guest, 25, smp)


@pytest.mark.soak
def test_kills_soak(tmp_path, guest):
    kills(tmp_path, guest, 1000, 2)


# ---- capture. ------------------------------------------------------------------------------------


def udp(number, port=40053):
    """An IPv4 packet with a UDP datagram; no checksums, which capture does not look at."""
    payload = b"datagram %d" % number
    return (bytes.fromhex("4500") + (28 + len(payload)).to_bytes(2, "big")
            + bytes.fromhex("0000000040110000") + bytes([10, 0, 2, 2, 10, 0, 2, 15])
            + (4000 + number).to_bytes(2, "big") + port.to_bytes(2, "big")
            + (8 + len(payload)).to_bytes(2, "big") + bytes(2) + payload)


def dissect(path):
    """What tshark reads: a line for each frame."""
    fields = ["frame.len", "eth.src", "eth.type", "ip.src", "udp.srcport", "udp.dstport", "data.data"]
    done = subprocess.run(["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=;",
                           *(word for field in fields for word in ("-e", field))],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()


def expected(number):
    text = b"datagram %d" % number
    return (f"{42 + len(text)};52:54:00:ab:cd:ef;0x0800;10.0.2.2;{4000 + number};40053;{text.hex()}")


def test_capture(tmp_path, guest):
    """What `capture` and QEMU's own dump of the same wire keep, tshark reads, and it is what was sent."""
    host = tmp_path / "host.pcap"
    dump = ["-object", f"filter-dump,id=dump,netdev=cable0,file={host}"]
    with Peer(tmp_path) as peer, \
            guest(peer, None, append="run=capture -- -c 30 -w base64 udp and port 40053 and host 10.0.2.15",
                  extra=dump) as machine:
        machine.expect("capture: listening on net0")
        for number in range(30):
            peer.send(frame(udp(number), 0x0800))
            peer.send(frame(udp(number, 54), 0x0800))
            peer.send(frame(b"something else"))
        assert machine.wait_exit() == 0
        text = machine.transcript
    kept = re.search(r"-----BEGIN PCAP-----\n(.*)-----END PCAP-----\n"
                     r"capture: 30 frames, 0 dropped, (\d+) bytes to base64", text, re.S)
    assert kept, text[-500:]
    lines = [line for line in kept[1].splitlines() if re.fullmatch(r"[A-Za-z0-9+/=]{4,76}", line)]
    guest_file = tmp_path / "guest.pcap"
    guest_file.write_bytes(base64.b64decode("".join(lines)))
    assert guest_file.stat().st_size == int(kept[2])
    assert dissect(guest_file) == [expected(number) for number in range(30)]
    assert [line for line in dissect(host) if ";40053;" in line] == dissect(guest_file)
    assert "in  10.0.2.2.4007 > 10.0.2.15.40053: udp, 10 bytes (52)\n" in text


def test_capture_to_disk(tmp_path, archive):
    """-w DISK: the first bytes of the image are the file. Ctrl-C ends it; -s cuts; both interfaces."""
    image = tmp_path / "disk.img"
    with Peer(tmp_path) as peer, Peer(tmp_path, 1) as second, \
            Machine(initrd=archive, disk=str(image), timeout=60,
                    extra=[*peer.arguments(bus=1), *second.arguments(bus=4)]) as machine:
        machine.expect("> ")
        machine.send("capture -i net1 -s 50 -w disk0\n")
        machine.expect("listening on net1")
        for number in range(20):
            peer.send(frame(udp(99), 0x0800))
            second.send(frame(udp(number), 0x0800))
        machine.expect(r"10\.0\.2\.2\.4019 > ")
        machine.send("\x03")
        done = machine.expect(r"capture: (\d+) frames, 0 dropped, (\d+) bytes to disk0\n")
        machine.expect("> ")
    count, size = int(done[1]), int(done[2])
    assert (count, size) == (20, 24 + 20 * 66)
    kept = tmp_path / "kept.pcap"
    kept.write_bytes(image.read_bytes()[:size])
    seen = dissect(kept)
    assert [line.split(";")[4] for line in seen] == [str(4000 + number) for number in range(20)]


@pytest.mark.parametrize("words, says", [
    ("-i net7", "capture: net7: there is no such interface"),
    ("-c 0", "capture: no good value for '-c'"),
    ("-z", "capture: there is no option '-z'"),
    ("port 99999", "capture: the filter stops making sense at 'port'"),
    ("tcp host 10.0.2", "capture: the filter stops making sense at 'host'"),
    ("-w disk9", "capture: disk9: there is no such disk"),
])
def test_capture_refuses(tmp_path, guest, words, says):
    with Peer(tmp_path) as peer, guest(peer, None, append=f"run=capture -- {words}") as machine:
        assert machine.wait_exit() in (1, 2)
        assert says in machine.transcript
