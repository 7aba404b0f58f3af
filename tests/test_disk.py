# SPDX-License-Identifier: BSD-2-Clause
"""Disks: what Anser copies, writes and refuses, looked at from the host, and what a server's death costs."""

import re

import pytest

import disk_image
from anser_qemu import BUILD, Machine, read_tap, run_target_program
from qemu_memory import Monitor, arguments

TESTS = BUILD / "initrd-test.cpio"
MIB = 1 << 20
# Both transports, both versions of QEMU, one and two harts: each with each other one at least once.
KINDS = [pytest.param({"legacy": legacy, "qemu": qemu, "smp": smp}, id=f"{name}-qemu{qemu}-smp{smp}")
         for legacy, name, qemu, smp in [(False, "modern", "7.2", 1), (True, "legacy", "7.2", 2),
                                         (True, "legacy", "10", 1), (False, "modern", "10", 2)]]


def run(program, arguments, **options):
    """Runs a program of tests/disk; returns its transcript, all of whose results are ok."""
    return run_target_program(f"disk/{program} -- {arguments}", initrd=TESTS, **options)


def drive(number, *blockdevs, device=""):
    """Arguments of QEMU for a disk from -blockdev words; the last one's node is the disk's."""
    words = []
    for text in blockdevs:
        words += ["-blockdev", text]
    node = re.search(r"node-name=([^,]+)", blockdevs[-1])[1]
    return [*words, "-device", f"virtio-blk-device,drive={node},bus=virtio-mmio-bus.{number}{device}"]


def raw(node, path, more=""):
    return f"driver=raw,node-name={node},file.driver=file,file.filename={path}{more}"


# ---- Copies. ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("make, check", [(disk_image.make_ext4, disk_image.check_ext4),
                                         (disk_image.make_vfat, disk_image.check_vfat)])
def test_copy(tmp_path, options, make, check):
    """A file system copied by dd is the same to the last byte, and clean."""
    source, copy = make(tmp_path / "source", 16 * MIB), disk_image.make(tmp_path / "copy", 16 * MIB)
    wanted = disk_image.digest(source)
    with Machine(disk=[source, copy], timeout=90, **options) as machine:
        machine.expect("> ")
        said = machine.command("dd if=disk0 of=disk1 bs=64k conv=fsync")
        assert "256+0 records out" in said and f"{16 * MIB} bytes (16.0 MiB) copied" in said
        said = machine.command("sha256sum disk0 disk1")
        assert re.findall(r"^([0-9a-f]{64})  (disk\d)$", said, re.M) == [(wanted, "disk0"), (wanted, "disk1")]
    assert disk_image.digest(source) == disk_image.digest(copy) == wanted
    check(copy)


def test_places_and_pipes(tmp_path):
    """dd: blocks of odd sizes, skip, seek and count, through a pipe, from a file, and its complaints."""
    source = disk_image.make_random(tmp_path / "source", MIB)
    target = disk_image.make_random(tmp_path / "target", MIB)
    wanted, data = bytearray(target.read_bytes()), source.read_bytes()
    with Machine(disk=[source, target], timeout=60) as machine:
        machine.expect("> ")
        machine.command("dd if=disk0 of=disk1 bs=1000 skip=3 seek=7 count=11 status=none")
        wanted[7000:18000] = data[3000:14000]
        machine.command("dd if=disk0 bs=777 count=100 status=none | dd of=disk1 bs=3k seek=20 status=none")
        wanted[61440:61440 + 77700] = data[:77700]
        machine.command("dd if=/etc/motd of=disk1 bs=1M seek=0 skip=0 status=none")
        machine.command("dd if=/dev/zero of=disk1 bs=300 skip=5 seek=500 count=3 status=none")
        wanted[150000:150900] = bytes(900)
        machine.command("dd if=/dev/null of=disk1 status=none")
        assert "\n1048576 bytes (1.0 MiB) copied" in machine.command("dd if=disk0 of=/dev/null bs=64k")
        said = machine.command("dd if=disk0 skip=1 seek=1 of=disk1 bs=700k conv=fsync,notrunc")
        wanted[716800:] = data[716800:]
        assert "0+1 records out" in said
        for command, complaint in [
                ("dd if=disk0 of=disk1 bs=1M seek=1", "disk1: no space left"),
                ("dd if=/dev/zero of=disk1 seek=2047", "disk1: no space left"),
                ("dd if=disk7 of=disk1", "disk7: there is no such disk"),
                ("dd if=/none of=disk1", "/none: there is no such file"),
                ("dd if=disk0 of=/etc/motd", "of= takes a disk"),
                ("dd if=disk0 skip=3000 of=disk1", "skip= is behind its end"),
                ("dd if=disk0 seek=3000 of=disk1", "seek= is behind its end"),
                ("dd bs=0", "bs=: 1 to 64M"), ("dd bs=12q", "bs=12q: not a number"),
                ("dd count=99999999999999999999", "not a number"), ("dd where=here", "not an operand"),
                ("dd --help", "usage: dd "), ("disk -h", "usage: disk"), ("nslookup -h", "usage: nslookup"),
                ("dd if=disk0 | hello >/dev/null", "dd: -: the other side has gone")]:
            assert re.search(complaint, machine.command(command)), command
        said = machine.command("dd if=disk0 of=disk1 bs=64k count=2 skip=14 seek=14 status=progress")
        assert re.search(r"dd: \d+\.\d KiB, \d+%", said), said
        motd = machine.command("sha256sum /etc/motd")
    image = target.read_bytes()
    length = next(n for n in range(1, 5000) if disk_image.hashlib.sha256(image[:n]).hexdigest() in motd)
    wanted[:length] = image[:length]
    wanted[14 << 16:] = data[14 << 16:]
    assert image == wanted
    assert source.read_bytes() == data


