"""The step between installing and opening: newest schema, and the demo shop where it is wanted."""

from __future__ import annotations

import re

from tools.front_door.environment import PYTHON, prepare
from tools.front_door.processes import captured, run_undisturbed, text_of
from tools.front_door.speech import Refused, say

FLASK = [PYTHON, "-m", "shop"]

# The last line of a traceback: "shop.config.SettingRefused: PORT is a whole number ...".
_ERROR_LINE = re.compile(r"^(?:[A-Za-z_][\w.]*: |Error: )(?P<sentence>\S.*)$")


def init_db(_arguments: list[str]) -> int:
    """Install what is needed, bring the database up to date, and repeat what was said about it."""
    prepare("requirements.txt")
    say(bring_up_to_date() or "The database is up to date.")
    return 0


def bring_up_to_date() -> str:
    """Run the step and answer what it said; raises Refused with its reason when it failed."""
    say("Bringing the database up to date ...")
    with captured() as output:
        code = run_undisturbed([*FLASK, "init-db"], output=output)
        said = text_of(output).strip()
    if code != 0:
        raise Refused(f"The shop can't open: {_reason(said)}")
    return said


def _reason(said: str) -> str:
    """The sentence of the error among what was printed, without the traceback around it."""
    for line in reversed(said.splitlines()):
        if match := _ERROR_LINE.match(line):
            return match["sentence"]
    return said.splitlines()[-1] if said else "the database step ended without a word."
