"""Questions about this installation."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from shop.accounts.models import Account
from shop.common.clock import now
from shop.extensions import db
from shop.ops.models import BackupFact, ShopFact

_OVERDUE = timedelta(days=3)
_LEAST_FREE_BYTES = 1_000_000


def is_demo() -> bool:
    """Whether the data are the demo shop's."""
    return db.session.get(ShopFact, "demo") is not None


def has_accounts() -> bool:
    """Whether anybody could sign in at all."""
    return db.session.scalar(select(Account.id).limit(1)) is not None


@dataclass(frozen=True, slots=True)
class BackupState:
    """When the last nightly backup was made, and what the owner should know about them; empty when all is well."""

    made_at: datetime | None
    trouble: str

    @property
    def is_overdue(self) -> bool:
        return self.made_at is not None and self.made_at < now() - _OVERDUE


def backup_state() -> BackupState:
    about = select(ShopFact).where(ShopFact.name.in_(list(BackupFact)))
    facts = {fact.name: fact.value for fact in db.session.scalars(about)}
    made = facts.get(BackupFact.MADE)
    return BackupState(datetime.fromisoformat(made) if made else None, facts.get(BackupFact.TROUBLE, ""))


def trouble_with_folder(folder: Path) -> str:
    """Why the data folder is of no use at the moment; empty when nothing is the matter."""
    try:
        is_writable, free = os.access(folder, os.W_OK), shutil.disk_usage(folder).free
    except OSError:
        return "The data folder does not answer."
    if not is_writable:
        return "The data folder can't be written to."
    return "The disk is full." if free < _LEAST_FREE_BYTES else ""
