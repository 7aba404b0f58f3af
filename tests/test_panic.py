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


def build(folder, operation, *options):
    """The init of tests/panic with this operation of system_debug, as bytes."""
    out = folder / f"init-{operation}"
    subprocess.run([CROSS + "gcc", "-march=rv64gc", "-mabi=lp64d", "-nostdlib", "-static", *options,
                    f"-DOPERATION={operation}", "-I", ROOT / "include", "-include", "anser/abi.h",
                    ROOT / "tests/panic/init.S", "-o", out], check=True)
    return out.read_bytes()


LOW = ("-Wl,-Ttext-segment=0x10000", "-Wl,-z,separate-code")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return build(tmp_path_factory.mktemp("panic"), "ANSER_DEBUG_PANIC", *LOW)


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


@pytest.mark.parametrize("smp, qemu", [(1, "7.2"), (2, "10")])
def test_stack_overflow(tmp_path, smp, qemu):
    """The guard page below a kernel stack ends a recursion that has no end, in a report."""
    init = build(tmp_path, "ANSER_DEBUG_STACK", *LOW)
    with Machine(initrd=pack(tmp_path, init=init), append="panic=exit", smp=smp, qemu=qemu) as machine:
        assert machine.wait_exit(30) == 1, "panic=exit leaves through the finisher"
        text = machine.transcript
    assert re.search("panic: store page fault in the kernel, .*: the kernel stack is full", text)
    callers = text[text.index("Backtrace"):]
    # Where it was, who called it (itself, shown once), and, at the stack's other end, the call.
    assert len(re.findall(r"[0-9a-f]{16} fill_stack\+0x[0-9a-f]+", callers)) == 2
    assert re.search(r"[0-9a-f]{16} native_\w+\+0x[0-9a-f]+", callers)
    assert re.search(r"^init \(1\):\s+thread \d+, .*: running", callers, re.M)


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
    linked = build(tmp_path, "ANSER_DEBUG_PANIC", "-Wl,-Ttext-segment=0x80200000")
    refused(tmp_path, "initrd: 'init': .*kernel's slot", init=linked)


def test_broken_archive(tmp_path):
    archive = pack(tmp_path, init=b"x")
    archive.write_bytes(b"no cpio" * 600)
    with Machine(initrd=archive) as machine:
        assert machine.wait_exit(30) != 0
        assert "loader: initrd: no program 'init': " in machine.transcript
