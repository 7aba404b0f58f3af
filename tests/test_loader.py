# SPDX-License-Identifier: BSD-2-Clause
"""The loader and the Go part of the kernel image in QEMU, around the core of tests/image/: every Go
that we have, both versions of QEMU, machines of all sizes, and what is refused before it is loaded.
"""

import json
import os
import re
import shutil
import socket
import struct
import subprocess
from pathlib import Path

import pytest

from anser_qemu import BUILD, ROOT, Machine

GOS = {
    "1.19": "/usr/lib/go-1.19/bin/go",
    "1.23": str(BUILD / "go-1.23/usr/lib/go-1.23/bin/go"),
    "machine": shutil.which("go") or "/usr/lib/go-1.19/bin/go",
}
QEMUS = ["7.2", "10"]
# The minor versions in between, which Go itself fetches into its module cache: one linker each.
TOOLCHAINS = ["go1.20.14", "go1.21.13", "go1.22.12", "go1.24.13", "go1.25.9"]

# From the loader's first instruction to the core's first; measured 0.96 million.
INSTRUCTIONS_MAX = 1_200_000


def run(command, **environment):
    """Runs a command in the tree; returns its exit status and everything it said."""
    done = subprocess.run([str(word) for word in command], cwd=environment.pop("cwd", ROOT),
                          env={**os.environ, "BUILD": str(BUILD), **environment}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    return done.returncode, done.stdout


def must_run(command, **environment):
    status, output = run(command, **environment)
    assert status == 0, output
    return output


def go_version(go, **environment):
    return must_run([go, "env", "GOVERSION"], cwd="/", **{"GOTOOLCHAIN": "local", **environment})


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """Something to give to -initrd; the core of the tests does not look inside."""
    path = tmp_path_factory.mktemp("initrd") / "archive"
    path.write_bytes(b"070701" + b"x" * 5000)
    return path


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """built(go): the folder with loader.elf and kernel.elf made by that Go, once a session."""
    folders = {}

    def build(go, **environment):
        key = (go, *sorted(environment.items()))
        if key not in folders:
            folder = tmp_path_factory.mktemp("image")
            must_run(["tests/image/build", go, folder], **environment)
            folders[key] = folder
        return folders[key]
    return build


def handed_over(machine):
    """The numbers that the core of the tests prints first, as a dictionary."""
    line = machine.expect(r"core: hand-over(.*)\n").group(1)
    return {name: int(value, 16) for name, value in re.findall(r"(\w+)=0x([0-9a-f]+)", line)}


def expect_whole_boot(machine):
    machine.expect_all("core: data intact\n", "core: memory\n", "core: traps\n",
                       "core: interrupts\n", "core: processes\n", "core: init\n", "core: harts\n",
                       "core: enter\n")
    assert machine.wait_exit() == 0


@pytest.mark.parametrize("qemu", QEMUS)
@pytest.mark.parametrize("go", GOS)
def test_boots(built, archive, go, qemu):
    folder = built(GOS[go])
    with Machine(kernel=folder / "loader.elf", initrd=archive, qemu=qemu) as machine:
        handed = handed_over(machine)
        assert handed["image"] == 0x80200000 and handed["initrd_size"] == 5006
        assert handed["plic"] == 0xc000000 and handed["contexts"] == 1 and handed["hz"] == 10 ** 7
        version = re.escape(go_version(GOS[go]).strip())
        machine.expect(rf"anser: version \S+, image built with {version}\n")
        machine.expect_all(r"anser: harts   1 of 1, this is 0", r"anser: memory  0x80000000 to "
                           r"0x88000000, 128 MiB\n", r"anser: kept    0x80000000 to",
                           r"anser: image   0x80200000 to", r"anser: initrd  0x8\w+ to 0x8\w+, 5 KiB")
        expect_whole_boot(machine)


@pytest.mark.parametrize("qemu", QEMUS)
@pytest.mark.parametrize("go", GOS)
def test_go_alone_boots(tmp_path, archive, go, qemu):
    """golang/go#57983: a kernel without C whose first segment begins before the file."""
    kernel, loader = tmp_path / "kernel.elf", tmp_path / "loader.elf"
    must_run([GOS[go], "build", "-ldflags", "-E main.entry -T 0x80200000", "-o", kernel, "."],
             cwd=ROOT / "tests/gofreestanding", CGO_ENABLED="0", GOOS="linux", GOARCH="riscv64",
             GOTOOLCHAIN="local", GOWORK="off")
    must_run(["tools/link-loader", kernel, loader])
    with Machine(kernel=loader, initrd=archive, qemu=qemu) as machine:
        machine.expect("a kernel in Go alone\n")
        assert machine.wait_exit() == 0


def toolchains():
    """The fetched ones belong to make test; make soak insists on every one, and fetches it."""
    cache = Path(must_run([GOS["machine"], "env", "GOMODCACHE"], cwd="/", GOTOOLCHAIN="local").strip())
    for toolchain in TOOLCHAINS:
        here = any((cache / "golang.org").glob(f"toolchain@v0.0.1-{toolchain}.*"))
        yield pytest.param(toolchain, marks=[] if here else [pytest.mark.soak])


@pytest.mark.parametrize("toolchain", list(toolchains()))
def test_toolchain_boots(built, archive, toolchain):
    folder = built(GOS["machine"], GOTOOLCHAIN=toolchain)
    with Machine(kernel=folder / "loader.elf", initrd=archive) as machine:
        machine.expect(rf"image built with {re.escape(toolchain)}\n")
        expect_whole_boot(machine)


def test_every_minor_version():
    """The matrix has no hole: from the oldest Go up to the machine's own, each once."""
    machine = int(re.match(r"go1\.(\d+)", go_version(GOS["machine"]))[1])
    minors = {int(name.split(".")[1]) for name in [*GOS, *TOOLCHAINS] if "." in name}
    assert minors | {machine} == set(range(19, machine + 1))


SIZES = [(1, "64M"), (2, "128M"), (3, "256M"), (4, "512M"), (5, "1G"), (6, "1536M"), (7, "2G"),
         (8, "4G")]


@pytest.mark.parametrize("qemu", QEMUS)
@pytest.mark.parametrize("smp, mem", SIZES)
def test_machine_sizes(built, archive, smp, mem, qemu):
    folder = built(GOS["machine"])
    size = int(mem[:-1]) << (30 if mem.endswith("G") else 20)
    with Machine(kernel=folder / "loader.elf", initrd=archive, smp=smp, mem=mem, append="quiet",
                 qemu=qemu) as machine:
        handed = handed_over(machine)
        assert (handed["harts"], handed["ram_size"]) == (smp, size)
        assert handed["contexts"] % 2 == 1 and handed["initrd_size"] == 5006
        expect_whole_boot(machine)


def test_more_harts_than_can_be_used(built, archive):
    with Machine(kernel=built(GOS["machine"]) / "loader.elf", initrd=archive, smp=12) as machine:
        machine.expect("loader: 4 more harts than can be used are left alone\n")
        assert handed_over(machine)["harts"] == 8
        expect_whole_boot(machine)


@pytest.mark.parametrize("qemu", QEMUS)
def test_no_initrd(built, qemu):
    with Machine(kernel=built(GOS["machine"]) / "loader.elf", initrd="none", qemu=qemu) as machine:
        machine.expect("loader: no boot modules: give QEMU -initrd with a cpio")
        assert machine.wait_exit() == 0
        assert "core:" not in machine.transcript


def test_instructions_to_the_core(built, archive):
    with Machine(kernel=built(GOS["machine"]) / "loader.elf", initrd=archive, icount=0) as machine:
        handed = handed_over(machine)
        assert handed["start"] > 0 and 100_000 < handed["instructions"] < INSTRUCTIONS_MAX


@pytest.mark.parametrize("append, harts, panic, says", [
    ("", 8, 0, None),
    ("harts=3 panic=exit", 3, 2, None),
    ("panic=reboot foo=bar harts=1 -- x", 1, 1, None),
    ("harts=eight", 8, 0, '"harts=eight" is ignored, it wants a number from 1 to 8'),
    ("panic=", 8, 0, '"panic=" is ignored, it wants halt, reboot or exit'),
])
def test_command_line(built, archive, append, harts, panic, says):
    with Machine(kernel=built(GOS["machine"]) / "loader.elf", initrd=archive,
                 append=append) as machine:
        expect_whole_boot(machine)
        options = re.search(r"core: options harts=0x(\w+) panic=0x(\w+)\n", machine.transcript)
        assert (int(options[1], 16), int(options[2], 16)) == (harts, panic)
        said = re.findall(r"anser: command line: (.*)\n", machine.transcript)
        assert said == ([says] if says else [])


def test_quiet(built, archive):
    with Machine(kernel=built(GOS["machine"]) / "loader.elf", initrd=archive,
                 append="quiet") as machine:
        expect_whole_boot(machine)
        assert "anser:" not in machine.transcript


def test_command_line_too_long(built, archive):
    with Machine(kernel=built(GOS["machine"]) / "loader.elf", initrd=archive,
                 append="x" * 1024) as machine:
        machine.expect("loader: device tree: chosen: bootargs = 0x401 bytes is a wrong length\n")
        assert machine.wait_exit() == 1


@pytest.mark.parametrize("number, name", [(2, "log"), (3, "memory"), (4, "traps"),
                                          (5, "interrupts"), (6, "processes"), (7, "init"),
                                          (8, "harts"), (9, "enter")])
def test_failing_step(built, archive, number, name):
    with Machine(kernel=built(GOS["machine"]) / "loader.elf", initrd=archive,
                 append=f"fail={number}") as machine:
        machine.expect(rf"core: {name}\nanser: step {name} failed with error 12\n")
        assert machine.wait_exit() == 3


@pytest.mark.parametrize("qemu", QEMUS)
def test_initrd_that_does_not_fit(built, tmp_path, qemu):
    """QEMU 7.2 puts it past the end of RAM without a word; QEMU 10 refuses itself."""
    big = tmp_path / "archive"
    with open(big, "wb") as file:
        file.truncate(64 << 20)
    with Machine(kernel=built(GOS["machine"]) / "loader.elf", initrd=big, mem="64M",
                 qemu=qemu) as machine:
        machine.expect(r"loader: the initrd at 0x\w+, 0x\w+ bytes, is not all in RAM\n|"
                       r"could not load ramdisk|kernel too large|initrd|out of space")
        assert machine.wait_exit() == 1
        assert "core:" not in machine.transcript


# The device tree that QEMU itself makes, with one thing broken that OpenSBI does not mind.
BROKEN_TREES = {
    "contexts": (["fdtput", "-t", "x", "TREE", "/soc/plic@c000000", "riscv,ndev", "fff"],
                 r"loader: device tree: plic@c000000: riscv,ndev = 0xfff is no number"),
    "memory twice": (["fdtput", "-t", "x", "TREE", "/memory@80000000", "reg", "0", "80000000", "0",
                      "8000000", "0", "80000000", "0", "1000"],
                     r"loader: device tree: memory@80000000: reg = 0x80000000 begins RAM that is"),
    "mmu": (["fdtput", "-t", "s", "TREE", "/cpus/cpu@0", "mmu-type", "riscv,none"],
            r"loader: device tree: reg = 0x0 is this hart, and no usable"),
}


@pytest.mark.parametrize("broken", BROKEN_TREES)
def test_broken_device_tree(built, archive, tmp_path, broken):
    tree, (command, says) = tmp_path / "tree.dtb", BROKEN_TREES[broken]
    must_run(["qemu-system-riscv64", "-M", f"virt,dumpdtb={tree}", "-m", "128M"])
    must_run([str(tree) if word == "TREE" else word for word in command])
    with Machine(kernel=built(GOS["machine"]) / "loader.elf", initrd=archive,
                 extra=["-dtb", tree]) as machine:
        machine.expect(says)
        machine.wait_exit()
        assert "core:" not in machine.transcript


def broken_image(image, change):
    """A copy of a kernel image with (offset, format, value) written over."""
    data = bytearray(image.read_bytes())
    for offset, form, value in change(data):
        struct.pack_into("<" + form, data, offset, value)
    return data


def header(index, field):
    """Where a field of a program header is in the file."""
    return 64 + 56 * index + {"flags": 4, "offset": 8, "vaddr": 16, "filesz": 32, "memsz": 40}[field]


def loads(data):
    """Indices of the PT_LOAD entries."""
    count, = struct.unpack_from("<H", data, 56)
    return [i for i in range(count) if struct.unpack_from("<I", data, 64 + 56 * i)[0] == 1]


BROKEN_IMAGES = {
    "machine": (lambda data: [(18, "H", 62)], "e_machine = 0x3e is another machine"),
    "entry": (lambda data: [(24, "Q", 0x80000000)], "e_entry = 0x80000000 is outside all segments"),
    "write and execute": (lambda data: [(header(loads(data)[0], "flags"), "I", 7)],
                          "p_flags = 0x7 is writable and executable"),
    "over the firmware": (lambda data: [(header(loads(data)[0], "vaddr"), "Q", 0x80000000)],
                          "p_vaddr = 0x8000f000 would overwrite the firmware at 0x80000000"),
    "over the loader": (lambda data: [(header(loads(data)[2], "vaddr"), "Q", 0x81000000)],
                        "p_vaddr = 0x81000000 would overwrite the loader at 0x81000000"),
    "before the file": (lambda data: [(header(loads(data)[0], "offset"), "Q", 0xfffffffff0000000)],
                        "p_offset = 0xfffffffff0000000 puts all of p_filesz before the file"),
    "past the file": (lambda data: [(header(loads(data)[1], "offset"), "Q", 0x10000000)],
                      "p_offset = 0x10000000 is past the end of the file"),
}


@pytest.mark.parametrize("broken", BROKEN_IMAGES)
def test_broken_image(built, archive, tmp_path, broken):
    """Of the host tests' many, some in the loader itself: the line, and nothing was written."""
    change, says = BROKEN_IMAGES[broken]
    image, loader, memory = (tmp_path / name for name in ("kernel.elf", "loader.elf", "memory"))
    image.write_bytes(broken_image(built(GOS["machine"]) / "kernel.elf", change))
    must_run(["tools/link-loader", image, loader])
    pattern, tree = tmp_path / "pattern", tmp_path / "tree.dtb"
    pattern.write_bytes(b"\xa5" * 0x200000)
    # Without a way to switch itself off the machine stays, and its memory can be looked at.
    must_run(["qemu-system-riscv64", "-M", f"virt,dumpdtb={tree}", "-m", "128M"])
    must_run(["fdtput", "-r", tree, "/soc/test@100000", "/poweroff", "/reboot"])
    with Machine(kernel=loader, initrd=archive, extra=[
            "-device", f"loader,file={pattern},addr=0x80200000,force-raw=on", "-dtb", tree,
            "-qmp", f"unix:{tmp_path}/qmp,server=on,wait=off"]) as machine:
        machine.expect(rf"loader: kernel image: (program header \d: )?{re.escape(says)}")
        save_memory(tmp_path / "qmp", memory)
        assert "core:" not in machine.transcript
    assert memory.read_bytes() == pattern.read_bytes()


def save_memory(path, file):
    """Has QEMU save the place where the image would have gone."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(path))
        answers = connection.makefile("r")

        def ask(command, **arguments):
            request = {"execute": command, "arguments": arguments}
            connection.sendall(json.dumps(request).encode() + b"\n")
            while True:
                answer = json.loads(answers.readline())
                if "return" in answer or "error" in answer:
                    assert "return" in answer, answer
                    return answer["return"]
        assert "QMP" in json.loads(answers.readline())
        ask("qmp_capabilities")
        ask("pmemsave", val=0x80200000, size=0x200000, filename=str(file))


def test_trap_before_the_kernel(built, archive, tmp_path):
    """What ends in a trap in the Go part, such as a failed bounds check, is said by the loader."""
    image, loader = tmp_path / "kernel.elf", tmp_path / "loader.elf"
    data = bytearray((built(GOS["machine"]) / "kernel.elf").read_bytes())
    entry, = struct.unpack_from("<Q", data, 24)
    place = entry - 0x80200000 + 0x1000
    data[place:place + 4] = bytes(4)
    image.write_bytes(data)
    must_run(["tools/link-loader", image, loader])
    with Machine(kernel=loader, initrd=archive) as machine:
        machine.expect(rf"loader: trap before the kernel can handle one: scause = 0x2, "
                       rf"sepc = {entry:#x}")
        assert machine.wait_exit() == 1


# A change of the Go part or of the core that must stop the build, and what the build says.
BROKEN_BUILDS = {
    "allocates": ("kern/image/report.go", "used := info.hartCount",
                  "used := uint64(len(make([]byte, info.hartCount+info.bootHart)))",
                  r"the Go runtime can be reached: entry -> main\.rt0\S* .*-> runtime\.make"),
    "concatenates": ("kern/image/report.go", "out.text(version)",
                     "out.text(version + string(info.commandLine()))",
                     r"the Go runtime can be reached: .*-> runtime\.(concatstring|slicebyte)"),
    "starts a goroutine": ("kern/image/main.go", 'step("log", bootLogInit(info))',
                           "go bootLogInit(info)", r"the Go runtime can be reached: .*newproc"),
    "swapped table": ("tests/image/entry.S", "    j boot_trap_init\n    j boot_interrupt_init",
                      "    j boot_interrupt_init\n    j boot_trap_init",
                      r"entry 4 of core_table is not `j boot_trap_init`"),
    "swapped stub": ("kern/image/rt0_riscv64.s", "bootTrapInit, 4)", "bootTrapInit, 5)",
                     r"main\.bootTrapInit\S* calls \['0x80200014'\], not entry 4"),
    "undefined symbol": ("tests/image/core.c", "static uint64_t finisher = 0x100000;",
                         "extern uint64_t nobody; static uint64_t finisher = (uint64_t)&nobody;",
                         r"undefined reference to `nobody'|not constant"),
}


@pytest.mark.parametrize("broken", BROKEN_BUILDS)
def test_build_refuses(tmp_path, broken):
    name, old, new, says = BROKEN_BUILDS[broken]
    for folder in ("kern/image", "tests/image", "tools", "include", "loader"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "kernel.ld", tmp_path)
    source = tmp_path / name
    text = source.read_text()
    assert text.count(old) == 1
    source.write_text(text.replace(old, new))
    status, output = run(["tests/image/build", GOS["machine"], "out"], cwd=tmp_path)
    assert status != 0 and re.search(says, output), output
    assert not Path(tmp_path / "out/kernel.elf").exists()


@pytest.mark.parametrize("go", ["1.19", "machine"])
def test_go_unit_tests(go):
    must_run([GOS[go], "test", "-count=1", "."], cwd=ROOT / "kern/image", GOTOOLCHAIN="local",
             GOWORK="off")
