"""Questions about what happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from shop.audit import sentences
from shop.audit.actions import Action
from shop.audit.models import Event, EventChange
from shop.audit.record import Subject
from shop.audit.sentences import Change
from shop.extensions import db

T = TypeVar("T")

TIMELINE_LENGTH = 100
SOFTWARE = "The software"
SOMEBODY = "Somebody"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event, ready to be drawn: ``who`` followed by ``sentence``."""

    at: datetime
    action: Action
    who: str
    sentence: str
    note: str | None
    icon: str
    tone: str | None

    @classmethod
    def of(cls, event: Event, *, hidden: Collection[str] = ()) -> TimelineEntry:
        """The entry of an event that was read by ``entries``; of what is hidden it tells nothing."""
        action = Action(event.action)  # type: ignore[call-arg]  # looked up by its stored name alone
        told = (change for change in event.changes if change.field not in hidden)
        changes = tuple(Change(change.field, change.before, change.after) for change in told)
        facts = {name: value for name, value in event.facts.items() if name not in hidden}
        return cls(
            at=event.at,
            action=action,
            who=event.by.name if event.by else _signed_by(action, changes),
            sentence=sentences.sentence(action, facts, changes),
            note=sentences.note(action, changes),
            icon=sentences.icon(action),
            tone=sentences.tone(action),
        )


def timeline(
    *subjects: Subject,
    beside: Mapping[str, Iterable[int]] = MappingProxyType({}),
    without: Collection[Action] = (),
    hidden: Collection[str] = (),
    limit: int = TIMELINE_LENGTH,
) -> list[TimelineEntry]:
    """The events of one subject, or of several told together, newest first; one statement.

    ``beside`` are the ids of more subjects by their table. ``without`` leaves out whole events, ``hidden`` what is
    told under these names.
    """
    ids = defaultdict(list, {kind: list(known) for kind, known in beside.items()})
    for subject in subjects:
        ids[subject.__tablename__].append(subject.id)
    about = [and_(Event.subject_kind == kind, Event.subject_id.in_(known)) for kind, known in ids.items()]
    events = select(Event).where(or_(*about), Event.action.not_in([action.value for action in without]))
    newest = db.session.scalars(entries(events).order_by(Event.id.desc()).limit(limit))
    return [TimelineEntry.of(event, hidden=hidden) for event in newest.unique()]


def entries(events: Select[Event]) -> Select[Event]:
    """The same events with what their entries are made of; each comes as often as it has changes (``unique``)."""
    return events.options(joinedload(Event.by), joinedload(Event.changes))


def has_happened(action: Action, subject: Subject) -> bool:
    """Whether this was ever done with the subject."""
    one = select(Event.id).where(
        Event.subject_kind == subject.__tablename__, Event.subject_id == subject.id, Event.action == action.value
    )
    return db.session.scalar(one.limit(1)) is not None


def values_before(subject: Subject, field: str) -> list[str | None]:
    """What stood in a field before each change of it, as text, the newest change first."""
    return list(db.session.scalars(_changes_of(subject, field, EventChange.before).limit(TIMELINE_LENGTH)))


def last_changed(subject: Subject, field: str) -> datetime | None:
    """When the field was written last; None when no change of it is known."""
    return db.session.scalar(_changes_of(subject, field, Event.at).limit(1))


def _changes_of(subject: Subject, field: str, told: InstrumentedAttribute[T]) -> Select[T]:
    """One column of each change of a field, the newest first."""
    changes = select(told).select_from(EventChange).join(EventChange.event).where(EventChange.field == field)
    its = changes.where(Event.subject_kind == subject.__tablename__, Event.subject_id == subject.id)
    return its.order_by(Event.id.desc())


def _signed_by(action: Action, changes: tuple[Change, ...]) -> str:
    """Who did what nobody who is signed in did: the customer who typed a name, a stranger, or the software."""
    if action is Action.REFUSED:
        return SOMEBODY
    names = [change.after for change in changes if change.field == "name" and change.after]
    return names[0] if action is Action.CONSENT_GIVEN and names else SOFTWARE