def test_sha256sum(tmp_path):
    """Sums of a disk, a file and a pipe; -c finds which is wrong."""
    disk = disk_image.make_random(tmp_path / "disk", MIB)
    with Machine(disk=disk, timeout=60) as machine:
        machine.expect("> ")
        line = f"{disk_image.digest(disk)}  "
        assert line + "disk0" in machine.command("sha256sum disk0")
        assert line + "-" in machine.command("dd if=disk0 bs=10k status=none | sha256sum")
        assert "disk0: OK" in machine.command("sha256sum disk0 | sha256sum -c -")
        said = machine.command(f"echo '{'0' * 64}  disk0' | sha256sum -c")
        assert "disk0: FAILED" in said
        assert "disk0:" in machine.command("sha256sum -p disk0")
        assert "there is no such disk" in machine.command("sha256sum disk9")


# ---- The device. -----------------------------------------------------------------------------------------

def test_four_disks(tmp_path):
    """Four of them, each with its size, serial and flags; one that is read-only."""
    disks = [disk_image.make(tmp_path / f"disk{n}", (n + 1) * MIB) for n in range(4)]
    words = []
    for n, path in enumerate(disks):
        more = ",read-only=on" if n == 2 else ""
        words += drive(n, raw(f"node{n}", path, more), device=f",serial=number{n}")
    with Machine(extra=words, timeout=60) as machine:
        machine.expect("> ")
        said = machine.command("disk")
        for n in range(4):
            line = re.search(rf"^disk{n}  {n + 1}\.0 MiB, {(n + 1) * 2048} sectors.*; serial number{n};", said, re.M)
            assert line and ("read-only" in line[0]) == (n == 2), said
        assert machine.command("disk disk3").count("serial number3") == 1
        assert "there is no such disk" in machine.command("disk disk4")
        machine.command("dd if=disk3 of=disk0 bs=512k count=2 status=none")
        said = machine.command("disk disk0")
        assert re.search(r"2 writes \(1\.0 MiB\)", said), said
        machine.command("dd if=disk1 of=disk2 count=1 status=none")
        assert disks[2].read_bytes() == bytes(3 * MIB)


def test_no_disk():
    with Machine(timeout=60) as machine:
        machine.expect("> ")
        assert "no disks" in machine.command("disk")


@pytest.mark.parametrize("options", KINDS)
def test_sizes(tmp_path, options):
    """Writes and reads of any size anywhere; the host finds what was written."""
    disk = disk_image.make_random(tmp_path / "disk", 2 * MIB)
    said = run("sizes", "disk0 5", disk=disk, **options)
    assert re.search(r"^# digest (\w+)$", said, re.M)[1] == disk_image.digest(disk)


