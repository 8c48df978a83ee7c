"""docs/promises.md names commands that exist, and every trial."""

from __future__ import annotations

import re
import shlex

import pytest
from flask import Flask

from shop.ops.cli import audit
from tests.attack.__main__ import TRIALS as ATTACKS
from tests.faults.__main__ import TRIALS
from tools.front_door.settings import ROOT

pytestmark = pytest.mark.single

PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"(?:^|`)((?:python3 run\.py|\.venv/bin/flask) [^`#\n]+)", PAGE, re.MULTILINE)
TRIAL_NAMES = {"faults": {trial.name for trial in TRIALS}, "attack": {trial.name for trial in ATTACKS}}


def trials_of(words: list[str]) -> list[str]:
    """The trials that a command of ``faults`` or ``attack`` names."""
    named = words[words.index("--only") + 1 :] if "--only" in words else []
    return [word for word in named if not word.startswith("--")]


def test_each_command_exists(app: Flask) -> None:
    for command in COMMANDS:
        match shlex.split(command):
            case ["python3", "run.py", "faults" | "attack" as name, *words]:
                assert set(trials_of(words)) <= TRIAL_NAMES[name], command
                assert {word for word in words if word.startswith("--")} <= {"--only", "--long"}, command
            case ["python3", "run.py", "test", "-n", "0", *paths]:
                assert paths, command
                assert [path for path in paths if not (ROOT / path).is_file()] == []
            case ["python3", "run.py", "guards"]:
                pass
            case [".venv/bin/flask", "--app", "wsgi", "audit", name]:
                assert name in audit.commands
            case [".venv/bin/flask", "--app", "wsgi", name, *options]:
                assert set(options) <= {option for each in app.cli.commands[name].params for option in each.opts}
            case other:
                pytest.fail(f"What is this? {other}")
    assert len(COMMANDS) > len(TRIALS) + len(ATTACKS)


def test_each_trial_is_promised() -> None:
    for name, trials in TRIAL_NAMES.items():
        commands = [words for command in COMMANDS if (words := shlex.split(command))[2] == name]
        assert {trial for words in commands for trial in trials_of(words)} == trials


def test_readme_leads_there() -> None:
    assert "(docs/promises.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
