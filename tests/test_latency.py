# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's work is cut into pieces: tests/target/latency.c, with instructions counted."""

import re

from anser_qemu import run_target_program


def test_pieces_are_bounded():
    transcript = run_target_program("latency", smp=1, icount=0, timeout=120)
    # Without -icount the program would not have looked.
    usual = re.search(r"no more than (\d+) instructions late", transcript)
    assert usual and 0 < int(usual[1]) < 20000
