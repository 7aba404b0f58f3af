# SPDX-License-Identifier: BSD-2-Clause
"""The figures of `make bench` keep their limits and do not grow, and what compares them notices."""

import json
import subprocess

import pytest

from anser_qemu import BUILD, ROOT
from bench import compare, kept, limits, lock, table

VERSIONS = {"qemu": "7.2", "qemu10": "10.0", "riscv64-unknown-elf-gcc": "12", "riscv64-linux-gnu-gcc": "12",
            "go": "1.23"}
REFERENCE = json.loads((ROOT / "tests" / "bench" / "reference.json").read_text())


def test_figures():
    """Instruction counts are exact, so a change shows at once."""
    done = subprocess.run([ROOT / "tests" / "run-bench", "--exact"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr + done.stdout
    found = {one["name"]: one for one in json.loads((BUILD / "bench.json").read_text())}
    for one in found.values():
        assert {"name", "unit", "anser", "linux", "ratio", "qemu", "how"} <= set(one), one
    assert found["call_reply_1w"]["linux"] > 1000
    assert found["call_reply_1w"]["ratio"] == pytest.approx(
        found["call_reply_1w"]["anser"] / found["call_reply_1w"]["linux"], abs=0.001)
    assert {"linux_socketpair_8", "linux_eventfd"} <= set(found)


def figure(name, value, unit="instructions", ratio=None):
    return {"name": name, "unit": unit, "anser": value, "linux": None, "ratio": ratio, "qemu": "7.2",
            "how": "counted"}


@pytest.mark.parametrize("now, said", [
    (190, None), (199, None), (150, None),
    (200, "call: 200, that is 5.3% more than the 190 kept"),
    (1900, "call: 1,900, that is 900.0% more than the 190 kept"),
])
def test_regression_is_found(now, said):
    assert list(compare.regressions([figure("call", now)], {"call": 190})) == ([said] if said else [])


def test_figure_that_is_gone_is_a_regression():
    assert list(compare.regressions([], {"call": 190})) == ["call: 190 were kept, not measured now"]


def test_what_is_worth_keeping():
    found = [figure("better", 90), figure("same", 99), figure("new", 7), figure("memory", 7, "bytes")]
    assert compare.worth_keeping(found, {"better": 100, "same": 100}) == (["better"], ["new"])


def kept_here(figures):
    kinds = {name: kept.KERNEL for name in figures}
    return kept.keep([], VERSIONS, {name: (value, None) for name, value in figures.items()}, kinds)


def test_kept_figures_are_known_by_their_tools():
    entries = kept_here({"call": 190})
    known, unknown = kept.look_up(entries, VERSIONS)
    assert known == {"call": 190}
    assert len(unknown) == 3 and not any(line == "qemu 7.2, riscv64-unknown-elf-gcc 12" for line in unknown)


@pytest.mark.parametrize("tool, knows", [
    ("qemu", False), ("riscv64-unknown-elf-gcc", False), ("go", True), ("riscv64-linux-gnu-gcc", True),
])
def test_another_version_is_another_key(tool, knows):
    known, unknown = kept.look_up(kept_here({"call": 190}), {**VERSIONS, tool: "99"})
    assert (known == {"call": 190}) == knows
    assert len(unknown) == (3 if knows else 4)


def test_keeping_replaces_its_own_only():
    other = {**VERSIONS, "qemu": "10"}
    kinds = {"call": kept.KERNEL, "hello": kept.STOCK_GO}
    entries = kept.keep(kept_here({"call": 190}), other, {"call": (300, 400)}, kinds)
    entries = kept.keep(entries, VERSIONS, {"call": (180, None), "hello": (7, None)}, kinds)
    assert kept.look_up(entries, VERSIONS)[0] == {"call": 180, "hello": 7}
    assert kept.look_up(entries, other)[0] == {"call": 300}
    assert len(entries) == 3


def test_linux_stands_beside():
    linux = {"pipe_8": {"unit": "instructions", "value": 14000, "how": "pipes"},
             "same": {"unit": "instructions", "value": 100, "how": "a program"},
             "eventfd": {"unit": "instructions", "value": 11000, "how": "eventfds"}}
    found = compare.add_linux([figure("call_reply_1w", 190), figure("same", 50), figure("alone", 1)], linux)
    by_name = {one["name"]: one for one in found}
    assert (by_name["call_reply_1w"]["linux"], by_name["call_reply_1w"]["ratio"]) == (14000, 0.014)
    assert by_name["call_reply_1w"]["how"] == "counted; Linux: pipes"
    assert (by_name["same"]["ratio"], by_name["same"]["how"]) == (0.5, "counted")
    assert (by_name["alone"]["linux"], by_name["alone"]["ratio"]) == (None, None)
    assert (by_name["linux_eventfd"]["anser"], by_name["linux_eventfd"]["linux"]) == (None, 11000)


def within_limits():
    """Figures that keep every limit."""
    found = {name: figure(name, limit) for name, limit in limits.LIMITS.items()}
    found.update((name, figure(name, least, "bytes")) for name, least in limits.MINIMA.items())
    found.update((name, figure(name, 1, ratio=ratio))
                 for name, ratio in {**limits.RATIOS, **limits.DEVICE_RATIOS}.items())
    for name, (other, times, plus) in limits.RELATIONS.items():
        found.setdefault(other, figure(other, 1000))
        found[name] = figure(name, times * found[other]["anser"] + plus)
    found.update((name, figure(name, 1)) for name in limits.REQUIRED if name not in found)
    return found


def test_limits_are_met_at_their_values():
    assert not list(limits.complaints(within_limits().values()))


@pytest.mark.parametrize("name", sorted(within_limits()))
def test_figure_that_is_missing_is_said(name):
    found = within_limits()
    del found[name]
    assert any(line.startswith(f"{name}: ") or f"or not {name}" in line
               for line in limits.complaints(found.values()))


@pytest.mark.parametrize("name", sorted(set(within_limits()) - set(limits.REQUIRED)))
def test_figure_beyond_its_limit_is_said(name):
    found = within_limits()
    found[name]["anser"] += -1 if name in limits.MINIMA else 1
    if name in limits.RATIOS or name in limits.DEVICE_RATIOS:
        found[name]["ratio"] += 0.001
    said = list(limits.complaints(found.values()))
    if name in [other for other, _, _ in limits.RELATIONS.values()] and name not in limits.LIMITS:
        assert not said
    else:
        assert any(line.startswith(f"{name}: ") for line in said), said


def test_device_without_linux_beside_it():
    """make test measures disk and network on Anser alone; with other tools Linux's part is not known."""
    found = within_limits()
    found["http_1"]["ratio"] = None
    assert not list(limits.complaints(found.values(), exact_only=True))
    assert list(limits.complaints(found.values())) == ["http_1: not measured on both systems"]


def test_what_linux_took_is_kept():
    kinds = {"http_1": kept.STOCK_GO, "go_hello": kept.STOCK_GO}
    entries = kept.keep([], VERSIONS, {"http_1": (30000, 61000), "go_hello": (7, 9)}, kinds)
    assert kept.linux_took(entries, VERSIONS, ("http_1", "http_16")) == {"http_1": 61000}
    assert not kept.linux_took(entries, {**VERSIONS, "go": "99"}, ("http_1",))


def test_devices_may_vary_more():
    assert not list(compare.regressions([figure("http_1", 114)], {"http_1": 100}))
    assert list(compare.regressions([figure("http_1", 116)], {"http_1": 100}))


def test_page_shows_what_is_kept():
    """The tables of docs/performance.md are those of tests/bench/kept.json, to the digit."""
    page = (ROOT / "docs" / "performance.md").read_text()
    assert table.put_into(page, table.markdown(kept.load(), REFERENCE)) == page, \
        "tests/run-bench --keep writes both, --page the page alone"


def test_planted_number_in_the_page_is_noticed():
    page = f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n"
    entries = kept.keep([], VERSIONS, {"call_reply_1w": (190, 14000)}, {"call_reply_1w": kept.KERNEL})
    text = table.put_into(page, table.markdown(entries, REFERENCE))
    assert "| `call_reply_1w` | 190 | 200 | 14,000 | 0.014 | 548 / 749 |" in text
    assert table.put_into(text, table.markdown(entries, REFERENCE)) == text
    assert table.put_into(text.replace("190", "189"), table.markdown(entries, REFERENCE)) == text
    with pytest.raises(ValueError):
        table.put_into("no place", "text")


def test_table_fits_a_terminal():
    found = [figure(name, 999_999_999) for name in within_limits()]
    assert max(len(line) for line in table.lines(found)) <= 120


DISASSEMBLY = """
0000000080200000 <trap_entry>:
    80200000:\t140211f3          \tcsrrw\ttp,sscratch,tp
0000000080200004 <fast_call>:
    80200004:\t0c0322af          \tamoswap.w.aq\tt0,zero,(t1)
    80200008:\t00000013          \tnop
    8020000c:\t0a03202f          \tamoswap.w.rl\tzero,zero,(t1)
    80200010:\t10200073          \tsret
"""
TRACE = "".join(f"Trace 0: 0x7f1200 [00000000/00000000802000{low}/00000000/ff000000]\n"
                for low in ("00", "04", "08", "0c", "10") * 3)


def test_fast_paths_hold_the_lock_for_about_half_of_their_time():
    ways = {name: (total, held) for name, total, held, _ in lock.measure()}
    assert set(ways) == {"fast_call", "fast_reply_recv"}, ways
    for total, held in ways.values():
        assert 0 < held <= 50 and held < total <= 100, ways


def test_time_with_the_lock_is_counted():
    code = lock.Code(DISASSEMBLY.splitlines())
    ways = lock.count_ways(code, lock.traced(["anything else\n", *TRACE.splitlines()]))
    assert ways["fast_call", 5, 3] == 2, ways
