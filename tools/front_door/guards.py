"""The guards of tests/guards/, run by the Python of .venv."""

from __future__ import annotations

from tools.front_door.environment import PYTHON, prepare
from tools.front_door.processes import run


def guards(arguments: list[str]) -> int:
    """Install what the tests need, and take the guards out one at a time."""
    prepare("requirements-dev.txt")
    return run([PYTHON, "-m", "tests.guards", *arguments])
