# SPDX-License-Identifier: BSD-2-Clause
"""The channel lab: every experiment runs, says the same twice, and tells what is wrong with a request."""

import csv
import functools
import importlib.machinery
import importlib.util
import json
import os
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from anser_qemu import BUILD, ConsoleError, Machine, PROMPT, ROOT

# Every experiment with little to do: what it is asked, and what each row must hold.
SMALL = {
    "pingpong": ("size=0,8,65,4096 by=call,send rounds=50", {"operations": 50}),
    "pingpong-inline": ("size=8,64 by=inline processes=3 rounds=50", {"operations": 100}),
    "pingpong-buffered": ("size=16 by=send cap=4 rounds=50", {"operations": 50}),
    "pipeline": ("size=8,100 cap=0,2 processes=2,5 rounds=60", {"operations": 60}),
    "fanin": ("size=8,100 cap=0,3 processes=4 rounds=61", {"operations": 61}),
    "fanout": ("size=8,100 cap=0,3 processes=4 rounds=60", {"operations": 60, "received": 60}),
    "workqueue": ("work=0,500 cap=0,2 processes=5 rounds=40", {"operations": 40}),
    "select": ("size=8,100 cap=4,16 processes=3 rounds=60", {"operations": 60}),
    "pages": ("bytes=1,4096,70000 by=move,copy touch=no,yes rounds=3", {"operations": 3}),
    "inversion": ("hold=2000 load=1000 lock=token,server rounds=5", {"operations": 5}),
    "harts": ("size=8,100 pairs=1,3 rounds=30", {}),
    "ring": ("processes=2,5 rounds=20", {"operations": 20}),
}
# Roles in Go: the point is that they speak the same protocol, so one point each.
IN_GO = {
    "pingpong": "size=8,100 by=call,send rounds=50 ends=go,c+go,go+c",
    "pipeline": "processes=3 rounds=60 ends=go,c+go",
    "fanin": "cap=0,3 processes=3 rounds=61 ends=go,go+c",
    "fanout": "cap=0,3 processes=3 rounds=60 ends=go,c+go",
    "workqueue": "work=500 processes=4 rounds=40 ends=go,c+go",
    "select": "size=8 processes=3 rounds=60 ends=go,go+c",
    "harts": "pairs=2 rounds=30 ends=go,go+c",
    "pages": "bytes=1,70000 by=move,copy touch=no,yes rounds=3 ends=go,c+go,go+c",
    "ring": "processes=3 rounds=20 ends=go,c+go",
}
WRONG = [
    ("nonsense", "lab: no experiment 'nonsense'; 'lab list' shows those that there are"),
    ("help nonsense", "lab: no experiment 'nonsense'"),
    ("pingpong color=red", "lab: pingpong has no parameter 'color'; it has size cap"),
    ("pingpong size", "lab: 'size' is not NAME=VALUE"),
    ("pingpong =8", "lab: '=8' is not NAME=VALUE"),
    ("pingpong size=", "lab: size=: not a number"),
    ("pingpong size=8,,64", "lab: size=: not a number"),
    ("pingpong size=8x", "lab: size=8x: not a number"),
    ("pingpong size=-1", "lab: size=-1: not a number"),
    ("pingpong size=99999999999999999999", "lab: size=99999999999999999999: not a number"),
    ("pingpong size=8,4097", "lab: size=4097: must be from 0 to 4096"),
    ("pingpong processes=1", "lab: processes=1: must be from 2 to 64"),
    ("pingpong rounds=0", "lab: rounds=0: must be from 1"),
    ("pingpong ends=rust", "lab: ends=rust: must be one of: c go c+go go+c"),
    ("inversion ends=go", "lab: ends=go: must be one of: c"),
    ("pingpong size=8 size=9", "lab: size is given twice"),
    ("pingpong format=xml", "lab: format=xml: must be one of: text csv json"),
    ("pingpong seed=" + ",".join(map(str, range(65))), "lab: seed: more than 64 values"),
    ("ring processes=2,3,4,5,6,7,8,9,10,11,12 seed=" + ",".join(map(str, range(60))) + " rounds=1,2",
     "lab: more than 1000 combinations of values"),
]
WRONG_POINT = [
    ("pingpong by=inline size=9", "by=inline moves just 8 or 64 bytes"),
    ("pingpong by=send processes=3", "by=send is for two processes"),
    ("ring ends=go processes=40", "cannot be started, too many for the memory"),
]


