"""The four kinds of people, and the groups of them that doors and routes name."""

from __future__ import annotations

from enum import Enum


class Role(Enum):
    """What an account may do. One per account, read from its row and never from a token."""

    OWNER = "owner"
    DESK = "desk"
    MECHANIC = "mechanic"
    CUSTOMER = "customer"

    @property
    def title(self) -> str:
        return {"owner": "Owner", "desk": "Front desk", "mechanic": "Mechanic", "customer": "Customer"}[self.value]


OWNER = frozenset({Role.OWNER})
DESK = frozenset({Role.OWNER, Role.DESK})
STAFF = frozenset({Role.OWNER, Role.DESK, Role.MECHANIC})
EVERYONE = frozenset(Role)
