# SPDX-License-Identifier: BSD-2-Clause
"""What the kernel lock costs: instructions of each way through the kernel, and how many of them hold it.

QEMU writes down every instruction of the kernel core (-singlestep -d exec), and the disassembly says
which ones take and release the lock.
"""

import collections
import os
import re
import subprocess
import tempfile
import threading
from pathlib import Path

from anser_qemu import BUILD, ConsoleError, Machine

CORE = BUILD / "kernel-core.elf"
FUNCTION = re.compile(r"^[0-9a-f]{16} <(\S+)>:")
INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t\S+\s+(\S+)")
# Trace 0: 0x7f... [flags/pc/flags/flags]
TRACED = re.compile(r"\[[0-9a-f]+/([0-9a-f]+)/")
OFTEN = 1000  # times: the calls that the program is about, not what happens beside them


class Code:
    """Where the core takes the lock, releases it, is entered; {address: function}."""

    def __init__(self, disassembly):
        self.takes, self.releases, self.function, self.entry = set(), set(), {}, None
        name = None
        for line in disassembly:
            if match := FUNCTION.match(line):
                name = match[1]
            elif match := INSTRUCTION.match(line):
                self.add(int(match[1], 16), match[2], name)

    def add(self, address, operation, name):
        self.function[address] = name
        if operation == "amoswap.w.aq":
            self.takes.add(address)
        elif operation == "amoswap.w.rl":
            self.releases.add(address)
        if name == "trap_entry" and self.entry is None:
            self.entry = address


def count_ways(code, addresses):
    """{(function that took the lock, instructions, of them with the lock): times}, by visits."""
    ways = collections.Counter()
    total = held = 0
    holding, taker = False, None
    for address in addresses:
        if address == code.entry:
            ways[taker, total, held] += 1
            total = held = 0
            taker = None
        total += 1
        if address in code.takes:
            holding, taker = True, code.function[address]
        held += holding
        holding = holding and address not in code.releases
    return ways


def traced(lines):
    return (int(match[1], 16) for match in map(TRACED.search, lines) if match)


def core_range():
    """The core's text, as -dfilter wants it."""
    table = subprocess.run(["riscv64-unknown-elf-nm", CORE], check=True, capture_output=True, text=True)
    text = [int(line.split()[0], 16) for line in table.stdout.splitlines() if line.split()[1] in "Tt"]
    return f"{min(text):#x}..{max(text) + 4095:#x}"


def measure():
    """Ways that call and reply_recv take often, on one hart: [(function, instructions, held, times)]."""
    dump = subprocess.run(["riscv64-unknown-elf-objdump", "-d", CORE], check=True, capture_output=True,
                          text=True)
    code, found = Code(dump.stdout.splitlines()), []
    with tempfile.TemporaryDirectory() as folder:
        pipe = Path(folder) / "trace"
        os.mkfifo(pipe)

        def read():
            with pipe.open(encoding="ascii", errors="replace") as lines:
                found.append(count_ways(code, traced(lines)))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        with Machine(append="rescue test=bench_harts", icount="0,sleep=off", timeout=300, name="bench-lock",
                     extra=["-singlestep", "-d", "exec,nochain", "-dfilter", core_range(), "-D", str(pipe)],
                     ) as machine:
            if machine.wait_exit():
                raise ConsoleError(f"bench_harts failed: {machine.transcript[-1000:]}")
        reader.join(60)
    return [(*way, times) for way, times in found[0].most_common() if times >= OFTEN]


def show(ways):
    for name, total, held, times in ways:
        print(f"{name}: {total} instructions in the kernel, {held} of them with the lock, {times} times")
