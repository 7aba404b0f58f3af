# SPDX-License-Identifier: BSD-2-Clause
"""The sequences that programs replay on Anser are the model test's."""

import subprocess

from anser_qemu import BUILD, ROOT

PROGRAM = BUILD / "tests" / "host" / "test_channel_model"


def test_sequences_are_current():
    """go/test/gomodel/sequences.txt is what `make model-sequences` makes of generator and kernel."""
    emitted = subprocess.run([PROGRAM, "emit"], capture_output=True, timeout=120, check=True).stdout
    kept = (ROOT / "go" / "test" / "gomodel" / "sequences.txt").read_bytes()
    assert emitted == kept, "run make model-sequences"
