# SPDX-License-Identifier: BSD-2-Clause
"""docs/tour.md tells the truth: its functions are where it says, and are entered in that order."""

import bisect
import os
import re
import subprocess
from pathlib import Path

import pytest

from anser_qemu import BUILD, ROOT, Machine

ROW = re.compile(r"^\| (go|kernel|personality|uart) \| `([^`]+)` \| (\S+) \| .+ \|$", re.MULTILINE)
STOPS = ROW.findall((ROOT / "docs" / "tour.md").read_text(encoding="utf-8"))
PROGRAMS = {
    "go": BUILD / "tests" / "bench" / "gohello",
    "kernel": BUILD / "kernel-core.elf",
    "personality": BUILD / "servers" / "linux.elf",
    "uart": BUILD / "servers" / "uart.elf",
}
# One block of translated code is begun: the address is the second number.
BLOCK = re.compile(rb"\[[0-9a-f]+/([0-9a-f]+)/")


def addresses(program):
    """{name: address} of the functions; what the compiler added to a name does not count."""
    listed = subprocess.run(["riscv64-unknown-elf-nm", PROGRAMS[program]], check=True, text=True,
                            capture_output=True).stdout
    found = {}
    for line in listed.splitlines():
        address, kind, name = line.split(maxsplit=2) if line[:1] != " " else ("", "", "")
        if kind in ("t", "T"):
            found.setdefault(re.sub(r"\.(isra|part|constprop|abi0).*$", "", name), int(address, 16))
    return found


def go_sources():
    chosen = subprocess.run([ROOT / "tools" / "choose-go", "1.23"], cwd=ROOT, check=True, text=True,
                            capture_output=True, env={**os.environ, "BUILD": str(BUILD)}).stdout.strip()
    root = subprocess.run([chosen, "env", "GOROOT"], check=True, text=True, cwd="/",
                          env={**os.environ, "GOTOOLCHAIN": "local"}, capture_output=True).stdout
    return Path(root.strip()) / "src"


def trace(tmp_path):
    """The addresses at which blocks were begun, in order, from the program's write on."""
    log = tmp_path / "blocks"
    with Machine(append="run=gohello", initrd=BUILD / "initrd-test.cpio", timeout=180,
                 extra=["-d", "exec,nochain", "-D", str(log)]) as machine:
        assert machine.wait_exit() == 0
    first = addresses("go")["os.(*File).Write"]
    reached = []
    with log.open("rb") as lines:
        for line in lines:
            block = BLOCK.search(line)
            if block and (reached or int(block[1], 16) == first):
                reached.append(int(block[1], 16))
    log.unlink()
    return reached


def test_there_is_a_tour():
    assert len(STOPS) > 20
    assert {program for program, _, _ in STOPS} == set(PROGRAMS)


@pytest.mark.parametrize("program, name, file", sorted(set(STOPS)))
def test_function_is_where_the_tour_says(program, name, file):
    assert name in addresses(program), f"{PROGRAMS[program]} has no function {name}"
    text = (go_sources() if program == "go" else ROOT) / file
    # Go writes methods and packages in its own way, lib/syscall.S makes its names from the ABI's list.
    word = name.rsplit(".", 1)[-1]
    if file == "lib/syscall.S":
        word, text = word.removeprefix("sys_"), ROOT / "include" / "anser" / "abi.h"
    assert re.search(rf"\b{re.escape(word)}\b", text.read_text(encoding="utf-8")), f"{file}: no {word}"


def test_the_way_is_this_one(tmp_path):
    reached = trace(tmp_path)
    places = {}
    for position, address in enumerate(reached):
        places.setdefault(address, []).append(position)
    position = -1
    for program, name, _ in STOPS:
        entered = places.get(addresses(program)[name], [])
        later = bisect.bisect_right(entered, position)
        assert later < len(entered), f"{program} {name} is not entered behind the row before it"
        position = entered[later]
