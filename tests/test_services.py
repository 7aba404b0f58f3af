# SPDX-License-Identifier: BSD-2-Clause
"""What init does with services that end, depend on each other or cannot start."""

import re
import subprocess
import time

from anser_qemu import BUILD, CONSOLE_STANZA, ROOT, UART_STANZA, Machine

CONSOLE = UART_STANZA + CONSOLE_STANZA + """\
program *
    priority 8
    memory 1M
"""
# Ends at once, with a status that says so: it has no console to write to.
FAILING = "    run programs/cat /nowhere\n    priority 10\n    memory 1M\n"


def server(name, more=""):
    """A service that waits for clients for ever."""
    return (f"service {name}\n    run servers/example\n    priority 10\n    memory 256K\n"
            f"    serve {name} 64\n{more}")


def boot(tmp_path, manifest):
    """A machine with this manifest behind the console's."""
    text, archive = tmp_path / "manifest", tmp_path / "a.cpio"
    text.write_text(CONSOLE + manifest)
    files = ("servers/uart", "servers/console", "servers/example", "programs/cat", "programs/hello")
    subprocess.run([ROOT / "tools/mkinitrd", archive, f"init={BUILD}/servers/init", f"manifest={text}",
                    *(f"{name}={BUILD / name}" for name in files)], check=True)
    return Machine(initrd=archive, timeout=60)


def state(machine, service):
    """What `services` shows of one: (restarts, state, details)."""
    shown = machine.command("services")
    found = re.search(rf"^{service} +\d+ +(\d+)  ([a-z ]+)\n((?:    .*\n)*)", shown, re.M)
    assert found, shown
    return int(found[1]), found[2], found[3]


def wait_state(machine, service, wanted):
    for _ in range(300):
        restarts, is_in, details = state(machine, service)
        if is_in == wanted:
            return restarts, details
    raise AssertionError(f"{service} never was {wanted}: {is_in} {details}")


def test_needs_order_the_start(tmp_path):
    """Who needs others starts behind them, whatever the order of the manifest."""
    with boot(tmp_path, server("last", "needs middle\n") + server("middle", "needs first\n")
              + server("first")) as machine:
        machine.expect("> ")
        shown = machine.command("services")
        ids = {name: int(re.search(rf"^{name} +(\d+) +0  running$", shown, re.M)[1])
               for name in ("first", "middle", "last")}
        assert ids["first"] < ids["middle"] < ids["last"], shown
        assert "needs middle" in state(machine, "last")[2]


def test_held_until_what_it_needs_runs(tmp_path):
    """A service that needs one which failed is held, and says for whom; it starts with it."""
    with boot(tmp_path, server("user", "needs broken\n")
              + "service broken\nrun nowhere\npriority 10\nmemory 256K\n") as machine:
        machine.expect("> ")
        assert state(machine, "user")[1:] == ("held", "    needs broken\n    waits for broken\n")
        assert state(machine, "broken")[1:] == ("failed", "    last: not in the archive\n")
        assert "init: service 'user' waits for 'broken'" in machine.command("dmesg")


def test_restart_of_a_needed_service(tmp_path):
    """Its users go on while it is restarted; killed themselves, they come back behind it."""
    with boot(tmp_path, server("base", "restart always\n")
              + server("user", "restart always\nneeds base\n")) as machine:
        machine.expect("> ")
        for service in ("base", "user"):
            machine.command(f"restart {service}")
            restarts, details = wait_state(machine, service, "running")
            assert restarts == 1 and "last: was killed" in details
        assert state(machine, "user")[:2] == (1, "running")


def test_circle_of_needs(tmp_path):
    with boot(tmp_path, server("one", "needs two\n") + server("two", "needs one\n")) as machine:
        machine.expect("> ")
        log = machine.command("dmesg")
        assert "'one' needs 'two', which needs 'one' in turn" in log
        assert "'two' needs 'one', which needs 'two' in turn" in log
        assert not re.search("^(one|two) ", machine.command("services"), re.M)


def test_gives_up_after_n_in_t(tmp_path):
    """Three ends in a minute are too many, and the log says so."""
    with boot(tmp_path, f"service odd\n{FAILING}    restart on-failure 3 in 60\n") as machine:
        machine.expect("> ")
        restarts, details = wait_state(machine, "odd", "failed")
        assert restarts == 2 and re.search(r"last: ended with status [1-9]", details), details
        log = machine.command("dmesg")
        assert "init: service 'odd' ended 3 times in 60 s: given up" in log
        assert log.count("service 'odd' ended with status") == 3


def test_patience_counts_time(tmp_path):
    """Ends that are far enough apart are not too many: back-off goes on for ever."""
    with boot(tmp_path, f"service odd\n{FAILING}    restart always 6 in 1\n") as machine:
        machine.expect("> ")
        restarts = 0
        while restarts < 7:
            time.sleep(0.2)
            restarts, is_in, _ = state(machine, "odd")
            assert is_in != "failed"


def test_restart_never(tmp_path):
    with boot(tmp_path, f"service odd\n{FAILING}") as machine:
        machine.expect("> ")
        restarts, details = wait_state(machine, "odd", "stopped")
        assert restarts == 0 and "ended with status" in details
        machine.command("restart odd")
        assert wait_state(machine, "odd", "stopped")[0] == 0
        assert machine.command("dmesg").count("service 'odd' ended with status") == 2
