"""Reading customers and vehicles: one at a time as entities, lists as plain rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    Subquery,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.orm import aliased, joinedload

from shop.accounts.models import Account
from shop.common import stamps
from shop.common.base import MAX_ID
from shop.common.by_name import ByName
from shop.common.paging import DEFAULT_SIZE, Page, Reading, Segment, Slice, SortKey, rows_of, to_cursor
from shop.common.stamps import Topic, kept
from shop.common.text import digits, squeezed
from shop.common.words import Hits, How, find, how_many_have
from shop.customers.models import (
    MIN_PHONE_DIGITS,
    Customer,
    CustomerWords,
    Vehicle,
    VehicleWords,
    vehicle_label,
    with_plate,
)
from shop.extensions import db

MOST_LISTED = 3  # vehicles of one customer that a list names; a fleet has many
_PHONE = re.compile(r"[\d\s()+/.-]+")


class Sort(Enum):
    """The orders of the list; a minus means the other way round."""

    NAME = "name"
    NAME_BACK = "-name"
    NEWEST = "-since"
    OLDEST = "since"


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers a list shows, and in which order."""

    q: str = ""
    is_archived: bool = False
    sort: Sort = Sort.NAME


@dataclass(frozen=True, slots=True)
class RowVehicle:
    id: int
    plate: str | None
    label: str


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as lists and pickers show it."""

    id: int
    name: str
    email: str | None
    phone: str | None
    created_at: datetime
    vehicles: tuple[RowVehicle, ...] = ()
    more_vehicles: int = 0  # of a fleet a list names few


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A customer who may be another one, and why."""

    customer: CustomerRow
    why: str


@dataclass(frozen=True, slots=True)
class FoundVehicle:
    """A vehicle as search shows it."""

    id: int
    plate: str | None
    label: str
    vin: str | None
    customer_id: int
    customer: str


@dataclass(frozen=True, slots=True)
class VehicleRow:
    """A vehicle in the list of its owner's."""

    id: int
    plate: str | None
    label: str
    vin: str | None
    odometer: int | None
    is_archived: bool

    @property
    def label_with_plate(self) -> str:
        return with_plate(self.label, self.plate)


_COLUMNS = (Customer.id, Customer.name, Customer.email, Customer.phone, Customer.created_at)
_VEHICLE_COLUMNS = (Vehicle.id, Vehicle.plate, Vehicle.year, Vehicle.make, Vehicle.model, Vehicle.vin)
_COMING = [SortKey(Vehicle.id.expression)]
_BY_NAME = ByName(
    CustomerWords,
    select(*_COLUMNS).where(Customer.archived_at.is_(None)),
    thing_id=Customer.id,
    name_key=Customer.name_key,
)


def look_alikes(customer: Customer, *, limit: int) -> list[LookAlike]:
    """Who on the list has the same telephone number or the same name: often it is one who was written down twice.

    One statement, each likeness looked up in an index of its own; who has the same number comes first.
    """
    same = {
        "telephone number": (Customer.phone_key, customer.phone_key),
        "name": (Customer.name_key, customer.name_key),
    }
    others = select(Customer.id).where(Customer.archived_at.is_(None), Customer.id != customer.id).order_by(Customer.id)
    each = [others.where(column == key).limit(limit).subquery() for column, key in same.values() if key]
    found = union(*map(select, each)).subquery()
    columns = (*_COLUMNS, *(column for column, _ in same.values()))
    rows = db.session.execute(select(*columns).join(found, found.c.id == Customer.id).order_by(Customer.id))
    alike = []
    for *told, phone_key, name_key in rows:
        why = [word for word, key in zip(same, (phone_key, name_key), strict=True) if key and key == same[word][1]]
        alike.append(LookAlike(CustomerRow(*told), f"same {' and '.join(why)}"))
    return sorted(alike, key=lambda other: "telephone" not in other.why)[:limit]


def merged_into(customer: Customer) -> Sequence[Customer]:
    """As whom else the customer was written down."""
    return db.session.scalars(
        select(Customer).where(Customer.merged_into_id == customer.id).order_by(Customer.id)
    ).all()


def visible_to(account: Account) -> Select[Customer]:
    """The customers on the list, for the desk; everybody else sees at most the one they are."""
    return known_to(account).where(Customer.archived_at.is_(None))


