# SPDX-License-Identifier: BSD-2-Clause
"""Puts figures beside each other: Linux's, seL4's, and those kept in the repository.

A figure is a dictionary: name, unit, anser, linux, ratio, qemu, how; where seL4 has one, sel4,
sel4_default and sel4_source too. None stands where there is nothing to compare with.
"""

from bench import limits

# What is compared with something of Linux that has another name: (its name, how many of ours are
# one of Linux's). The same program is measured on both where the name is the same.
COUNTERPARTS = {
    "null_syscall": ("getppid", 1),
    "call_reply_1w": ("pipe_8", 1),
    "call_reply_8w": ("pipe_64", 1),
    "call_reply_1w_busy": ("pipe_8_busy", 1),
    "signal_pingpong": ("futex", 1),
    "send_recv_unbuffered": ("pipe_8", 2),
    "send_recv_4k": ("pipe_4k", 2),
    "wall_call_reply_cross_hart": ("wall_pipe_8_cross_hart", 1),
}
# Instructions, but not to be kept, for they change by several percent with things that are no regression:
# Go's collector and scheduler meet the program at other moments, a boot looks at everything that
# is in the archive and waits for its serial line. They have limits of their own.
VARYING = ("go_binary_trees_16", "go_goroutine_start", "boot", "boot_go_shell")
# Further from the kept figure than this is a regression, or worth keeping.
TOLERANCE = 0.05
# With the host on the other side of a disk or a network, more or fewer requests fall into one
# interrupt, from run to run.
DEVICE_TOLERANCE = 0.15


def tolerance(name):
    return DEVICE_TOLERANCE if name in limits.DEVICE_RATIOS else TOLERANCE


def put_beside(one, linux):
    """Linux's figure for one of ours: the same program's, or its counterpart's."""
    name, parts = COUNTERPARTS.get(one["name"], (one["name"], 1))
    if name not in linux:
        return
    one["linux"] = round(linux[name]["value"] / parts)
    if one["anser"]:
        one["ratio"] = round(one["anser"] / one["linux"], 3)
    if name != one["name"]:
        share = "" if parts == 1 else f", divided by {parts}"
        one["how"] += f"; Linux: {linux[name]['how']}{share}"


def add_linux(found, linux):
    """Adds Linux's figures to ours; those that nothing of ours is compared with come by themselves.

    linux: {name: {"unit", "value", "how"}}. Returns the longer list.
    """
    for one in found:
        put_beside(one, linux)
    used = {name for name, _ in COUNTERPARTS.values()} | {one["name"] for one in found}
    qemu = found[0]["qemu"] if found else ""
    return found + [{"name": f"linux_{name}", "unit": other["unit"], "anser": None,
                     "linux": other["value"], "ratio": None, "qemu": qemu, "how": other["how"]}
                    for name, other in linux.items() if name not in used]


def add_reference(found, reference):
    """Adds seL4's figures, with their source."""
    for one in found:
        other = reference["figures"].get(one["name"])
        if other:
            one["sel4"], one["sel4_default"] = other["sel4"], other["sel4_default"]
            one["sel4_source"] = f"{other['how']}; {reference['source']}"


def add_kept(found, kept):
    """Adds the kept figure, where there is one for the tools that made ours. kept: {name: value}."""
    for one in found:
        if one["name"] in kept:
            one["kept"] = kept[one["name"]]


def regressions(found, kept):
    """Figures that are worse than the kept ones, or gone, one line each."""
    values = {one["name"]: one["anser"] for one in found}
    for name, old in kept.items():
        now = values.get(name)
        if now is None:
            yield f"{name}: {old:,} were kept, not measured now"
        elif now > old * (1 + tolerance(name)):
            yield f"{name}: {now:,}, that is {100 * (now / old - 1):.1f}% more than the {old:,} kept"


def worth_keeping(found, kept):
    """Names of figures that are better than the kept ones by as much, or are not kept yet."""
    better = [one["name"] for one in found
              if one["name"] in kept and one["anser"] < kept[one["name"]] * (1 - tolerance(one["name"]))]
    new = [one["name"] for one in found if is_exact(one) and one["name"] not in kept]
    return better, new


def is_exact(one):
    """Instructions of Anser are counted, the same on every host. Nothing else is kept."""
    return one["unit"] == "instructions" and one["anser"] is not None and one["name"] not in VARYING
