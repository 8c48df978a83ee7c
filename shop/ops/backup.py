"""Backups of the whole shop that can be relied on: making one, proving one, going back to one.

A backup is one file (``archive``), written aside and named when it is whole. It is proven by doing what it is for: it
is loaded into a scratch database, a second shop is opened on that, brought up to date, and asked whether its books
agree. Going back to it puts that very database in the shop's place, in one step: so a restore that is cut off leaves
either the old shop or the new one.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import URL, delete, func, inspect, select, update
from sqlalchemy.exc import DBAPIError

from shop import revisions
from shop.accounts.models import Letter, LoginSession, SetupLink
from shop.audit.models import Event
from shop.common.clock import now
from shop.common.database_file import make_private_file, sync
from shop.common.stamps import Topic, cache_away, touch
from shop.common.transaction import read_only, transaction
from shop.config import VERSION, Settings
from shop.customers.models import Customer
from shop.extensions import cache, db
from shop.inventory.models import Part
from shop.ops import archive, checks, schema
from shop.ops.archive import UPLOADS, Origin, Packed
from shop.ops.copying import BackupRefused, Copier, NotABackup, Sqlite, copier_of
from shop.ops.copying.sqlite import HEADER
from shop.ops.models import BackupFact, ShopFact
from shop.tickets.models import RepairLink, Ticket

ENDING = ".zip"
_OUR_TABLES = {"account", "customer", "event", "login_session", "part", "stock_move", "ticket"}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup turned out to hold. ``problems`` are contradictions that were in the books when it was made."""

    revision: str
    customers: int
    tickets: int
    parts: int
    events: int
    last_change: datetime | None
    problems: list[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A backup that was loaded and looked over, ready to take the shop's place. A bare database has no ``packed``."""

    path: Path
    packed: Packed | None
    contents: Contents
    scratch: URL
    copier: Copier


@dataclass(frozen=True, slots=True)
class Restored:
    former: str | None
    cache_is_empty: bool


def back_up(to: Path | None = None) -> Path:
    """Copy database and uploads while others go on working; answers the file. Raises BackupRefused.

    It holds everything that was saved before this began. ``to`` is a file that is not there yet; left out, it is one
    in the folder ``backups`` with the time in its name.
    """
    target = to.absolute() if to else backup_folder() / f"shop-{now():%Y-%m-%dT%H%M%SZ}{ENDING}"
    if target.exists():
        raise BackupRefused(f"{target} is there already. Choose another name.")
    if not target.parent.is_dir():
        raise BackupRefused(f"There is no folder {target.parent}.")
    copier = copier_of(db.engine.url)
    origin = _origin(copier)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.draft")
    try:
        make_private_file(draft)
        with archive.packing(draft) as packing:
            with packing.adding(copier.dump_name) as into:
                copier.dump(into)
            for name, path in _uploads():  # after the rows that speak of them
                packing.add_file(name, path)
            packing.finish(origin)
        sync(draft)
        draft.rename(target)
        sync(target.parent)
    except OSError as error:
        raise BackupRefused(f"The backup could not be written: {error}.") from error
    finally:
        draft.unlink(missing_ok=True)
    return target


def backup_folder() -> Path:
    folder = _settings().backups
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def newest_backup() -> Path:
    """The youngest file in the folder of backups; raises BackupRefused when there is none."""
    files = sorted(backup_folder().glob(f"[!.]*{ENDING}"), key=lambda path: path.stat().st_mtime)
    if not files:
        raise BackupRefused(f"There is no backup in {backup_folder()} yet.")
    return files[-1]


def verify(file: Path) -> Contents:
    """Load a backup into a scratch database, check everything there, and take it away again.

    Raises NotABackup for one that nobody could go back to, NoScratch where it can't be tried.
    """
    with candidate(file) as chosen:
        return chosen.contents


@contextmanager
def candidate(file: Path) -> Iterator[Candidate]:
    """Load a backup beside the shop and look it over; the file itself is never written to. Raises BackupRefused."""
    read_only()
    copier = copier_of(db.engine.url)
    with ExitStack() as stack:
        if isinstance(copier, Sqlite) and _begins_like_a_database(file):
            packed, scratch = None, stack.enter_context(_bare(copier, file))
        else:
            packed = stack.enter_context(archive.opened(file))
            _refuse_unfit(packed, copier)
            packed.refuse_altered()
            dump = stack.enter_context(packed.reading(copier.dump_name))
            scratch = stack.enter_context(copier.scratch(dump))
        contents = _looked_over(scratch)
        if packed and contents.events < packed.origin.events:
            raise NotABackup(f"{file} holds {contents.events} events of {packed.origin.events}.")
        yield Candidate(file, packed, contents, scratch, copier)


def refuse_while_open() -> None:
    """Raise BackupRefused while anybody else has the shop's database open."""
    _leave_the_database()
    copier_of(db.engine.url).refuse_while_open()


def restore(chosen: Candidate) -> Restored:
    """Put a candidate in the shop's place. Raises BackupRefused while anything has the database open.

    Everybody has to sign in again, and links in letters and to repairs are void: what ended since the backup was made
    must not come alive again.
    """
    with _shop_on(chosen.scratch):
        _end_what_was_open()
    if chosen.packed:
        _bring_back_uploads(chosen.packed)
    _leave_the_database()
    former = chosen.copier.exchange(chosen.scratch)
    current_app.extensions.pop("shop_is_demo", None)
    return Restored(former, cache_is_empty=_empty_the_cache())


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _origin(copier: Copier) -> Origin:
    revision = revisions.present_revision()
    if revision is None:
        raise BackupRefused("There is no shop in this database yet.")
    events = db.session.scalar(select(func.count(Event.id))) or 0
    read_only()
    return Origin(now(), VERSION, copier.kind, revision, events)


def _uploads() -> Iterator[tuple[str, Path]]:
    folder = _settings().data / UPLOADS
    for path in sorted(folder.rglob("*")):
        within = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in within.parts):
            yield f"{UPLOADS}/{within.as_posix()}", path


