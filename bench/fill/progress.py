"""Telling somebody at a terminal how far it is; elsewhere a line for each step when it is done."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Tells which share of a step is done, from 0 to 1.
Tell = Callable[[float], None]

_WIDTH = 32


@contextmanager
def step(name: str) -> Iterator[Tell]:
    """Show one step while it runs, and how long it took."""
    started, worked, is_watched = time.perf_counter(), time.process_time(), sys.stdout.isatty()

    def tell(share: float) -> None:
        if is_watched:
            print(f"\r{name:<{_WIDTH}}{share:>7.0%}", end="", flush=True)

    tell(0)
    yield tell
    took = f"{time.perf_counter() - started:>6.1f} s, {time.process_time() - worked:>5.1f} s of them at work"
    print(f"{chr(13) if is_watched else ''}{name:<{_WIDTH}}{took}", flush=True)
