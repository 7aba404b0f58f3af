# SPDX-License-Identifier: BSD-2-Clause
"""The figures as tables: for a terminal of 110 columns, and for docs/performance.md."""

import re
import textwrap

from bench import limits

WIDTH = 110
UNITS = {"instructions": "", "bytes": " B", "nanoseconds": " ns", "calls_a_second": "/s"}
BEGIN, END = "<!-- figures: tests/run-bench --keep writes from here -->", "<!-- to here -->"
KEPT_COLUMNS = ("figure", "Anser", "limit", "Linux", "Anser : Linux", "seL4")


def number(value, unit="instructions"):
    return "" if value is None else f"{value:,}{UNITS.get(unit, ' ' + unit)}"


def sel4_text(one):
    """`no FPU / default` where there are two."""
    both = [one.get("sel4"), one.get("sel4_default")]
    return " / ".join(f"{value:,}" for value in both if value is not None)


def change_text(one):
    """How far from the kept figure; empty if there is none."""
    old = one.get("kept")
    return "" if not old else f"{100 * (one['anser'] / old - 1):+.1f}%"


def ratio_text(ratio):
    return "" if ratio is None else f"{ratio:.3f}"


def lines(found):
    """The table for the terminal."""
    yield (f"{'instructions, unless it says else':<34}{'Anser':>15} {'limit':<22}{'vs kept':>8}"
           f"{'Linux':>14}{'ratio':>7}  seL4")
    for one in found:
        yield (f"{one['name']:<34}{number(one['anser'], one['unit']):>15} {limits.limit_text(one['name']):<22}"
               f"{change_text(one):>8}{number(one['linux'], one['unit']):>14}{ratio_text(one['ratio']):>7}"
               f"  {sel4_text(one)}").rstrip()


def explanations(found):
    """What each figure is, one paragraph a figure."""
    for one in found:
        yield textwrap.fill(f"{one['name']}: {one['how']}", WIDTH, initial_indent="  ",
                            subsequent_indent="      ")


def row(cells):
    return "| " + " | ".join(cells) + " |"


def markdown(entries, reference):
    """The kept figures as the page shows them: a table for each set of tools."""
    parts = []
    for entry in entries:
        tools = ", ".join(f"{tool} {version}" for tool, version in entry["tools"].items())
        rows = [row(KEPT_COLUMNS), row(["---"] + ["---:"] * (len(KEPT_COLUMNS) - 1))]
        for name, value in entry["anser"].items():
            other = entry["linux"].get(name)
            ratio = f"{value / other:.3f}" if other else ""
            sel4 = sel4_text(reference["figures"].get(name, {}))
            rows.append(row([f"`{name}`", number(value), limits.limit_text(name), number(other), ratio,
                             sel4]))
        parts.append(f"{tools}:\n\n" + "\n".join(rows))
    return "\n\n".join(parts)


def put_into(page, text):
    """The page with `text` between its two marks."""
    pattern = re.compile(re.escape(BEGIN) + ".*" + re.escape(END), re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the page has no place between {BEGIN!r} and {END!r}")
    return pattern.sub(lambda _: f"{BEGIN}\n\n{text}\n\n{END}", page)
