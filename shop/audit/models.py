"""Events, the personal values that erasure can blank without touching the event, and the seals over both.

The database itself lets none of it be altered or removed, see ``append_only``; ``digests`` says what a seal is made of.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.common.base import Base, Facts, Moment, table_args
from shop.common.clock import now

if TYPE_CHECKING:
    from shop.accounts.models import Account


class Event(Base):
    """One change, written in the transaction that made it and never altered."""

    __tablename__ = "event"
    __table_args__ = table_args(
        Index(None, "subject_kind", "subject_id", "id"),
        Index(None, "at", "id"),
        Index(None, "action", "at", "id"),
        Index(None, "by_id", "at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    action: Mapped[str] = mapped_column(String(40))
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))  # None: the software itself, or nobody known
    facts: Mapped[dict[str, Any]] = mapped_column(Facts, default=dict)

    by: Mapped[Account | None] = relationship("Account")
    changes: Mapped[list[EventChange]] = relationship(back_populates="event", order_by="EventChange.id")


def new_salt() -> str:
    """What makes the digest of a value that is easy to guess, such as a telephone number, tell nothing."""
    return secrets.token_hex(16)


class EventChange(Base):
    """One field's value before and after, as text.

    Erasure replaces both and the salt by their digest, once: so a seal over it still holds, and nobody can find out
    by trying what the values were.
    """

    __tablename__ = "event_change"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    field: Mapped[str] = mapped_column(String(40))
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(String(32), default=new_salt)  # None once the values are erased
    digest: Mapped[str | None] = mapped_column(String(64))  # None until then

    event: Mapped[Event] = relationship(back_populates="changes")


class Seal(Base):
    """A stretch of events that can't be altered any more without it being noticed; each seal stands on the one before.

    Its stretch begins where the previous one ended. ``marks`` has the id and the beginning of the digest of each event
    in it, so that it can be said which one was altered.
    """

    __tablename__ = "event_seal"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int]
    last_id: Mapped[int]
    marks: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64), unique=True)  # the hash of the seal before; empty for the first
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime] = mapped_column(Moment)
