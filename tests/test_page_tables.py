# SPDX-License-Identifier: BSD-2-Clause
"""What the page tables allow, as QEMU itself reads them: `info mem` of its monitor, at the prompt."""

import re
import socket
import subprocess
import time

import pytest

from anser_qemu import BUILD, PROMPT, Machine

DIRECT_MAP = 0xFFFF_FFC0_0000_0000
RAM = 0x8000_0000
PAGE = 4096


def symbol(name):
    out = subprocess.run(["riscv64-unknown-elf-nm", BUILD / "kernel-core.elf"], check=True,
                         capture_output=True, text=True).stdout
    return int(re.search(rf"^([0-9a-f]+) \w {name}$", out, re.M).group(1), 16)


def monitor(path, command):
    """The answer of QEMU's monitor to one command."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(20)
        line.connect(str(path))
        text = b""
        for word in (b"", command.encode() + b"\n"):
            line.sendall(word)
            text = b""
            while not text.endswith(b"(qemu) "):
                text += line.recv(65536)
    return text.decode()


def mappings(text):
    """(virtual, physical, size, attributes) of every line of `info mem`."""
    found = re.findall(r"^([0-9a-f]{16}) ([0-9a-f]{16}) ([0-9a-f]{16}) ([rwxugad-]{7})\r?$", text, re.M)
    return [(int(v, 16), int(p, 16), int(s, 16), a) for v, p, s, a in found]


@pytest.fixture(scope="module")
def kernel_table(tmp_path_factory):
    """The table of an idle hart: the kernel's own."""
    path = tmp_path_factory.mktemp("monitor") / "socket"
    with Machine(extra=["-monitor", f"unix:{path},server,nowait"]) as machine:
        machine.expect(PROMPT)
        time.sleep(1)
        text = monitor(path, "info mem")
        machine.kill()
    found = mappings(text)
    assert len(found) > 4, text
    return found


def covering(table, begin, end):
    return [m for m in table if m[0] < end and m[0] + m[2] > begin]


def test_nothing_is_writable_and_executable(kernel_table):
    assert not [m for m in kernel_table if "w" in m[3] and "x" in m[3]]


def test_no_user_page_in_the_kernel_table(kernel_table):
    assert not [m for m in kernel_table if "u" in m[3]]


def test_accessed_and_dirty_are_set_beforehand(kernel_table):
    assert all("a" in m[3] for m in kernel_table)
    assert all("d" in m[3] for m in kernel_table if "w" in m[3])


@pytest.mark.parametrize("first, last, rights", [
    ("kernel_start", "kernel_text_end", "r-x"),
    ("kernel_text_end", "kernel_rodata_end", "r--"),
])
def test_text_and_rodata_have_their_own_rights_only(kernel_table, first, last, rights):
    begin, end = symbol(first), symbol(last)
    at_home = covering(kernel_table, begin, end)
    assert at_home and all(m[3].startswith(rights) for m in at_home), at_home
    again = covering(kernel_table, DIRECT_MAP + begin, DIRECT_MAP + end)
    assert all(m[3].startswith("r--") for m in again), again


def test_data_is_not_executable(kernel_table):
    data = covering(kernel_table, symbol("kernel_rodata_end"), symbol("kernel_end"))
    assert data and all(m[3].startswith("rw-") for m in data), data


def test_kernel_stacks_have_guard_pages(kernel_table):
    stack = symbol("kernel_stacks")
    for base in (0, DIRECT_MAP):
        assert not covering(kernel_table, base + stack, base + stack + PAGE), "the guard is mapped"
    assert covering(kernel_table, stack + PAGE, stack + 2 * PAGE), "the stack is not"


def test_go_part_and_firmware_are_gone(kernel_table):
    assert not covering(kernel_table, symbol("kernel_end"), RAM + 0x4000_0000), "the Go part is mapped"
    assert not covering(kernel_table, RAM, symbol("kernel_start"))
    assert not covering(kernel_table, DIRECT_MAP + RAM, DIRECT_MAP + RAM + 0x80000), "OpenSBI is"
