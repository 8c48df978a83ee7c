"""The backup of every night: one, whichever process makes it; proven; and the old ones thinned out."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shop.common.clock import local, now, today
from shop.common.stamps import Topic, touch
from shop.common.transaction import read_only, transaction
from shop.extensions import db
from shop.ops.backup import ENDING, back_up, backup_folder, verify
from shop.ops.copying import BackupRefused, NoScratch, copier_of
from shop.ops.models import MAX_FACT, BackupFact, ShopFact, tried_fact
from shop.ops.queries import CLAIMED_FOR, NIGHTLY, backup_state

log = logging.getLogger("shop.backup")

BACKUP_HOUR = 2  # on the shop's clock
KEPT_DAYS, KEPT_WEEKS, KEPT_MONTHS = 7, 4, 12
_LEFT_BEHIND = timedelta(days=1)
_NAME = re.compile(NIGHTLY + r"-(\d{4}-\d\d-\d\dT\d{6}Z)" + re.escape(ENDING))


def nightly_backup() -> None:
    """Make and prove one backup a day, at the first chance after two in the morning, and tell the owner of trouble."""
    if local(now()).hour < BACKUP_HOUR or not _claim():
        return
    make_proven(NIGHTLY)
    _thin_out()


def make_proven(kind: str) -> None:
    """Make a backup of this kind and prove it, and note what the owner should know, also when there is none."""
    try:
        made, trouble = _make(kind)
    except Exception as error:
        what = str(error) if isinstance(error, BackupRefused) else f"{type(error).__name__}, see the log."
        read_only()
        _note(trouble=f"No backup was made: {what}")
        raise
    _note(trouble=trouble, made=made)
    if trouble:
        log.error("The backup %s: %s", made.name, trouble)


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


def _make(kind: str) -> tuple[Path, str]:
    """Make a backup and prove it; answers the file, and what the owner should know."""
    made = back_up(backup_folder() / f"{kind}-{now():%Y-%m-%dT%H%M%SZ}{ENDING}")
    try:
        contents = verify(made)
    except NoScratch as refusal:
        return made, f"It was made, but could not be tried out. {refusal}"
    except BackupRefused:
        made.unlink()
        raise
    log.info("Backup %s: %s tickets, %s events", made.name, contents.tickets, contents.events)
    for sentence in contents.problems:
        log.warning("In the books: %s", sentence)
    return made, f"It is whole, but the books do not agree: {contents.problems[0]}" if contents.problems else ""


def _note(*, trouble: str, made: Path | None = None) -> None:
    told = trouble[:MAX_FACT]
    facts = {BackupFact.TROUBLE.value: told}
    if made:
        facts |= {BackupFact.MADE.value: now().isoformat(), tried_fact(made): told}
    with transaction():
        touch(Topic.BACKUPS)
        for name, value in facts.items():
            db.session.merge(ShopFact(name=name, value=value))


def _thin_out() -> None:
    """Delete nightly backups that need not stay, and what processes left behind that were killed; no other file."""
    folder = backup_folder()
    moments = {moment: path for path in folder.iterdir() if (moment := _moment_of(path))}
    gone = [moments[moment] for moment in moments.keys() - kept(moments)]
    for path in gone:
        path.unlink()
    if gone:
        with transaction():
            touch(Topic.BACKUPS)
            db.session.execute(delete(ShopFact).where(ShopFact.name.in_([tried_fact(path) for path in gone])))
    for draft in folder.glob(f".*{ENDING}.*.draft"):
        if datetime.fromtimestamp(draft.stat().st_mtime, UTC) < datetime.now(UTC) - _LEFT_BEHIND:
            draft.unlink(missing_ok=True)
    copier_of(db.engine.url).tidy()


def _moment_of(path: Path) -> datetime | None:
    match = _NAME.fullmatch(path.name)
    return datetime.strptime(match[1], "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC) if match else None
