"""A backup that the owner asks for: a row says so, and the background process makes it at its next look.

No web process makes one itself: on a large shop it takes minutes.
"""

from __future__ import annotations

from sqlalchemy import delete, update

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.record import record
from shop.common.clock import now
from shop.common.stamps import Topic, touch
from shop.common.transaction import read_only, transaction
from shop.extensions import db
from shop.ops.models import BackupFact, ShopFact
from shop.ops.nightly import make_proven
from shop.ops.queries import Asked, asked_backup


def ask_for_backup(*, by: Account) -> None:
    """Have a backup made soon; while one is asked for or being made already, that one will do."""
    with transaction():
        if asked_backup() is None:
            db.session.add(ShopFact(name=BackupFact.ASKED.value, value=Asked(now()).text))
            touch(Topic.BACKUPS)
            record(Action.BACKUP_ASKED, by, by=by)


def backup_if_asked() -> None:
    """Make and prove the backup that was asked for, unless another process is at it."""
    asked = asked_backup()
    read_only()
    if asked is None or asked.is_being_made or (begun := _claim(asked)) is None:
        return
    try:
        make_proven("shop")
    finally:
        read_only()
        _forget(begun)


def _claim(asked: Asked) -> Asked | None:
    """Begin it; None where another process was quicker."""
    begun = Asked(asked.at, begun_at=now())
    its = update(ShopFact).where(ShopFact.name == BackupFact.ASKED.value, ShopFact.value == asked.text)
    with transaction():
        touch(Topic.BACKUPS)
        claimed = db.session.execute(its.values(value=begun.text))
        return begun if claimed.rowcount else None  # type: ignore[attr-defined]


def _forget(begun: Asked) -> None:
    """It is not asked for any more, unless another process has taken it up since."""
    its = delete(ShopFact).where(ShopFact.name == BackupFact.ASKED.value, ShopFact.value == begun.text)
    with transaction():
        touch(Topic.BACKUPS)
        db.session.execute(its)
