"""Reading the roster."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, or_, select, true

from shop.accounts.models import Account
from shop.common.paging import DEFAULT_SIZE, Slice, SortKey, read_slice
from shop.common.stamps import Topic, kept, remembered
from shop.common.text import folded, like_prefix
from shop.extensions import db
from shop.mechanics.models import Mechanic

MAX_WORDS = 6


class Sort(Enum):
    """The orders of the roster; a minus means the other way round."""

    NAME = "name"
    NAME_BACK = "-name"
    OLDEST = "id"
    NEWEST = "-id"


@dataclass(frozen=True, slots=True)
class MechanicFilter:
    """Whom the roster shows, and in which order; ``has_left`` asks for those who are archived."""

    q: str = ""
    has_left: bool = False
    sort: Sort = Sort.NAME


@dataclass(frozen=True, slots=True)
class MechanicRow:
    id: int
    name: str
    email: str | None


def visible_to(account: Account) -> Select[Mechanic]:
    """The people on the roster, for staff; customers see none of them here."""
    return known_to(account).where(Mechanic.archived_at.is_(None))


def known_to(account: Account) -> Select[Mechanic]:
    """Those who left as well: their work stays in the books."""
    return select(Mechanic).where(true() if account.is_staff else false())


def everybody() -> tuple[MechanicRow, ...]:
    """The roster by name, and after it whoever has left: whose work can be asked for."""

    def build() -> tuple[MechanicRow, ...]:
        left = (MechanicRow(each.id, f"{each.name} (left)", each.email) for each in roster(has_left=True))
        return (*roster(), *left)

    return remembered(Topic.MECHANICS, "everybody", build=build)


def roster(*, has_left: bool = False) -> list[MechanicRow]:
    """Everybody who works here, or everybody who did, by name."""

    def build() -> list[MechanicRow]:
        chosen = MechanicFilter(has_left=has_left)
        everybody = _projected(chosen).order_by(*(key.ordered for key in _order(chosen.sort)))
        return [_row(row) for row in db.session.execute(everybody)]

    return kept(Topic.MECHANICS, "roster", has_left, build=build)


def listed(
    chosen: MechanicFilter, *, size: int = DEFAULT_SIZE, after: str | None = None, before: str | None = None
) -> Slice[MechanicRow]:
    """A stretch of the roster; raises RuleBroken on ``after`` or ``before`` for an unknown place."""

    def build() -> Slice[MechanicRow]:
        return read_slice(_projected(chosen), _order(chosen.sort), _row, size=size, after=after, before=before)

    return kept(Topic.MECHANICS, "listed", chosen, size, after, before, build=build)


def page_of(chosen: MechanicFilter, *, number: int, size: int) -> list[MechanicRow]:
    """One numbered page of the roster."""

    def build() -> list[MechanicRow]:
        order = [key.ordered for key in _order(chosen.sort)]
        page = _projected(chosen).order_by(*order).limit(size).offset((number - 1) * size)
        return [_row(row) for row in db.session.execute(page)]

    return kept(Topic.MECHANICS, "page", chosen, number, size, build=build)


def how_many(chosen: MechanicFilter) -> int:
    counted = select(func.count()).select_from(Mechanic).where(*_conditions(chosen))
    return kept(Topic.MECHANICS, "how_many", chosen, build=lambda: db.session.scalar(counted) or 0)


def account_of(mechanic: Mechanic) -> Account | None:
    """The account that this mechanic signs in with."""
    return db.session.scalar(select(Account).where(Account.mechanic_id == mechanic.id))


def _projected(chosen: MechanicFilter) -> Select[*tuple[Any, ...]]:
    return select(Mechanic.id, Mechanic.name, Mechanic.email).where(*_conditions(chosen))


def _row(row: Row[*tuple[Any, ...]]) -> MechanicRow:
    return MechanicRow(row.id, row.name, row.email)


def _conditions(chosen: MechanicFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        Mechanic.archived_at.is_not(None) if chosen.has_left else Mechanic.archived_at.is_(None)
    ]
    if chosen.q.strip():
        conditions.append(_matches(chosen.q))
    return conditions


def _order(sort: Sort) -> list[SortKey]:
    is_descending = sort.value.startswith("-")
    by_name = [SortKey(Mechanic.name_key.expression, is_descending)] if sort in (Sort.NAME, Sort.NAME_BACK) else []
    return [*by_name, SortKey(Mechanic.id.expression, is_descending)]


def _matches(q: str) -> ColumnElement[bool]:
    """Every word begins a word of the name; or it is the beginning of the e-mail address."""
    words = folded(q).split()[:MAX_WORDS]
    by_name = and_(*(_begins_a_word_of_the_name(word) for word in words))
    return or_(by_name, _like(Mechanic.email_key, like_prefix(folded(q))))


def _begins_a_word_of_the_name(word: str) -> ColumnElement[bool]:
    start = like_prefix(word)
    return or_(_like(Mechanic.name_key, start), _like(Mechanic.name_key, f"% {start}"))


def _like(column: Any, pattern: str) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.like(pattern, escape="\\")
    return condition
