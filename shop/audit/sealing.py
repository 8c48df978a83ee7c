"""Sealing the history in batches, beside the writers; and finding out whether the seals hold."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Row, func, insert, select
from sqlalchemy.exc import IntegrityError

from shop.audit import append_only, digests
from shop.audit.models import Event, Seal
from shop.common.clock import now
from shop.common.transaction import read_only, transaction
from shop.extensions import db

log = logging.getLogger("shop.seals")

BATCH = 1000  # events of a seal at most; MariaDB's Text holds the marks of twice as many
BATCHES_AT_ONCE = 5  # so that sealing what an old shop brings along takes its time and disturbs nobody
NEWEST = 10  # seals whose events ``check`` reads

_COLUMNS = (Seal.id, Seal.first_id, Seal.last_id, Seal.marks, Seal.previous, Seal.hash, Seal.sealed_at)


class Sealer:
    """Seals, each time it is called, what was there the time before.

    Ids are given out in another order than transactions end in, so events are sealed only when nobody can still be
    writing one before them: some minutes later. That is measured by the calls and not by the clock, which may jump.
    """

    def __init__(self) -> None:
        self._seen = 0

    def __call__(self) -> int:
        """Answers how many seals were set."""
        newest = db.session.scalar(select(func.max(Event.id))) or 0
        read_only()
        due, self._seen = self._seen, newest
        return sum(1 for _ in range(BATCHES_AT_ONCE) if _seal_next(due))


@dataclass(slots=True)
class Verdict:
    """What reading the history found; no ``problems`` is the good news."""

    sealed: int = 0
    seals: int = 0
    last_hash: str = ""
    not_sealed: int = 0
    problems: list[str] = field(default_factory=list)


def verify(connection: Connection, *, holds: str | None = None) -> Verdict:
    """Read all sealed events again. ``holds`` is the hash of a seal that somebody noted, and that must be there."""
    verdict = Verdict(problems=list(_guard_is_gone(connection)))
    last_id, is_known = 0, holds is None
    for seal, link_problems in _links(connection):
        verdict.problems += [*link_problems, *_of_its_events(connection, seal)]
        verdict.sealed += len(seal.marks.split())
        verdict.seals += 1
        verdict.last_hash, last_id = seal.hash, seal.last_id
        is_known = is_known or seal.hash == holds
    verdict.not_sealed = connection.scalar(select(func.count()).where(Event.id > last_id)) or 0
    if not is_known:
        verdict.problems.append(f"No seal has the hash {holds}: the history was replaced, or its end is gone.")
    return verdict


def seals_hold(connection: Connection) -> Iterator[str]:
    """Whether the seals follow each other, and the newest of them hold; ``verify`` reads the events of all."""
    yield from _guard_is_gone(connection)
    newest = (connection.scalar(select(func.max(Seal.id))) or 0) - NEWEST
    for seal, link_problems in _links(connection):
        yield from link_problems
        if seal.id > newest:
            yield from _of_its_events(connection, seal)


def _seal_next(most: int) -> bool:
    """Seal the events that follow the last seal, as far as ``most``; False when there are none."""
    previous = db.session.execute(select(Seal.last_id, Seal.hash).order_by(Seal.id.desc()).limit(1)).one_or_none()
    last_id, last_hash = (previous.last_id, previous.hash) if previous else (0, "")
    following = select(Event.id).where(Event.id > last_id, Event.id <= most).order_by(Event.id).limit(BATCH)
    ids = db.session.scalars(following).all()
    if not ids:
        read_only()
        return False
    found = digests.of_events(db.session.connection(), last_id + 1, ids[-1])
    read_only()  # nobody waits for the database while this is summed up
    sealed_at = now()
    stretch = (last_id + 1, ids[-1])
    seal_hash = digests.of_seal(last_hash, *stretch, sealed_at, found)
    try:
        with transaction():
            db.session.execute(
                insert(Seal).values(
                    first_id=stretch[0],
                    last_id=stretch[1],
                    marks=digests.marks_of(found),
                    previous=last_hash,
                    hash=seal_hash,
                    sealed_at=sealed_at,
                )
            )
    except IntegrityError:  # another worker was quicker: nothing else can stand on the same seal
        return False
    log.info("Sealed the events from %s to %s: %s", *stretch, seal_hash)
    return True


def _guard_is_gone(connection: Connection) -> Iterator[str]:
    if append_only.missing(connection):
        yield "The database does not refuse to alter events: its triggers are gone. Starting the shop puts them back."


SealRow = Row[int, int, int, str, str, str, datetime]


def _links(connection: Connection) -> Iterator[tuple[SealRow, list[str]]]:
    """Every seal in its order, with what is wrong about the way in which it follows the one before."""
    last_id, last_hash = 0, ""
    place = 0
    while seals := connection.execute(select(*_COLUMNS).where(Seal.id > place).order_by(Seal.id).limit(100)).all():
        for seal in seals:
            problems = []
            if seal.previous != last_hash or seal.first_id != last_id + 1:
                problems.append(f"Seal {seal.id} does not follow the one before it: a seal was altered or is missing.")
            yield seal, problems
            place, last_id, last_hash = seal.id, seal.last_id, seal.hash


def _of_its_events(connection: Connection, seal: SealRow) -> Iterator[str]:
    """What was done to the events of a seal since it was set, or to the seal itself."""
    there = digests.of_events(connection, seal.first_id, seal.last_id)
    if digests.of_seal(seal.previous, seal.first_id, seal.last_id, seal.sealed_at, there) == seal.hash:
        return
    try:
        sealed = digests.marked(seal.marks)
    except ValueError:
        sealed = {}
    known = [event_id for event_id in sealed if event_id in there]
    problems = [f"Event {event_id} is missing." for event_id in sorted(sealed.keys() - there.keys())]
    problems += [f"Event {each} was altered." for each in known if not digests.fits(there[each], sealed[each])]
    problems += [
        f"Event {event_id} was put in after its place was sealed." for event_id in sorted(there.keys() - sealed.keys())
    ]
    yield from problems if sealed and problems else [f"Seal {seal.id} was altered."]
