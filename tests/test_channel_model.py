# SPDX-License-Identifier: BSD-2-Clause
"""The model test of channels beyond the host: its sequences on Anser, through package anser.

tests/target/model.c replays them in C, with all other target programs.
"""

import subprocess

import pytest

from anser_qemu import BUILD, ROOT, run_target_program

PROGRAM = BUILD / "tests" / "host" / "test_channel_model"


def test_sequences_are_current():
    """go/test/gomodel/sequences.txt is what `make model-sequences` makes of generator and kernel."""
    emitted = subprocess.run([PROGRAM, "emit"], capture_output=True, timeout=120, check=True).stdout
    kept = (ROOT / "go" / "test" / "gomodel" / "sequences.txt").read_bytes()
    assert emitted == kept, "run make model-sequences"


@pytest.mark.parametrize("smp", [1, 2])
def test_go(smp):
    """go/test/gomodel: each call of package anser ends as the kernel's did on the host."""
    run_target_program("gomodel", smp=smp, initrd=BUILD / "initrd-test.cpio")
