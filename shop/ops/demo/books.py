"""The demo shop's books: each method writes the rows that the command of the same name leaves, at a moment of the past.

The commands themselves would take a minute for two years; a test compares what both write.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.customers.models import Customer, Vehicle
from shop.mechanics.models import Mechanic
from shop.ops.demo.ledger import first
from shop.ops.demo.ticket_books import TicketBooks


class Books(TicketBooks):
    """All of them; those about tickets stand on those about parts."""

    def add_account(self, *, links: Mapping[str, str], at: datetime, by: int | None, **values: Any) -> Account:
        """``links`` are the names of the customer or mechanic whom it stands for."""
        account = self._add(Account, created_at=at, **values)
        changes = first({"name": account.name, "email": account.email, **links})
        self._record(Action.ACCOUNT_CREATED, account, at=at, by=by, changes=changes, role=account.role.value)
        return account

    def add_customer(self, *, at: datetime, by: int, **values: Any) -> Customer:
        customer = self._add(Customer, created_at=at, **values)
        self._record(Action.CUSTOMER_ADDED, customer, at=at, by=by, changes=first(values))
        return customer

    def add_vehicle(self, customer: Customer, *, at: datetime, by: int, **values: Any) -> Vehicle:
        vehicle = self._add(Vehicle, customer_id=customer.id, version=1, created_at=at, **values)
        self._record(Action.VEHICLE_ADDED, vehicle, at=at, by=by, changes=first(values), vehicle=vehicle.label)
        return vehicle

    def add_mechanic(self, *, at: datetime, by: int, **values: Any) -> Mechanic:
        mechanic = self._add(Mechanic, created_at=at, **values)
        self._record(Action.MECHANIC_ADDED, mechanic, at=at, by=by, changes=first(values))
        return mechanic
