# SPDX-License-Identifier: BSD-2-Clause
"""The machines that figures come from. Each session boots one or more and returns its figures.

A program prints one line a figure,
    BENCH name unit value how it was counted
and ends. Boots to both consoles tell what booting took (`uptime boot`) and who holds which memory
(`mem`). Instructions are counted on QEMU's -icount shift=0.
"""

import re

from anser_qemu import BUILD, PROMPT, ROOT, ConsoleError, Machine
from bench import devices, kept

TEST_ARCHIVE = BUILD / "initrd-test.cpio"
LINUX_ARCHIVE = BUILD / "linux-guest.cpio"
DEVICES_ARCHIVE = BUILD / "initrd-devices.cpio"
GUEST_MEMORY = "512M"
# An instruction is a nanosecond. While every hart waits the clock goes on to the next deadline at once,
# not with the host's clock, so that a run is the same to the last instruction wherever it is made.
EXACTLY = "0,sleep=off"
TIMEOUT_SECONDS = 300
LINE = re.compile(r"^BENCH (\S+) (\S+) (\d+)(?: +(.*))?$", re.MULTILINE)
# A line of `mem`: who, pages, KiB. What the limit does not count: what was there before us.
MEMORY_LINE = re.compile(r"^(\S.*?) +(\d+) +\d+ KiB$", re.MULTILINE)
NOT_HELD = ("all", "free", "firmware", "boot archive and device tree")


def figure(name, unit, value, how):
    return {"name": name, "unit": unit, "anser": int(value), "linux": None, "ratio": None,
            "how": how.strip()}


def run_program(name, **options):
    """Boots with test=NAME, which has to end well; its figures."""
    options = {"append": f"test={name}", "icount": EXACTLY, "timeout": TIMEOUT_SECONDS, **options}
    with Machine(name=name, **options) as machine:
        code = machine.wait_exit()
        if code:
            raise ConsoleError(f"test={name} ended with {code}: {machine.transcript[-1000:]}")
        found = [figure(*line) for line in LINE.findall(machine.transcript)]
    if not found:
        raise ConsoleError(f"test={name} printed no figure")
    return found


def kernel():
    """What the kernel's calls cost, on one hart: tests/target/bench*.c."""
    names = sorted(source.stem for source in (ROOT / "tests" / "target").glob("bench*.c"))
    # bench_io drives a device itself, which a service has otherwise.
    return [one for name in names if name != "bench_harts"
            for one in run_program(name, append=("rescue " if name == "bench_io" else "") + f"test={name}")]


def harts():
    """Across harts, and a pair of processes on each, in QEMU 10.

    QEMU 7.2 lets a hart that spins on a lock go on for seconds while the one that holds it has no turn.
    """
    found = []
    for smp in (1, 2):
        for one in run_program("bench_harts", smp=smp, qemu="10", append="rescue test=bench_harts"):
            if one["name"] in ("call_reply_cross_hart", f"pairs_{smp}_harts_{smp}"):
                found.append({**one, "qemu": "10"})
    return found


def stock_c():
    """A C program for Linux."""
    return run_program("bench-null", initrd=TEST_ARCHIVE, mem=GUEST_MEMORY)


def stock_go():
    """Go programs for Linux: what they do by themselves, and from their start to their end."""
    return [one for name in ("bench-golang", "bench-starts")
            for one in run_program(name, initrd=TEST_ARCHIVE, mem=GUEST_MEMORY)]


def look_around(append, name):
    """A plain boot: what it took to the prompt, and the table of `mem` as {who: pages}."""
    with Machine(append=append, icount=0, timeout=TIMEOUT_SECONDS, name=name) as machine:
        machine.expect(PROMPT)
        booting = re.search(r"^(\d+) instructions", machine.command("uptime boot"), re.MULTILINE)
        table = machine.command("mem")
    if not booting:
        raise ConsoleError("uptime boot said no number of instructions")
    pages = {who.strip(): int(count) for who, count in MEMORY_LINE.findall(table)}
    if not {"all", "free", "firmware"} <= set(pages):
        raise ConsoleError(f"mem said something else: {table}")
    return booting[1], pages


def boots():
    """To the rescue console (init, uart, nothing else), and to what a user gets."""
    bare, bare_pages = look_around("rescue", "bench-rescue")
    full, full_pages = look_around("", "bench-shell")
    held = sum(count for who, count in bare_pages.items() if who not in NOT_HELD)
    return [
        figure("boot", "instructions", bare, "the loader's first to the rescue console"),
        figure("memory_at_prompt", "bytes", held * 4096,
               "all that is not free there with MEM=128M, but firmware and boot archive"),
        figure("boot_go_shell", "instructions", full, "to the prompt of the shell"),
        figure("free_at_go_shell", "bytes", full_pages["free"] * 4096, "there, with MEM=128M"),
    ]


def device_figures(found):
    return [figure(name, one["unit"], one["value"], one["how"]) for name, one in found.items()]


def anser_devices(counting):
    return device_figures(devices.measure("anser-devices", counting, 0, initrd=DEVICES_ARCHIVE,
                                          append="test=bench-devices"))


def counted_devices():
    """Disk and network: what a request takes, the host on the other side."""
    return anser_devices(True)


# In this order, with the tools that their figures depend on; None: not to be kept.
EXACT = [(kernel, kept.KERNEL), (harts, kept.HARTS), (boots, None), (stock_c, kept.STOCK),
         (stock_go, kept.STOCK_GO), (counted_devices, kept.STOCK_GO)]


def wall():
    """Two harts at the same time, by the host's clock (says little on a busy host, never judged)."""
    found = run_program("bench_harts", smp=2, icount=None, append="rescue test=bench_harts")
    for one in found:
        one["name"] = f"wall_{one['name']}"
    return found


def wall_devices():
    """Disk and network, by the host's clock."""
    return anser_devices(False)


def linux_kernel():
    kernels = sorted((BUILD / "linux" / "boot").glob("vmlinux-*"))
    if not kernels:
        raise ConsoleError("no Linux kernel below build/linux: tools/setup unpacks it")
    return kernels[-1]


def linux_devices(counting):
    """Disk and network of a Linux guest, counted or by the host's clock."""
    return devices.measure("linux-devices", counting, devices.SETTLE_SECONDS, kernel=linux_kernel(),
                           initrd=LINUX_ARCHIVE, append="console=ttyS0 quiet bench=devices")


def linux(smp=1):
    """What a Linux guest takes for the same, on two harts by the host's clock.

    Returns {name: {"unit", "value", "how"}}.
    """
    with Machine(kernel=linux_kernel(), initrd=LINUX_ARCHIVE, mem=GUEST_MEMORY, smp=smp,
                 icount=EXACTLY if smp == 1 else None, append="console=ttyS0 quiet",
                 timeout=TIMEOUT_SECONDS, name=f"linux-{smp}") as machine:
        machine.expect("LINUX-DONE")
        lines = LINE.findall(machine.transcript)
    prefix = "" if smp == 1 else "wall_"
    return {prefix + name: {"unit": unit, "value": int(value), "how": how}
            for name, unit, value, how in lines}
