"""Reading parts and their moves: one at a time as entities, lists as plain rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false, func, select, true

from shop.accounts.models import Account
from shop.common import stamps
from shop.common.by_name import ByName
from shop.common.paging import DEFAULT_SIZE, Reading, Segment, Slice, SortKey, read_slice
from shop.common.stamps import Topic, kept, remembered
from shop.common.text import squeezed
from shop.common.words import Hits, How, find, how_many_have
from shop.extensions import db
from shop.inventory.models import MoveKind, Part, PartWords, StockMove

MAX_LOCATIONS = 200

# An archived part gives its name up, so the index of names is the list of parts in its order.
_IS_LISTED = Part.name_key.is_not(None)
_COLUMNS = (Part.id, Part.name, Part.sku, Part.location, Part.price_cents, Part.on_hand, Part.reserved, Part.minimum)
_BY_NAME = ByName(PartWords, select(*_COLUMNS).where(_IS_LISTED), thing_id=Part.id, name_key=Part.name_key)
_UNLISTED = select(Part.id).where(~_IS_LISTED)


class Sort(Enum):
    """The orders of the list; a minus means the other way round."""

    NAME = "name"
    NAME_BACK = "-name"
    SKU = "sku"
    SKU_BACK = "-sku"
    FEWEST = "on_hand"
    MOST = "-on_hand"
    CHEAPEST = "price"
    DEAREST = "-price"
    OLDEST = "id"
    NEWEST = "-id"


@dataclass(frozen=True, slots=True)
class PartFilter:
    """Which parts of the shop's list are shown, and in which order."""

    q: str = ""
    is_low: bool = False
    location: str = ""
    sort: Sort = Sort.NAME


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part as lists and pickers show it."""

    id: int
    name: str
    sku: str | None
    location: str
    price_cents: int
    available: int
    on_hand: int
    minimum: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What the shop has in parts; ``cost_cents`` is what all that is on the shelf has cost."""

    parts: int
    low: int
    cost_cents: int


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A stock move with the name of who made it; ``quantity`` is signed."""

    id: int
    kind: MoveKind
    quantity: int
    balance: int
    reason: str
    ticket_id: int | None
    at: datetime
    who: str | None


def visible_to(account: Account) -> Select[Part]:
    """The parts on the shop's list, for staff; customers see none of them."""
    return known_to(account).where(Part.archived_at.is_(None))


def known_to(account: Account) -> Select[Part]:
    """The archived ones as well: their history stays open."""
    return select(Part).where(true() if account.is_staff else false())


def search(q: str, *, limit: int) -> list[PartRow]:
    """The first parts by the words of their name, SKU or location.

    Names that begin with what was typed come first; nothing typed finds all.
    """
    text = " ".join(q.split())
    if not text:
        return page_of(PartFilter(), number=1, size=limit)

    def build() -> list[PartRow]:
        return [_row(row) for row in _BY_NAME.first(text, words=text, limit=limit)]

    return kept(Topic.PARTS, "search", text, limit, build=build)


def part_with_sku(sku: str) -> int | None:
    """The id of the part on the list that has this very SKU, however it is spaced."""
    key = squeezed(sku)
    return db.session.scalar(select(Part.id).where(Part.sku_key == key)) if key else None


def listed(
    chosen: PartFilter, *, size: int = DEFAULT_SIZE, after: str | None = None, before: str | None = None
) -> Slice[PartRow]:
    """A stretch of the list; raises RuleBroken on ``after`` or ``before`` for an unknown place."""

    def build() -> Slice[PartRow]:
        reading, hits = _reading_of(chosen)
        return reading.read(_row, size=size, after=after, before=before, values=hits.values)

    return kept(Topic.PARTS, "listed", chosen, size, after, before, build=build)


def _reading_of(chosen: PartFilter) -> tuple[Reading, Hits]:
    hits = _hits(chosen)
    return _reading(replace(chosen, q=""), hits.how), hits


@lru_cache(200)
def _reading(chosen: PartFilter, how: How | None) -> Reading:
    nothing = how is not None and how.finds_nothing
    return Reading(_projected(chosen, how), _segments_of(chosen.sort), finds_nothing=nothing)


