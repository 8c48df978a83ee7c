"""Questions about this installation."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from shop.accounts.models import Account
from shop.common.clock import now
from shop.extensions import db
from shop.ops.models import BackupFact, ShopFact, tried_fact

NIGHTLY = "nightly"  # what the names of the nightly backups begin with
#: A backup belongs to whoever began it for so long; then it has failed, and is tried again.
CLAIMED_FOR = timedelta(hours=2)
_OVERDUE = timedelta(hours=36)
_SOON = timedelta(minutes=1)
_LEAST_FREE_BYTES = 1_000_000


def is_demo() -> bool:
    """Whether the data are the demo shop's."""
    return db.session.get(ShopFact, "demo") is not None


def has_accounts() -> bool:
    """Whether anybody could sign in at all."""
    return db.session.scalar(select(Account.id).limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Asked:
    """A backup that was asked for, and since when the background process is at it. ``text`` is how it is stored."""

    at: datetime
    begun_at: datetime | None = None

    @classmethod
    def of(cls, text: str) -> Asked:
        at, *begun = map(datetime.fromisoformat, text.split(" "))
        return cls(at, *begun)

    @property
    def text(self) -> str:
        return " ".join(moment.isoformat() for moment in (self.at, self.begun_at) if moment)

    @property
    def is_being_made(self) -> bool:
        return self.begun_at is not None and self.begun_at > now() - CLAIMED_FOR

    @property
    def waits_in_vain(self) -> bool:
        """Nobody has taken it up, though the background process looks every few seconds."""
        return not self.is_being_made and self.at < now() - _SOON


@dataclass(frozen=True, slots=True)
class BackupState:
    """When the last good backup was made, and what the owner should know about them; empty when all is well."""

    made_at: datetime | None
    trouble: str
    asked: Asked | None = None

    @property
    def is_overdue(self) -> bool:
        return self.made_at is not None and self.made_at < now() - _OVERDUE


def backup_state() -> BackupState:
    about = select(ShopFact).where(ShopFact.name.in_(list(BackupFact)))
    facts = {fact.name: fact.value for fact in db.session.scalars(about)}
    made, asked = facts.get(BackupFact.MADE), facts.get(BackupFact.ASKED)
    return BackupState(
        datetime.fromisoformat(made) if made else None,
        facts.get(BackupFact.TROUBLE, ""),
        Asked.of(asked) if asked else None,
    )


def asked_backup() -> Asked | None:
    """The backup that was asked for and is not there yet."""
    text = db.session.scalar(select(ShopFact.value).where(ShopFact.name == BackupFact.ASKED.value))
    return Asked.of(text) if text else None


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A backup in the folder. ``trouble`` is what was found when it was tried out, None for one that was not."""

    path: Path
    made_at: datetime
    size: int
    trouble: str | None

    @property
    def is_nightly(self) -> bool:
        return self.path.name.startswith(f"{NIGHTLY}-")


def backup_files(folder: Path, ending: str) -> list[BackupFile]:
    """What lies in the folder of backups, the newest first. Raises OSError where it can't be read."""
    named = folder.glob(f"[!.]*{ending}") if folder.is_dir() else ()
    paths = [path for path in named if path.name.isprintable() and path.is_file()]
    tried = select(ShopFact.name, ShopFact.value).where(ShopFact.name.in_([tried_fact(path) for path in paths]))
    found = dict(db.session.execute(tried).all())
    files = []
    for path in paths:
        with suppress(FileNotFoundError):  # it was thinned out meanwhile
            known = path.stat()
            made_at = datetime.fromtimestamp(known.st_mtime, UTC)
            files.append(BackupFile(path, made_at, known.st_size, found.get(tried_fact(path))))
    return sorted(files, key=lambda file: file.made_at, reverse=True)


def trouble_with_folder(folder: Path) -> str:
    """Why the data folder is of no use at the moment; empty when nothing is the matter."""
    try:
        is_writable, free = os.access(folder, os.W_OK), shutil.disk_usage(folder).free
    except OSError:
        return "The data folder does not answer."
    if not is_writable:
        return "The data folder can't be written to."
    return "The disk is full." if free < _LEAST_FREE_BYTES else ""
