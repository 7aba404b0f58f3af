# SPDX-License-Identifier: BSD-2-Clause
"""The limits of `make bench` hold: instruction counts are exact, so a change shows at once."""

import subprocess

from anser_qemu import ROOT


def test_limits():
    done = subprocess.run([ROOT / "tests" / "run-bench"], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr + done.stdout
