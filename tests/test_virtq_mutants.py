# SPDX-License-Identifier: BSD-2-Clause
"""The host tests of virtqueues find faults: each of these, planted in a copy of the library's source.

A mutant is one text of one file, replaced by another one. If the text is not there any more, adapt the
mutant: what it says is wrong with it should stay.
"""

import re
import shlex
import subprocess

import pytest

from anser_qemu import BUILD, ROOT

HOST = ROOT / "tests" / "host"

# name: test that finds it, file, text, what stands there instead
MUTANTS = {
    "the index of the device is believed": (
        "virtq_faults", "lib/virtq.c",
        "if (some > queue->published - queue->taken)", "if (false)"),
    "what was added counts as made available": (
        "virtq_faults", "lib/virtq.c", "if (some > queue->published - queue->taken)",
        "if (some > queue->added - queue->taken)"),
    "an id may be one beyond the end": (
        "virtq_faults", "lib/virtq.c", "if (id >= queue->size)", "if (id > queue->size)"),
    "an id is cut to 16 bits": (
        "virtq_faults", "lib/virtq.c", "uint32_t id = LOAD(element->id)", "uint16_t id = (uint16_t)LOAD(element->id)"),
    "a request may be done twice": (
        "virtq_faults", "lib/virtq.c", "if (slot->count == 0)", "if (false)"),
    "a used length is believed": (
        "virtq_faults", "lib/virtq.c", "if (length > slot->room)", "if (false)"),
    "a broken queue takes requests": (
        "virtq_faults", "lib/virtq.c", "    if (queue->fault)\n        return -EPROTO;\n    return count == 1",
        "    return count == 1"),
    "an empty segment is taken": (
        "virtq_faults", "lib/virtq.c", "length == 0 || ", ""),
    "an empty segment is taken alone": (
        "virtq_faults", "lib/virtq.c", "if (segment->length == 0)", "if (false)"),
    "segments may be in any order": (
        "virtq_faults", "lib/virtq.c", " || writes < filling->writes", ""),
    "the room is that of the last segment": (
        "virtq", "lib/virtq.c", "filling->room += writes ?", "filling->room = writes ?"),
    "a chain goes back to the free list without its end": (
        "virtq", "lib/virtq.c", "queue->slots[slot->last].next = queue->first_free", "slot->next = queue->first_free"),
    "a table's last entry goes on": (
        "virtq", "lib/virtq.c", "i + 1 < count ? rest | next : rest", "rest | next"),
    "all requests share one table": (
        "virtq", "lib/virtq.c", "struct virtq_descriptor *table = queue->tables + head * VIRTQ_TABLE",
        "struct virtq_descriptor *table = queue->tables"),
    "tables without the feature": (
        "virtq", "lib/virtq.c", "if (FEATURE(features, VIRTQ_INDIRECT_DESC))", "if (true)"),
    "more descriptors than are free": (
        "virtq", "lib/virtq.c", "if (needed > queue->free_count)", "if (queue->free_count == 0)"),
    "the device is notified of the last request only": (
        "virtq", "lib/virtq.c", "return passes(LOAD(*available_event(queue)), now, before);",
        "return LOAD(*available_event(queue)) == (uint16_t)(now - 1);"),
    "the event is taken for the one before": (
        "virtq", "lib/virtq.c", "(uint16_t)(now - event - 1) <", "(uint16_t)(now - event) <"),
    "events do not wrap": (
        "virtq", "lib/virtq.c", "return (uint16_t)(now - event - 1) < now - before;",
        "return event >= before && event < now;"),
    "who waits does not look once more": (
        "virtq", "lib/virtq.c", "return (uint16_t)(LOAD(queue->used->index) - queue->taken) < count;", "return true;"),
    "interrupts go on when nobody waits": (
        "virtq", "lib/virtq.c", "STORE(queue->available->flags, NO_INTERRUPT);\n    }\n    return 1;", "}\n    return 1;"),
    "who is awake is interrupted": (
        "virtq", "lib/virtq.c", "STORE(*used_event(queue), (uint16_t)(queue->taken - 1));",
        "STORE(*used_event(queue), (uint16_t)queue->taken);"),
    "who is awake is interrupted, without event index": (
        "virtq", "lib/virtq.c", "    else\n        STORE(queue->available->flags, NO_INTERRUPT);\n    queue->awaits",
        "    queue->awaits"),
    "one interrupt too early": (
        "virtq", "lib/virtq.c", "(uint16_t)(queue->taken + count - 1)", "(uint16_t)(queue->taken + count - 2)"),
    "the upper half of the features is not offered": (
        "virtio", "lib/virtio.c", "set(device, DEVICE_FEATURES_SEL, 1);", ""),
    "a device that keeps its status is used": (
        "virtio", "lib/virtio.c", "if (get(device, STATUS) == 0)\n            return 0;", "return 0;"),
    "a refusal of the features is not noticed": (
        "virtio", "lib/virtio.c", "if (get(device, STATUS) & STATUS_FEATURES_OK)", "if (true)"),
    "a configuration that changes is read in two parts": (
        "virtio", "lib/virtio.c", "return get(device, CONFIG_GENERATION) == generation;", "return true;"),
    "a legacy queue is placed beyond the reach of its register": (
        "virtio", "lib/virtio.c", " || (device->legacy && page > UINT32_MAX)", ""),
}


@pytest.fixture(scope="module")
def build_line():
    """The host compiler and its flags, as the Makefile has them."""
    done = subprocess.run(["make", "--no-print-directory", "--eval",
                           "show-host-compiler: ; @echo $(HOSTCC) $(HOST_CFLAGS)", "show-host-compiler"],
                          cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return shlex.split(done.stdout)


def objects(test):
    """The objects of a host test, as `make tests-host` leaves them; of each source its object."""
    source = HOST / f"test_{test}.c"
    found = re.findall(r"^/\* sources: (.*) \*/$", source.read_text(), re.M)
    names = " ".join(found).split() + [str(source.relative_to(ROOT))]
    return {name: BUILD / "tests" / "host" / name.replace(".c", ".o") for name in names}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_found(mutant, build_line, tmp_path):
    test, name, text, instead = MUTANTS[mutant]
    source = (ROOT / name).read_text()
    assert source.count(text) == 1, f"{text!r} stands {source.count(text)} times in {name}"
    planted = tmp_path / "planted.c"
    planted.write_text(source.replace(text, instead))
    program = tmp_path / "mutant"
    linked = {**objects(test), name: planted}
    subprocess.run([*build_line, "-w", "-Ilib", *linked.values(), "-o", program], cwd=ROOT, check=True, timeout=120)
    done = subprocess.run([program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0, f"test_{test} did not find that {mutant}"
    assert re.search(r"^not ok|^Bail out!", done.stdout, re.M) or "Sanitizer" in done.stderr, done.stdout
