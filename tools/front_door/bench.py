"""The measurements of bench/, run by the Python of .venv."""

from __future__ import annotations

from tools.front_door.environment import PYTHON, prepare
from tools.front_door.processes import run


def bench(arguments: list[str]) -> int:
    """Install what is needed and measure."""
    prepare("requirements-bench.txt")
    return run([PYTHON, "-m", "bench", *arguments])
