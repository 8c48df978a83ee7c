"""What a seal is made of: a digest of each event, and of the values that it changed.

An event's digest is made of its facts and of the digests of its values, and each of these of the values and a random
salt. So values can be erased, leaving their digest behind, and every seal still holds.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from shop.audit.models import Event, EventChange

_MARK = 16  # signs of a digest that are kept to tell which event was altered

_EVENT = (Event.id, Event.at, Event.action, Event.subject_kind, Event.subject_id, Event.by_id, Event.facts)
_VALUES = (EventChange.salt, EventChange.before, EventChange.after)


def of_values(salt: str | None, before: str | None, after: str | None) -> str:
    """What erasure leaves of a value."""
    return _sha256([salt, before, after])


def of_events(connection: Connection, first_id: int, last_id: int) -> dict[int, str]:
    """By id, the digests of the events from the first to the last; two statements."""
    changes: dict[int, list[Any]] = defaultdict(list)
    columns = (EventChange.event_id, EventChange.id, EventChange.field, EventChange.digest, *_VALUES)
    values = select(*columns).where(EventChange.event_id.between(first_id, last_id)).order_by(EventChange.id)
    for event_id, change_id, field, digest, *erasable in connection.execute(values):
        changes[event_id].append([change_id, field, of_values(*erasable) if digest is None else digest])
    events = select(*_EVENT).where(Event.id.between(first_id, last_id)).order_by(Event.id)
    return {
        event_id: _sha256([event_id, at.isoformat(), *others, changes.get(event_id, [])])
        for event_id, at, *others in connection.execute(events)
    }


def of_seal(previous: str, first_id: int, last_id: int, sealed_at: datetime, digests: Mapping[int, str]) -> str:
    """The hash of a seal over these events, which stands on that of the previous one."""
    return _sha256([previous, first_id, last_id, sealed_at.isoformat(), sorted(digests.items())])


def marks_of(digests: Mapping[int, str]) -> str:
    """``17:5f3a2b10… 18:…``, for ``marked`` to read."""
    return " ".join(f"{event_id}:{digest[:_MARK]}" for event_id, digest in sorted(digests.items()))


def marked(marks: str) -> dict[int, str]:
    """By id, the beginnings of the digests that events had when they were sealed; ValueError for anything else."""
    pairs = (mark.split(":") for mark in marks.split())
    return {int(event_id): beginning for event_id, beginning in pairs}


def fits(digest: str, beginning: str) -> bool:
    return digest[:_MARK] == beginning


def _sha256(parts: list[Any]) -> str:
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
