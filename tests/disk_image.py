# SPDX-License-Identifier: BSD-2-Clause
"""Images of disks for the tests, and what Anser's programs wrote to them (tests/disk/pattern.h)."""

import hashlib
import os
import re
import struct
import subprocess

from anser_qemu import BUILD, ROOT

UNIT, LINES, MASK = 4096, 64, 2**64 - 1


def pattern(seed, unit, generation):
    """One unit as tests/disk/pattern.h makes it."""
    if generation == 0:
        return bytes(UNIT)
    base = (seed * 0x9e3779b97f4a7c15 + unit * 0xbf58476d1ce4e5b9 + generation * 0x94d049bb133111eb) & MASK
    words = []
    for line in range(LINES):
        mixed = (base + line) & MASK
        mixed ^= mixed >> 29
        words += [seed, unit, generation, line, mixed, ~mixed & MASK, mixed << 1 & MASK, mixed >> 1]
    return struct.pack(f"<{8 * LINES}Q", *words)


def check_load(path, transcript):
    """Every byte of the image is what tests/disk/load.c says that it wrote last. Returns how many units were
    written."""
    seed = int(re.search(r"seed (\d+)$", transcript, re.M)[1])
    rows = re.findall(r"^# units (\d+):((?: \d+)+)$", transcript, re.M)
    generations = [int(number) for _, row in rows for number in row.split()]
    assert generations and len(generations) == int(rows[-1][0]) + len(rows[-1][1].split())
    with open(path, "rb") as image:
        for unit, generation in enumerate(generations):
            found = image.read(UNIT)
            assert found == pattern(seed, unit, generation), \
                f"unit {unit} begins with {found[:32].hex()}, generation {generation} was written"
    return sum(generation > 0 for generation in generations)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make(path, size):
    """An empty image, sparse."""
    with path.open("wb") as image:
        image.truncate(size)
    return path


def make_random(path, size):
    path.write_bytes(os.urandom(size))
    return path


def _fill(folder):
    """A tree with names, sizes and contents of many kinds."""
    folder.mkdir()
    for number, size in enumerate((0, 1, 511, 512, 4096, 100000, 1 << 20)):
        (folder / f"file{number}").write_bytes(os.urandom(size))
    deep = folder / "a" / "b" / "c"
    deep.mkdir(parents=True)
    for number in range(50):
        (deep / f"entry{number}.text").write_text(f"{number}\n" * number)


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60, check=False, **options)
    assert done.returncode == 0, f"{command}: exit status {done.returncode}\n{done.stdout}"
    return done.stdout


def make_ext4(path, size):
    """An ext4 file system with files in it."""
    _fill(path.parent / "tree")
    run("/usr/sbin/mkfs.ext4", "-q", "-F", "-d", path.parent / "tree", path, f"{size >> 10}k")
    return path


def make_vfat(path, size):
    """A FAT file system; its tools take no files along, so its label is what is in it."""
    make(path, size)
    run("/usr/sbin/mkfs.vfat", "-F", "16", "-n", "ANSER", path)
    return path


def check_ext4(path):
    run("/usr/sbin/e2fsck", "-f", "-n", path)


def check_vfat(path):
    run("/usr/sbin/fsck.vfat", "-n", "-v", path)


def archive_with(path, names):
    """Another boot archive: what the usual one holds, but for `names`, {name in the archive: file}."""
    usual = [pair for pair in (BUILD / "initrd.list").read_text().split() if pair.split("=")[0] not in names]
    run(ROOT / "tools" / "mkinitrd", path, *usual, *(f"{name}={file}" for name, file in names.items()), cwd=ROOT)
    return path
