"""The attacks of tests/attack/, run by the Python of .venv."""

from __future__ import annotations

from tools.front_door.environment import PYTHON, prepare
from tools.front_door.processes import run


def attack(arguments: list[str]) -> int:
    """Install what the tests need and attack the shop."""
    prepare("requirements-dev.txt")
    return run([PYTHON, "-m", "tests.attack", *arguments])
