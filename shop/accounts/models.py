"""Accounts, what they sign in with, the sign-ins that stand for them, and the letters that are sent."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from shop.common.base import Base, Dated, Moment, Versioned, choice, not_negative, table_args
from shop.common.clock import now
from shop.common.roles import DESK, STAFF, Role
from shop.common.text import email_key

if TYPE_CHECKING:
    from shop.customers.models import Customer
    from shop.mechanics.models import Mechanic

MAX_NAME = 120
MAX_EMAIL = 254
MAX_PASSWORD_BYTES = 1024
MAX_CODE = 40
MIN_PASSWORD = 12
MIN_STAFF_PASSWORD = 15


class Account(Base, Versioned, Dated):
    """Somebody who can sign in. One role; perhaps also a customer, perhaps also a mechanic."""

    __tablename__ = "account"
    __table_args__ = table_args(
        CheckConstraint("role <> 'customer' OR customer_id IS NOT NULL", name="customer_is_one")
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    email: Mapped[str] = mapped_column(String(MAX_EMAIL))
    email_key: Mapped[str] = mapped_column(String(MAX_EMAIL), unique=True)
    role: Mapped[Role] = mapped_column(choice(Role, "role"))
    password_hash: Mapped[str | None] = mapped_column(String(200))  # None until an invitation is followed
    factor_seed: Mapped[str | None] = mapped_column(String(64))  # of the second factor's secret; None without one
    factor_step: Mapped[int | None]  # the time step of the last code of an app that was accepted
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), unique=True)
    mechanic_id: Mapped[int | None] = mapped_column(ForeignKey("mechanic.id"), unique=True)

    customer: Mapped[Customer | None] = relationship("Customer")
    mechanic: Mapped[Mechanic | None] = relationship("Mechanic")

    @validates("email")
    def _keep_key(self, field: str, value: str) -> str:
        self.email_key = email_key(value)
        return value

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    @property
    def is_invited(self) -> bool:
        """True until the invitation is followed: nobody has chosen a password yet."""
        return self.password_hash is None

    @property
    def has_second_factor(self) -> bool:
        """True when a code of an authenticator app is asked for besides the password."""
        return self.factor_seed is not None

    @property
    def is_owner(self) -> bool:
        return self.role is Role.OWNER

    @property
    def works_the_desk(self) -> bool:
        return self.role in DESK

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def label(self) -> str:
        return self.name


class RecoveryCode(Base):
    """What stands in once for a code of an app, should the phone be lost; ten are handed out together."""

    __tablename__ = "recovery_code"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))  # SHA-256 of 75 random bits, in hex
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class LoginSession(Base, Dated):
    """One sign-in: what the browser's cookie and the API's token are both envelopes for."""

    __tablename__ = "login_session"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256 of a random 256-bit key, in hex
    carrier: Mapped[str] = mapped_column(String(10))  # "cookie" or "bearer"
    address: Mapped[str] = mapped_column(String(45))
    agent: Mapped[str] = mapped_column(String(200), default="")
    device: Mapped[str] = mapped_column(String(64), default="")  # SHA-256 of what the device is known by, in hex
    is_new_device: Mapped[bool] = mapped_column(default=False)  # this account had not signed in on it before
    proved_at: Mapped[datetime | None] = mapped_column(Moment, default=now)  # when the password was typed last
    last_seen_at: Mapped[datetime] = mapped_column(Moment, default=now)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)

    account: Mapped[Account] = relationship()


class Attempt(Base):
    """Something that may be done only so often, such as a wrong guess; counted whether or not the address is known."""

    __tablename__ = "attempt"
    __table_args__ = table_args(Index(None, "bucket", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    bucket: Mapped[str] = mapped_column(String(64))  # SHA-256 of what is counted together, in hex
    at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)


class Refusal(Base):
    """Something that was refused within the last hour: it has left its event, and is counted from then on."""

    __tablename__ = "refusal"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(primary_key=True)
    bucket: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256 of what counts as the same, in hex
    why: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int]  # 0: nobody's
    since: Mapped[datetime] = mapped_column(Moment, index=True)
    more: Mapped[int]  # times after the first


class SetupLink(Base, Dated):
    """A one-time link by which somebody sets a password: an invitation, a reset, or the first owner's set-up."""

    __tablename__ = "setup_link"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    token_id: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)  # used, or made void by a newer password or address

    account: Mapped[Account] = relationship()


class LetterKind(Enum):
    INVITATION = "invitation"
    RESET = "reset"
    ESTIMATE = "estimate"
    NOTICE = "notice"

    @property
    def title(self) -> str:
        return {
            "invitation": "Invitation",
            "reset": "New password",
            "estimate": "Estimate",
            "notice": "Word about an account",
        }[self.value]


class Letter(Base, Dated):
    """An e-mail in the outbox: kept first, sent by the background worker, so that a failed send loses nothing."""

    __tablename__ = "letter"
    __table_args__ = table_args(not_negative("tries"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LetterKind] = mapped_column(choice(LetterKind, "kind"))
    to: Mapped[str] = mapped_column(String(MAX_EMAIL))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(Moment, default=now, index=True)  # None: sent or given up
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    failure: Mapped[str] = mapped_column(String(300), default="")  # why the last try did not work
