"""The backup of every night: one, whichever process makes it; proven; and the old ones thinned out."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from shop.common.clock import local, now, today
from shop.common.stamps import Topic, touch
from shop.common.transaction import read_only, transaction
from shop.extensions import db
from shop.ops.backup import ENDING, back_up, backup_folder, verify
from shop.ops.copying import BackupRefused, NoScratch, copier_of
from shop.ops.models import MAX_FACT, BackupFact, ShopFact
from shop.ops.queries import backup_state

log = logging.getLogger("shop.backup")

BACKUP_HOUR = 2  # on the shop's clock
KEPT_DAYS, KEPT_WEEKS, KEPT_MONTHS = 7, 4, 12
#: A night's backup belongs to whoever began it for so long; then it has failed, and is tried again.
CLAIMED_FOR = timedelta(hours=2)
_LEFT_BEHIND = timedelta(days=1)
_NAME = re.compile(r"nightly-(\d{4}-\d\d-\d\dT\d{6}Z)" + re.escape(ENDING))


def nightly_backup() -> None:
    """Make and prove one backup a day, at the first chance after two in the morning, and tell the owner of trouble."""
    if local(now()).hour < BACKUP_HOUR or not _claim():
        return
    try:
        trouble = _make()
    except Exception as error:
        what = str(error) if isinstance(error, BackupRefused) else f"{type(error).__name__}, see the log."
        read_only()
        _note(trouble=f"No backup was made: {what}")
        raise
    _note(trouble=trouble, made=now())
    if trouble:
        log.error("The nightly backup: %s", trouble)
    _thin_out()


def kept(moments: Iterable[datetime]) -> set[datetime]:
    """Which backups stay: the newest of each of the last 7 days, 4 weeks and 12 months that have one."""
    newest_first = sorted(moments, reverse=True)
    chosen: set[datetime] = set()
    rules: tuple[tuple[int, Callable[[date], tuple[int, ...]]], ...] = (
        (KEPT_DAYS, lambda day: (day.toordinal(),)),
        (KEPT_WEEKS, lambda day: tuple(day.isocalendar())[:2]),
        (KEPT_MONTHS, lambda day: (day.year, day.month)),
    )
    for most, span_of in rules:
        newest: dict[tuple[int, ...], datetime] = {}
        for moment in newest_first:
            newest.setdefault(span_of(local(moment).date()), moment)
        chosen.update(list(newest.values())[:most])
    return chosen


def _claim() -> bool:
    """Take tonight's backup, unless it was made or somebody is at it."""
    state, name = backup_state(), BackupFact.CLAIMED.value
    seen = db.session.scalar(select(ShopFact.value).where(ShopFact.name == name))
    read_only()
    if state.made_at and local(state.made_at).date() >= today():
        return False
    if seen and datetime.fromisoformat(seen) > now() - CLAIMED_FOR:
        return False
    claim = now().isoformat()
    try:
        with transaction():
            if not seen:
                db.session.execute(insert(ShopFact).values(name=name, value=claim))
                return True
            claiming = update(ShopFact).where(ShopFact.name == name, ShopFact.value == seen).values(value=claim)
            return bool(db.session.execute(claiming).rowcount)  # type: ignore[attr-defined]
    except IntegrityError:  # somebody else was quicker
        return False


def _make() -> str:
    """Make tonight's backup and prove it; answers what the owner should know."""
    made = back_up(backup_folder() / f"nightly-{now():%Y-%m-%dT%H%M%SZ}{ENDING}")
    try:
        contents = verify(made)
    except NoScratch as refusal:
        return f"It was made, but could not be tried out. {refusal}"
    except BackupRefused:
        made.unlink()
        raise
    log.info("Backup %s: %s tickets, %s events", made.name, contents.tickets, contents.events)
    for sentence in contents.problems:
        log.warning("In the books: %s", sentence)
    return f"It is whole, but the books do not agree: {contents.problems[0]}" if contents.problems else ""


def _note(*, trouble: str, made: datetime | None = None) -> None:
    with transaction():
        touch(Topic.BACKUPS)
        facts = {BackupFact.TROUBLE: trouble[:MAX_FACT]} | ({BackupFact.MADE: made.isoformat()} if made else {})
        for name, value in facts.items():
            fact = db.session.get(ShopFact, name.value)
            if fact:
                fact.value = value
            else:
                db.session.add(ShopFact(name=name.value, value=value))


def _thin_out() -> None:
    """Delete nightly backups that need not stay, and what processes left behind that were killed; no other file."""
    folder = backup_folder()
    moments = {moment: path for path in folder.iterdir() if (moment := _moment_of(path))}
    for moment in moments.keys() - kept(moments):
        moments[moment].unlink()
    for draft in folder.glob(f".nightly-*{ENDING}.*.draft"):
        if datetime.fromtimestamp(draft.stat().st_mtime, UTC) < datetime.now(UTC) - _LEFT_BEHIND:
            draft.unlink(missing_ok=True)
    copier_of(db.engine.url).tidy()


def _moment_of(path: Path) -> datetime | None:
    match = _NAME.fullmatch(path.name)
    return datetime.strptime(match[1], "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC) if match else None