def known_to(account: Account) -> Select[Customer]:
    """The archived ones as well: their history stays open."""
    return select(Customer).where(true() if account.works_the_desk else Customer.id == account.customer_id)


def vehicles_known_to(account: Account) -> Select[Vehicle]:
    """The vehicles of the customers that this account may see, archived ones as well."""
    vehicles = select(Vehicle).options(joinedload(Vehicle.customer))
    return vehicles if account.works_the_desk else vehicles.where(Vehicle.customer_id == account.customer_id)


def vehicles_owned_by(account: Account) -> Select[Vehicle]:
    """The vehicles of the customer that this account is, whatever else it may see."""
    return select(Vehicle).where(Vehicle.customer_id == account.customer_id)


def vehicles_of(
    customer: Customer,
    *,
    is_archived: bool | None = None,
    size: int = DEFAULT_SIZE,
    after: str | None = None,
    before: str | None = None,
) -> Slice[VehicleRow]:
    """A stretch of a customer's vehicles in the order of coming, with their total.

    Those on the list, those that are archived, or with None both, the archived ones last. Raises RuleBroken on
    ``after`` or ``before`` for an unknown place.
    """
    kinds = [False, True] if is_archived is None else [is_archived]
    segments = [Segment(_COMING, _is_archived(kind)) for kind in kinds]
    theirs = Vehicle.customer_id == customer.id
    columns: tuple[Any, ...] = (*_VEHICLE_COLUMNS, Vehicle.odometer, Vehicle.archived_at)
    counting = select(func.count()).select_from(Vehicle).where(theirs, or_(*map(_is_archived, kinds)))
    reading = Reading(select(*columns).where(theirs), segments, counting=counting)
    return reading.read(_vehicle_row, size=size, after=after, before=before, counted=True)


def place_of(vehicle: Vehicle, *, size: int) -> str | None:
    """Where a stretch of its owner's list begins that ends with this vehicle; None when the first one has it."""
    earlier = select(Vehicle.id).where(Vehicle.customer_id == vehicle.customer_id, Vehicle.id <= vehicle.id)
    latest_first = earlier.where(_is_archived(vehicle.is_archived)).order_by(Vehicle.id.desc())
    last = db.session.scalar(latest_first.offset(size).limit(1))
    return None if last is None else to_cursor([last])


def vehicle_ids_of(customer: Customer) -> Sequence[int]:
    """All they ever had."""
    return db.session.scalars(select(Vehicle.id).where(Vehicle.customer_id == customer.id)).all()


def listed(
    chosen: CustomerFilter, *, size: int = DEFAULT_SIZE, after: str | None = None, before: str | None = None
) -> Slice[CustomerRow]:
    """A stretch of the list, with its total.

    Raises RuleBroken on ``after`` or ``before`` for an unknown place.
    """

    def build() -> Slice[CustomerRow]:
        reading, hits = _reading_of(chosen)
        return reading.read(_with_few_vehicles, size=size, after=after, before=before, counted=True, values=hits.values)

    rows = kept(Topic.CUSTOMERS, "listed", chosen, size, after, before, build=build)
    return replace(rows, total=how_many(chosen)) if rows.total is None else rows


def numbered(chosen: CustomerFilter, *, number: int, size: int) -> Page[CustomerRow]:
    """One numbered page of the list, with the count of all."""
    return kept(Topic.CUSTOMERS, "numbered", chosen, number, size, build=lambda: _numbered(chosen, number, size))


def how_many(chosen: CustomerFilter) -> int:
    if not (chosen.q or chosen.is_archived):
        return stamps.listed(Topic.CUSTOMERS)
    return kept(Topic.CUSTOMERS, "how_many", chosen, build=lambda: _count(chosen))


def search(q: str, *, limit: int) -> list[CustomerRow]:
    """Customers by the words of their name, telephone, e-mail, or a vehicle's plate or VIN; without their vehicles.

    Names that begin with what was typed come first; nothing typed finds nobody.
    """
    text = " ".join(q.split())
    return kept(Topic.CUSTOMERS, "search", text, limit, build=lambda: _search(text, limit)) if text else []


