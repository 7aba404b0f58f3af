# SPDX-License-Identifier: BSD-2-Clause
"""The kept figures, tests/bench/kept.json, by the versions of what they were taken with.

The file is a list of {"tools": {tool: version}, "anser": {name: instructions}, "linux": {...}}. A
figure depends on the tools that its program was built with and on QEMU, on no others: so a
machine with another Go still knows what the kernel's own figures were.
"""

import json
import re
import subprocess
from pathlib import Path

FILE = Path(__file__).resolve().parent / "kept.json"

# What makes a difference to a program of each kind. What a boot takes is not kept.
KERNEL = ("qemu", "riscv64-unknown-elf-gcc")
HARTS = ("qemu10", "riscv64-unknown-elf-gcc")
STOCK = (*KERNEL, "riscv64-linux-gnu-gcc")
STOCK_GO = (*KERNEL, "go")
KINDS = {KERNEL, HARTS, STOCK, STOCK_GO}


def said_by(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def go_version(root, least):
    go = said_by(root / "tools" / "choose-go", least)
    return said_by(go, "env", "GOVERSION").removeprefix("go")


def qemu_version(program):
    return re.search(r"version (\S+)", said_by(program, "--version"))[1]


def tool_versions(root, build):
    """{tool: version} of everything that a figure may depend on, as this machine has it."""
    return {
        "qemu": qemu_version("qemu-system-riscv64"),
        "qemu10": qemu_version(build / "qemu10" / "usr" / "bin" / "qemu-system-riscv64"),
        "riscv64-unknown-elf-gcc": said_by("riscv64-unknown-elf-gcc", "-dumpfullversion"),
        "riscv64-linux-gnu-gcc": said_by("riscv64-linux-gnu-gcc", "-dumpfullversion"),
        "go": go_version(root, "1.23"),
    }


def choose(versions, kind):
    return {tool: versions[tool] for tool in kind}


def load(path=FILE):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def look_up(entries, versions):
    """What was kept with these tools, of all kinds: ({name: value}, kinds that were not)."""
    known, unknown = {}, []
    for kind in sorted(KINDS):
        tools = choose(versions, kind)
        entry = next((one for one in entries if one["tools"] == tools), None)
        if entry is None:
            unknown.append(", ".join(f"{tool} {version}" for tool, version in tools.items()))
        else:
            known.update(entry["anser"])
    return known, unknown


def linux_took(entries, versions, names):
    """What Linux took for these when the figures were kept with these tools: {name: value}."""
    known = {}
    for kind in KINDS:
        tools = choose(versions, kind)
        known.update(next((one["linux"] for one in entries if one["tools"] == tools), {}))
    return {name: known[name] for name in names if name in known}


def keep(entries, versions, figures, kinds):
    """Puts figures, {name: (anser, linux or None)}, in the place of what these tools had.

    kinds: {name: the tools that it depends on}. Figures of other tools stay. Returns the new list.
    """
    entries = list(entries)
    for kind in sorted(KINDS):
        names = sorted(name for name in figures if kinds[name] == kind)
        if not names:
            continue
        entry = {"tools": choose(versions, kind),
                 "anser": {name: figures[name][0] for name in names},
                 "linux": {name: figures[name][1] for name in names if figures[name][1] is not None}}
        entries = [one for one in entries if one["tools"] != entry["tools"]] + [entry]
    return sorted(entries, key=lambda one: (len(one["tools"]), sorted(one["tools"].items())))


def save(entries, path=FILE):
    path.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
