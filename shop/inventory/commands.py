"""What people do with parts."""

from __future__ import annotations

from typing import TypedDict, Unpack

from sqlalchemy import select

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.record import apply_changes, record
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.common.open_work import open_work_of
from shop.common.stamps import Topic, touch
from shop.common.text import folded, squeezed
from shop.common.transaction import transaction
from shop.extensions import db
from shop.inventory import stock
from shop.inventory.models import MAX_NAME, MAX_SKU, Part, StockMove


class PartValues(TypedDict, total=False):
    """What an edit may replace; the quantity is not among it, because it only moves."""

    name: str
    sku: str | None
    price_cents: int
    cost_cents: int
    minimum: int
    location: str


def add_part(
    *,
    name: str,
    price_cents: int,
    sku: str | None = None,
    cost_cents: int = 0,
    minimum: int = 0,
    location: str = "",
    on_hand: int = 0,
    by: Account,
) -> Part:
    """Put a part on the shop's list; what is on the shelf already is its first count.

    Raises RuleBroken on ``name`` or ``sku`` when another part has it.
    """
    values = PartValues(
        name=name, sku=sku, price_cents=price_cents, cost_cents=cost_cents, minimum=minimum, location=location
    )
    with transaction():
        part = Part()
        _refuse_taken(part, name, sku)
        changes = apply_changes(part, values)
        db.session.add(part)
        record(Action.PART_ADDED, part, by=by, changes=changes)
        stock.count_low(part, was=False)
        touch(Topic.LOCATIONS)
        if on_hand:
            stock.set_to_count(part, on_hand, reason="Opening stock", by=by)
        return part


def edit_part(part: Part, *, by: Account, version: int | None = None, **values: Unpack[PartValues]) -> Part:
    """Replace the values given. ``version`` is the one that the editor saw; another one raises StaleEdit."""
    with transaction():
        stock.lock(part)
        if version is not None and version != part.version:
            raise StaleEdit("Somebody saved this part before you.")
        if part.is_archived:
            raise Conflict(f"{part.name} is archived. Restore it before you change it.")
        _refuse_taken(part, values.get("name", part.name), values.get("sku", part.sku))
        was_low, cost = part.is_missed, part.on_hand * part.cost_cents
        changes = apply_changes(part, values)
        if changes:
            part.version += 1
            record(Action.PART_CHANGED, part, by=by, changes=changes)
            stock.count_low(part, was=was_low)
            stock.count_cost(part.on_hand * part.cost_cents - cost)
            if "location" in changes:
                touch(Topic.LOCATIONS)
        return part


def archive_part(part: Part, *, by: Account) -> Part:
    """Take a part off the list. Its history stays, its name and SKU are free again.

    Raises Conflict while there are still some on the shelf, or an open ticket wants it.
    """
    with transaction():
        stock.lock(part)
        if part.on_hand > 0:
            raise Conflict(
                f"There are still {part.on_hand:,} on the shelf. Count it to zero or scrap what is left first."
            )
        for ticket in open_work_of(part):
            raise Conflict(f"Ticket {ticket.label} still wants it.", ticket_id=ticket.id)
        if not part.is_archived:
            was_low = part.is_missed
            part.archived_at = now()
            part.name_key = part.sku_key = None
            part.version += 1
            record(Action.PART_ARCHIVED, part, by=by)
            stock.count_low(part, was=was_low)
            touch(Topic.LOCATIONS)
        return part


def restore_part(part: Part, *, by: Account) -> Part:
    """Put an archived part back on the list; raises RuleBroken when its name or SKU has been given away."""
    with transaction():
        stock.lock(part)
        if part.is_archived:
            _refuse_taken(part, part.name, part.sku)
            part.archived_at = None
            part.name, part.sku = part.name, part.sku  # brings their keys back
            part.version += 1
            record(Action.PART_RESTORED, part, by=by)
            stock.count_low(part, was=False)
            touch(Topic.LOCATIONS)
        return part


def receive(part: Part, *, quantity: int, reason: str = "", by: Account) -> StockMove:
    """Put a delivery on the shelf."""
    with transaction():
        return stock.receive(part, quantity, reason=reason, by=by)


def count(part: Part, *, quantity: int, reason: str = "", by: Account) -> StockMove:
    """Set the books to what was counted on the shelf."""
    with transaction():
        return stock.set_to_count(part, quantity, reason=reason, by=by)


def scrap(part: Part, *, quantity: int, reason: str, by: Account) -> StockMove:
    """Write off what is broken or gone; it takes a reason."""
    with transaction():
        if not reason:
            raise RuleBroken("Say why it is scrapped.", field="reason")
        return stock.scrap(part, quantity, reason=reason, by=by)


def _refuse_taken(part: Part, name: str, sku: str | None) -> None:
    """Names and SKUs are unique among the parts on the list, whatever their case and spacing."""
    name_key, sku_key = folded(name), squeezed(sku or "")
    if len(name_key) > MAX_NAME * 2:
        raise RuleBroken("This name is too long.", field="name")
    if len(sku_key) > MAX_SKU:
        raise RuleBroken("This SKU is too long.", field="sku")
    with db.session.no_autoflush:
        others = select(Part.name).where(Part.id != part.id if part.id else Part.id.is_not(None))
        if same := db.session.scalar(others.where(Part.name_key == name_key)):
            raise RuleBroken(f"There is a part called {same} already.", field="name")
        if sku_key and (same := db.session.scalar(others.where(Part.sku_key == sku_key))):
            raise RuleBroken(f"{same} has this SKU already.", field="sku")
