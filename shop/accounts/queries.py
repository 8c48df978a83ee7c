"""Looking at accounts, sign-ins and letters."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select, select

from shop.accounts.devices import device_name, place_name
from shop.accounts.models import Account, Letter, LetterKind, LoginSession
from shop.common.clock import now
from shop.common.paging import Slice, SortKey, read_slice
from shop.extensions import db

if TYPE_CHECKING:
    from shop.customers.models import Customer

NEWS_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class SignInRow:
    id: int
    device: str
    is_program: bool
    is_new_device: bool
    address: str
    since: datetime
    last_seen_at: datetime

    @property
    def place(self) -> str:
        return place_name(self.address)

    @property
    def is_news(self) -> bool:
        """Whether it began a short while ago on a device that was new then."""
        return self.is_new_device and self.since > now() - NEWS_FOR


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter in the outbox; ``body`` is None where it is not for the reader's eyes."""

    id: int
    kind: LetterKind
    to: str
    subject: str
    written_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    tries: int
    failure: str
    body: str | None

    @property
    def is_given_up(self) -> bool:
        return self.sent_at is None and self.due_at is None

    @property
    def paragraphs(self) -> list[str]:
        return (self.body or "").strip().split("\n\n")


def visible_to(account: Account) -> Select[Account]:
    """The owner sees every account, everybody else their own."""
    everyone = select(Account)
    return everyone if account.is_owner else everyone.where(Account.id == account.id)


def account_of(customer: Customer) -> Account | None:
    """The account that this customer signs in with, or None before the invitation."""
    return db.session.scalar(select(Account).where(Account.customer_id == customer.id))


def live_sign_ins(account: Account) -> Select[LoginSession]:
    """Where the account is signed in at this moment."""
    return select(LoginSession).where(
        LoginSession.account_id == account.id, LoginSession.revoked_at.is_(None), LoginSession.expires_at > now()
    )


def sign_ins(account: Account) -> list[SignInRow]:
    """The live sign-ins of an account, the latest seen first."""
    live = live_sign_ins(account).order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
    return [
        SignInRow(
            row.id,
            device_name(row.agent),
            row.carrier == "bearer",
            row.is_new_device,
            row.address,
            row.created_at,
            row.last_seen_at,
        )
        for row in db.session.scalars(live)
    ]


def outbox(*, readable: Set[LetterKind], after: str | None = None, before: str | None = None) -> Slice[LetterRow]:
    """Letters, newest first, with the text of those kinds alone that are ``readable``."""

    def row(found: Row[*tuple[Any, ...]]) -> LetterRow:
        letter = LetterRow(*found[:10])
        return letter if letter.kind in readable else replace(letter, body=None)

    newest = [SortKey(Letter.id.expression, descending=True)]
    return read_slice(_letters(), newest, row, after=after, before=before)


def _letters() -> Select[*tuple[Any, ...]]:
    return select(
        Letter.id,
        Letter.kind,
        Letter.to,
        Letter.subject,
        Letter.created_at,
        Letter.due_at,
        Letter.sent_at,
        Letter.tries,
        Letter.failure,
        Letter.body,
    )
