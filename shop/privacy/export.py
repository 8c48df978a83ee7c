"""Everything that the shop knows about a customer, as plain values for one JSON file.

What is the shop's own business stays out (what things cost it, who of the staff did what), and so does what would open
a door (hashes, tokens, keys of links).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import inspect, select
from sqlalchemy.orm import selectinload

from shop.accounts.models import Account, Letter, LoginSession
from shop.accounts.queries import account_of
from shop.audit.queries import timeline
from shop.common.clock import now
from shop.customers.models import Customer
from shop.customers.queries import merged_into
from shop.extensions import db
from shop.privacy.addresses import addresses_of
from shop.tickets.models import Consent, EstimateVersion, Job, Ticket

Plain = dict[str, Any]
T = TypeVar("T")

_AT_ONCE = 500
_MOST_EVENTS = 100_000

#: Keys that rows are found by, the shop's own figures, and what opens a door.
_LEFT_OUT = frozenset(
    {
        *("name_key", "email_key", "phone_key", "plate_key", "vin_key", "version", "is_open"),
        *("cost_cents", "rates_id", "first_offered_id", "by_id", "mechanic_id", "part_id"),
        *("password_hash", "factor_seed", "factor_step", "key_hash", "device", "body", "failure", "tries"),
    }
)

#: Fields that the history does not tell of either.
_SHOPS_OWN = ("cost_cents", "mechanic")


def everything_about(customer: Customer, *, with_notes: bool) -> Plain:
    """All of it, newest tickets last. Sums are in cents, moments in UTC. The notes are those of the desk.

    Whoever was written down twice is told of both times.
    """
    tickets = db.session.scalars(_tickets_of(customer)).all()
    account, formerly = account_of(customer), [(each, account_of(each)) for each in merged_into(customer)]
    everywhere = [customer, *(each for each, _ in formerly)]
    accounts = [each for each in (account, *(former for _, former in formerly)) if each is not None]
    return {
        "told_at": _plain(now()),
        "customer": _customer(customer, with_notes),
        "formerly": [{**_customer(each, with_notes), "account": _account(former)} for each, former in formerly],
        "vehicles": [_row(vehicle) for vehicle in customer.vehicles],
        "tickets": [_ticket(ticket) for ticket in tickets],
        "account": _account(account),
        "letters": [_row(letter) for letter in _letters_to(everywhere, accounts)],
        "history": list(_history([*everywhere, *customer.vehicles, *accounts, *tickets], with_notes)),
    }


def _letters_to(customers: Sequence[Customer], accounts: Sequence[Account]) -> list[Letter]:
    """The letters to the addresses that they have or had, unless somebody else has them by now."""
    addresses, taken = addresses_of(customers, accounts)
    return list(db.session.scalars(select(Letter).where(Letter.to.in_(addresses - taken)).order_by(Letter.id)))


def _tickets_of(customer: Customer) -> Any:
    return (
        select(Ticket)
        .where(Ticket.customer_id == customer.id)
        .options(
            selectinload(Ticket.every_job).selectinload(Job.every_line),
            selectinload(Ticket.versions).selectinload(EstimateVersion.consents).selectinload(Consent.decisions),
        )
        .order_by(Ticket.id)
    )


def _ticket(ticket: Ticket) -> Plain:
    return {
        **_row(ticket),
        "jobs": [{**_row(job), "lines": list(map(_row, job.every_line))} for job in ticket.every_job],
        "estimates": [
            {**_row(version), "answers": [_consent(consent) for consent in version.consents]}
            for version in ticket.versions
        ],
    }


def _consent(consent: Consent) -> Plain:
    return {**_row(consent), "decisions": [_row(decision) for decision in consent.decisions]}


def _customer(customer: Customer, with_notes: bool) -> Plain:
    return _row(customer) if with_notes else {**_row(customer), "notes": None}


def _account(account: Account | None) -> Plain | None:
    if account is None:
        return None
    sign_ins = select(LoginSession).where(LoginSession.account_id == account.id).order_by(LoginSession.id)
    return {**_row(account), "sign_ins": [_row(sign_in) for sign_in in db.session.scalars(sign_ins)]}


def in_stretches(things: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at once as a statement may name on any database."""
    for first in range(0, len(things), _AT_ONCE):
        yield things[first : first + _AT_ONCE]


def _history(things: Sequence[Any], with_values: bool) -> Iterator[Plain]:
    """What was done with them, without who of the staff did it; the values that were replaced tell notes as well."""
    for some in in_stretches(things):
        for entry in reversed(timeline(*some, hidden=_SHOPS_OWN, limit=_MOST_EVENTS)):
            yield {"at": _plain(entry.at), "what": entry.sentence, "note": entry.note if with_values else None}


def _row(thing: Any) -> Plain:
    """The columns of a row, but those that are left out."""
    columns = (attribute.key for attribute in inspect(type(thing)).column_attrs)
    return {name: _plain(getattr(thing, name)) for name in columns if name not in _LEFT_OUT}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
    return value.value if isinstance(value, Enum) else value
