# SPDX-License-Identifier: BSD-2-Clause
"""Every program of tests/target/ boots on Anser, prints TAP and ends the machine with its status.

Comment lines in the program's source say how it wants to be booted; all may be left out:
    /* smp: 1 2 4 */      with so many harts, one boot each (this is the default)
    /* mem: 64M */        with so much memory
    /* timeout: 60 */     seconds that it may take
    /* qemu: 7.2 10 */    on these versions
    /* icount: 0 */       with instructions counted, by this shift
    /* also icount: 0 */  once more like that, with one hart
    /* services: all */   beside the services of the manifest; else with the rescue console alone, so
                          that nobody else takes or gives back what a program counts
"""

import re

import pytest

from anser_qemu import ROOT, Machine, run_target_program


def settings(source):
    keys = "smp|mem|timeout|qemu|services|icount|also icount"
    found = dict(re.findall(rf"^/\* ({keys}): (.*) \*/$", source.read_text(), re.M))
    return {"smp": [int(n) for n in found.get("smp", "1 2 4").split()],
            "mem": found.get("mem", "128M"), "timeout": int(found.get("timeout", 60)),
            "qemu": found.get("qemu", "7.2").split(),
            "icount": int(found["icount"]) if "icount" in found else None,
            "also": found.get("also icount"),
            "append": "" if "services" in found else "rescue"}


def boots():
    for source in sorted((ROOT / "tests" / "target").glob("*.c")):
        wanted = settings(source)
        for qemu in wanted["qemu"]:
            for smp in wanted["smp"]:
                options = {"mem": wanted["mem"], "timeout": wanted["timeout"], "smp": smp,
                           "append": wanted["append"], "icount": wanted["icount"]}
                name = f"{source.stem}-smp{smp}" + ("" if qemu == "7.2" else f"-qemu{qemu}")
                yield pytest.param(source.stem, {**options, "qemu": qemu}, id=name)
        if wanted["also"] is not None:
            options = {"mem": wanted["mem"], "timeout": wanted["timeout"], "smp": 1,
                       "append": wanted["append"], "icount": int(wanted["also"])}
            yield pytest.param(source.stem, options, id=f"{source.stem}-icount")


@pytest.mark.parametrize("program, options", list(boots()))
def test_target(program, options):
    run_target_program(program, **options)


@pytest.mark.parametrize("arguments, code, says", [
    ("exit 0", 0, None),
    ("exit 7", 7, None),
    ("exit 255", 255, None),
    ("exit 263", 7, None),
    ("unknown", 1, "not ok 1"),
    ("fault", 139, "the program faulted: cause 15, address 0x80200000"),
    ("kill", 137, "the program was killed"),
    ("abort", 139, "the program faulted: cause 3"),
])
def test_exit_code(arguments, code, says):
    """A program's end is QEMU's: its status, or that it was killed, or that it faulted."""
    with Machine(append=f"test=status -- {arguments}", timeout=30) as machine:
        assert machine.wait_exit() == code
        assert says is None or re.search(says, machine.transcript)
