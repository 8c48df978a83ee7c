"""The one place where a quantity on the shelf changes: a conditional UPDATE and an immutable move, never one alone.

Everything here joins the caller's transaction.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

from sqlalchemy import Update, bindparam, update

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.record import record
from shop.common.errors import RuleBroken
from shop.common.stamps import Topic, touch
from shop.common.transaction import has_one_writer
from shop.extensions import db
from shop.inventory.models import MAX_QUANTITY, MoveKind, Part, StockMove


class Job(Protocol):
    """What parts are taken for: a ticket, which is a later feature."""

    @property
    def id(self) -> Any: ...

    @property
    def label(self) -> str: ...


def reserve(part: Part, quantity: int) -> None:
    """Keep parts on the shelf for a ticket; raises RuleBroken on ``quantity`` when too few are available."""
    _shift(part, reserved=_at_least_one(quantity))


def release(part: Part, quantity: int) -> None:
    """Let others have what was kept for a ticket, even when the shop no longer lists the part."""
    _shift(part, reserved=-quantity, even_archived=True)


def fit(part: Part, quantity: int, *, ticket: Job, by: Account) -> StockMove:
    """Put parts that were kept for a ticket into the vehicle: now they have left the shelf."""
    return write_move(part, MoveKind.USED, quantity, reserved=-quantity, reason=ticket.label, ticket=ticket, by=by)


def take_out(part: Part, quantity: int, *, ticket: Job, by: Account) -> StockMove:
    """Put parts that had been fitted back on the shelf, where they stay kept for their ticket."""
    return write_move(part, MoveKind.RETURNED, quantity, reserved=quantity, reason=ticket.label, ticket=ticket, by=by)


def put_back(part: Part, quantity: int, *, ticket: Job, by: Account | None) -> StockMove:
    """Put parts that had been fitted back on the shelf, even when the shop no longer lists them."""
    return write_move(part, MoveKind.RETURNED, quantity, reason=ticket.label, ticket=ticket, by=by)


def receive(part: Part, quantity: int, *, reason: str, by: Account) -> StockMove:
    return write_move(part, MoveKind.RECEIVED, _at_least_one(quantity), reason=reason, by=by)


def scrap(part: Part, quantity: int, *, reason: str, by: Account) -> StockMove:
    return write_move(part, MoveKind.SCRAPPED, _at_least_one(quantity), reason=reason, by=by)


def set_to_count(part: Part, quantity: int, *, reason: str, by: Account) -> StockMove:
    """Make the books say what was counted; a count that agrees leaves a move as well, as the proof of it."""
    if not 0 <= quantity <= MAX_QUANTITY:
        raise RuleBroken(f"Enter a number from 0 to {MAX_QUANTITY:,}.", field="quantity")
    lock(part)
    if quantity < part.reserved:
        raise RuleBroken(
            f"{part.reserved:,} of these are kept for tickets. Take them off there first.", field="quantity"
        )
    return write_move(part, MoveKind.COUNTED, quantity - part.on_hand, reason=reason, by=by)


def lock(*parts: Part) -> None:
    """Let nobody else change these parts until the transaction ends, and read them as they are now.

    Always in the same order. Whoever writes a line with a part locks it before: a foreign key of MariaDB takes a shared
    lock, and two who hold that and then want to change the shelf wait for each other.
    """
    if has_one_writer():
        return
    db.session.flush()  # what was changed and not yet written would be read over
    for part in sorted(parts, key=lambda each: each.id):
        db.session.refresh(part, with_for_update=True)


def write_move(
    part: Part,
    kind: MoveKind,
    quantity: int,
    *,
    reserved: int = 0,
    by: Account | None,
    reason: str = "",
    ticket: Job | None = None,
) -> StockMove:
    """Change what is on the shelf by one move. ``quantity`` is unsigned, but for a count, where it is the difference.

    ``reserved`` is what the move adds to the parts kept for tickets. Raises RuleBroken on ``quantity`` when the shelf
    would hold less than what is kept for tickets, or more than it can.
    """
    delta = quantity * (kind.sign or 1)
    is_for_ticket = kind in (MoveKind.USED, MoveKind.RETURNED)
    _shift(part, on_hand=delta, reserved=reserved, even_archived=is_for_ticket)
    move = StockMove(
        part_id=part.id,
        kind=kind,
        quantity=delta,
        balance=part.on_hand,
        reason=reason,
        ticket_id=ticket.id if ticket else None,
        by_id=by.id if by else None,
    )
    db.session.add(move)
    said = part.on_hand if kind is MoveKind.COUNTED else quantity
    record(Action.PART_MOVED, part, by=by, kind=kind.value, quantity=said, balance=part.on_hand)
    return move


def _shift(part: Part, *, on_hand: int = 0, reserved: int = 0, even_archived: bool = False) -> None:
    """Add in the database, so that of two people who take the last one only one succeeds."""
    shifted = db.session.execute(_adding(), {"part": part.id, "more": on_hand, "kept": reserved})
    db.session.refresh(part, ["on_hand", "reserved", "minimum", "cost_cents", "archived_at"])
    if part.is_archived and not even_archived:
        raise RuleBroken(f"{part.name} is no longer on the shop's list.", field="quantity")
    if shifted.rowcount != 1:  # type: ignore[attr-defined]
        raise _misfit(part, on_hand)
    count_cost(on_hand * part.cost_cents)
    count_low(part, was=not part.is_archived and part.available - (on_hand - reserved) < part.minimum)


@cache
def _adding() -> Update:
    # By its id alone: with ``archived_at`` in it, MariaDB locks by another index first, and two moves deadlock.
    on_hand, reserved = Part.on_hand + bindparam("more"), Part.reserved + bindparam("kept")
    fits = (Part.id == bindparam("part"), on_hand.between(0, MAX_QUANTITY), reserved.between(0, on_hand))
    adding = update(Part).where(*fits).values({"on_hand": on_hand, "reserved": reserved})
    return adding.execution_options(synchronize_session=False)


def count_cost(more: int) -> None:
    """Keep what all that is on the shelf has cost, in cents."""
    if more:
        touch(Topic.SHELF_COST, listed=more)


def count_low(part: Part, *, was: bool) -> None:
    """Keep how many parts of the list are low; ``was`` says whether this one, which is locked, was one of them."""
    if part.is_missed != was:
        touch(Topic.LOW_PARTS, listed=1 if part.is_missed else -1)


def _misfit(part: Part, delta: int) -> RuleBroken:
    if delta > 0:
        return RuleBroken(f"The shelf holds at most {MAX_QUANTITY:,} of a part.", field="quantity")
    if part.reserved:
        kept = f"{part.on_hand:,} on the shelf, {part.reserved:,} of them kept for tickets"
        return RuleBroken(f"Only {part.available:,} available: {kept}.", field="quantity")
    left = f"Only {part.on_hand:,}" if part.on_hand else "None"
    return RuleBroken(f"{left} on the shelf.", field="quantity")


def _at_least_one(quantity: int) -> int:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise RuleBroken(f"Enter a number from 1 to {MAX_QUANTITY:,}.", field="quantity")
    return quantity
