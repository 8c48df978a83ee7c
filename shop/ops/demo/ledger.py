"""What every page of the demo shop's books is made of: things, plain rows, and the events that they leave."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from shop.audit.actions import Action
from shop.audit.models import Event, EventChange
from shop.audit.record import shortened
from shop.common.base import Base

Row = dict[str, Any]
Thing = TypeVar("Thing", bound=Base)


class Ledger:
    """``things`` are entities, whose models work out their own keys and sums; ``rows`` are plain, as they are many."""

    def __init__(self) -> None:
        self.things: dict[type[Base], list[Any]] = defaultdict(list)
        self.rows: dict[type[Base], list[Row]] = defaultdict(list)

    def thing(self, kind: type[Thing], thing_id: int) -> Thing:
        """Ids count from one, in the order in which things were written down."""
        thing: Thing = self.things[kind][thing_id - 1]
        return thing

    def _add(self, kind: type[Thing], /, **values: Any) -> Thing:
        thing = kind(id=len(self.things[kind]) + 1, **values)
        self.things[kind].append(thing)
        return thing

    def _row(self, table: type[Base], /, **values: Any) -> Row:
        row = {"id": len(self.rows[table]) + 1, **values}
        self.rows[table].append(row)
        return row

    def _record(
        self,
        action: Action,
        subject: Any,
        /,
        *,
        at: datetime,
        by: int | None,
        changes: Mapping[str, tuple[Any, Any]] | None = None,
        **facts: Any,
    ) -> None:
        values = {
            "action": action.value,
            "subject_kind": subject.__tablename__,
            "subject_id": subject.id,
            "by_id": by,
            "facts": facts,
        }
        event = self._row(Event, at=at, **values)
        for field, (before, after) in (changes or {}).items():
            values = {"before": _text(before), "after": _text(after), "salt": _salt(event["id"], field), "digest": None}
            if field == "vin":
                values["after"] = shortened(str(after))
            self._row(EventChange, event_id=event["id"], field=field, **values)


def first(values: Mapping[str, Any]) -> dict[str, tuple[None, Any]]:
    """The changes of something new: from nothing to what it is."""
    return {field: (None, value) for field, value in values.items() if value is not None}


def _salt(event_id: int, field: str) -> str:
    """The same each time, as all of the demo is; these people are invented."""
    return hashlib.sha256(f"{event_id} {field}".encode()).hexdigest()[:32]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
