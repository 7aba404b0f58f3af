# SPDX-License-Identifier: BSD-2-Clause
"""What `make gdb` does: QEMU waits, gdb attaches and knows loader, kernel core and a user program."""

import os
import subprocess

from anser_qemu import BUILD, PATIENCE, ROOT

COMMANDS = """
hbreak loader_entry
continue
hbreak boot_memory_init
continue
hbreak main
continue
info registers pc
"""


def test_breakpoints_by_name(tmp_path):
    script = tmp_path / "commands"
    script.write_text(COMMANDS)
    # Its own socket and console file, should somebody else be debugging.
    build = tmp_path / "build"
    build.mkdir()
    for name in ("loader.elf", "kernel-core.elf", "kernel.elf", "initrd.cpio", "servers"):
        (build / name).symlink_to(BUILD / name)
    done = subprocess.run(
        ["tools/debug", "init"], cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=90 * PATIENCE,
        env={**os.environ, "BUILD": str(build), "GDB_EXTRA": str(script), "SMP": "1"})
    stops = [line for line in done.stdout.splitlines() if "Breakpoint" in line and "," in line]
    for function in ("loader_start", "boot_memory_init", "main"):
        assert any(f"{function} (" in stop for stop in stops), done.stdout
    assert done.returncode == 0, done.stdout
