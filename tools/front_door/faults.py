"""The trials of tests/faults/, run by the Python of .venv."""

from __future__ import annotations

from tools.front_door.environment import PYTHON, prepare
from tools.front_door.processes import run


def faults(arguments: list[str]) -> int:
    """Install what the tests need and try to break what the shop promises."""
    prepare("requirements-dev.txt")
    return run([PYTHON, "-m", "tests.faults", *arguments])
