"""Pages of a list: numbered where a count is cheap, by cursor where a list may be long."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Row, Select, Subquery, and_, bindparam, or_
from sqlalchemy.types import TypeEngine

from shop.common.base import MAX_ID
from shop.common.errors import RuleBroken
from shop.common.text import clean
from shop.extensions import db

T = TypeVar("T")

DEFAULT_SIZE = 25
MAX_SIZE = 100
MAX_BIG = 2**63 - 1
_NO_VALUES: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One numbered page, and how many things there are in all."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return -(-self.total // self.size)


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """A stretch of a long list in its order; a cursor is None where the list ends on that side.

    ``total`` is how many things the whole list has, where that was asked for and came with the rows. Where ``most`` is
    told, counting stopped there: a larger total means more than that.
    """

    items: Sequence[T]
    before: str | None
    after: str | None
    total: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column of an order, none of whose values is NULL; the last key of an order must be unique."""

    column: ColumnElement[Any]
    descending: bool = False

    @property
    def ordered(self) -> ColumnElement[Any]:
        return self.column.desc() if self.descending else self.column.asc()

    @property
    def reversed(self) -> SortKey:
        return SortKey(self.column, not self.descending)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a list that some index holds in its order; ``condition`` is true for its rows alone.

    ``runs`` are conditions that divide its rows once more: all that the first finds come before what the second finds.
    They help where finding the first ones is quick.
    """

    keys: Sequence[SortKey]
    condition: ColumnElement[bool] | None = None
    runs: tuple[ColumnElement[bool], ...] = ()

    @property
    def reversed(self) -> Segment:
        return Segment([key.reversed for key in self.keys], self.condition, self.runs[::-1])

    @property
    def pieces(self) -> list[Segment]:
        """One for each run."""
        if not self.runs:
            return [self]
        return [Segment(self.keys, run if self.condition is None else and_(self.condition, run)) for run in self.runs]


def beyond(order: Sequence[SortKey], values: Sequence[Any]) -> ColumnElement[bool]:
    """The condition for rows that come after the row with these ``values`` in this ``order``."""
    alternatives = []
    for position, key in enumerate(order):
        same = [earlier.column == value for earlier, value in zip(order, values, strict=False)][:position]
        value = values[position]
        further = key.column < value if key.descending else key.column > value
        alternatives.append(and_(*same, further))
    # Said once more for the first column alone: no database makes a range of an index out of the alternatives.
    first, value = order[0], values[0]
    return and_(first.column <= value if first.descending else first.column >= value, or_(*alternatives))


def read_slice(
    statement: Select[Any],
    order: Sequence[SortKey],
    build: Callable[[Row[Any]], T],
    *,
    size: int = DEFAULT_SIZE,
    after: str | None = None,
    before: str | None = None,
) -> Slice[T]:
    """Read ``size`` rows after or before a cursor, or the first ones; the cost does not grow with the depth.

    ``statement`` selects what ``build`` takes, without order or limit. Raises RuleBroken on ``after`` or ``before``.
    """
    return Reading(statement, [Segment(order)]).read(build, size=size, after=after, before=before)


@dataclass(slots=True)
class _Piece:
    """The segment at this place, or a run of it; ``statements`` keeps those that read it."""

    place: int
    rows: Segment
    statements: dict[tuple[int, bool, bool, bool], Select[Any]] = field(default_factory=dict)


class Reading:
    """A list, perhaps in an order that no single index holds: segment after segment is read until the page is full.

    With ``complete`` the statement finds no more than ids, and ``complete`` selects what is shown of those few:
    PostgreSQL would prepare to join all that the shop has. What it joins may be several to a thing; they follow each
    other in the order of ``inner``. ``counting`` selects how long the list is, for whoever wants to know that as well;
    it is asked in the same statement. ``finds_nothing`` says that there is nothing to read. Whoever keeps a reading
    saves making its statements again; what is different each time are the ``values`` of the statement's parameters.
    """

    def __init__(
        self,
        statement: Select[Any],
        segments: Sequence[Segment],
        *,
        complete: Callable[[Subquery], Select[Any]] | None = None,
        inner: ColumnElement[Any] | None = None,
        counting: Select[int] | None = None,
        finds_nothing: bool = False,
    ) -> None:
        self._inner = inner
        self._counting = counting
        self._statement = statement
        self._segments = segments
        some = [] if finds_nothing else segments
        self._pieces = [_Piece(place, rows) for place, segment in enumerate(some) for rows in segment.pieces]
        self._complete = complete

    def read(
        self,
        build: Callable[[Any], T],
        *,
        size: int = DEFAULT_SIZE,
        after: str | None = None,
        before: str | None = None,
        counted: bool = False,
        values: Mapping[str, Any] = _NO_VALUES,
    ) -> Slice[T]:
        """``build`` takes a row, or with ``inner`` all rows of a thing, which begin with its id; see ``read_slice``.

        With ``counted`` the slice tells its total, unless the cursor leads to where nothing is or nothing is counting.
        """
        segments, backwards = self._segments, before is not None
        counted = counted and self._counting is not None
        cursor, name = (before, "before") if backwards else (after, "after")
        here, place = _place(cursor, segments, field=name) if cursor is not None else (0, [])
        marks = {f"mark_{position}": mark for position, mark in enumerate(place)}
        found: list[tuple[int, Any]] = []
        total = 0 if counted and cursor is None else None
        for piece in self._pieces[::-1] if backwards else self._pieces:
            if piece.place > here if backwards else piece.place < here:
                continue
            limit, counts = size + 1 - len(found), counted and not found
            is_beyond = cursor is not None and piece.place == here
            page = self._page(piece, limit, backwards=backwards, is_beyond=is_beyond, counted=counts)
            things = self._things(page, {**values, **marks} if is_beyond else values)
            if things and counts:
                total = self._row(things[0])[-1 - len(piece.rows.keys)]
            found += [(piece.place, thing) for thing in things]
            if len(found) > size:
                break
        more = len(found) > size
        found = found[:size]
        if backwards:
            found.reverse()
        has_before, has_after = (more, True) if backwards else (cursor is not None, more)
        return Slice(
            [build(thing) for _, thing in found],
            before=self._cursor_at(*found[0]) if found and has_before else None,
            after=self._cursor_at(*found[-1]) if found and has_after else None,
            total=total,
        )

    def numbered(
        self, build: Callable[[Any], T], *, number: int, size: int, values: Mapping[str, Any] = _NO_VALUES
    ) -> list[T]:
        """One numbered page of a list of one segment; what lies before it is walked through."""
        if not self._pieces:
            return []
        first, segment = self._pieces[0], self._segments[0]
        offset = (number - 1) * size
        page = self._limited(first.rows, size, offset=offset) if offset else self._page(first, size)
        things = self._things(page, values)
        if len(things) < size and segment.runs:
            things = self._things(self._limited(segment, size, offset=offset), values)
        return [build(thing) for thing in things]

    def _things(self, page: Select[Any], values: Mapping[str, Any]) -> Sequence[Any]:
        rows = rows_of(page, **values)
        return rows if self._inner is None else [list(its) for _, its in groupby(rows, key=itemgetter(0))]

    def _cursor_at(self, place: int, thing: Any) -> str:
        values = tuple(self._row(thing))[-len(self._segments[place].keys) :]
        return to_cursor(values if len(self._segments) == 1 else (place, *values))

    def _row(self, thing: Any) -> Any:
        """The row of a thing; the first one where it has several."""
        return thing if self._inner is None else thing[0]

    def _page(
        self, piece: _Piece, limit: int, *, backwards: bool = False, is_beyond: bool = False, counted: bool = False
    ) -> Select[Any]:
        """Its first rows, or those beyond a place, by a statement that is kept."""
        key = limit, backwards, is_beyond, counted
        if key not in piece.statements:
            piece.statements[key] = self._limited(
                piece.rows, limit, backwards=backwards, is_beyond=is_beyond, counted=counted
            )
        return piece.statements[key]

    def _limited(
        self,
        segment: Segment,
        limit: int,
        *,
        offset: int | None = None,
        backwards: bool = False,
        is_beyond: bool = False,
        counted: bool = False,
    ) -> Select[Any]:
        """Rows: what is shown, with ``counted`` how long the list is, and the values of its keys."""
        statement = self._statement
        total = [self._counting.scalar_subquery()] if counted and self._counting is not None else []
        if backwards:
            segment = segment.reversed
        if segment.condition is not None:
            statement = statement.where(segment.condition)
        if is_beyond:
            place = [bindparam(f"mark_{at}", type_=key.column.type) for at, key in enumerate(segment.keys)]
            statement = statement.where(beyond(segment.keys, place))
        marks = [key.column.label(f"_mark_{position}") for position, key in enumerate(segment.keys)]
        ordered = statement.order_by(*(key.ordered for key in segment.keys)).limit(limit).offset(offset)
        if self._complete is None:
            return ordered.add_columns(*total, *marks)
        page = ordered.add_columns(*marks).subquery()
        kept = [SortKey(page.c[mark.name], key.descending) for mark, key in zip(marks, segment.keys, strict=True)]
        shown = self._complete(page).add_columns(*total, *(key.column for key in kept))
        return shown.order_by(*(key.ordered for key in kept), *([] if self._inner is None else [self._inner]))


def rows_of(statement: Select[*tuple[Any, ...]], **values: Any) -> Sequence[Row[*tuple[Any, ...]]]:
    """Plain rows without the ORM's share of the work, which is half of it for a page of a list."""
    session = db.session()
    session.flush()
    return session.connection().execute(statement, values).all()


