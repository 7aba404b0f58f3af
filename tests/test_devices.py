# SPDX-License-Identifier: BSD-2-Clause
"""Which devices init finds, who gets them, and what becomes of those that nobody drives."""

import re
import subprocess

import pytest

from anser_qemu import BUILD, ROOT, Machine
from test_services import CONSOLE, server, state, wait_state

SLOT_0 = 0x10001000  # QEMU's virt machine: eight slots, the PLIC's sources 1 to 8


def driver(name, device, more=""):
    """A driver that touches nothing: what it is given is init's work."""
    return (f"driver {name}\n    run servers/example\n    priority 10\n    memory 256K\n"
            f"    restart always\n    device virtio virtio:{device}\n    serve {name} 64\n{more}")


def boot(tmp_path, manifest, slots, modern=True, more=(), **options):
    """A machine with this manifest behind the console's; slots: {number: device}."""
    text, archive = tmp_path / "manifest", tmp_path / "a.cpio"
    text.write_text(CONSOLE + manifest)
    files = ("servers/uart", "servers/console", "servers/example", "programs/hello")
    subprocess.run([ROOT / "tools/mkinitrd", archive, f"init={BUILD}/servers/init", f"manifest={text}",
                    *(f"{name}={BUILD / name}" for name in files)], check=True)
    words = [*more]
    for number, device in slots.items():
        words = [*words, "-device", f"{device},bus=virtio-mmio-bus.{number}"]
    return Machine(initrd=archive, timeout=60, extra=words, legacy=not modern, **options)


def devices(machine):
    """What `devices` shows: {address: (irq, kind, driver)}."""
    shown = machine.command("devices")
    return {int(address, 16): (int(irq), kind, who) for address, irq, kind, who in
            re.findall(r"^0x([0-9a-f]+) +(\d+)  (.+?) +(\S+)$", shown, re.M)}


def virtio(machine):
    """Of these, what is plugged in: {slot: (kind, driver)}, having checked the interrupts."""
    found = {}
    for address, (irq, kind, who) in devices(machine).items():
        if kind.startswith("virtio"):
            slot = (address - SLOT_0) // 0x1000
            assert irq == slot + 1, (hex(address), irq)
            found[slot] = (kind, who)
    return found


@pytest.mark.parametrize("qemu", ["7.2", "10"])
@pytest.mark.parametrize("modern", [True, False])
def test_any_slot(tmp_path, qemu, modern):
    """Instances are numbered by address; what nobody drives is listed, and no error."""
    slots = {1: "virtio-balloon-device", 2: "virtio-rng-device", 6: "virtio-keyboard-device",
             7: "virtio-rng-device"}
    text = driver("rng", 4)
    with boot(tmp_path, text, slots, modern, qemu=qemu) as machine:
        machine.expect("> ")
        version = "" if modern else ", legacy"
        assert virtio(machine) == {1: (f"virtio balloon (5){version}", "-"),
                                   2: (f"virtio entropy (4){version}", "rng0"),
                                   6: (f"virtio input (18){version}", "-"),
                                   7: (f"virtio entropy (4){version}", "rng1")}
        assert devices(machine)[0x10000000] == (10, "ns16550a", "uart")
        assert devices(machine)[0x101000] == (11, "google,goldfish-rtc", "-")
        assert state(machine, "rng0")[1] == state(machine, "rng1")[1] == "running"
        assert "error" not in machine.command("dmesg")


def test_eight_devices(tmp_path):
    slots = {slot: "virtio-rng-device" for slot in range(8)}
    with boot(tmp_path, driver("rng", 4), slots) as machine:
        machine.expect("> ")
        assert virtio(machine) == {slot: ("virtio entropy (4)", f"rng{slot}") for slot in range(8)}
        for slot in range(8):
            assert state(machine, f"rng{slot}")[1] == "running"


def test_no_device(tmp_path):
    """A driver without a device is no service; one who uses it goes without; one that must have
    its device fails, one whose device is optional runs."""
    optional = server("free", "    device d virtio:4 optional\n    use rng\n")
    needing = server("needing", "    device d virtio:4\n")
    with boot(tmp_path, driver("rng", 4) + optional + needing, {}) as machine:
        machine.expect("> ")
        assert virtio(machine) == {}
        shown = machine.command("services")
        assert "rng" not in re.findall(r"^(\w+) ", shown, re.M), shown
        assert state(machine, "free")[1] == "running"
        assert "last: device 'd' (virtio:4): the machine has none" in state(machine, "needing")[2]


def test_one_driver_each(tmp_path):
    """Two services want the only device of the kind: the first one gets it."""
    first = server("first", "    device d virtio:4\n")
    second = server("second", "    device d virtio:4\n")
    with boot(tmp_path, first + second, {5: "virtio-rng-device"}) as machine:
        machine.expect("> ")
        assert virtio(machine) == {5: ("virtio entropy (4)", "first")}
        assert state(machine, "first")[1] == "running"
        assert "last: device 'd' (virtio:4): another service drives it" in state(machine, "second")[2]


def test_instances_are_restarted_alone(tmp_path):
    """Each instance keeps its device; what is killed comes back, the other one goes on."""
    slots = {0: "virtio-rng-device", 3: "virtio-rng-device"}
    user = server("user", "    use rng rng1\n")
    with boot(tmp_path, driver("rng", 4) + user, slots) as machine:
        machine.expect("> ")
        before = virtio(machine)
        for kills in range(1, 4):
            machine.command("restart rng1")
            restarts, _ = wait_state(machine, "rng1", "running")
            assert restarts == kills
        assert state(machine, "rng0")[:2] == (0, "running")
        assert virtio(machine) == before
        assert state(machine, "user")[1] == "running"
        names = machine.command("chan")
        assert re.search("^rng0 ", names, re.M) and re.search("^rng1 ", names, re.M)


def test_tree_is_not_believed(tmp_path):
    """Nodes that make no sense are left out or refused; no page is given to two drivers."""
    tree = tmp_path / "virt.dtb"
    subprocess.run(["qemu-system-riscv64", "-M", f"virt,dumpdtb={tree}", "-m", "128M"], check=True,
                   capture_output=True)

    def change(node, kind, *words):
        subprocess.run(["fdtput", "-t", kind, tree, f"/soc/virtio_mmio@{node}", *words], check=True)

    change("10001000", "x", "reg", "0", "10001000", "0", "80")  # too short for a transport
    change("10003000", "x", "reg", "0", "10003000", "0", "1100")  # reaches into the next one's page
    change("10005000", "x", "reg", "0", "80200000", "0", "1000")  # the kernel's memory
    change("10007000", "x", "reg", "ffffffff", "fffff000", "0", "2000")  # wraps
    change("10008000", "s", "status", "disabled")
    slots = {slot: "virtio-rng-device" for slot in range(8)}
    with boot(tmp_path, driver("rng", 4), slots, more=["-dtb", str(tree)]) as machine:
        machine.expect("> ")
        shown = machine.command("devices")
        assert re.findall(r"^0x(\w+) .* (\S+)\n(?:    (.*)\n)?", shown, re.M) == [
            ("00101000", "-", ""), ("10000000", "uart", ""),
            ("10001000", "-", "128 bytes of registers are not a virtio transport"),
            ("10002000", "rng0", ""),
            ("10003000", "-", "it shares a page with another device, so nobody can have it alone"),
            ("10004000", "-", "it shares a page with another device, so nobody can have it alone"),
            ("10006000", "rng1", ""),
            ("80200000", "-", "its registers cannot be had: error 22")], shown
