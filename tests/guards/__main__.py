"""``python3 run.py guards``: take each guard of guards.toml out, one at a time, and see whether the tests notice.

It works on a copy of the project, in a folder that is gone afterwards.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.guards.guard import Guard, all_guards
from tools.front_door.environment import PYTHON
from tools.front_door.processes import captured, run, text_of
from tools.front_door.settings import ROOT
from tools.front_door.speech import say, talk_plainly

_LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "instance", "node_modules", "test-results", "__pycache__", ".*_cache", ".env", "*.db"
)
_PYTEST_FAILED = 1


def main(arguments: Sequence[str]) -> int:
    """Take out the guards that are asked for; the exit code is 1 when one was not missed by its tests."""
    parser = argparse.ArgumentParser(prog="python3 run.py guards", description=__doc__)
    parser.add_argument("--only", default="", metavar="WORDS", help="guards with these words in their name")
    asked = parser.parse_args(arguments)
    guards = [guard for guard in all_guards() if asked.only in guard.name]
    with tempfile.TemporaryDirectory(prefix="guards-") as folder:
        copy = Path(folder) / "shop"
        shutil.copytree(ROOT, copy, ignore=_LEFT_BEHIND)
        missed = [_is_missed(guard, copy) for guard in guards]
    say(f"\n{missed.count(True)} of {len(guards)} guards are missed when they are gone.")
    return 0 if guards and all(missed) else 1


def _is_missed(guard: Guard, copy: Path) -> bool:
    """Whether a test turns red without the guard."""
    started = time.monotonic()
    with guard.taken_out(copy), captured() as output:
        # From the copy's own folder: "env" would read the modules of the place where it was called.
        program = ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", copy, PYTHON, "-m", "pytest"]
        code = run([*program, "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *guard.tests], output=output)
        red = [line for line in text_of(output).splitlines() if line.startswith(("FAILED tests", "ERROR tests"))]
    verdict = red[0].partition(" - ")[0] if code == _PYTEST_FAILED and red else f"NOT MISSED (pytest ended with {code})"
    say(f"{guard.name}\n    {verdict}   {time.monotonic() - started:.0f} s")
    return code == _PYTEST_FAILED


if __name__ == "__main__":
    talk_plainly()
    sys.exit(main(sys.argv[1:]))