def _place(cursor: str, segments: Sequence[Segment], *, field: str) -> tuple[int, list[Any]]:
    """The segment that a cursor points into, and the values of its row."""
    values = read_cursor(cursor, field=field)
    place = 0
    if len(segments) > 1:
        place = values.pop(0) if values and type(values[0]) is int else -1
        if not 0 <= place < len(segments):
            raise _unknown_place(field)
    return place, checked_cursor(values, segments[place].keys, field=field)


def to_cursor(values: Sequence[Any]) -> str:
    """An opaque, URL-safe name for a row's place in the list."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, *, field: str) -> list[Any]:
    """The values in a cursor; raises RuleBroken on ``field`` for anything else."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        values = json.loads(text)
    except (binascii.Error, ValueError, RecursionError):
        raise _unknown_place(field) from None
    if not isinstance(values, list):
        raise _unknown_place(field)
    return values


def checked_cursor(values: Sequence[Any], order: Sequence[SortKey], *, field: str) -> list[Any]:
    """One value for each key of the order, as its column holds it; raises RuleBroken on ``field``."""
    try:
        return [_mark(value, key.column.type) for value, key in zip(values, order, strict=True)]
    except (ValueError, OverflowError):
        raise _unknown_place(field) from None


def _unknown_place(field: str) -> RuleBroken:
    return RuleBroken("This place in the list is not known. Start again from the first page.", field=field)


def _mark(value: Any, column: TypeEngine[Any]) -> Any:
    """The value as the column could hold it; raises ValueError for one that a server would choke on."""
    kind = column.python_type
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    if kind is int and type(value) is int and abs(value) <= (MAX_BIG if isinstance(column, BigInteger) else MAX_ID):
        return value
    if issubclass(kind, str) and isinstance(value, str):
        clean(value)
        return kind(value)
    raise ValueError
