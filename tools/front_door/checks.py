"""The quick checks: what can be said about the code without running the shop."""

from __future__ import annotations

from contextlib import ExitStack
from typing import IO

from tools.front_door.environment import PYTHON, prepare
from tools.front_door.processes import Child, captured, text_of, wait_for
from tools.front_door.speech import say

_SHIPPED = ("shop", "tools/front_door", "run.py", "wsgi.py", "init_db.py")

_CHECKS: dict[str, list[object]] = {
    "style": ["ruff", "check", "--quiet", "."],
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "types": ["mypy"],
    "security": ["bandit", "--quiet", "--severity-level", "medium", "-r", *_SHIPPED],
    "secrets": ["tools.front_door.secret_scan"],
    "templates": ["djlint", "--lint", "--quiet", "templates"],
    "layers": ["pytest", "-q", "-p", "no:cacheprovider", "tests/whole_app/test_layers.py"],
}


def check(_arguments: list[str]) -> int:
    """Install what is needed and run every check."""
    prepare("requirements-dev.txt")
    return 1 if failed_checks() else 0


def failed_checks() -> list[str]:
    """Run all checks side by side, show what each one finds, and answer the names of those that failed."""
    with ExitStack() as stack:
        running = []
        for name, command in _CHECKS.items():
            output = stack.enter_context(captured())
            child = stack.enter_context(Child([PYTHON, "-m", *command], output=output))
            running.append((name, child, output))
        return [name for name, child, output in running if _fails(name, child, output)]


def _fails(name: str, child: Child, output: IO[bytes]) -> bool:
    code = wait_for(child)
    say(f"check {name:<10} {'failed:' if code else 'ok'}")
    if code:
        say(text_of(output).strip() + "\n")
    return code != 0
