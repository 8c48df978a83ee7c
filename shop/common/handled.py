"""Requests that were done, remembered for a day by the key they carried, so that none is done twice.

The key is written in the first transaction of the request's own work: both stay or neither does. Whoever sends the
same key meanwhile waits at its UNIQUE constraint and loses, or goes first if the other one is rolled back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, String, UniqueConstraint, and_, delete, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from shop.common.base import Base, Facts, Moment, table_args
from shop.common.clock import now
from shop.extensions import db

MAX_KEY = 255
MAX_ROUTE = 100
MAX_BODY = 65_535
KEPT_FOR = timedelta(hours=24)
ANSWERED_WITHIN = timedelta(seconds=5)


class HandledRequest(Base):
    """A request that changed something, and what it was answered."""

    __tablename__ = "handled_request"
    __table_args__ = table_args(UniqueConstraint("account_id", "route", "key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]  # 0: nobody who is signed in
    route: Mapped[str] = mapped_column(String(MAX_ROUTE))
    key: Mapped[str] = mapped_column(String(MAX_KEY))
    digest: Mapped[str] = mapped_column(String(64))  # HMAC of what was sent, in hex
    at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    status: Mapped[int | None]  # None: not answered yet, or nobody lived to write the answer down
    answer: Mapped[dict[str, Any]] = mapped_column(Facts, default=dict)  # what is not the body
    body: Mapped[bytes | None] = mapped_column(LargeBinary)

    @property
    def is_under_way(self) -> bool:
        """The work is done, and the answer is about to be written down."""
        return self.status is None and now() - self.at < ANSWERED_WITHIN


@dataclass(slots=True)
class Handling:
    """A request with a key while it is handled; ``is_kept`` once a transaction of it has been committed."""

    account_id: int
    route: str
    key: str
    digest: str
    by: str  # in which role and by which sign-in it came
    is_kept: bool = False

    @property
    def is_mine(self) -> ColumnElement[bool]:
        return and_(
            HandledRequest.account_id == self.account_id,
            HandledRequest.route == self.route,
            HandledRequest.key == self.key,
        )


def claim(session: Session) -> Handling | None:
    """Write the key of the present request, if it has one, into its first transaction."""
    handling: Handling | None = session.info.get("handling")
    if handling is None or handling.is_kept:
        return None
    values = {name: getattr(handling, name) for name in ("account_id", "route", "key", "digest")}
    session.execute(insert(HandledRequest).values(**values))
    return handling


def find(handling: Handling) -> HandledRequest | None:
    """The request with this key, as far as it was done before."""
    return db.session.scalar(select(HandledRequest).where(handling.is_mine))


def write_down(handling: Handling, **answer: Any) -> None:
    """Keep what was answered; inside the caller's transaction."""
    db.session.execute(update(HandledRequest).where(handling.is_mine).values(**answer))


def forget(handling: Handling) -> None:
    """Let the key be used again: the request was refused after all; inside the caller's transaction."""
    db.session.execute(delete(HandledRequest).where(handling.is_mine))


def forget_old() -> int:
    """Delete what is older than a day; answers how many; inside the caller's transaction."""
    old = delete(HandledRequest).where(HandledRequest.at < now() - KEPT_FOR)
    return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]
