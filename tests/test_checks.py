# SPDX-License-Identifier: BSD-2-Clause
"""The kernel that checks its own invariants (kern/check.c): faults that are planted in it are found,
and programs that go through all of IPC, memory and death find none."""

import re

import pytest

from anser_qemu import BUILD, Machine, run_target_program

CHECKS = BUILD / "loader-checks.elf"
PLANT = BUILD / "loader-plant.elf"

# What is done to what (tests/checks/plant.c), and what the checks say to it.
FAULTS = [
    ("element_too_many", "full", "no more elements than the capacity"),
    ("end_too_many", "full", r"a channel has as many send ends as there are capabilities: \d+, counted \d+"),
    ("lost_receiver", "empty", "everybody who waits is in a queue"),
    ("lost_sender", "full", "everybody who waits is in a queue"),
    ("overlooked_bits", "signal", "nobody waits for a signal that has bits"),
    ("closed_with_waiters", "full", "nobody waits on a channel that is closed"),
    ("holder_too_many", "badged", "a badge has as many holders as there are capabilities: 2, counted 1"),
    ("leaked_reference", "empty", "an object has as many references as there are holders"),
    ("wrong_badge", "badged", "a slot's badge is that of its record"),
    ("right_from_nowhere", "empty", "without the right, a handle's slot leads to no channel"),
    ("free_slot_lost", "nothing", "every slot of a handle table is taken, free or retired"),
    ("charge_lost", "nothing", "an account has in use what it pays for"),
    ("ready_in_no_queue", "receiver", "everybody who is ready is in a ready queue"),
    ("mask_without_queue", "nothing", "a hart's ready_mask says which queues hold threads"),
    ("answer_to_nobody", "receiver", "whom a thread may answer is calling, and waits for it"),
    ("thread_uncounted", "nothing", "thread_count says how many threads a process has"),
    ("region_too_short", "nothing", "no page is mapped where no region is"),
    ("right_without_region", "nothing", "a page has no right that its region has not"),
    ("page_uncounted", "nothing", "page_count says how many anonymous pages there are"),
    ("stale_view", "nothing", "the kernel's view of a user's page is of"),
    ("frame_lost", "nothing", "as many frames are in free lists as are free"),
    ("shared_no_more", "shared", "pages that are neither frozen nor shared have one handle"),
]


def planted():
    """The faults of tests/checks/plant.c, in their order."""
    source = (BUILD.parent / "tests" / "checks" / "plant.c").read_text()
    table = re.search(r"plants\[\] = \{(.*?)\};", source, re.S)[1]
    return re.findall(r"\w+", table)


def test_every_fault_is_listed():
    assert [name for name, _, _ in FAULTS] == planted()


@pytest.mark.parametrize("name, target, says", FAULTS, ids=[fault[0] for fault in FAULTS])
def test_planted(name, target, says):
    words = f"test=checks rescue panic=exit -- {planted().index(name)} {target}"
    with Machine(kernel=PLANT, append=words, timeout=60) as machine:
        assert machine.wait_exit() == 1, "a panic ends the machine"
        text = machine.transcript
    found = re.search(r"^panic: check: not so: (.*)$", text, re.M)
    assert found, "nothing was found"
    assert re.match(says, found[1])
    assert re.search(r" \(\w+ \d+; (before|after) .*, a7 -?\d+, thread \d+\)$", found[1])


@pytest.mark.parametrize("program", [
    "call_ends", "channel_carry", "channel_deaths", "channel_forms", "channel_handles",
    "channel_killed", "channel_memory", "channel_queues", "channel_replies", "channel_rules",
    "channel_select", "channel_signals", "channel_table", "channels", "checks", "events",
    "hostile_exit", "hostile_handles", "hostile_kill", "hostile_pointers", "ipc_pieces",
    "lifecycle", "memory", "model", "pages", "pages_shared", "reflect", "sched", "select_errors", "select_moves",
    "serve", "spawn", "threads", "timer_channels", "words",
])
def test_program(program):
    run_target_program(program, kernel=CHECKS, smp=2, append="rescue panic=exit", timeout=150)
