"""One command, one transaction: the outermost commits, inner ones join."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.common.database import may_write
from shop.common.handled import claim
from shop.common.stamps import renew_stamps
from shop.common.words import keep_words
from shop.extensions import db


@contextmanager
def transaction() -> Iterator[None]:
    """Everything inside is kept together or not at all.

    The write lock of SQLite is taken at the beginning. A request that may write has begun before (see
    ``web.transactions``), so what it read to decide is part of the same transaction.
    """
    session = db.session()
    if session.info.get("in_transaction"):
        yield
        return
    _begin_writing()
    session.info["in_transaction"] = True
    try:
        handling = claim(session)
        yield
        while endings := session.info.get("endings"):
            endings.pop(0)(session)
        keep_words(session)
        renew_stamps(session)
        session.commit()
        if handling:
            handling.is_kept = True
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("in_transaction", None)
        for kept in ("stamps", "endings", "notes", "words"):
            session.info.pop(kept, None)
        may_write.set(False)


def notes() -> dict[str, Any]:
    """What is to be remembered until the running transaction ends."""
    kept: dict[str, Any] = db.session().info.setdefault("notes", {})
    return kept


def at_the_end(do: Callable[[Session], None]) -> None:
    """Let this be done when all else in the running transaction is, before its stamps."""
    db.session().info.setdefault("endings", []).append(do)


def lock(thing: Any) -> None:
    """Wait for whoever is changing a row, hold it until the transaction ends, and see it as they left it.

    The lock is a statement of its own, because PostgreSQL can't lock what a refresh may join. Nothing is to be done
    where there is one writer: it has waited before it read anything.
    """
    if has_one_writer():
        return
    kind = type(thing)
    db.session.execute(select(kind.id).where(kind.id == thing.id).with_for_update())
    db.session.refresh(thing)


def has_one_writer() -> bool:
    """True for SQLite, where all that a transaction has read stays as it is until the transaction ends."""
    return db.engine.dialect.name == "sqlite"


def read_only() -> None:
    """End what was begun and hold no lock: what follows only reads, takes long, or draws a page."""
    db.session.rollback()
    may_write.set(False)


def _begin_writing() -> None:
    if not may_write.get():
        db.session.commit()  # a reader's transaction can't be turned into a writer's
        may_write.set(True)
