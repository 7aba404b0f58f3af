# SPDX-License-Identifier: BSD-2-Clause
"""Every program of tests/target/ boots on Anser, prints TAP and ends the machine with its status.

Comment lines in the program's source say how it wants to be booted; all may be left out:
    /* smp: 1 2 4 */      with so many harts, one boot each (this is the default)
    /* mem: 64M */        with so much memory
    /* timeout: 60 */     seconds that it may take
    /* qemu: 7.2 10 */    on these versions
"""

import re

import pytest

from anser_qemu import ROOT, run_target_program


def settings(source):
    found = dict(re.findall(r"^/\* (smp|mem|timeout|qemu): (.*) \*/$", source.read_text(), re.M))
    return {"smp": [int(n) for n in found.get("smp", "1 2 4").split()],
            "mem": found.get("mem", "128M"), "timeout": int(found.get("timeout", 60)),
            "qemu": found.get("qemu", "7.2").split()}


def boots():
    for source in sorted((ROOT / "tests" / "target").glob("*.c")):
        wanted = settings(source)
        for qemu in wanted["qemu"]:
            for smp in wanted["smp"]:
                options = {"mem": wanted["mem"], "timeout": wanted["timeout"], "smp": smp}
                name = f"{source.stem}-smp{smp}" + ("" if qemu == "7.2" else f"-qemu{qemu}")
                yield pytest.param(source.stem, {**options, "qemu": qemu}, id=name)


@pytest.mark.parametrize("program, options", list(boots()))
def test_target(program, options):
    run_target_program(program, **options)
