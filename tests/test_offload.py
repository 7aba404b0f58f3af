# SPDX-License-Identifier: BSD-2-Clause
"""Checksums and segments that the device makes, with Linux's network stack at the other end of a tap device.

QEMU's user network has no such offloads; a tap device has. It needs a network namespace and /dev/net/tun.
Where the machine does not give them, only test_without_offloads is there, and its output says why.
"""

import json
import subprocess

import pytest

from anser_qemu import BUILD, ROOT, Machine, read_tap
from test_net import FILES, MANIFEST

CHECKSUM, LARGE = 2, 16  # NETIF_*
STANZA = "program tests/net/offload\n    priority 8\n    memory 8M\n    lookup net\n"


PEER = ROOT / "tests/offload_peer.py"


def why_no_tap():
    """None: the cable can be made. Else what QEMU or Linux would have against it."""
    done = subprocess.run(["unshare", "--map-root-user", "--net", PEER, "set-up"], capture_output=True, text=True,
                          timeout=60, check=False)
    return None if done.returncode == 0 else done.stderr.strip()[-300:]


WHY_NO_TAP = why_no_tap()


def with_tap(test):
    """A test that is there where a tap device can be: one that is skipped counts as failed."""
    return None if WHY_NO_TAP else test


@pytest.fixture(name="cable", scope="module")
def make_cable():
    """A network of its own, with the cable in it: words that run a command there."""
    # What stands behind unshare runs when the namespaces are whole, and ends with this process.
    holder = subprocess.Popen(["unshare", "--map-root-user", "--net", "sh", "-c", "echo made; exec cat"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    enter = ["nsenter", "--user", "--preserve-credentials", "--net", f"--target={holder.pid}"]
    try:
        assert holder.stdout.readline() == "made\n"
        subprocess.run([*enter, PEER, "set-up"], check=True)
        yield enter
    finally:
        holder.kill()
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()


@pytest.fixture(name="archive", scope="module")
def make_archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("offload")
    (folder / "manifest").write_text(MANIFEST + STANZA)
    names = [*FILES, "tests/net/offload"]
    subprocess.run([ROOT / "tools/mkinitrd", folder / "a.cpio", f"init={BUILD}/servers/init",
                    f"manifest={folder}/manifest", *(f"{name}={BUILD / name}" for name in names)], check=True)
    return folder / "a.cpio"


@pytest.fixture(name="boot")
def make_boot(cable, archive, tmp_path, monkeypatch):
    """A machine on the cable that runs tests/net/offload with these arguments."""
    def boot(words, **options):
        qemu = tmp_path / "qemu"
        qemu.write_text(f"#!/bin/sh\nexec {' '.join(cable)} qemu-system-riscv64 \"$@\"\n")
        qemu.chmod(0o755)
        monkeypatch.setenv("QEMU", str(qemu))
        return Machine(initrd=archive, append=f"test=net/offload -- {words}", timeout=60,
                       net="tap,ifname=tap0,script=no,downscript=no", **options)
    return boot


def check_end(machine):
    assert machine.wait_exit() == 0
    assert read_tap(machine.transcript)[1] == []


@with_tap
@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("piece, segment", [(1460, 0), (60000, 1448), (65000, 536), (10001, 1460)])
def test_send(cable, boot, piece, segment, legacy):
    """On tap0 frames are as the guest sent them: not summed, not cut. On v1 each is a right one."""
    total = 100000  # what waits in a socket of the peer, if that does not run for long
    with subprocess.Popen([*cable, PEER, "listen", str(total)], stdout=subprocess.PIPE,
                          text=True) as peer:
        assert peer.stdout.readline() == "listening\n"
        with boot(f"send {total} {piece} {segment}", legacy=legacy) as machine:
            check_end(machine)
        seen = json.loads(peer.stdout.readline())
    left = [frame for frame in seen if frame["where"] == "tap0"]
    came = [frame for frame in seen if frame["where"] == "v1"]
    assert sum(frame["length"] for frame in left) == sum(frame["length"] for frame in came) == total
    assert max(frame["size"] for frame in left) == 54 + piece
    assert not any(frame["sum"] for frame in left), "the guest summed itself"
    assert all(frame["sum"] and frame["ip"] and frame["bytes"] for frame in came)
    assert {frame["sequence"] for frame in came} == {
        start + cut for start in range(0, total, piece)
        for cut in range(0, min(piece, total - start), segment or piece)}


# What the client wants; what is sent; what the largest frame is that it gets.
RECEIVED = [(0, 1460, 0, 1514), (CHECKSUM, 1460, 0, 1514), (0, 30000, 1448, 1502), (CHECKSUM, 30000, 1448, 1502),
            (CHECKSUM | LARGE, 30000, 1448, 30054), (CHECKSUM | LARGE, 65000, 1460, 65054)]


@with_tap
@pytest.mark.parametrize("wants, piece, segment, largest", RECEIVED)
def test_receive(cable, boot, wants, piece, segment, largest):
    """A client gets what it wanted, and no more: others get frames that are summed and cut."""
    total = 300000
    with boot(f"receive {total} {wants}") as machine:
        machine.expect("ready, flags")
        subprocess.run([*cable, PEER, "send", str(total), str(piece), str(segment)],
                       check=True, timeout=60)
        said = machine.expect(r"frames (\d+), largest (\d+), without a sum (\d+), sums known to be good (\d+)")
        check_end(machine)
    frames, most, unsummed, _ = map(int, said.groups())
    assert most == largest
    assert unsummed == (frames if wants & CHECKSUM else 0)


@pytest.mark.parametrize("what", ["1460 0", "20000 1448"])
def test_without_offloads(archive, what):
    """What the device has not got, no client has: its flags say so, and its wishes are wrong."""
    if WHY_NO_TAP:
        print("no tests with offloads here:", WHY_NO_TAP)
    with Machine(initrd=archive, append=f"test=net/offload -- send 60000 {what}", timeout=60, net="user") as machine:
        machine.expect("ready, flags 0\n")
        machine.expect("not ok 1 - the server took a frame for wrong")
