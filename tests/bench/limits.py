# SPDX-License-Identifier: BSD-2-Clause
"""What the figures may be at most: the promises of docs/performance.md, as numbers."""

# The most that each may be.
LIMITS = {
    "call_reply_1w": 200,
    "call_reply_8w": 230,
    "signal_pingpong": 350,
    "send_recv_unbuffered": 300,
    "send_recv_4k": 2000,
    "null_syscall": 40,
    "native_c_path": 100,
    "foreign_call": 200,
    "boot": 10_000_000,
    "boot_go_shell": 30_000_000,
    "memory_at_prompt": 4 * 1024 * 1024,
}
# The least that each may be.
MINIMA = {"free_at_go_shell": 100 * 1024 * 1024}
# The most that each may be as a multiple of what Linux takes in this run.
RATIOS = {
    "getppid": 1.0,
    "go_hello": 0.5,
    "go_chan_round_trip": 1.05,
    "go_goroutine_start": 1.05,
    "go_binary_trees_16": 1.05,
}
# The same for disk and network, which only `make bench` measures on both. `make test` compares with what Linux
# took when the figures were kept.
DEVICE_RATIOS = {
    "disk_read_4k_depth_1": 1.0,
    "disk_read_4k_depth_32": 1.0,
    "disk_read_1m": 1.0,
    "disk_write_1m": 1.0,
    "tcp_in_kib": 1.0,
    "tcp_out_kib": 1.0,
    "http_1": 1.0,
    "http_16": 1.0,
    "first_http_answer": 1.0,
}
# The most that each may be by another figure of this run: (that one, times, plus).
RELATIONS = {
    "call_reply_1w_busy": ("call_reply_1w", 1, 10),
    "pages_move_2m": ("pages_move_4k", 2, 0),
}
# Without a limit, but never left out.
REQUIRED = ("pages_move_4k", "call_reply_cross_hart")


def limit_text(name):
    """The limit of a figure as a table shows it; empty if it has none."""
    ratio = RATIOS.get(name, DEVICE_RATIOS.get(name))
    if ratio:
        return f"{ratio:g} x Linux"
    if name in RELATIONS:
        other, times, plus = RELATIONS[name]
        return (f"{times} x " if times != 1 else "") + other + (f" + {plus}" if plus else "")
    if name in MINIMA:
        return f"at least {MINIMA[name]:,}"
    return f"{LIMITS[name]:,}" if name in LIMITS else ""


def complaints(found, exact_only=False):
    """What is above its limit, or not there, one line each. found: the figures of a run.

    exact_only: the run did not measure Linux's disk and network; what is kept may not know them either.
    """
    values = {one["name"]: one["anser"] for one in found if one["anser"] is not None}
    ratios = {one["name"]: one["ratio"] for one in found if one.get("ratio") is not None}
    for name in REQUIRED:
        if name not in values:
            yield f"{name}: not measured"
    for name, limit in LIMITS.items():
        if name not in values:
            yield f"{name}: not measured"
        elif values[name] > limit:
            yield f"{name}: {values[name]:,}, at most {limit:,}"
    for name, least in MINIMA.items():
        if values.get(name, 0) < least:
            yield f"{name}: {values.get(name, 'not measured')}, at least {least:,}"
    for name, limit in {**RATIOS, **DEVICE_RATIOS}.items():
        if name not in ratios:
            if name in RATIOS or not exact_only:
                yield f"{name}: not measured on both systems"
        elif ratios[name] > limit:
            yield f"{name}: {ratios[name]} of what Linux takes, at most {limit}"
    for name, (other, times, plus) in RELATIONS.items():
        if name not in values or other not in values:
            yield f"{name}: not measured, or not {other}"
        elif values[name] > times * values[other] + plus:
            yield f"{name}: {values[name]:,}, at most {limit_text(name)}, which is {values[other]:,}"
