# SPDX-License-Identifier: BSD-2-Clause
"""Files as Linux programs see them: names, directories, pseudo files, and a file server that dies."""

import re

import pytest

from anser_qemu import BUILD, Machine, read_tap

ARCHIVE = BUILD / "initrd-test.cpio"


def test_paths():
    with Machine(initrd=ARCHIVE, append="test=linux/paths", timeout=60) as machine:
        status = machine.wait_exit()
        passed, failures = read_tap(machine.transcript)
        assert not failures and status == 0 and passed > 80, failures


@pytest.mark.parametrize("smp", [1, 2])
def test_restart(smp):
    """Threads read, list and map open files while the server is killed six times: no error."""
    with Machine(initrd=ARCHIVE, append="test=linux/restart", timeout=100, smp=smp) as machine:
        assert machine.wait_exit() == 0
        assert "6 kills, " in machine.transcript and " 0 failures\n" in machine.transcript


@pytest.mark.parametrize("smp", [1, 2])
def test_signals(smp):
    """No call on a file is cut short by a signal, or says EINTR; no line comes twice."""
    with Machine(initrd=ARCHIVE, append="test=linux/interrupted", timeout=60, smp=smp) as machine:
        assert machine.wait_exit() == 0
        lines = [int(n) for n in re.findall(r"^line (\d+) ", machine.transcript, re.M)]
        assert lines == list(range(400))
        assert " 0 failures\n" in machine.transcript


@pytest.mark.parametrize("smp", [1, 2])
def test_signals_and_trace(smp):
    """Each call's line is there once, the last one, too, though a signal is pending all the time."""
    with Machine(initrd=ARCHIVE, timeout=60, smp=smp) as machine:
        machine.expect("> ")
        for _ in range(4):
            shown = machine.command("strace /tests/linux/interrupted for-strace")
            calls = re.findall(r"^(?:\[\d+\] )?getsid\((\d+)\) = ", shown, re.M)
            assert [int(n) for n in calls] == list(range(10000, 10300))
            assert re.search(r"^(?:\[\d+\] )?exit_group\(3\) = \?$", shown, re.M)
