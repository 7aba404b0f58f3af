# SPDX-License-Identifier: BSD-2-Clause
"""The model test of channels finds faults: each of these, planted in a copy of the kernel's source.

A mutant is one text of one file, replaced by another one. If the text is not there any more, adapt the
mutant: what it says is wrong with it should stay. In the same way, long work is cut into the smallest
pieces, which must make no difference.
"""

import os
import re
import shlex
import subprocess

import pytest

from anser_qemu import BUILD, ROOT

TEST = ROOT / "tests" / "host" / "test_channel_model.c"
OPERATIONS = 300000

# name: file, text, what stands there instead
MUTANTS = {
    "senders are served last in, first out": (
        "ipc/waiter.c", "list_append(&channel->senders,", "list_prepend(&channel->senders,"),
    "receivers are served last in, first out": (
        "ipc/waiter.c", "list_append(&channel->receivers, &waiter->link)",
        "list_prepend(&channel->receivers, &waiter->link)"),
    "receivers that wait do not learn that it is closed": (
        "ipc/work.c", "sender ? sender : channel_first_receiver(channel);", "sender;"),
    "a select that has fired stays in its other queues": (
        "ipc/waiter.c", "        list_remove(&place->waiter.link);\n        if (!place->object)",
        "        if (i + 1 < selection->count)\n            list_remove(&place->waiter.link);\n"
        "        if (!place->object)"),
    "room that a receive makes is not filled": (
        "ipc/exchange.c", "there may be sends. */\n    refill(channel);", "there may be sends. */"),
    "a call that leaves keeps those behind it waiting": (
        "ipc/exchange.c", "if (channel && calling && channel_has_room(channel)", "if (false"),
    "a call waits in the buffer": (
        "ipc/exchange.c", "if (!sender || sender->thread->state == ANSER_STATE_CALLING)", "if (!sender)"),
    "the end of a badge overtakes what was sent with it": (
        "ipc/event.c", "(int64_t)(channel->taken_total - event->after) >= 0", "channel->taken_total >= 0"),
    "handles in a buffer are dropped although they were received": (
        "ipc/deliver.c", "message->parcel->load.count = 0;", ""),
    "handles in a buffer are not dropped with it": (
        "ipc/deliver.c", "        capability_release(&load->capabilities[i]);\n    return true;",
        "        load->count = 0;\n    return true;"),
    "pages that were paid for stay so when the others of the message are too dear": (
        "ipc/deliver.c", "        while (i-- > 0)\n            if (from[i])", "        while (i-- > 0)\n            if (false)"),
    "a channel that gets no buffer is not freed": (
        "ipc/channel.c", "    object_free(&channel->object);\n    return NULL;", "    return NULL;"),
    "nobody keeps a slot for the right to answer": (
        "ipc/deliver.c", "count + wants_reply)", "count)"),
    "a server's earlier caller is forgotten": (
        "ipc/reply.c", "reply_drop_callers(server); /*", "reply_take_implicit(server); /*"),
    "a right to answer outlives the call": (
        "ipc/reply.c", "caller->reply->caller = NULL;", ""),
    "a deadline strikes after the call has ended": (
        "kern/thread.c", "deadline_cancel(&thread->deadline);", ""),
    "a signal's word comes twice": (
        "ipc/signal.c", "if (signal->bits && wake_first(signal, 0))\n        signal->bits = 0;",
        "if (signal->bits)\n        wake_first(signal, 0);"),
    "a handle that is closed does not wake who selects on it": (
        "ipc/waiter.c", "struct waiter *waiter = lost_case(thread, handle);", "struct waiter *waiter = NULL;"),
}


@pytest.fixture(scope="module")
def build_line():
    """The host compiler and its flags, as the Makefile has them."""
    done = subprocess.run(["make", "--no-print-directory", "--eval",
                           "show-host-compiler: ; @echo $(HOSTCC) $(HOST_CFLAGS)", "show-host-compiler"],
                          cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return shlex.split(done.stdout)


def objects():
    """The objects of the model test, as `make tests-host` leaves them; of each source its object."""
    found = re.findall(r"^/\* sources: (.*) \*/$", TEST.read_text(), re.M)
    sources = " ".join(found).split() + [str(TEST.relative_to(ROOT))]
    return {name: BUILD / "tests" / "host" / name.replace(".c", ".o") for name in sources}


# The work that is done in pieces. Not these: a receive that has passed over many senders at fault begins
# again, and what waits on a lost handle in a process of many threads is told later; both let others in.
PIECES = [("ipc/exchange.c", "REFILL_PIECE"), ("ipc/deliver.c", "FAULTY_PIECE"), ("ipc/signal.c", "SHUTDOWN_PIECE")]


def run_with(name, source, build_line, folder, shrink="0"):
    """Links the model test with this text instead of that source, and runs it."""
    planted = folder / "planted.c"
    planted.write_text(source)
    program = folder / "mutant"
    linked = {**objects(), name: planted}
    subprocess.run([*build_line, "-w", *linked.values(), "-o", program], cwd=ROOT, check=True, timeout=120)
    environment = {**os.environ, "OPERATIONS": str(OPERATIONS), "SHRINK": shrink}
    return subprocess.run([program], capture_output=True, text=True, timeout=120, env=environment)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_found(mutant, build_line, tmp_path):
    name, text, instead = MUTANTS[mutant]
    source = (ROOT / name).read_text()
    assert source.count(text) == 1, f"{text!r} stands {source.count(text)} times in {name}"
    done = run_with(name, source.replace(text, instead), build_line, tmp_path)
    assert done.returncode != 0, f"{OPERATIONS} operations did not find that {mutant}"
    assert re.search(r"^# seed \d+, after \d+ operations: \S", done.stdout, re.M), done.stdout


@pytest.mark.parametrize("name, piece", PIECES)
def test_smallest_pieces(name, piece, build_line, tmp_path):
    source, count = re.subn(rf"(#define {piece}) +\d+", r"\1 1", (ROOT / name).read_text())
    assert count == 1, f"{name} does not say what {piece} is"
    done = run_with(name, source, build_line, tmp_path, shrink="1")
    assert done.returncode == 0, done.stdout
