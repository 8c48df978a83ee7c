"""Writing events, and finding out what an edit changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from shop.audit.actions import Action
from shop.audit.models import Event, EventChange
from shop.common.stamps import touch
from shop.extensions import db


class Subject(Protocol):
    """Anything with a table and an id can have a history."""

    __tablename__: str

    @property
    def id(self) -> Any: ...


class Person(Protocol):
    @property
    def id(self) -> Any: ...


Changes = Mapping[str, tuple[Any, Any]]

_VIN_END = 6


def record(
    action: Action, subject: Subject, *, by: Person | None, changes: Changes | None = None, **facts: Any
) -> Event:
    """Leave the event of a change in the running transaction, and let the lists it shows in know.

    ``facts`` are small, impersonal values that a sentence is made of later; what people typed goes into ``changes``,
    field by field (before, after). ``by`` is None when the software acts by itself.
    """
    db.session.flush()  # a new subject gets its id, and a lock that comes later reads again what was changed
    event = Event(
        action=action.value,
        subject_kind=subject.__tablename__,
        subject_id=subject.id,
        by_id=by.id if by else None,
        facts=facts,
    )
    event.changes = [
        EventChange(field=field, before=_told(field, before), after=_told(field, after))
        for field, (before, after) in (changes or {}).items()
    ]
    db.session.add(event)
    touch(*action.topics, listed=action.listed)
    return event


def apply_changes(subject: Any, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Set attributes to new values; answers the ones that were different, as (before, after)."""
    changed = {}
    for field, value in values.items():
        before = getattr(subject, field)
        if before != value:
            setattr(subject, field, value)
            changed[field] = (before, value)
    return changed


def shortened(vin: str) -> str:
    """As much of a VIN as events tell: the end, by which people know it."""
    return f"…{vin[-_VIN_END:]}"


def _told(field: str, value: Any) -> str | None:
    text = _as_text(value)
    return shortened(text) if text and field == "vin" else text


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)
