"""The first things that a search finds: those whose name begins with what was typed, then all others by name."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import Integer, Row, Select, and_, bindparam, case, not_

from shop.common.paging import rows_of
from shop.common.text import folded
from shop.common.words import Hits, How, find

_LAST = "\uffff"  # no name has a letter behind it


class _Which(Enum):
    LIKE_IT = "names that begin with what was typed"
    OTHERWISE = "all others"
    EITHER = "all, and the first ones first"


class ByName:
    """Things by the words in ``table``; ``rows`` selects those on the list, whose names are folded in ``name_key``."""

    def __init__(self, table: Any, rows: Select[*tuple[Any, ...]], *, thing_id: Any, name_key: Any) -> None:
        self._table = table
        self._rows = rows
        self._id = thing_id
        self._name_key = name_key
        self._statement = cache(self._made)

    def first(self, q: str, *, words: str, limit: int) -> list[Row[*tuple[Any, ...]]]:
        """The first ones for what was typed; ``words`` is the same as it is looked up.

        Few are sorted. Of many, names are walked twice since no index has this order, and mostly once will do.
        """
        hits = find(self._table, self._id, words, enough=limit)
        if hits.are_none:
            return []
        if not hits.are_many:
            return [*self._read(q, hits, _Which.EITHER, limit)]
        found = [*self._read(q, hits, _Which.LIKE_IT, limit)]
        if len(found) < limit:
            hits = find(self._table, self._id, words, by_name=True)
            found += self._read(q, hits, _Which.OTHERWISE, limit - len(found))
        return found

    def _read(self, q: str, hits: Hits, which: _Which, most: int) -> Sequence[Row[*tuple[Any, ...]]]:
        key = folded(q)
        return rows_of(self._statement(hits.how, which), key=key, end=f"{key}{_LAST}", most=most, **hits.values)

    def _made(self, how: How, which: _Which) -> Select[*tuple[Any, ...]]:
        begins = and_(self._name_key >= bindparam("key"), self._name_key < bindparam("end"))
        rows = self._rows.where(how.condition)
        match which:
            case _Which.LIKE_IT:
                rows = rows.where(begins)
            case _Which.OTHERWISE:
                rows = rows.where(not_(begins))
            case _Which.EITHER:
                rows = rows.order_by(case((begins, 0), else_=1))
        return rows.order_by(self._name_key, self._id).limit(bindparam("most", type_=Integer))