def page_of(chosen: PartFilter, *, number: int, size: int) -> list[PartRow]:
    """One numbered page of the list; deep pages are cheaper by ``listed`` and its cursor."""

    def build() -> list[PartRow]:
        reading, hits = _reading_of(chosen)
        return reading.numbered(_row, number=number, size=size, values=hits.values)

    return kept(Topic.PARTS, "page", chosen, number, size, build=build)


def how_many(chosen: PartFilter) -> int:
    if chosen == PartFilter(sort=chosen.sort):
        return stamps.listed(Topic.PARTS)
    return kept(Topic.PARTS, "how_many", chosen, build=lambda: _count(chosen))


def _count(chosen: PartFilter) -> int:
    hits = _hits(chosen)
    if hits.are_many and chosen == PartFilter(chosen.q, sort=chosen.sort):
        return how_many_have(PartWords, chosen.q, but=_UNLISTED)
    counting = select(func.count()).select_from(Part).where(*_conditions(chosen, hits.how))
    return db.session.scalar(counting, hits.values) or 0


def totals() -> Totals:
    parts, low, cost = (stamps.listed(topic) for topic in (Topic.PARTS, Topic.LOW_PARTS, Topic.SHELF_COST))
    return Totals(parts, low, cost)


def how_many_low() -> int:
    return stamps.listed(Topic.LOW_PARTS)


def locations() -> tuple[str, ...]:
    """Where parts lie, in order: for choosing one of them."""
    used = select(Part.location).where(_IS_LISTED, Part.location != "").distinct()
    ordered = used.order_by(Part.location).limit(MAX_LOCATIONS)
    return remembered(Topic.LOCATIONS, "locations", build=lambda: tuple(db.session.scalars(ordered)))


def moves(
    part: Part, *, size: int = DEFAULT_SIZE, after: str | None = None, before: str | None = None
) -> Slice[MoveRow]:
    """The moves of one part, newest first; raises RuleBroken on ``after`` or ``before`` for an unknown place."""
    by_whom = _moves_with_names().where(StockMove.part_id == part.id)
    newest = [SortKey(StockMove.id.expression, descending=True)]
    return read_slice(by_whom, newest, _move, size=size, after=after, before=before)


def _projected(chosen: PartFilter, how: How | None) -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS).where(*_conditions(chosen, how))


def _row(row: Row[*tuple[Any, ...]]) -> PartRow:
    part_id, name, sku, location, price_cents, on_hand, reserved, minimum = row[:8]
    return PartRow(part_id, name, sku, location, price_cents, on_hand - reserved, on_hand, minimum)


def _moves_with_names() -> Select[*tuple[Any, ...]]:
    return select(StockMove.__table__, Account.name.label("who")).outerjoin(Account, Account.id == StockMove.by_id)


def _move(row: Row[*tuple[Any, ...]]) -> MoveRow:
    return MoveRow(row.id, row.kind, row.quantity, row.balance, row.reason, row.ticket_id, row.at, row.who)


def _hits(chosen: PartFilter) -> Hits:
    """What has the words that were typed, looked up now."""
    return find(PartWords, Part.id, chosen.q, by_name=True) if chosen.q.strip() else Hits()


def _conditions(chosen: PartFilter, how: How | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_IS_LISTED]
    if how is not None:
        conditions.append(how.condition)
    if chosen.is_low:
        conditions.append(Part.is_short == true())
    if chosen.location:
        conditions.append(Part.location == chosen.location)
    return conditions


def _segments_of(sort: Sort) -> list[Segment]:
    """Each order as an index holds it; by SKU come those first that have none."""
    columns: dict[str, ColumnElement[Any]] = {
        "name": Part.name_key.expression,
        "sku": Part.sku_key.expression,
        "on_hand": Part.on_hand.expression,
        "price": Part.price_cents.expression,
    }
    is_descending = sort.value.startswith("-")
    by_id = SortKey(Part.id.expression, is_descending)
    column = columns.get(sort.value.removeprefix("-"))
    keys = [by_id] if column is None else [SortKey(column, is_descending), by_id]
    if column is not Part.sku_key.expression:
        return [Segment(keys)]
    segments = [Segment([by_id], column.is_(None)), Segment(keys, column.is_not(None))]
    return segments[::-1] if is_descending else segments
