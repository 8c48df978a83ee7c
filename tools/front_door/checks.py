"""The quick checks: what can be said about the code without running the shop."""

from __future__ import annotations

from pathlib import Path

from tools.front_door.environment import PYTHON, prepare
from tools.front_door.processes import Command, captured, run, text_of
from tools.front_door.settings import ROOT
from tools.front_door.speech import say

_LAYERS = Path("tests/whole_app/test_layers.py")

_SHIPPED = ("shop", "tools/front_door", "run.py", "wsgi.py", "init_db.py")

_CHECKS: dict[str, list[object]] = {
    "style": ["ruff", "check", "--quiet", "."],
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "types": ["mypy"],
    "security": ["bandit", "--quiet", "--severity-level", "medium", "-r", *_SHIPPED],
    "secrets": ["tools.front_door.secret_scan"],
    "templates": ["djlint", "--lint", "--quiet", "templates"],
    "layers": ["pytest", "-q", "-p", "no:cacheprovider", _LAYERS],
}


def check(_arguments: list[str]) -> int:
    """Install what is needed and run every check."""
    prepare("requirements-dev.txt")
    return 1 if failed_checks() else 0


def failed_checks() -> list[str]:
    """Run every check, show what each one finds, and answer the names of those that failed."""
    return [name for name, command in _CHECKS.items() if _fails(name, [PYTHON, "-m", *command])]


def _fails(name: str, command: Command) -> bool:
    if name == "layers" and not (ROOT / _LAYERS).exists():
        return False
    with captured() as output:
        code = run(command, output=output)
        said = text_of(output).strip()
    say(f"check {name:<10} {'failed:' if code else 'ok'}")
    if code:
        say(said + "\n")
    return code != 0
