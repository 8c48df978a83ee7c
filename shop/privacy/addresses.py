"""The e-mail addresses by which letters are somebody's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from shop.accounts.models import Account
from shop.audit.models import Event, EventChange
from shop.customers.models import Customer
from shop.extensions import db


def addresses_of(customers: Sequence[Customer], accounts: Sequence[Account]) -> tuple[set[str], set[str]]:
    """All that they have or had, and those of these that somebody else has by now who is not archived."""
    people: list[Customer | Account] = [*customers, *accounts]
    had = (
        select(EventChange.before, EventChange.after)
        .join(Event, Event.id == EventChange.event_id)
        .where(or_(*map(is_about, people)), EventChange.field == "email")
    )
    known = {address for row in db.session.execute(had) for address in row} | {each.email for each in people}
    addresses = {address for address in known if address}
    return addresses, {*_others_with(addresses, Account, accounts), *_others_with(addresses, Customer, customers)}


def is_about(thing: Any) -> ColumnElement[bool]:
    """The events of a thing."""
    return and_(Event.subject_kind == thing.__tablename__, Event.subject_id == thing.id)


def _others_with(addresses: set[str], kind: type[Account | Customer], own: Sequence[Any]) -> Iterable[Any]:
    others = select(kind.email).where(kind.email_key.is_not(None), kind.id.not_in([each.id for each in own]))
    return db.session.scalars(others.where(kind.email.in_(addresses)))