def lab_alone(words, code=0, **options):
    """Boots for this one command; returns what was on the console."""
    with Machine(append=f"run=lab -- {words}", timeout=120, name="lab", **options) as machine:
        status = machine.wait_exit()
        assert status == code, f"lab {words} ended with {status}: {machine.transcript[-800:]}"
        return machine.transcript


def rows_of(words, **options):
    """The rows of an experiment, as lab's JSON has them."""
    text = lab_alone(f"{words} format=json", **options)
    found = re.search(r"^\{\n.*?^\}\n", text, re.M | re.S)
    assert found, text[-800:]
    document = json.loads(found[0])
    names = [column["name"] for column in document["columns"]]
    assert all(list(row) == names for row in document["rows"])
    return document["rows"]


def points(words):
    """How many combinations of values there are."""
    return functools.reduce(lambda product, word: product * (word.count(",") + 1), words.split(), 1)


@pytest.mark.parametrize("smp", [1, 2])
@pytest.mark.parametrize("name", SMALL)
def test_experiment(name, smp):
    words, expected = SMALL[name]
    rows = rows_of(f"{name.split('-')[0]} {words}", smp=smp)
    assert len(rows) == points(words)
    for row in rows:
        assert row["harts"] == smp and row["ticks"] > 0 and row["instructions"] is None
        assert expected.items() <= row.items()
        if name == "harts":
            assert row["operations"] == row["pairs"] * row["rounds"]
        if name == "ring":
            assert row["hops"] == row["processes"] * row["rounds"]


@pytest.mark.parametrize("smp", [1, 2])
@pytest.mark.parametrize("name", IN_GO)
def test_in_go(name, smp):
    words = IN_GO[name]
    rows = rows_of(f"{name} {words}", smp=smp)
    assert len(rows) == points(words)
    assert all(row["operations"] == row["rounds"] * row.get("pairs", 1) for row in rows)


def test_every_experiment_is_tested():
    listed = re.findall(r"^(\w+) +[A-Z]", lab_alone("list").split("0x")[-1], re.M)
    assert listed == sorted({name.split("-")[0] for name in SMALL})


@pytest.mark.parametrize("words", [
    "pingpong size=8,512 by=call,send ends=c,go rounds=300 seed=7",
    "workqueue processes=5 rounds=100 seed=3",
    "select processes=5 rounds=300 seed=5",
    "inversion rounds=10",
], ids=lambda words: words.split()[0])
def test_same_seed_same_figures(words):
    """Under -icount the CSV is the same bit for bit, instructions and ticks included."""
    def run():
        text = lab_alone(f"{words} format=csv", extra="-icount shift=0,sleep=off")
        return text[re.search(r"^\w+(,\w+)+$", text, re.M).start():]
    first = run()
    assert len(first.splitlines()) == points(words) + 1 and run() == first
    assert all(row["instructions"] and row["ns_each"] for row in csv.DictReader(first.splitlines()))


@pytest.mark.parametrize("smp", [1, 2])
@pytest.mark.parametrize("ends", ["c", "go+c"])
def test_select_is_fair(ends, smp):
    """A fair choice exceeds the bound once in 10,000 runs. The seeds are fixed; the buffers are full when the
    first choice is made, and hold what all choices take, so all cases are ready whatever the host does."""
    rows = rows_of(f"select processes=9 cap=256 rounds=1600 seed=1,2,3 ends={ends}", smp=smp)
    for row in rows:
        assert 0 < row["chi_square"] < row["bound"] == 30.364, row
        assert 150 < row["least"] < 200 < row["most"] < 250, row
    assert len({row["chi_square"] for row in rows}) == 3


def test_inversion():
    """With a token the high process waits for all that the medium one does, with a server for nothing
    of it."""
    rows = rows_of("inversion hold=10000 load=0,200000 lock=token,server rounds=10",
                   extra="-icount shift=0,sleep=off")
    waits = {(row["lock"], row["load"]): row["wait_instructions"] for row in rows}
    assert waits["token", 200000] - waits["token", 0] > 190000
    assert abs(waits["server", 200000] - waits["server", 0]) < 1000 and waits["server", 0] < 20000


