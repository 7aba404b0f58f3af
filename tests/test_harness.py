# SPDX-License-Identifier: BSD-2-Clause
"""The harness itself: a test that could not fail would be worth nothing."""

import pytest

from anser_qemu import ConsoleError, Machine, read_tap

FIRMWARE = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin"


@pytest.mark.parametrize("qemu, firmware", [("7.2", "1.1"), ("10", "1.")])
def test_machine_options_reach_qemu(qemu, firmware):
    with Machine(kernel=FIRMWARE, initrd="none", qemu=qemu, smp=2) as machine:
        assert machine.expect(r"OpenSBI v(\S+)\n").group(1).startswith(firmware)
        machine.expect(r"Platform HART Count +: 2")
        with pytest.raises(ConsoleError, match="did not end"):
            machine.wait_exit(0.2)


def test_end_of_qemu_ends_the_wait():
    with Machine(kernel="/nowhere/kernel", initrd="none", timeout=60) as machine:
        machine.expect("/nowhere/kernel is not there")
        assert machine.wait_exit() == 2
        with pytest.raises(ConsoleError, match="QEMU ended"):
            machine.expect("a prompt")


@pytest.mark.parametrize("text, passed, complaint", [
    ("ok 1 - a\nok 2\n1..2\n", 2, None),
    ("ok 1 - a\nnot ok 2 - b\n1..2\n", 1, "not ok 2 - b"),
    ("ok 1 - a\n1..2\n", 1, "plan says"),
    ("ok 1\nok 1\n1..2\n", 2, "plan says"),
    ("ok 1 - a\n", 1, "plan lines"),
    ("", 0, "no result"),
])
def test_read_tap(text, passed, complaint):
    counted, failures = read_tap(text)
    assert counted == passed
    assert bool(failures) == bool(complaint)
    assert not complaint or complaint in " ".join(failures)
