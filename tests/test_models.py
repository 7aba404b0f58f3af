# SPDX-License-Identifier: BSD-2-Clause
"""The Promela models: SPIN looks at every state of each, and finds each planted fault."""

import re
import subprocess

import pytest

from anser_qemu import BUILD, ROOT

MODELS = ROOT / "models"
MEMORY_MB = 1800
LIMIT_SECONDS = 240  # nothing is judged by time; this only ends what hangs
# The rooms whose functions docs/model.md may name.
SOURCES = [path for room in ("ipc", "kern") for path in (ROOT / room).glob("*.[chS]")]

# (model, definitions): everything that can happen in it has been looked at, and nothing is wrong.
SOUND = [
    ("channel", "-DCAPACITY=0"),
    ("channel", "-DCAPACITY=1"),
    ("progress", "-DCAPACITY=0"),
    ("progress", "-DCAPACITY=1"),
    ("pages", ""),
    ("tlb", ""),
    ("wake", ""),
]

# (model, definitions, fault, the assertion that fails, as the model's text has it)
STALE = r"assert\(owned_by"
ONE_OWNER = r"assert\(n_held \+ is_free"
FOREVER = None  # no assertion: a run that goes round for ever, and never does what it should
FAULTY = [
    ("channel", "-DSCENARIO=RENDEZVOUS -DCAPACITY=0 -DOPEN", "LOST_WAKEUP", r"assert\(!\(len\(senders"),
    ("channel", "-DSCENARIO=RENDEZVOUS -DCAPACITY=1 -DOPEN", "NO_REFILL", r"assert\(!\(has_room"),
    ("channel", "-DSCENARIO=BROKEN -DCAPACITY=1 -DOPEN", "REFILL_AFTER_SUCCESS", r"assert\(!\(has_room"),
    ("channel", "-DSCENARIO=SELECTS -DCAPACITY=0 -DCLOSING", "SELECT_TWICE", r"assert\(thread\[\w+\]\.waits"),
    ("channel", "-DSCENARIO=RENDEZVOUS -DCAPACITY=0 -DCLOSING", "CLOSE_MISSES", r"assert\(!\(channel\[c\]\.closed &&"),
    ("channel", "-DSCENARIO=RENDEZVOUS -DCAPACITY=1 -DCLOSING", "TAKE_AFTER_CLOSE", r"assert\(!channel\[c\]\.closed\)"),
    ("progress", "-DCAPACITY=1", "BARGE", FOREVER),
    ("pages", "", "EARLY_VISIBILITY", r"assert\(sees_own"),
    ("pages", "", "LOST_PAGE", ONE_OWNER),
    ("pages", "", "PARCEL_LEAK", ONE_OWNER),
    ("pages", "", "HALF_MOVE", r"assert\(.*payer_is_owner"),
    ("tlb", "", "EARLY_VISIBILITY", STALE),
    ("tlb", "", "IDLE_FENCE", STALE),
    ("tlb", "", "UNPAID", STALE),
    ("tlb", "", "MASK_SHRINKS", STALE),
    ("tlb", "", "FENCE_FIRST", STALE),
    ("tlb", "", "ASID_EARLY", STALE),
    ("wake", "", "LOST_POKE", FOREVER),
    ("wake", "", "NO_PULL", FOREVER),
    ("wake", "", "IDLE_LATE", FOREVER),
]


def name_of(case):
    return "-".join(re.sub(r"-D(\w+=)?", "", " ".join(case[:3])).split())


def run(folder, *command):
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, text=True, timeout=LIMIT_SECONDS,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def search(model, definitions, *pan_options):
    """Makes the searcher of a model in a folder of its own and runs it; returns (folder, output)."""
    folder = BUILD / "models" / name_of((model, definitions, *pan_options))
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for path in MODELS.glob("*.pml"):
        (folder / path.name).write_text(path.read_text())
    status, output = run(folder, "spin", *definitions.split(), "-a", f"{model}.pml")
    assert status == 0 and "Error" not in output, output
    liveness = [] if "ltl " in (MODELS / f"{model}.pml").read_text() else ["-DSAFETY"]
    # What finds a fault ends soon: there the compiler is what takes time.
    effort = "-O0" if "FAULT_" in definitions else "-O1"
    status, output = run(folder, "gcc", effort, "-w", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MB}", *liveness,
                         "-o", "pan", "pan.c")
    assert status == 0, output
    _, output = run(folder, "./pan", "-m1000000", *pan_options)
    (folder / "out").write_text(output)
    return folder, output


def options(model):
    """Channels say themselves what may wait for ever; elsewhere no invalid end state is allowed. What
    must happen some day is asked for with weak fairness: who can always go on, does."""
    return {"channel": ["-E"], "wake": ["-a", "-f"], "progress": ["-a", "-f"]}.get(model, [])


@pytest.mark.parametrize("case", SOUND, ids=name_of)
def test_nothing_is_wrong_in_any_state(case):
    _, output = search(*case, *options(case[0]))
    assert "Full statespace search" in output, output
    for partial in ("max search depth too small", "out of memory", "aborted", "interrupted", "hash"):
        assert partial not in re.sub(r"hash (table|conflicts|factor)", "", output), output
    errors = re.search(r"errors: (\d+)", output)
    states = re.search(r"(\d+) states, stored", output)
    assert errors and states, output
    assert int(errors[1]) == 0, output
    assert int(states[1]) > 1000, f"only {states[1]} states: does anybody take part?"


@pytest.mark.parametrize("case", FAULTY, ids=name_of)
def test_a_planted_fault_is_found(case):
    model, definitions, fault, expected = case
    definitions = f"{definitions} -DFAULT_{fault}"
    folder, output = search(model, definitions, *options(model))
    assert int(re.search(r"errors: (\d+)", output)[1]) > 0, output
    # The trail, replayed by spin itself, ends at that very assertion.
    trail, = folder.glob("*.trail")
    _, replay = run(folder, "spin", *definitions.split(), "-t", "-k", trail.name, f"{model}.pml")
    if expected is FOREVER:
        assert "acceptance cycle" in output and "START OF CYCLE" in replay, output + replay
        return
    failed = re.search(r"spin: (\w+\.pml):(\d+), Error: assertion violated", replay)
    assert failed, replay
    line = (folder / failed[1]).read_text().splitlines()[int(failed[2]) - 1]
    assert re.search(expected, line), f"{failed[1]}:{failed[2]}: {line.strip()}"


def test_models_know_every_fault_that_is_tested():
    planted = {name for path in MODELS.glob("*.pml") for name in re.findall(r"FAULT_(\w+)", path.read_text())}
    assert planted - {""} == {fault for _, _, fault, _ in FAULTY}


def test_the_page_names_functions_that_exist():
    page = (ROOT / "docs" / "model.md").read_text()
    rows = [line.split("|")[1:-1] for line in page.splitlines() if re.match(r"\| `", line)]
    models = "\n".join(path.read_text() for path in MODELS.glob("*.pml"))
    sources = {path.relative_to(ROOT).as_posix(): path.read_text() for path in SOURCES}
    checked = 0
    for step, functions, place in (row for row in rows if len(row) == 3):
        for name in re.findall(r"`(\w+)`", step):
            assert re.search(rf"\b(inline|proctype|define) {name}\b", models), f"no step {name}"
        files = re.findall(r"`([\w/.]+)`", place)
        assert files and all(name in sources for name in files), place
        for name in re.findall(r"`(\w+)`", functions):
            assert any(re.search(rf"\b{name}\b", sources[path]) for path in files), f"{name} is not in {files}"
            checked += 1
    assert checked > 20
