# SPDX-License-Identifier: BSD-2-Clause
"""The time of day: from the machine's clock, set by who may, kept over restarts of its server."""

import re
import subprocess
from datetime import datetime, timedelta

import pytest

from anser_qemu import BUILD, Machine
from test_services import wait_state

BASE = datetime(2024, 2, 3, 4, 5, 6)
# The machine's clock goes with the guest's time, not with the host's.
RTC = ["-rtc", "base=2024-02-03T04:05:06,clock=vm"]


def date(machine, words=""):
    shown = machine.command(f"date{words}")
    return datetime.strptime(re.search(r"^\w{3} (\w{3} .*) UTC (\d{4})$", shown, re.M).expand(r"\1 \2"),
                             "%b %d %H:%M:%S %Y")


def uptime(machine):
    hours, minutes, seconds = re.search(r"up (\d+):(\d+):(\d+)", machine.command("uptime")).groups()
    return timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))


def assert_goes_on_from(base, machine):
    """The time of day is that of `base` and what has gone by since the machine's start."""
    before = uptime(machine)
    now = date(machine)
    second = timedelta(seconds=1)
    assert base + before - second <= now <= base + uptime(machine) + second


@pytest.mark.parametrize("qemu", ["7.2", "10"])
def test_machine_clock(qemu):
    with Machine(extra=RTC, qemu=qemu, timeout=60) as machine:
        machine.expect("> ")
        assert_goes_on_from(BASE, machine)


def test_set_and_restart():
    """What was set goes on, through ends of the server as well."""
    with Machine(extra=RTC, timeout=60) as machine:
        machine.expect("> ")
        started = uptime(machine)
        assert date(machine, " -s 2031-12-31 23:59:58") == datetime(2031, 12, 31, 23, 59, 58)
        base = datetime(2031, 12, 31, 23, 59, 58) - started
        for restarts in range(1, 6):
            machine.command("restart clock")
            assert wait_state(machine, "clock", "running")[0] == restarts
            before = uptime(machine) - started
            now = date(machine)
            assert before - timedelta(seconds=1) <= now - base - started <= \
                uptime(machine) - started + timedelta(seconds=1)


def test_programs_for_linux():
    """A C program has the same time, for which it calls once at most: the page does the rest."""
    with Machine(extra=RTC, initrd=BUILD / "initrd-test.cpio", timeout=60) as machine:
        machine.expect("> ")
        before = date(machine)
        shown = machine.command("strace /tests/linux/chance")
        now = datetime.utcfromtimestamp(int(re.search(r"^# seconds (\d+)$", shown, re.M)[1]))
        assert before <= now <= date(machine) and "not ok" not in shown
        assert len(re.findall(r"^clock_gettime\(0, ", shown, re.M)) <= 1


def test_wrong_times():
    with Machine(extra=RTC, timeout=60) as machine:
        machine.expect("> ")
        assert "'tomorrow' is no time" in machine.command("date -s tomorrow")
        assert "write 'date' or 'date -s TIME'" in machine.command("date -x")
        # Before the boot was in 1970; and nanoseconds that no 63 bits hold.
        assert "cannot set the time of day" in machine.command("date -s 1969-12-31")
        assert "cannot set the time of day" in machine.command("date -s 2262-04-12")
        assert_goes_on_from(BASE, machine)


def test_without_a_clock(tmp_path):
    """1970 at boot, one line in the log, and it can be set."""
    tree = tmp_path / "virt.dtb"
    subprocess.run(["qemu-system-riscv64", "-M", f"virt,dumpdtb={tree}", "-m", "128M"], check=True,
                   capture_output=True)
    subprocess.run(["fdtput", "-t", "s", tree, "/soc/rtc@101000", "status", "disabled"], check=True)
    with Machine(extra=["-dtb", str(tree)], timeout=60) as machine:
        machine.expect("> ")
        assert_goes_on_from(datetime(1970, 1, 1), machine)
        assert "clock: no real-time clock; the time of day begins in 1970 at boot" in machine.command("dmesg")
        assert date(machine, " -s @1000000000") == datetime(2001, 9, 9, 1, 46, 40)