def test_pages_that_move_do_not_cost_their_bytes():
    rows = rows_of("pages bytes=4096,4194304 by=move,copy rounds=3", extra="-icount shift=0,sleep=off")
    costs = {(row["by"], row["bytes"]): row["instructions_each"] for row in rows}
    assert costs["move", 4194304] < 2 * costs["move", 4096]
    assert costs["copy", 4194304] > 500 * costs["copy", 4096]


# ---- Requests that are wrong. -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def console():
    with Machine(timeout=60, name="lab-console") as machine:
        machine.expect(PROMPT)
        yield machine


@pytest.mark.parametrize("words, answer", WRONG, ids=[words[:40] for words, _ in WRONG])
def test_what_is_wrong(console, words, answer):
    shown = console.command(f"lab {words}; echo status $?").replace("\n", "")
    assert answer in shown and shown.count("lab: ") == 1 and "status 2" in shown


@pytest.mark.parametrize("words, answer", WRONG_POINT, ids=[words for words, _ in WRONG_POINT])
def test_point_that_cannot_be(console, words, answer):
    """It is said with the whole point; the processes that were there are gone again."""
    shown = console.command(f"lab {words}; echo status $?")
    assert answer in shown and f"lab: {words.split()[0]} " in shown and "status 1" in shown
    assert not re.search(r"\blab(go)?\b", console.command("ps").split("ps", 1)[1])


def test_usage(console):
    for words in ("", "help", "list all"):
        assert "usage: lab list" in console.command(f"lab {words}")


def test_help(console):
    for name in ("pingpong", "inversion", "ring"):
        shown = console.command(f"lab help {name}")
        assert f"{name}: " in shown and "rounds" in shown and "seed" in shown and "format" in shown
    assert "columns of its own" in shown.lower() and "hops" in shown


# What a program in the background says may stand behind a prompt, on its line.
PROMPT_BEGUN = r"(?m)^anser> "


def held_pages(machine):
    """Pages of all but the programs in Go, whose heaps move, and what is free."""
    machine.send("mem\n")
    machine.expect(r"(?m)^WHO +PAGES\n")
    begin = machine.transcript.rindex("WHO ")
    machine.expect(r"(?m)^all +\d+ +\d+ KiB\n")
    table = re.findall(r"^(\S.*?) +(\d+) +\d+ KiB$", machine.transcript[begin:], re.M)
    return sum(int(pages) for who, pages in table if not re.match("shell|log|free|all", who))


def wait_for_processes(machine, pattern, count):
    """Until so many lines of `ps` are processes whose name matches; returns their ids."""
    for _ in range(200):
        machine.send("ps\n")
        machine.expect(r"(?m)^ +PID +THR .*\n")
        begin = machine.transcript.rindex(" PID ")
        machine.expect(PROMPT_BEGUN)
        found = re.findall(rf"^ *(\d+) +(?:{pattern}) ", machine.transcript[begin:], re.M)
        if len(found) == count:
            return found
    raise ConsoleError(f"{len(found)} processes {pattern}, not {count}: {found}")


@pytest.mark.parametrize("ends", ["c", "go"])
def test_control_c_leaves_nothing(ends):
    with Machine(timeout=60, smp=2, mem="256M") as machine:
        machine.expect(PROMPT)
        machine.command("lab pingpong rounds=10")
        before = held_pages(machine)
        machine.send(f"lab pingpong processes=4 rounds=1000000000 ends={ends} size=8,64 format=csv\n")
        machine.expect(r"lab: 1 of 2: size=8")
        machine.send("\x03")
        machine.expect(PROMPT_BEGUN)
        wait_for_processes(machine, "lab|labgo", 0)  # they end when they see that lab has
        # A worker has 18 pages; slabs and page tables breathe, with the shell's heap most of all.
        assert held_pages(machine) <= before + 14


@pytest.mark.parametrize("ends, worker", [("c", "lab"), ("go", "labgo")])
def test_worker_that_dies(ends, worker):
    """Its end ends the experiment, which says which one it was; the others go with it."""
    with Machine(timeout=60) as machine:
        machine.expect(PROMPT)
        machine.send(f"lab pingpong processes=3 rounds=1000000000 size=8,64 format=csv ends={ends} &\n")
        machine.expect(r"lab: 1 of 2: size=8")
        found = wait_for_processes(machine, worker, 3 + (ends == "c"))
        machine.send(f"kill {found[-1]}\n")
        machine.expect(r"lab: pingpong size=8.*: process \d \((client|server)\) was killed before it was done\n")
        wait_for_processes(machine, "lab|labgo", 0)
        machine.command("wait")
        machine.command("")  # the shell may have told before, or tells before this prompt
        assert re.search(r"(?m)^\[1\] .*: status 1", machine.transcript), machine.unread


