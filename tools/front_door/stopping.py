"""Being asked to stop: Ctrl-C, SIGTERM, a closed terminal.

The handler only notes it. Whoever waits looks here, so that no child is ever started and forgotten half-way.
"""

from __future__ import annotations

import signal
from types import FrameType

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # not every system has each

_times_asked = 0


class StopAsked(Exception):
    """Somebody wants it to end; on the way out everything that was started is stopped."""


def listen() -> None:
    """From now on signals are noted instead of ending the program where it stands."""
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        under_nohup = name == "SIGHUP" and number is not None and signal.getsignal(number) is signal.SIG_IGN
        if number is not None and not under_nohup:
            signal.signal(number, _note)


def times_asked() -> int:
    """How often a stop was asked for."""
    return _times_asked


def raise_if_asked() -> None:
    """Raise StopAsked when a stop was asked for."""
    if _times_asked:
        raise StopAsked


def _note(_signal: int, _frame: FrameType | None) -> None:
    global _times_asked  # noqa: PLW0603 - a signal handler has no other place to leave a note
    _times_asked += 1
