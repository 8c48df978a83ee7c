"""What the background process does over and over, and how it ends."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from shop.accounts.chores import forget_old_sign_ins, send_due_letters
from shop.accounts.refusals import tell_the_rest
from shop.audit.sealing import Sealer
from shop.common.handled import forget_old
from shop.common.transaction import read_only, transaction
from shop.extensions import db
from shop.ops.asked import backup_if_asked
from shop.ops.nightly import nightly_backup
from shop.tickets.chores import forget_old_links

log = logging.getLogger("shop.chores")

_PAUSE_SECONDS = 0.5
_TRY_AGAIN_SECONDS = 60.0
_STOP_SIGNALS = ("SIGTERM", "SIGINT", "SIGBREAK")  # not every system has each


@dataclass(frozen=True, slots=True)
class Chore:
    name: str
    every_seconds: float
    do: Callable[[], object]


def forget_handled_requests() -> None:
    with transaction():
        forget_old()


CHORES = (
    Chore("letters", 5, send_due_letters),
    Chore("old sign-ins", 3600, forget_old_sign_ins),
    Chore("old links", 3600, forget_old_links),
    Chore("old requests", 3600, forget_handled_requests),
    Chore("refusals", 300, tell_the_rest),
    Chore("seals", 300, Sealer()),
    Chore("backup", 600, nightly_backup),
    Chore("backup that is asked for", 5, backup_if_asked),
)


def work(chores: tuple[Chore, ...] = CHORES) -> None:
    """Do each chore when its time has come, until the process is asked to end; a failure is logged and tried again."""
    for name in _STOP_SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _end)
    due = dict.fromkeys((chore.name for chore in chores), 0.0)
    while True:
        for chore in chores:
            if time.monotonic() >= due[chore.name]:
                went_well = _attempt(chore)
                pause = chore.every_seconds if went_well else max(chore.every_seconds, _TRY_AGAIN_SECONDS)
                due[chore.name] = time.monotonic() + pause
        time.sleep(_PAUSE_SECONDS)


def _attempt(chore: Chore) -> bool:
    try:
        chore.do()
    except Exception:
        log.exception("The chore %r failed; it is tried again.", chore.name)
        return False
    else:
        return True
    finally:
        read_only()
        db.session.remove()


def _end(_signal: int, _frame: FrameType | None) -> None:
    """End at once, wherever the work is: what was not committed is rolled back."""
    sys.exit(0)
