# SPDX-License-Identifier: BSD-2-Clause
"""The devices of tools/run-qemu: what its variables plug in, and what it says of wrong ones."""

import os
import re
import subprocess

import pytest

from anser_qemu import BUILD, ROOT, Machine


def run(arguments=(), **variables):
    """tools/run-qemu with a QEMU that prints its words instead: (exit status, stdout, stderr)."""
    bare = {key: value for key, value in os.environ.items()
            if key not in ("DISK", "DISK_SIZE", "NET", "HOSTFWD", "PCAP", "RNG", "LEGACY", "QEMU10")}
    done = subprocess.run([ROOT / "tools" / "run-qemu", *arguments], cwd=ROOT, capture_output=True, text=True,
                          env={**bare, "QEMU": "echo", "BUILD": str(BUILD), **variables})
    return done.returncode, done.stdout, done.stderr


def plugged_in(machine):
    """What `devices` shows of virtio: {slot: kind}."""
    machine.expect("> ")
    shown = machine.command("devices")
    return {int(address, 16) // 0x1000 % 16 - 1: kind for address, kind in
            re.findall(r"^0x(1000[1-8]000) +\d+  virtio ([^(]+) \(\d+\)", shown, re.M)}


def test_nothing_by_default():
    with Machine(timeout=60) as machine:
        assert plugged_in(machine) == {}


def test_all_of_them(tmp_path):
    """A disk that is made, one that is there, a network, a source of random bytes; a capture."""
    made, there, dump = tmp_path / "made,1.img", tmp_path / "there.img", tmp_path / "net.pcap"
    there.write_bytes(bytes(1 << 20))
    with Machine(timeout=60, disk=[made, there], net="user", pcap=dump, rng=True) as machine:
        assert plugged_in(machine) == {0: "block", 1: "block", 6: "network", 7: "entropy"}
        assert f"run-qemu: made {made}, an empty disk of 64M" in machine.transcript
    assert made.stat().st_size == 64 << 20 and made.stat().st_blocks * 512 < 1 << 20
    assert dump.read_bytes()[:4] in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4")


def test_disk_size(tmp_path):
    status, _, said = run(DISK=str(tmp_path / "a.img"), DISK_SIZE="3M")
    assert status == 0 and (tmp_path / "a.img").stat().st_size == 3 << 20 and "3M" in said
    status, _, said = run(DISK=str(tmp_path / "b.img"), DISK_SIZE="many")
    assert status == 2 and "DISK_SIZE=many is not a size" in said
    assert not (tmp_path / "b.img").exists()


def test_qcow2(tmp_path):
    image = tmp_path / "a.qcow2"
    assert "a.qcow2 is not there; 'qemu-img create -f qcow2' makes it" in run(DISK=str(image))[2]
    image.touch()
    assert f"file={image},format=qcow2" in run(DISK=str(image))[1]


def test_read_only_file(tmp_path):
    image = tmp_path / "a.img"
    image.write_bytes(bytes(4096))
    assert "readonly" not in run(DISK=str(image))[1]
    image.chmod(0o444)
    assert "readonly=on" in run(DISK=str(image))[1]


def test_forwarded_ports():
    _, words, _ = run(NET="user", HOSTFWD="8080:80 udp:5353:53 tcp:1:65535")
    assert ("-netdev user,id=net0,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:127.0.0.1:5353-:53,"
            "hostfwd=tcp:127.0.0.1:1-:65535 ") in words


def test_other_network():
    _, words, _ = run(NET="tap,ifname=tap0,script=no")
    assert "-netdev tap,id=net0,ifname=tap0,script=no -device virtio-net-device,netdev=net0" in words


def test_transport():
    assert "-global virtio-mmio.force-legacy=false" in run()[1]
    assert "-global virtio-mmio.force-legacy=true" in run(LEGACY="1")[1]


@pytest.mark.parametrize("variables, said", [
    ({"NET": "user", "HOSTFWD": "8080"}, "HOSTFWD: '8080' is not HOST-PORT:GUEST-PORT"),
    ({"NET": "user", "HOSTFWD": "8080:"}, "HOSTFWD: '8080:' is not"),
    ({"NET": "user", "HOSTFWD": "1:2:3"}, "HOSTFWD: '1:2:3' is not"),
    ({"NET": "user", "HOSTFWD": "sctp:1:2"}, "HOSTFWD: 'sctp:1:2' is not"),
    ({"NET": "user", "HOSTFWD": "80:65536"}, "HOSTFWD: '80:65536' is not"),
    ({"NET": "user", "HOSTFWD": "0:80"}, "HOSTFWD: '0:80' is not"),
    ({"NET": "user", "HOSTFWD": "80:1,x=y"}, "HOSTFWD: '80:1,x=y' is not"),
    ({"NET": "tap", "HOSTFWD": "80:80"}, "HOSTFWD needs NET=user, not NET=tap"),
    ({"HOSTFWD": "80:80"}, "HOSTFWD and PCAP need a network"),
    ({"NET": "none", "PCAP": "x"}, "HOSTFWD and PCAP need a network"),
    ({"DISK": "/nowhere/a.img"}, "DISK: there is no folder /nowhere for /nowhere/a.img"),
    ({"DISK": "/"}, "DISK: / is a folder"),
    ({"DISK": "/dev/null " * 7}, "DISK: more than 6 disks"),
])
def test_wrong_words(variables, said):
    """One line that names what is wrong, and QEMU does not run."""
    status, words, error = run(**variables)
    assert (status, words) == (2, "") and error.startswith(f"run-qemu: {said}") and error.count("\n") == 1
