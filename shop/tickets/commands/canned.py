"""What people do with canned jobs; tickets that one was used on before stay as they are."""

from __future__ import annotations

from typing import TypedDict, Unpack

from sqlalchemy import select

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.record import Changes, apply_changes, record
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.common.text import folded
from shop.common.transaction import lock, transaction
from shop.extensions import db
from shop.inventory.models import Part
from shop.tickets.commands.lines import MAX_LINES, check_line
from shop.tickets.models import MAX_JOB, CannedJob, CannedLine, Job, Line, LineKind


class CannedLineValues(TypedDict, total=False):
    """What an edit may replace: labour has minutes, all else a quantity."""

    description: str
    quantity: int
    minutes: int | None
    price_cents: int
    cost_cents: int
    core_cents: int


def save_canned(job: Job, *, name: str, by: Account) -> CannedJob:
    """Keep a job's lines to be used again under a name; one of the same name is replaced.

    Raises RuleBroken on ``name`` when it is missing or too long.
    """
    with transaction():
        _check_name(name)
        if (before := _called(name)) is not None:
            _archive(before)
            db.session.flush()
        canned = CannedJob(name=name.strip(), lines=[kept(line) for line in job.lines])
        db.session.add(canned)
        record(Action.CANNED_JOB_SAVED, canned, by=by, lines=len(canned.lines))
        return canned


def rename_canned(canned: CannedJob, *, name: str, version: int | None = None, by: Account) -> CannedJob:
    """Call a canned job by another name.

    Raises StaleEdit, Conflict when it is off the list, RuleBroken on ``name`` when it is missing, too long or taken.
    """
    with transaction():
        _lock(canned)
        if version is not None and version != canned.version:
            raise StaleEdit("Somebody else has renamed this canned job meanwhile.")
        _check_name(name)
        with db.session.no_autoflush:
            if _called(name) not in (None, canned):
                raise RuleBroken("Another canned job is called so.", field="name")
        changes = apply_changes(canned, {"name": name.strip()})
        if changes:
            canned.version += 1
            record(Action.CANNED_JOB_CHANGED, canned, by=by, changes=changes)
        return canned


def archive_canned(canned: CannedJob, *, by: Account) -> CannedJob:
    """Take a canned job off the list; tickets that it was used on keep their lines."""
    with transaction():
        lock(canned)
        if not canned.is_archived:
            _archive(canned)
            record(Action.CANNED_JOB_ARCHIVED, canned, by=by)
        return canned


def add_canned_line(
    canned: CannedJob, *, kind: LineKind, by: Account, **values: Unpack[CannedLineValues]
) -> CannedLine:
    """Let a canned job take labour, a fee, bought-in work, or a part that is not from the shelf.

    Labour has no price: it is charged at the rate of the day. Raises Conflict when the job is off the list, RuleBroken
    at the field that will not do.
    """
    with transaction():
        return _put_on(canned, CannedLine(kind=kind, **_NOTHING | values), by=by)


def add_canned_part(canned: CannedJob, *, part: Part, quantity: int, by: Account) -> CannedLine:
    """Let a canned job take a part from the shelf, at the price of the day it is used. Raises as above."""
    with transaction():
        if part.is_archived:
            raise RuleBroken(f"The shop no longer keeps {part.name}.", field="part")
        prices = {"price_cents": part.price_cents, "cost_cents": part.cost_cents}
        line = CannedLine(
            kind=LineKind.PART, part=part, **_NOTHING | {"description": part.name, "quantity": quantity} | prices
        )
        return _put_on(canned, line, by=by)


def edit_canned_line(
    line: CannedLine, *, by: Account, version: int | None = None, **values: Unpack[CannedLineValues]
) -> CannedLine:
    """Replace the values given.

    Raises StaleEdit, Conflict when the line or its job is gone, RuleBroken at the field that will not do.
    """
    with transaction():
        canned = _lock_line(line)
        if version is not None and version != line.version:
            raise StaleEdit(f"Somebody else has changed {line.label} meanwhile.")
        with db.session.no_autoflush:
            changes = apply_changes(line, values)
            _check(line)
        if changes:
            line.version += 1
            record(Action.CANNED_LINE_CHANGED, canned, by=by, changes={**_named(line), **changes})
        return line


def remove_canned_line(line: CannedLine, *, by: Account) -> CannedJob:
    """Let a canned job take one thing less. Raises Conflict when the line or its job is gone."""
    with transaction():
        canned = _lock_line(line)
        named = _named(line)
        canned.lines.remove(line)
        db.session.delete(line)
        record(Action.CANNED_LINE_REMOVED, canned, by=by, changes=named)
        return canned


def kept(line: Line) -> CannedLine:
    """What is kept of a ticket's line to be used again."""
    return CannedLine(**{name: getattr(line, name) for name in _COPIED})


def copied(canned: CannedLine) -> Line:
    """A line as it would stand on a ticket, apart from what is of the day."""
    return Line(**{name: getattr(canned, name) for name in _COPIED if name != "part"})


_COPIED = ("kind", "description", "quantity", "minutes", "price_cents", "cost_cents", "core_cents", "part")
_NOTHING: CannedLineValues = {
    "description": "",
    "quantity": 1,
    "minutes": None,
    "price_cents": 0,
    "cost_cents": 0,
    "core_cents": 0,
}


def _lock(canned: CannedJob) -> None:
    lock(canned)
    if canned.is_archived:
        raise Conflict("This canned job is no longer on the list.")


def _lock_line(line: CannedLine) -> CannedJob:
    """Lock the job of a line, and see both as whoever was at it left them."""
    canned = line.canned_job
    _lock(canned)
    db.session.expire(line)
    db.session.expire(canned, ["lines"])
    if line not in canned.lines:
        raise Conflict("This line has already been taken off the canned job.")
    return canned


def _put_on(canned: CannedJob, line: CannedLine, *, by: Account) -> CannedLine:
    _lock(canned)
    db.session.expire(canned, ["lines"])
    if len(canned.lines) >= MAX_LINES:
        raise RuleBroken(f"A canned job has at most {MAX_LINES} lines.")
    _check(line)
    canned.lines.append(line)
    record(Action.CANNED_LINE_ADDED, canned, by=by, changes=_named(line))
    return line


def _called(name: str) -> CannedJob | None:
    return db.session.scalar(select(CannedJob).where(CannedJob.name_key == folded(name)[: MAX_JOB * 2]))


def _check_name(name: str) -> None:
    if not 1 <= len(name.strip()) <= MAX_JOB:
        raise RuleBroken("Give it a name.", field="name")


def _check(line: CannedLine) -> None:
    """Raises RuleBroken at the field that no ticket would take."""
    copy = copied(line)
    copy.part = line.stocked
    check_line(copy)


def _archive(canned: CannedJob) -> None:
    canned.archived_at = now()
    canned.name_key = None


def _named(line: CannedLine) -> Changes:
    """Which line an event is about, told as a change."""
    return {"line": (None, line.label)}