def test_worker_by_hand(console):
    assert "started by lab, not by hand" in console.command("lab --worker")
    assert "a worker of lab, which starts it" in console.command("labgo")


# ---- make lab. -------------------------------------------------------------------------------------------


def tools_lab(out, *arguments, **variables):
    environment = {**os.environ, "LAB_OUT": str(out), "SMP": "1", "ICOUNT": "", **variables}
    return subprocess.run(["tools/lab", *arguments], cwd=ROOT, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)


def test_make_lab(tmp_path):
    """Tables and plots of two experiments; the second one of a name gets a name of its own."""
    done = tools_lab(tmp_path, "pingpong size=8,64 by=call,send rounds=50; ring processes=2,4 rounds=5; ring")
    assert done.returncode == 0, done.stdout
    for name, count in (("pingpong", 4), ("ring", 2), ("ring-2", 1)):
        document = json.loads((tmp_path / f"{name}.json").read_text())
        with (tmp_path / f"{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == len(document["rows"]) == count
        assert [row["instructions"] for row in rows] == [str(r["instructions"]) for r in document["rows"]]
        assert document["repeat"].startswith("make lab LAB='") and document["counts_instructions"]
        assert all(row["seed"] == 1 for row in document["rows"])
        assert {"git", "qemu", "c_compiler", "go", "gnuplot"} == set(document["versions"])
        svg = ElementTree.parse(tmp_path / f"{name}.svg").getroot()
        assert svg.tag.endswith("svg") and svg.findall(".//{*}path")
        png = (tmp_path / f"{name}.png").read_bytes()
        assert png[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", png[16:24]) == (960, 600)
    assert "by=send" in (tmp_path / "pingpong.svg").read_text()


def test_make_lab_says_what_is_wrong(tmp_path):
    done = tools_lab(tmp_path, "pingpong size=x; nonsense")
    assert done.returncode == 1
    assert "lab: pingpong: size=x: not a number" in done.stdout
    assert "lab: nonsense: no experiment 'nonsense'" in done.stdout
    assert tools_lab(tmp_path, "--only", "nothing").returncode == 2
    assert "must be numbers of harts" in tools_lab(tmp_path, "ring", SMP="two").stdout
    assert "is not EXPERIMENT" in tools_lab(tmp_path, "ring $(reboot)").stdout
    assert not list(tmp_path.iterdir())


# ---- The documentation. -----------------------------------------------------------------------------------


def code_of(language):
    page = (ROOT / "docs" / "lab.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.M | re.S)


@pytest.mark.parametrize("language, path", [("c", "programs/lab/ring.c"), ("go", "go/cmd/labgo/ring.go")])
def test_example_is_the_program(language, path):
    """What the page shows is what is built and run by the tests above."""
    assert code_of(language) == [(ROOT / path).read_text()]


def documented_set():
    loader = importlib.machinery.SourceFileLoader("lab", str(ROOT / "tools" / "lab"))
    spec = importlib.util.spec_from_loader("lab", loader)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    loader.exec_module(module)
    sys.dont_write_bytecode = before
    return module.DOCUMENTED


def test_plots_of_the_page():
    """Its plots are there, and small; the commands under them are those of the documented set."""
    page = (ROOT / "docs" / "lab.md").read_text()
    section = page.split("## Three experiments")[1].split("\n## ")[0]
    plots = re.findall(r"\]\(lab/([\w-]+)\.svg\)", section)
    commands = re.findall(r"^make lab LAB='(.*?)'$", section, re.M)
    documented = documented_set()
    assert len(plots) == len(commands) == 3
    for plot, command in zip(plots, commands):
        path = ROOT / "docs" / "lab" / f"{plot}.svg"
        ElementTree.parse(path)
        assert path.stat().st_size < 60000
        assert documented[plot]["words"] == command


def test_small_archive():
    """lab is in the archive that users boot."""
    names = (BUILD / "initrd.list").read_text().split()
    assert any(name.startswith("programs/lab=") for name in names)
    assert any(name.startswith("programs/labgo=") for name in names)