@pytest.mark.parametrize("options", KINDS)
def test_refusals(tmp_path, options):
    run("refuse", "disk0", disk=disk_image.make(tmp_path / "disk", 2 * MIB), **options)


def test_read_only(tmp_path):
    disk = disk_image.make_random(tmp_path / "disk", 2 * MIB)
    before = disk.read_bytes()
    run("refuse", "disk0 read-only", extra=drive(0, raw("node", disk, ",read-only=on")))
    assert disk.read_bytes() == before


def test_without_discard(tmp_path):
    """A device that offers neither discard nor write-zeroes; the library writes zeroes then."""
    disk = disk_image.make_random(tmp_path / "disk", 2 * MIB)
    run("refuse", "disk0", extra=drive(0, raw("node", disk), device=",discard=off,write-zeroes=off"))
    assert disk.read_bytes()[:8192] == bytes(8192)


def test_blocks_of_4096(tmp_path):
    """A disk whose blocks are larger than sectors: the library writes whole ones."""
    disk = disk_image.make_random(tmp_path / "disk", 2 * MIB)
    said = run("sizes", "disk0 6", extra=drive(
        0, raw("node", disk), device=",logical_block_size=4096,physical_block_size=4096"))
    assert re.search(r"^# digest (\w+)$", said, re.M)[1] == disk_image.digest(disk)


def test_discard_is_seen(tmp_path):
    """What is discarded, and what is zeroed, takes no room on the host any more."""
    disk = disk_image.make_random(tmp_path / "disk", 8 * MIB)
    full = disk.stat().st_blocks * 512
    run("discard", "disk0", extra=drive(0, raw("node", disk, ",discard=unmap,file.discard=unmap")))
    data = disk.read_bytes()
    assert data[MIB:4 * MIB] == bytes(3 * MIB) and data[5 * MIB:7 * MIB] == bytes(2 * MIB)
    assert data[:MIB].count(0) < MIB // 64
    assert full - disk.stat().st_blocks * 512 >= 4 * MIB


def test_errors_reach_who_asked(tmp_path):
    """QEMU makes some sectors fail: whoever reads or writes those is told, and nobody else."""
    disk = disk_image.make(tmp_path / "disk", 4 * MIB)
    rules = tmp_path / "rules"
    rules.write_text("\n".join(
        f'[inject-error]\nevent = "none"\niotype = "{kind}"\nerrno = "5"\nsector = "{sector}"\nonce = "off"\n'
        for kind, sector in (("read", 2048), ("write", 2056))))
    said = run("errors", "disk0 2048 2056", extra=drive(
        0, f"driver=blkdebug,node-name=debug,config={rules},image.driver=file,image.filename={disk}",
        "driver=raw,node-name=node,file=debug"))
    assert re.search(r"^# (\d+) errors$", said, re.M)[1] == "40"


# ---- Load, clients that misbehave, and deaths. -----------------------------------------------------------

@pytest.mark.parametrize("options", KINDS)
def test_load(tmp_path, options):
    """Random requests, 32 in flight: the host finds in each unit what was written last."""
    disk = disk_image.make(tmp_path / "disk", 8 * MIB)
    said = run("load", "disk0 4000 32 0 11", disk=disk, **options)
    assert disk_image.check_load(disk, said) > 500


@pytest.mark.parametrize("smp", [1, 2])
def test_hostile_clients(tmp_path, smp):
    run("hostile", "disk0", disk=disk_image.make(tmp_path / "disk", 8 * MIB), smp=smp)


def kill_under_load(tmp_path, kills, requests, timeout=120, **options):
    disk = disk_image.make(tmp_path / "disk", 8 * MIB)
    said = run("load", f"disk0 {requests} 32 {kills} 21", disk=disk, timeout=timeout, **options)
    assert int(re.search(r"(\d+) recoveries", said)[1]) >= kills // 10
    assert disk_image.check_load(disk, said) > 500


@pytest.mark.parametrize("options", KINDS)
def test_kills(tmp_path, options):
    """The server is killed 50 times at random moments, and no byte that was acknowledged is lost."""
    kill_under_load(tmp_path, 50, 2000, **options)


@pytest.mark.parametrize("smp", [1, 2])
def test_leaving_a_dead_server(tmp_path, smp):
    """More clients end beside a dead server than init has room for records; the load behind them is well."""
    disk = disk_image.make(tmp_path / "disk", 8 * MIB)
    disk_image.check_load(disk, run("load", "disk0 500 8 2 4 150", disk=disk, smp=smp))


