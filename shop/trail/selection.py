"""Which events the audit trail shows: what the owner chooses, and the actions behind each choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from shop.audit.actions import Action

NOBODY = 0  # who is not signed in: the software, a customer by a link, a stranger

_SIGN_INS = frozenset({Action.SIGNED_IN, Action.SIGNED_OUT, Action.SIGNED_OUT_EVERYWHERE, Action.RECOVERY_CODE_USED})


class Group(Enum):
    """What kind of events; ``value`` stands in addresses."""

    REFUSALS = "refusals"
    SIGN_INS = "sign-ins"
    ACCOUNTS = "accounts"
    CUSTOMERS = "customers"
    TICKETS = "tickets"
    PARTS = "parts"
    MECHANICS = "mechanics"
    SETTINGS = "settings"

    @property
    def title(self) -> str:
        return {
            "refusals": "Refusals",
            "sign-ins": "Signing in and out",
            "accounts": "Accounts and passwords",
            "customers": "Customers and vehicles",
            "tickets": "Tickets",
            "parts": "Parts",
            "mechanics": "Mechanics",
            "settings": "Settings",
        }[self.value]

    @property
    def actions(self) -> tuple[Action, ...]:
        return tuple(action for action in Action if group_of(action) is self)


def group_of(action: Action) -> Group:
    if action is Action.REFUSED:
        return Group.REFUSALS
    if action in _SIGN_INS:
        return Group.SIGN_INS
    return _BY_SUBJECT[action.value.partition(".")[0]]


_BY_SUBJECT = {
    "account": Group.ACCOUNTS,
    "backup": Group.SETTINGS,
    "canned_job": Group.SETTINGS,
    "customer": Group.CUSTOMERS,
    "mechanic": Group.MECHANICS,
    "part": Group.PARTS,
    "rates": Group.SETTINGS,
    "shop_rules": Group.SETTINGS,
    "ticket": Group.TICKETS,
    "vehicle": Group.CUSTOMERS,
}


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """``who`` is an account's id, ``about`` a kind of thing and its id; the days are the shop's, both included."""

    who: int | None = None
    group: Group | None = None
    about: tuple[str, int] | None = None
    first_day: date | None = None
    last_day: date | None = None

    @property
    def is_narrow(self) -> bool:
        return self != TrailFilter()