def with_vehicles(rows: Sequence[CustomerRow], *, most: int, also: Collection[int] = ()) -> list[CustomerRow]:
    """The rows with vehicles to choose from: those whose ids are in ``also``, then the first ``most`` of each customer.

    One statement, however many they are.
    """
    if not rows:
        return []
    found = rows_of(_few_of_each(most), customers=[row.id for row in rows], also=list(also))
    filled = {customer_id: _with_few_vehicles(list(its)) for customer_id, its in groupby(found, key=itemgetter(0))}
    return [
        replace(each, vehicles=tuple(sorted(each.vehicles, key=lambda vehicle: (vehicle.id not in also, vehicle.id))))
        for each in (filled[row.id] for row in rows)
    ]


def search_vehicles(q: str, *, limit: int) -> list[FoundVehicle]:
    """Vehicles by the beginning of their plate or VIN, the end of their VIN, or words of year, make and model."""
    text = " ".join(q.split())
    return kept(Topic.CUSTOMERS, "vehicles", text, limit, build=lambda: _search_vehicles(text, limit)) if text else []


def vehicle_named(name: str) -> int | None:
    """The id of the vehicle on the list that has this very plate or VIN, however it is spaced."""
    key = squeezed(name)
    same = select(Vehicle.id).where(or_(Vehicle.plate_key == key, Vehicle.vin_key == key))
    return db.session.scalar(same.order_by(Vehicle.id).limit(1)) if key else None


def vehicle_of(customer: Customer, name: str) -> Vehicle | None:
    """The one of their vehicles that has this very plate or VIN."""
    vehicle = db.session.get(Vehicle, vehicle_named(name) or 0)
    return vehicle if vehicle is not None and vehicle.customer_id == customer.id else None


def newest_vehicles_of(customer: Customer, *, most: int) -> list[Vehicle]:
    """The last that came, those that are archived aside, in the order of coming."""
    theirs = select(Vehicle).where(Vehicle.customer_id == customer.id, _is_archived(False))
    return list(reversed(db.session.scalars(theirs.order_by(Vehicle.id.desc()).limit(most)).all()))


def _reading_of(chosen: CustomerFilter) -> tuple[Reading, Hits]:
    hits = _hits(chosen)
    return _reading(replace(chosen, q=""), hits.how), hits


@lru_cache(100)
def _reading(chosen: CustomerFilter, how: How | None) -> Reading:
    ids = select(Customer.id).where(*_conditions(chosen, how))
    is_counted_beside = chosen.is_archived or (how is not None and not how.are_many)
    counting = _counting(chosen, how) if is_counted_beside else None

    def complete(page: Subquery) -> Select[*tuple[Any, ...]]:
        customers = select(Customer).join(page, page.c.id == Customer.id)
        return _beside_vehicles(customers, most=MOST_LISTED, with_archived=chosen.is_archived)

    return Reading(
        ids,
        [Segment(_order(chosen.sort))],
        complete=complete,
        inner=Vehicle.id.expression,
        counting=counting,
        finds_nothing=how is not None and how.finds_nothing,
    )


def _beside_vehicles(
    customers: Select[Any], *, most: int, also: ColumnElement[bool] | None = None, with_archived: bool = False
) -> Select[*tuple[Any, ...]]:
    """What ``_with_few_vehicles`` takes: a row for each of a customer's first vehicles, and for ``also`` others."""
    one = aliased(Vehicle)

    def theirs(vehicle: Any) -> ColumnElement[bool]:
        return and_(vehicle.customer_id == Customer.id, true() if with_archived else vehicle.archived_at.is_(None))

    count = select(func.count()).select_from(one).where(theirs(one)).correlate(Customer).scalar_subquery()
    ids = select(one.id).where(theirs(one)).order_by(one.id).correlate(Customer)
    last = ids.offset(most - 1).limit(1).scalar_subquery()
    is_shown = or_(Vehicle.id <= func.coalesce(last, MAX_ID), false() if also is None else also)
    return customers.outerjoin(Vehicle, and_(theirs(Vehicle), is_shown)).with_only_columns(
        *_COLUMNS, count, *_VEHICLE_COLUMNS
    )


def _with_few_vehicles(rows: Sequence[Row[Any]]) -> CustomerRow:
    """A customer of the rows of their vehicles; whoever has none is one row without."""
    first, last = len(_COLUMNS) + 1, len(_COLUMNS) + 1 + len(_VEHICLE_COLUMNS)
    vehicles = tuple(_vehicle(row[first:last]) for row in rows if row[first] is not None)
    *customer, count = rows[0][:first]
    columns: tuple[Any, ...] = (*customer, vehicles, count - len(vehicles))
    return CustomerRow(*columns)


