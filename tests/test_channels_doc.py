# SPDX-License-Identifier: BSD-2-Clause
"""docs/channels.md against its tests: each cell of its tables is tested, with the result it gives."""

import importlib.machinery
import importlib.util
import re
import subprocess

import pytest

from anser_qemu import ROOT, run_target_program

PAGE = ROOT / "docs" / "channels.md"
TOOL = ROOT / "tools" / "channel-cells"
REPORTED = re.compile(r"^ok \d+ - ([A-Z]\d+(?:\.[a-z])?): (.*)$", re.M)


def load_tool():
    loader = importlib.machinery.SourceFileLoader("channel_cells", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("channel_cells", loader))
    loader.exec_module(module)
    return module


CELLS = load_tool()


def programs():
    """Those that check cells."""
    return sorted(source.stem for source in (ROOT / "tests" / "target").glob("*.c")
                  if "cells_done(" in source.read_text(encoding="utf-8"))


def test_every_cell_is_tested():
    reported = {}
    for program in programs():
        transcript = run_target_program(program, append="rescue")
        for cell, result in REPORTED.findall(transcript):
            assert reported.setdefault(cell, result) == result, f"{program} reports two of {cell}"
    page = CELLS.cells(PAGE.read_text(encoding="utf-8"))
    assert len(page) > 500
    assert reported.keys() == page.keys()
    assert reported == page


@pytest.mark.parametrize("page, says", [
    ("| | S1 send |\n|---|---|\n| `a` x | 0 |\n| `a` y | 0 |\n", "cell S1.a stands there twice"),
    ("| | S1 send |\n|---|---|\n| a | 0 |\n", "row 'a' has no `letter`"),
    ("| | S1 send |\n|---|---|\n| `a` | 0 | 1 |\n", "row '`a`' has no `letter`, or not 2 cells"),
    ("| | S1 send |\n|---|---|\n| `a` |  |\n", "cell S1.a has no result"),
    ("| id | result |\n|---|---|\n| D | 0 |\n", "row 'D' is no id"),
    ("| id | result |\n|---|---|\n| D1 | \"0\" |\n", "or one that is no C string"),
])
def test_mistakes_in_the_page(tmp_path, page, says):
    path = tmp_path / "page.md"
    path.write_text(page, encoding="utf-8")
    done = subprocess.run([TOOL, path], capture_output=True, text=True)
    assert done.returncode == 1 and says in done.stderr and not done.stdout
    assert done.stderr.startswith("channel-cells: page.md: ") and done.stderr.count("\n") == 1
