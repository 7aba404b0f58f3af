# SPDX-License-Identifier: BSD-2-Clause
"""The set-up and the lint: what they accept, and that they do notice what is wrong."""

import os
import shutil
import subprocess

import pytest

from anser_qemu import BUILD, ROOT

LICENCE = "/* SPDX-License-Identifier: BSD-2-Clause */\n/* A room. */\n"


def setup_without_network(tmp_path, build):
    """Runs tools/setup with an apt-get that only says that it was called."""
    apt = tmp_path / "bin" / "apt-get"
    apt.parent.mkdir()
    apt.write_text("#!/bin/sh\necho apt-get was called\nexit 1\n")
    apt.chmod(0o755)
    return subprocess.run(
        ["tools/setup"], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "BUILD": str(build), "PATH": f"{apt.parent}:{os.environ['PATH']}"})


def test_setup_is_silent_when_nothing_is_missing(tmp_path):
    done = setup_without_network(tmp_path, BUILD)
    assert (done.returncode, done.stdout) == (0, "")


def test_setup_says_what_it_cannot_get(tmp_path):
    done = setup_without_network(tmp_path, tmp_path / "build")
    assert done.returncode != 0
    assert "apt-fetch: " in done.stdout and "complete" not in done.stdout


def lint(tmp_path, files):
    """Lints a tree of just these files; returns the exit status and what it says."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("*.c", "*.h"))
    shutil.copy(ROOT / ".clang-format", tmp_path)
    (tmp_path / "Makefile").write_text("build:\n")
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = subprocess.run([tmp_path / "tools" / "lint"], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, "BUILD": "build"})
    return done.returncode, done.stdout


def test_lint_accepts_a_good_tree(tmp_path):
    status, output = lint(tmp_path, {
        "kern/list.c": LICENCE + "int list_length(void);\n\nint list_length(void)\n{\n    return 0;\n}\n",
        "docs/list.md": "`list_length()` in `kern/list.c`; `make build`\n",
    })
    assert status == 0, output


WRONG = [
    ("kern/list.c", LICENCE + "int  list_count;\n", "kern/list.c: run make fmt"),
    ("kern/list.c", "int list_count;\n", "no SPDX line"),
    ("kern/list.h", LICENCE + '#include "lib/start.h"\n', "kern/list.h includes lib/start.h"),
    ("lib/list.h", LICENCE + '#include "kern/list.h"\n', "lib/list.h includes kern/list.h"),
    ("sbi/list.h", LICENCE + '#include "kern/list.h"\n', "sbi/list.h includes kern/list.h"),
    ("kern/list.h", LICENCE + "\n" * 700, "at most 600"),
    ("kern/list.h", LICENCE + "int list_a;\n" * 20000, "20000 lines, at most "),
    ("kern/list.c", LICENCE + "static int list_of(int n)\n{\n    int a;\n    if (n)\n        a = n;\n"
                              "    return a;\n}\nint list_it = sizeof(list_of(1));\n",
     "is used uninitialized"),
    ("docs/list.md", "`list_gone()`\n", "docs/list.md:1: `list_gone()` does not exist"),
    ("docs/list.md", "`tools/gone`\n", "`tools/gone` does not exist"),
    ("docs/list.md", "`struct list_gone`\n", "`struct list_gone` does not exist"),
    ("docs/list.md", "`make gone`\n", "`make gone` does not exist"),
    ("docs/list.md", "[there](gone.md)\n", "link to gone.md"),
]


@pytest.mark.parametrize("name, text, complaint", WRONG, ids=[row[2] for row in WRONG])
def test_lint_notices(tmp_path, name, text, complaint):
    status, output = lint(tmp_path, {name: text})
    assert status == 1 and complaint in output, output


def test_lint_notices_calls_in_a_circle(tmp_path):
    files = {}
    for here, there in (("one", "two"), ("two", "one")):
        files[f"kern/{here}.c"] = (LICENCE + f"void {there}_do(void);\nvoid {here}_do(void);\n\n"
                                   f"void {here}_do(void)\n{{\n    {there}_do();\n}}\n")
    for name, text in files.items():
        product = tmp_path / "build" / "kern" / f"{name}.o"
        product.parent.mkdir(parents=True, exist_ok=True)
        source = tmp_path / name
        source.parent.mkdir(exist_ok=True)
        source.write_text(text)
        subprocess.run(["riscv64-unknown-elf-gcc", "-c", source, "-o", product], check=True)
    status, output = lint(tmp_path, files)
    assert status == 1 and "kern/one uses two_do, kern/two uses one_do" in output, output
