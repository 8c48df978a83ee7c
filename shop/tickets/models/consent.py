"""What was offered and what the customer said to it: evidence, written once and never altered."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from shop.accounts.models import Account
from shop.common.base import Base, Cents, Facts, Moment, choice, table_args
from shop.common.clock import now
from shop.tickets.lifecycle import Approval, in_short

if TYPE_CHECKING:
    from shop.tickets.models.ticket import Ticket

MAX_NAME = 120
MAX_WORDS = 1000
MAX_AGENT = 300


class EstimateVersion(Base):
    """What was on the ticket when it was offered, whole and for good: ``content`` alone draws it again."""

    __tablename__ = "estimate_version"
    __table_args__ = table_args(UniqueConstraint("ticket_id", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    number: Mapped[int]  # from 1 on each ticket
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    total_cents: Mapped[Cents]
    content: Mapped[dict[str, Any]] = mapped_column(Facts)  # see ``tickets.estimate.written_down``

    ticket: Mapped[Ticket] = relationship("Ticket", back_populates="versions")
    consents: Mapped[list[Consent]] = relationship(back_populates="version", order_by="Consent.id")
    by: Mapped[Account | None] = relationship()


class Channel(Enum):
    """How the customer said it."""

    LINK = "link"
    ACCOUNT = "account"
    COUNTER = "counter"
    PHONE = "phone"

    @property
    def words(self) -> str:
        return {
            "link": "by the link",
            "account": "signed in",
            "counter": "at the counter",
            "phone": "by telephone",
        }[self.value]

    @property
    def verb(self) -> str:
        """What whoever wrote it down did: answered, or noted an answer."""
        return "answered" if self in (Channel.LINK, Channel.ACCOUNT) else "noted the answer to"


class Consent(Base):
    """One answer of a customer to one version. ``by_id`` is who wrote it down, where it was not the customer."""

    __tablename__ = "consent"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("estimate_version.id"), index=True)
    channel: Mapped[Channel] = mapped_column(choice(Channel, "channel"))
    name: Mapped[str] = mapped_column(String(MAX_NAME))  # as the customer typed it, or told it
    words: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    address: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(MAX_AGENT), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)

    version: Mapped[EstimateVersion] = relationship(back_populates="consents")
    decisions: Mapped[list[Decision]] = relationship(back_populates="consent", order_by="Decision.id")
    by: Mapped[Account | None] = relationship()

    @property
    def in_short(self) -> str:
        """``2 approved, 1 declined``."""
        return in_short([decision.approval for decision in self.decisions])


class Decision(Base):
    """What was said to one job, and the sum it was said to."""

    __tablename__ = "decision"
    __table_args__ = table_args(UniqueConstraint("consent_id", "job_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    consent_id: Mapped[int] = mapped_column(ForeignKey("consent.id"))
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), index=True)
    approval: Mapped[Approval] = mapped_column(choice(Approval, "approval"))
    amount_cents: Mapped[Cents]

    consent: Mapped[Consent] = relationship(back_populates="decisions")


class RepairLink(Base):
    """A link by which a customer follows one repair without an account; the shop can end it."""

    __tablename__ = "repair_link"
    __table_args__ = table_args(Index(None, "ticket_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    token_id: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    ticket: Mapped[Ticket] = relationship("Ticket")


def _refuse(mapper: Any, connection: Any, evidence: Any) -> None:
    session = object_session(evidence)
    if session is not None and evidence not in session.deleted and not session.is_modified(evidence, False):
        return  # only what refers to it has changed
    raise RuntimeError("What was offered and answered is evidence; it is never altered.")


for _evidence in (EstimateVersion, Consent, Decision):
    event.listen(_evidence, "before_update", _refuse)
    event.listen(_evidence, "before_delete", _refuse)
