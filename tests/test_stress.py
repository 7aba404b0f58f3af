# SPDX-License-Identifier: BSD-2-Clause
"""Processes at random, and a ledger of every message: tests/target/stress.c, for longer.

STRESS_SEED= repeats a run as well as several harts can repeat one; STRESS_SECONDS= sets how long the
long runs take, in the guest's time (60, and an hour in `make soak`).
"""

import os
import re
import time

import pytest

from anser_qemu import BUILD, run_target_program

SOAK = bool(os.environ.get("SOAK"))
SECONDS = int(os.environ.get("STRESS_SECONDS") or (1800 if SOAK else 60))
# Another one each day: what one run does not find, the next may.
SEED = int(os.environ.get("STRESS_SEED") or time.time() // 86400)


def stress(words, timeout, **options):
    """One run; returns how many messages there were."""
    text = run_target_program("stress", timeout=timeout, append=f"rescue panic=exit -- seed={SEED} {words}", **options)
    return int(re.search(r"^# \d+ episodes, .*; (\d+) messages, ", text, re.M)[1])


@pytest.mark.parametrize("smp", [2, 4])
def test_long(smp):
    assert stress(f"seconds={SECONDS}", SECONDS + 240, smp=smp) > 0


@pytest.mark.parametrize("smp, shift, milliseconds, qemu", [
    (1, 0, 300, "7.2"), (1, 1, 400, "7.2"), (1, 3, 1000, "7.2"), (1, 5, 2000, "7.2"),
    (1, "auto", 2000, "7.2"), (2, 0, 300, "10"), (2, 2, 600, "10"),
])
def test_interleaving(smp, shift, milliseconds, qemu):
    """With -icount the shift says how much time an instruction takes, so that deadlines, time slices
    and, on QEMU 10, the harts' turns fall elsewhere."""
    assert stress(f"ms={milliseconds}", 240, smp=smp, icount=shift, qemu=qemu) > 0


@pytest.mark.parametrize("smp, shift, milliseconds", [(1, 2, 1000), (2, None, 10000)])
def test_checks(smp, shift, milliseconds):
    """On the kernel that checks its invariants at each system call."""
    assert stress(f"ms={milliseconds}", 240, smp=smp, icount=shift, kernel=BUILD / "loader-checks.elf") > 0
