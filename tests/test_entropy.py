# SPDX-License-Identifier: BSD-2-Clause
"""Random bytes: with a device, without, with one that is broken; over a restart; in programs."""

import re

import pytest

from anser_qemu import BUILD, Machine, run_target_program
from test_services import wait_state


def target(**options):
    """Runs the target test; returns (source, errno of the device's failure, 16 bytes)."""
    shown = run_target_program("entropy", **options)
    source, failure = re.search(r"^# source (\w+), failure (\d+)$", shown, re.M).groups()
    return source, int(failure), re.search(r"^# bytes (\w{32})$", shown, re.M)[1]


@pytest.mark.parametrize("options", [{}, {"legacy": True}, {"qemu": "10"}, {"smp": 2}],
                         ids=["modern", "legacy", "qemu10", "smp2"])
def test_device(options):
    """Two boots differ."""
    source, failure, first = target(rng=True, **options)
    assert (source, failure) == ("device", 0)
    assert target(rng=True, **options)[2] != first


def test_no_device():
    """Under -icount the clocks say the same each time: it is the boot's seed that counts."""
    source, failure, first = target(icount="0,sleep=off", extra=["-seed", "7"])
    assert (source, failure) == ("fallback", 0)
    assert target(icount="0,sleep=off", extra=["-seed", "7"])[2] == first
    assert target(icount="0,sleep=off", extra=["-seed", "8"])[2] != first


def test_fallback_is_told():
    with Machine(timeout=60) as machine:
        machine.expect("> ")
        assert "entropy: no random device to rely on" in machine.command("dmesg")


def test_device_that_is_not_random():
    """Nothing but zeroes: noticed, told, and not relied on."""
    extra = ["-object", "rng-random,id=r,filename=/dev/zero", "-device", "virtio-rng-device,rng=r"]
    source, failure, _ = target(extra=extra)
    assert (source, failure) == ("fallback", 5)
    with Machine(timeout=60, extra=extra) as machine:
        machine.expect("> ")
        assert "entropy: the device gives nothing of use: input/output error" in machine.command("dmesg")


def test_device_that_gives_nothing(tmp_path):
    """A source that never answers keeps nobody waiting."""
    extra = ["-chardev", f"socket,id=c,path={tmp_path / 's'},server=on,wait=off", "-object",
             "rng-egd,id=r,chardev=c", "-device", "virtio-rng-device,rng=r"]
    source, failure, _ = target(extra=extra)
    assert (source, failure) == ("fallback", 110)


def linux_program(**options):
    """Runs the program for Linux; returns {where from: 16 bytes}."""
    shown = run_target_program("linux/chance", initrd=BUILD / "initrd-test.cpio", **options)
    return dict(re.findall(r"^# (\S+) (\w{32})$", shown, re.M))


@pytest.mark.parametrize("options", [{"rng": True}, {}], ids=["device", "fallback"])
def test_programs_for_linux(options):
    """Each source is another one, and so is each boot."""
    once, again = linux_program(**options), linux_program(**options)
    assert list(once) == ["AT_RANDOM", "getrandom", "/dev/random", "/dev/urandom"]
    assert len(set(once.values()) | set(again.values())) == 8


def test_restart():
    """The device is stopped and started again each time; who asks afterwards gets other bytes."""
    with Machine(timeout=60, rng=True) as machine:
        machine.expect("> ")
        seen = set()
        for restarts in range(1, 6):
            shown = machine.command("/tests/entropy")
            assert "not ok" not in shown and "# source device, failure 0" in shown
            seen.add(re.search(r"^# bytes (\w{32})$", shown, re.M)[1])
            machine.command("restart entropy")
            assert wait_state(machine, "entropy", "running")[0] == restarts
        assert len(seen) == 5 and "entropy: no random device" not in machine.command("dmesg")
