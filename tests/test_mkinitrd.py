# SPDX-License-Identifier: BSD-2-Clause
"""mkinitrd: the archive is what the cpio tool reads, and large files begin on pages."""

import os
import subprocess

from anser_qemu import ROOT

PAGE = 4096


def mkinitrd(*arguments):
    return subprocess.run([ROOT / "tools/mkinitrd", *map(str, arguments)], capture_output=True, text=True)


def make_archive(folder):
    contents = {"init": b"\x7fELF" + os.urandom(3 * PAGE), "manifest": b"service uart\n", "empty": b"",
                "programs/big": os.urandom(PAGE), "programs/odd": os.urandom(PAGE + 1),
                "programs/tiny": b"\x7fELF" + os.urandom(100)}
    arguments = []
    for number, (name, data) in enumerate(contents.items()):
        (folder / str(number)).write_bytes(data)
        arguments.append(f"{name}={folder / str(number)}")
    archive = folder / "archive"
    done = mkinitrd(archive, *arguments)
    assert done.returncode == 0, done.stderr
    return archive, contents, arguments


def test_cpio_reads_it(tmp_path):
    archive, contents, _ = make_archive(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    with archive.open("rb") as file:
        subprocess.run(["cpio", "-idm", "--quiet"], cwd=out, stdin=file, check=True)
    for name, data in contents.items():
        assert (out / name).read_bytes() == data, name
    assert os.access(out / "init", os.X_OK) and not os.access(out / "manifest", os.X_OK) or os.getuid() == 0


def test_large_files_begin_on_pages(tmp_path):
    archive, contents, _ = make_archive(tmp_path)
    data = archive.read_bytes()
    assert len(data) % PAGE == 0
    for name, expected in contents.items():
        if len(expected) >= PAGE or expected.startswith(b"\x7fELF"):
            assert data.index(expected) % PAGE == 0, name


def test_same_input_same_bytes(tmp_path):
    archive, _, arguments = make_archive(tmp_path)
    again = tmp_path / "again"
    assert mkinitrd(again, *arguments).returncode == 0
    assert again.read_bytes() == archive.read_bytes()


def test_bad_arguments(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"x")
    for arguments, words in [(["name"], "NAME=FILE"), ([f"a={file}", f"a={file}"], "twice"),
                             ([f"/a={file}"], "cannot be a name"), ([f"{'n' * 256}={file}"], "cannot be a name"),
                             ([f"TRAILER!!!={file}"], "cannot be a name"), (["a=/does/not/exist"], "No such file")]:
        done = mkinitrd(tmp_path / "archive", *arguments)
        assert done.returncode == 1 and words in done.stderr, (arguments, done.stderr)
        assert not (tmp_path / "archive").exists()