def _begins_like_a_database(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(HEADER)) == HEADER
    except OSError as error:
        raise NotABackup(f"{file} can't be read: {error.strerror}.") from error


@contextmanager
def _bare(copier: Sqlite, file: Path) -> Iterator[URL]:
    """A database file as such, for instance the one that an earlier restore kept, with its log if it was in use."""
    with ExitStack() as stack:
        log = None
        with suppress(FileNotFoundError):
            log = stack.enter_context(Path(f"{file}-wal").open("rb"))
        yield stack.enter_context(copier.scratch(stack.enter_context(file.open("rb")), log))


def _refuse_unfit(packed: Packed, copier: Copier) -> None:
    if packed.origin.database != copier.kind:
        raise NotABackup(
            f"This is a backup of a shop on {packed.origin.database}, this shop is on {copier.kind}. "
            "Restore it where DATABASE_URL says the same kind."
        )
    if packed.origin.revision not in revisions.known_revisions():
        raise NotABackup("This backup comes from a newer version of the shop. Update the shop first.")
    if copier.dump_name not in packed.members:
        raise NotABackup(f"{packed.path} has no database in it.")


@contextmanager
def _shop_on(url: URL) -> Iterator[Flask]:
    """A second shop on another database; nobody waits for it, so it may take its time."""
    from shop import create_app

    app = create_app(replace(_settings(), database_url=url, redis_url=None, is_patient=True))
    with app.app_context():
        try:
            yield app
        finally:
            read_only()
            _leave_the_database()


def _leave_the_database() -> None:
    db.session.remove()
    db.engine.dispose()


def _looked_over(scratch: URL) -> Contents:
    with _shop_on(scratch):
        try:
            with db.engine.connect() as connection:
                revision = revisions.revision_of(connection)
                tables = set(inspect(connection).get_table_names())
            if revision is None or not tables >= _OUR_TABLES:
                raise NotABackup("This is a database, but not one of this shop.")
            if revision not in revisions.known_revisions():
                raise NotABackup("This backup comes from a newer version of the shop. Update the shop first.")
            schema.bring_up_to_date()
            return _contents(revision)
        except DBAPIError as error:
            raise NotABackup(f"The backup can't be read as a shop: {error.orig}.") from error


def _contents(revision: str) -> Contents:
    def count(kind: type[Customer | Ticket | Part | Event]) -> int:
        return db.session.scalar(select(func.count(kind.id))) or 0

    return Contents(
        revision,
        customers=count(Customer),
        tickets=count(Ticket),
        parts=count(Part),
        events=count(Event),
        last_change=db.session.scalar(select(func.max(Event.at))),
        problems=checks.problems(),
    )


def _end_what_was_open() -> None:
    moment = now()
    with transaction():
        db.session.execute(update(LoginSession).where(LoginSession.revoked_at.is_(None)).values(revoked_at=moment))
        db.session.execute(update(SetupLink).where(SetupLink.ended_at.is_(None)).values(ended_at=moment))
        db.session.execute(update(RepairLink).where(RepairLink.ended_at.is_(None)).values(ended_at=moment))
        db.session.execute(update(Letter).where(Letter.due_at.is_not(None)).values(due_at=None))
        db.session.execute(delete(ShopFact).where(ShopFact.name.in_(list(BackupFact))))  # they speak of another time
        touch(*Topic)  # what anybody kept under the stamps of the backup is never found again


def _bring_back_uploads(packed: Packed) -> None:
    """Put in what is missing, before the rows that speak of it; nothing is taken away, so either shop finds its own."""
    folder = _settings().data / UPLOADS
    for name in packed.uploads:
        path = folder / name
        if path.exists():
            if hashlib.sha256(path.read_bytes()).hexdigest() == packed.members[f"{UPLOADS}/{name}"].sha256:
                continue
            path.rename(path.with_name(f".{path.name}.before-restore-{now():%Y-%m-%dT%H%M%SZ}"))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.draft")
        make_private_file(draft)
        with draft.open("r+b") as into, packed.reading(f"{UPLOADS}/{name}") as source:
            while chunk := source.read(1 << 20):
                into.write(chunk)
            into.flush()
            os.fsync(into.fileno())
        draft.rename(path)
        sync(path.parent)


def _empty_the_cache() -> bool:
    try:
        cache.clear()
    except cache_away():
        return False
    return True
