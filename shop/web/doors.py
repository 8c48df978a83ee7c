"""The three doors of the product, and the porch in front of them. Features hang their pages on these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shop.common.roles import DESK, STAFF, Role
from shop.web.guards import Door, Guard

if TYPE_CHECKING:
    from shop.accounts.models import Account

desk = Door("desk", url_prefix="/desk", guard=Guard(roles=DESK), layout="layouts/desk.html")
floor = Door("floor", url_prefix="/floor", guard=Guard(roles=STAFF), layout="layouts/floor.html")
my = Door("my", url_prefix="/my", guard=Guard(customers_only=True), layout="layouts/customer.html")

DOORS = (desk, floor, my)

_OWN = {Role.OWNER: desk, Role.DESK: desk, Role.MECHANIC: floor, Role.CUSTOMER: my}


def own_door(account: Account) -> Door:
    """The door that this account comes in by."""
    return _OWN[account.role]