def _vehicle(columns: Sequence[Any]) -> RowVehicle:
    vehicle_id, plate, year, make, model, vin = columns
    return RowVehicle(vehicle_id, plate, vehicle_label(year, make, model, vin))


def _vehicle_row(columns: Sequence[Any]) -> VehicleRow:
    vehicle_id, plate, year, make, model, vin, odometer, archived_at, *_ = columns
    label = vehicle_label(year, make, model, vin)
    return VehicleRow(vehicle_id, plate, label, vin, odometer, is_archived=archived_at is not None)


def _is_archived(wanted: bool) -> ColumnElement[bool]:
    return Vehicle.archived_at.is_not(None) if wanted else Vehicle.archived_at.is_(None)


def _numbered(chosen: CustomerFilter, number: int, size: int) -> Page[CustomerRow]:
    reading, hits = _reading_of(chosen)
    found = reading.numbered(_with_few_vehicles, number=number, size=size, values=hits.values)
    return Page(found, number, size, how_many(chosen))


def _search(q: str, limit: int) -> list[CustomerRow]:
    return [CustomerRow(*row) for row in _BY_NAME.first(q, words=_words(q), limit=limit)]


def _search_vehicles(q: str, limit: int) -> list[FoundVehicle]:
    hits = find(VehicleWords, Vehicle.id, q)
    if hits.how is None or hits.are_none:
        return []
    return [
        FoundVehicle(vehicle_id, plate, vehicle_label(year, make, model, vin), vin, customer_id, customer)
        for vehicle_id, plate, year, make, model, vin, customer_id, customer in rows_of(
            _by_plate(hits.how), most=limit, **hits.values
        )
    ]


@lru_cache(100)
def _by_plate(how: How) -> Select[*tuple[Any, ...]]:
    return (
        select(*_VEHICLE_COLUMNS, Customer.id, Customer.name)
        .join(Vehicle.customer)
        .where(Vehicle.archived_at.is_(None), how.condition)
        .order_by(Vehicle.plate_key, Vehicle.id)
        .limit(bindparam("most", type_=Integer))
    )


@cache
def _few_of_each(most: int) -> Select[*tuple[Any, ...]]:
    customers = select(Customer).where(Customer.id.in_(bindparam("customers", expanding=True)))
    also = Vehicle.id.in_(bindparam("also", expanding=True))
    return _beside_vehicles(customers, most=most, also=also).order_by(Customer.id)


def _order(sort: Sort) -> list[SortKey]:
    # Ids are given in the order of coming, so "since" needs no index of its own.
    keys: list[Any] = [Customer.id] if sort in (Sort.NEWEST, Sort.OLDEST) else [Customer.name_key, Customer.id]
    return [SortKey(key, descending=sort in (Sort.NEWEST, Sort.NAME_BACK)) for key in keys]


def _hits(chosen: CustomerFilter) -> Hits:
    """Who has the words that were typed, looked up now."""
    by_name = chosen.sort in (Sort.NAME, Sort.NAME_BACK)
    return find(CustomerWords, Customer.id, _words(chosen.q), by_name=by_name) if chosen.q else Hits()


def _conditions(chosen: CustomerFilter, how: How | None) -> list[ColumnElement[bool]]:
    archived = Customer.archived_at.is_not(None) if chosen.is_archived else Customer.archived_at.is_(None)
    return [archived] if how is None else [archived, how.condition]


def _count(chosen: CustomerFilter) -> int:
    hits = _hits(chosen)
    if hits.are_many and not chosen.is_archived:
        return how_many_have(CustomerWords, _words(chosen.q), but=_ARCHIVED)
    return db.session.scalar(_counting(chosen, hits.how), hits.values) or 0


_ARCHIVED = select(Customer.id).where(Customer.archived_at.is_not(None))


def _counting(chosen: CustomerFilter, how: How | None) -> Select[int]:
    return select(func.count()).select_from(Customer).where(*_conditions(chosen, how))


def _words(q: str) -> str:
    """What is typed, or the figures alone of what can only be a telephone number."""
    number = digits(q)
    is_phone = _PHONE.fullmatch(q) and len(number) >= MIN_PHONE_DIGITS
    return number if is_phone else q
