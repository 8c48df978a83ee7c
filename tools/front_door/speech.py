"""Talking to the person at the terminal."""

from __future__ import annotations

import contextlib
import sys


class Refused(Exception):
    """It can't go on; the sentence says why and what to do."""


def talk_plainly() -> None:
    """Never stumble over a letter that an old terminal lacks."""
    with contextlib.suppress(AttributeError, OSError):
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]


def say(line: str = "") -> None:
    """Print a line at once. A closed terminal is no reason to leave work half done."""
    with contextlib.suppress(OSError, ValueError):
        print(line, flush=True)
