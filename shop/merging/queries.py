"""Two customers side by side, to see whether they are the same person."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select, true

from shop.accounts.models import Account
from shop.common.paging import Slice
from shop.customers.models import Customer
from shop.customers.queries import VehicleRow, vehicles_of
from shop.extensions import db
from shop.tickets.models import Ticket

MOST_NAMED = 6  # vehicles of each


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, with what is theirs."""

    customer: Customer
    account: Account | None
    vehicles: Slice[VehicleRow]
    tickets: int
    open_tickets: int

    @property
    def more_vehicles(self) -> int:
        return (self.vehicles.total or 0) - len(self.vehicles.items)


def side_by_side(one: Customer, other: Customer) -> list[Side]:
    accounts = accounts_of(one, other)
    return [_side(customer, accounts.get(customer.id)) for customer in (one, other)]


def best_kept(one: Customer, other: Customer) -> Customer:
    """Whom to keep unless somebody says else: who has an account, rather one that is in use, or who came first."""
    accounts = accounts_of(one, other)
    return max(one, other, key=lambda customer: (_weight(accounts.get(customer.id)), -customer.id))


def state_of(one: Customer, other: Customer) -> str:
    """What changes as soon as somebody changes one of the two, or lets them sign in."""
    accounts = accounts_of(one, other)
    both = sorted((one, other), key=lambda customer: customer.id)
    return " ".join(f"{each.id}:{each.version}:{'account' if each.id in accounts else ''}" for each in both)


def accounts_of(*customers: Customer) -> dict[int | None, Account]:
    """By the ids of these customers, the accounts that they sign in with."""
    theirs = select(Account).where(Account.customer_id.in_([customer.id for customer in customers]))
    return {account.customer_id: account for account in db.session.scalars(theirs)}


def _side(customer: Customer, account: Account | None) -> Side:
    counts = select(func.count(), func.count(case((Ticket.is_open == true(), 1)))).select_from(Ticket)
    theirs = counts.where(Ticket.customer_id == customer.id, Ticket.archived_at.is_(None))
    vehicles = vehicles_of(customer, is_archived=False, size=MOST_NAMED)
    return Side(customer, account, vehicles, *db.session.execute(theirs).one())


def _weight(account: Account | None) -> int:
    if account is None:
        return 0
    return 1 + (account.is_active and not account.is_invited) + account.is_staff
