# SPDX-License-Identifier: BSD-2-Clause
"""The end of the kernel: what a panic says and does, and an archive from which nothing can start."""

import re
import subprocess

import pytest

from anser_qemu import ROOT, Machine

CROSS = "riscv64-unknown-elf-"


def pack(folder, **files):
    """An archive of these files: name=bytes."""
    arguments = []
    for name, data in files.items():
        (folder / name).write_bytes(data)
        arguments.append(f"{name}={folder / name}")
    archive = folder / "archive.cpio"
    subprocess.run([ROOT / "tools/mkinitrd", archive, *arguments], check=True)
    return archive


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The init of tests/panic, as bytes."""
    out = tmp_path_factory.mktemp("panic") / "init"
    subprocess.run([CROSS + "gcc", "-march=rv64gc", "-mabi=lp64d", "-nostdlib", "-static",
                    "-Wl,-Ttext-segment=0x10000", "-Wl,-z,separate-code", ROOT / "tests/panic/init.S",
                    "-o", out], check=True)
    return out.read_bytes()


@pytest.mark.parametrize("smp, qemu", [(1, "7.2"), (4, "7.2"), (4, "10")])
def test_report(tmp_path, program, smp, qemu):
    with Machine(initrd=pack(tmp_path, init=program), append="panic=exit", smp=smp, qemu=qemu) as machine:
        assert machine.wait_exit(30) == 1, "panic=exit leaves through the finisher"
        text = machine.transcript
    assert "init is here" in text
    assert "panic: asked for by init" in text
    for register in ("pc", "ra", "sp", "s11", "t6"):
        assert re.search(rf"^.*\b{register} +[0-9a-f]{{16}}", text, re.M), register
    backtrace = text[text.index("Backtrace"):]
    assert re.search(r"[0-9a-f]{16} call_system_debug\+0x[0-9a-f]+", backtrace)
    assert re.search(r"[0-9a-f]{16} native_\w+\+0x[0-9a-f]+", backtrace)
    assert re.search(r"^init \(1\):\s+thread \d+, priority 24, hart \d, pc [0-9a-f]+: running", text, re.M)


def test_halt(tmp_path, program):
    with Machine(initrd=pack(tmp_path, init=program), append="panic=halt", smp=2) as machine:
        machine.expect("All harts are stopped")


def test_reboot(tmp_path, program):
    with Machine(initrd=pack(tmp_path, init=program), append="panic=reboot") as machine:
        for _ in range(2):
            machine.expect("anser: version")
            machine.expect("panic: asked for")


def refused(tmp_path, words, **files):
    """Boots an archive that nothing can start from: one line says why, and the machine fails."""
    with Machine(initrd=pack(tmp_path, **files)) as machine:
        assert machine.wait_exit(30) != 0
        text = machine.transcript
    assert re.search(words, text), text
    assert "step init failed" in text


def test_no_init(tmp_path):
    refused(tmp_path, "initrd: no program 'init': ", other=b"x")


def test_init_is_no_program(tmp_path):
    refused(tmp_path, "initrd: 'init': .*magic", init=b"#!/bin/sh\n" + bytes(100))


def test_init_for_another_machine(tmp_path, program):
    other = bytearray(program)
    other[18] = 62
    refused(tmp_path, "initrd: 'init': .*machine", init=bytes(other))


def test_init_over_the_kernel(tmp_path):
    out = tmp_path / "linked"
    subprocess.run([CROSS + "gcc", "-march=rv64gc", "-mabi=lp64d", "-nostdlib", "-static",
                    "-Wl,-Ttext-segment=0x80200000", ROOT / "tests/panic/init.S", "-o", out], check=True)
    refused(tmp_path, "initrd: 'init': .*kernel's slot", init=out.read_bytes())


def test_broken_archive(tmp_path):
    archive = pack(tmp_path, init=b"x")
    archive.write_bytes(b"no cpio" * 600)
    with Machine(initrd=archive) as machine:
        assert machine.wait_exit(30) != 0
        assert "anser: initrd: no program 'init': " in machine.transcript
