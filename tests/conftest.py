# SPDX-License-Identifier: BSD-2-Clause
"""Settings of the QEMU tests: the harness is importable, and a soak is only run when asked for."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

SOAK = os.environ.get("SOAK", "") not in ("", "0")


def pytest_configure(config):
    config.addinivalue_line("markers", "soak: takes too long for make test; run by make soak")


def pytest_collection_modifyitems(config, items):
    if SOAK:
        return
    left_out = [item for item in items if item.get_closest_marker("soak")]
    items[:] = [item for item in items if not item.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=left_out)
