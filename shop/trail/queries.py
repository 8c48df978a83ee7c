"""Reading the audit trail: newest first, from any place in it, at the same cost after ten years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select, union_all

from shop.accounts.models import Account
from shop.audit.models import Event
from shop.audit.queries import TimelineEntry, entries
from shop.common.clock import start_of_day
from shop.common.paging import DEFAULT_SIZE, Slice, SortKey, beyond, checked_cursor, read_cursor, to_cursor
from shop.common.roles import STAFF
from shop.customers.models import Customer, Vehicle, vehicle_label
from shop.extensions import db
from shop.inventory.models import Part
from shop.mechanics.models import Mechanic
from shop.tickets.models import CannedJob, Ticket
from shop.trail.selection import NOBODY, TrailFilter

_NEWEST = [SortKey(Event.at.expression, descending=True), SortKey(Event.id.expression, descending=True)]

About = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Thing:
    """What an event is about: its kind and id, what people call it, and the address of its page, if it has one."""

    kind: str
    id: int
    label: str
    path: str | None


@dataclass(frozen=True, slots=True)
class TrailRow:
    entry: TimelineEntry
    about: Thing


def listed(
    chosen: TrailFilter, *, size: int = DEFAULT_SIZE, after: str | None = None, before: str | None = None
) -> Slice[TrailRow]:
    """A stretch of the trail; raises RuleBroken on ``after`` or ``before`` for an unknown place."""
    backwards = before is not None
    order = [key.reversed for key in _NEWEST] if backwards else _NEWEST
    conditions = _conditions(chosen)
    cursor, field = (before, "before") if backwards else (after, "after")
    if cursor is not None:
        place = checked_cursor(read_cursor(cursor, field=field), order, field=field)
        conditions.append(beyond(order, place))
    found = db.session.execute(_walk(chosen, conditions, order, size + 1)).all()
    more, found = len(found) > size, found[:size]
    if backwards:
        found = found[::-1]
    has_before, has_after = (more, True) if backwards else (cursor is not None, more)
    return Slice(
        _rows([event_id for _, event_id in found]),
        before=to_cursor(found[0]) if found and has_before else None,
        after=to_cursor(found[-1]) if found and has_after else None,
    )


def staff_names() -> tuple[tuple[int, str], ...]:
    """Those who work or worked here, by name, to choose among."""
    rows = select(Account.id, Account.name).where(Account.role.in_(STAFF)).order_by(Account.name, Account.id)
    return tuple((account_id, name) for account_id, name in db.session.execute(rows))


def name_of(account_id: int) -> str | None:
    return db.session.scalar(select(Account.name).where(Account.id == account_id))


def thing(about: About) -> Thing:
    return _things([about])[about]


def _walk(
    chosen: TrailFilter, conditions: list[ColumnElement[bool]], order: list[SortKey], limit: int
) -> Select[datetime, int]:
    """The moments and ids of as many events: of each action so many, and of these the first."""

    def walk(*more: ColumnElement[bool]) -> Select[datetime, int]:
        events = select(Event.at, Event.id).where(*conditions, *more)
        return events.order_by(*(key.ordered for key in order)).limit(limit)

    if chosen.group is None:
        return walk()
    # No index has the events of several actions in their order.
    each = [select(walk(Event.action == action.value).subquery()) for action in chosen.group.actions]
    found = union_all(*each).subquery()
    kept = [SortKey(found.c[key.column.name], key.descending) for key in order]
    return select(found.c.at, found.c.id).order_by(*(key.ordered for key in kept)).limit(limit)


def _conditions(chosen: TrailFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.who is not None:
        conditions.append(Event.by_id.is_(None) if chosen.who == NOBODY else Event.by_id == chosen.who)
    if chosen.about is not None:
        kind, thing_id = chosen.about
        conditions += [Event.subject_kind == kind, Event.subject_id == thing_id]
    if chosen.first_day is not None:
        conditions.append(Event.at >= start_of_day(chosen.first_day))
    if chosen.last_day is not None:
        conditions.append(Event.at < start_of_day(chosen.last_day + timedelta(days=1)))
    return conditions


def _rows(ids: list[int]) -> list[TrailRow]:
    events = {event.id: event for event in db.session.scalars(entries(select(Event).where(Event.id.in_(ids)))).unique()}
    there = [events[event_id] for event_id in ids]
    things = _things({(event.subject_kind, event.subject_id) for event in there})
    return [TrailRow(TimelineEntry.of(event), things[event.subject_kind, event.subject_id]) for event in there]


def _things(wanted: Iterable[About]) -> dict[About, Thing]:
    """What events are about, in one statement for each kind."""
    ids = defaultdict(set)
    for kind, thing_id in wanted:
        ids[kind].add(thing_id)
    return {
        (kind, thing_id): Thing(kind, thing_id, *faces.get(thing_id, _unknown(kind, thing_id)))
        for kind, known in ids.items()
        for faces in [_KINDS[kind](sorted(known)) if kind in _KINDS else {}]
        for thing_id in known
    }


Faces = dict[int, tuple[str, str | None]]


def _unknown(kind: str, thing_id: int) -> tuple[str, str | None]:
    if kind in _TITLES:
        return _TITLES[kind], "/desk/settings"
    if kind == Account.__tablename__:
        return "An account that nobody has", None
    return f"{kind.capitalize().replace('_', ' ')} {thing_id}", None


def _named(column: Any, model: Any, label: str, path: str | None) -> Callable[[list[int]], Faces]:
    def faces(ids: list[int]) -> Faces:
        rows = db.session.execute(select(model.id, column).where(model.id.in_(ids)))
        return {thing_id: (label.format(name), path and path.format(thing_id)) for thing_id, name in rows}

    return faces


def _vehicles(ids: list[int]) -> Faces:
    columns = (Vehicle.id, Vehicle.plate, Vehicle.year, Vehicle.make, Vehicle.model, Vehicle.vin)
    return {
        vehicle_id: (
            " ".join(filter(None, (vehicle_label(year, make, model, vin), plate))),
            f"/desk/vehicles/{vehicle_id}",
        )
        for vehicle_id, plate, year, make, model, vin in db.session.execute(select(*columns).where(Vehicle.id.in_(ids)))
    }


def _accounts(ids: list[int]) -> Faces:
    rows = db.session.execute(
        select(Account.id, Account.name, Account.role, Account.customer_id).where(Account.id.in_(ids))
    )
    return {
        account_id: (
            f"Account of {name}",
            f"/desk/staff/{account_id}" if role in STAFF else f"/desk/customers/{customer_id}",
        )
        for account_id, name, role, customer_id in rows
    }


_TITLES = {"rates": "Prices and taxes", "shop_rules": "What the shop insists on"}

_KINDS: dict[str, Callable[[list[int]], Faces]] = {
    "account": _accounts,
    "canned_job": _named(CannedJob.name, CannedJob, "Canned job “{}”", "/desk/canned-jobs/{}"),
    "customer": _named(Customer.name, Customer, "{}", "/desk/customers/{}"),
    "mechanic": _named(Mechanic.name, Mechanic, "{}", "/desk/mechanics/{}"),
    "part": _named(Part.name, Part, "{}", "/desk/inventory/{}"),
    "ticket": _named(Ticket.number, Ticket, "Ticket {}", "/desk/tickets/{}"),
    "vehicle": _vehicles,
}