@pytest.mark.soak
@pytest.mark.parametrize("options", KINDS)
def test_a_thousand_kills(tmp_path, options):
    kill_under_load(tmp_path, 1000, 100000, timeout=1800, **options)


@pytest.mark.parametrize("legacy", [False, True])
def test_resize(tmp_path, legacy):
    """A disk gets another size while programs have it open, and once while its server is restarted."""
    path = disk_image.make(tmp_path / "disk", 8 * MIB)
    with Machine(initrd=TESTS, disk=path, legacy=legacy, extra=arguments(tmp_path), timeout=60) as machine:
        machine.expect("> ")
        monitor = Monitor(tmp_path)
        machine.send("/tests/disk/resize disk0\n")
        machine.expect("# larger")
        monitor.ask("block_resize", {"device": "disk0", "size": 12 * MIB})
        machine.expect("# smaller")
        monitor.ask("block_resize", {"device": "disk0", "size": 8 * MIB})
        machine.expect(r"(?m)^1\.\.\d+$")
        machine.expect("> ")
        passed, failures = read_tap(machine.transcript)
        assert passed > 8 and not failures, failures
        monitor.ask("block_resize", {"device": "disk0", "size": 20 * MIB})
        machine.command("restart disk0")
        assert "disk0  20.0 MiB, 40960 sectors" in machine.command("disk")
        assert "5+0 records out" in machine.command("dd if=disk0 bs=4M | dd bs=4M of=disk0")
        monitor.close()


def test_restart_by_hand(tmp_path):
    """A copy that runs on while its servers are restarted from the prompt ends well."""
    source = disk_image.make_random(tmp_path / "source", 32 * MIB)
    copy = disk_image.make(tmp_path / "copy", 32 * MIB)
    with Machine(disk=[source, copy], timeout=90) as machine:
        machine.expect("> ")
        machine.send("dd if=disk0 of=disk1 bs=4k conv=fsync status=none; echo DONE\n")
        machine.expect("echo DONE")
        machine.expect("(?m)^DONE$")
        machine.expect("> ")
        for name in ("disk0", "disk1"):
            machine.command(f"restart {name}")
            said = machine.command(f"dd if={name} bs=1M count=1 status=none | sha256sum")
            assert disk_image.hashlib.sha256(source.read_bytes()[:MIB]).hexdigest() in said
    assert source.read_bytes() == copy.read_bytes()


def test_given_up(tmp_path):
    """A server that cannot be had any more: programs get an error, not a wait without end."""
    archive = disk_image.archive_with(tmp_path / "archive", {
        "manifest": _never_restarted(tmp_path / "manifest"), "programs/load": BUILD / "tests/disk/load"})
    with Machine(initrd=archive, disk=disk_image.make(tmp_path / "disk", 8 * MIB), timeout=60) as machine:
        machine.expect("> ")
        machine.command("restart disk0")
        said = machine.command("disk disk0")
        assert "disk0: its server was given up" in said, said
        assert "disk0: its server was given up" in machine.command("disk")
        assert "disk0: its server was given up" in machine.command("dd if=disk0 count=1")
        machine.command("restart disk0")
        assert "1+0 records out" in machine.command("dd if=disk0 bs=1k of=disk0 count=1")


def _never_restarted(path):
    text = (disk_image.ROOT / "servers/init/manifest").read_text()
    stanza = re.search(r"^driver disk\n(    .*\n)+", text, re.M)[0]
    path.write_text(text.replace(stanza, stanza.replace("restart    always 10 in 60", "restart    never")))
    return path

@pytest.mark.parametrize("options", KINDS[:2])
def test_go(tmp_path, options):
    """The package for Go programs, with the server killed meanwhile."""
    disk = disk_image.make_random(tmp_path / "disk", 4 * MIB)
    with Machine(append="test=goblock -- disk0", initrd=TESTS, disk=disk, timeout=120, **options) as machine:
        assert machine.wait_exit() == 0
        passed, failures = read_tap(machine.transcript)
    assert passed > 10 and not failures, failures
    assert re.search(r"^# digest (\w+)$", machine.transcript, re.M)[1] == disk_image.digest(disk)
