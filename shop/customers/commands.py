"""What people do with customers and their vehicles."""

from __future__ import annotations

from typing import TypedDict, TypeVar, Unpack

from sqlalchemy import ColumnElement, select

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.queries import has_happened
from shop.audit.record import apply_changes, record
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken, StaleEdit, refuse
from shop.common.open_work import open_work_of
from shop.common.text import NO_PHONE, email_key, is_phone, squeezed
from shop.common.transaction import lock, transaction
from shop.customers.models import MAX_EMAIL, MAX_PLATE, Customer, Vehicle
from shop.customers.vin import is_vin
from shop.extensions import db

Thing = TypeVar("Thing", Customer, Vehicle)


class CustomerValues(TypedDict, total=False):
    """What an edit of a customer may replace."""

    name: str
    email: str | None
    phone: str | None
    notes: str


class VehicleValues(TypedDict, total=False):
    """What an edit of a vehicle may replace."""

    plate: str | None
    vin: str | None
    make: str
    model: str
    year: int | None
    odometer: int | None


def email_objections(email: str | None, *, but: Customer | None = None) -> list[RuleBroken]:
    """What speaks against an address. Of the customers on the list each has their own; an archived one's is free."""
    if not email:
        return []
    key = email_key(email)
    if len(key) > MAX_EMAIL:
        return [RuleBroken("This e-mail address is too long.", field="email")]
    others = select(Customer.name).where(Customer.email_key == key, _is_another(Customer, but))
    same = db.session.scalar(others)
    return [RuleBroken(f"{same} already has this e-mail address.", field="email")] if same else []


def phone_objections(phone: str | None) -> list[RuleBroken]:
    """What speaks against a telephone number."""
    return [RuleBroken(NO_PHONE, field="phone")] if phone and not is_phone(phone) else []


def vehicle_objections(values: VehicleValues, *, but: Vehicle | None = None) -> list[RuleBroken]:
    """All that speaks against what a vehicle is to be known by, so that it can be told at once."""
    broken = []
    plate, vin = values.get("plate"), values.get("vin")
    if plate and (len(plate) > MAX_PLATE or not 1 <= len(squeezed(plate)) <= MAX_PLATE):
        words = f"A number plate has 1 to {MAX_PLATE} letters and digits, blanks counted."
        broken.append(RuleBroken(words, field="plate"))
    if vin and not is_vin(vin):
        broken.append(RuleBroken("A VIN has 17 letters and digits, never I, O or Q.", field="vin"))
    broken += _taken_keys(plate, vin, but=but)
    named = (values.get(name, getattr(but, name, None)) for name in ("plate", "vin", "make", "model"))
    if not any(named):
        broken.append(RuleBroken("Enter the make and model, or the number plate.", field="make"))
    return broken


def add_customer(
    *, name: str, email: str | None = None, phone: str | None = None, notes: str = "", by: Account
) -> Customer:
    """Write a customer down; raises RuleBroken on ``email`` when another customer has it, and on ``phone``."""
    with transaction():
        refuse([*phone_objections(phone), *email_objections(email)])
        customer = Customer()
        changes = apply_changes(customer, CustomerValues(name=name, email=email, phone=phone, notes=notes))
        db.session.add(customer)
        record(Action.CUSTOMER_ADDED, customer, by=by, changes=changes)
        return customer


def edit_customer(
    customer: Customer, *, by: Account, version: int | None = None, **values: Unpack[CustomerValues]
) -> Customer:
    """Replace the values given. ``version`` is the one that the editor saw; another one raises StaleEdit."""
    with transaction():
        _lock_for_edit(customer, version)
        refuse([*phone_objections(values.get("phone")), *email_objections(values.get("email"), but=customer)])
        changes = apply_changes(customer, values)
        if changes:
            customer.version += 1
            record(Action.CUSTOMER_CHANGED, customer, by=by, changes=changes)
        return customer


def archive_customer(customer: Customer, *, by: Account) -> Customer:
    """Take a customer and their vehicles off the lists; the e-mail address, plates and VINs are free again.

    An account that is linked to the customer can still sign in and read. Raises Conflict while something is still
    going on, such as an open ticket.
    """
    with transaction():
        lock(customer)
        if customer.is_archived:
            return customer
        _refuse_blocked(customer)
        moment = now()
        for vehicle in _locked_vehicles(customer):
            if not vehicle.is_archived:
                _refuse_blocked(vehicle)  # somebody else may have brought it before it changed hands
                vehicle.archived_at = moment
                vehicle.plate_key = vehicle.vin_key = None
                vehicle.version += 1
                record(Action.VEHICLE_ARCHIVED, vehicle, by=by, vehicle=_car(vehicle))
        customer.archived_at = moment
        customer.email_key = None
        customer.version += 1
        record(Action.CUSTOMER_ARCHIVED, customer, by=by)
        return customer


def restore_customer(customer: Customer, *, by: Account) -> Customer:
    """Bring a customer back, with the vehicles that were archived along with them.

    A vehicle whose plate or VIN another one has by now stays archived. Raises RuleBroken on ``email`` when the e-mail
    address has been given away.
    """
    with transaction():
        lock(customer)
        if not customer.is_archived:
            return customer
        if has_happened(Action.CUSTOMER_ERASED, customer):
            raise Conflict("This customer is erased. Write a new one down.")
        if customer.merged_into is not None:
            raise Conflict(
                f"{customer.name} was merged into {customer.merged_into.name}. Nothing is left to bring back."
            )
        refuse(email_objections(customer.email, but=customer))
        for vehicle in customer.vehicles:
            if vehicle.archived_at == customer.archived_at and not _taken_by(vehicle.plate, vehicle.vin, but=vehicle):
                _bring_back(vehicle)
                record(Action.VEHICLE_RESTORED, vehicle, by=by, vehicle=_car(vehicle))
        customer.archived_at = None
        customer.email = customer.email  # brings its key back
        customer.version += 1
        record(Action.CUSTOMER_RESTORED, customer, by=by)
        return customer


def add_vehicle(
    customer: Customer,
    *,
    plate: str | None = None,
    vin: str | None = None,
    make: str = "",
    model: str = "",
    year: int | None = None,
    odometer: int | None = None,
    by: Account,
) -> Vehicle:
    """Note one more vehicle of a customer.

    Raises RuleBroken on ``plate`` or ``vin`` when another vehicle has it or it can't be one, and on ``make`` when
    nothing says which vehicle it is.
    """
    values = VehicleValues(plate=plate, vin=vin, make=make, model=model, year=year, odometer=odometer)
    with transaction():
        lock(customer)
        if customer.is_archived:
            raise Conflict(customer.words_when_archived)
        vehicle = Vehicle()
        changes = apply_changes(vehicle, _checked(vehicle, values))
        vehicle.customer = customer
        db.session.add(vehicle)
        record(Action.VEHICLE_ADDED, vehicle, by=by, changes=changes, vehicle=_car(vehicle))
        return vehicle


def edit_vehicle(
    vehicle: Vehicle,
    *,
    by: Account,
    version: int | None = None,
    odometer_reason: str = "",
    **values: Unpack[VehicleValues],
) -> Vehicle:
    """Replace the values given. ``version`` is the one that the editor saw; another one raises StaleEdit.

    Raises RuleBroken as ``add_vehicle`` does, and on ``odometer_reason`` when the odometer is lower than it was and
    nobody says why.
    """
    with transaction():
        _lock_for_edit(vehicle, version)
        goes_back = _goes_back(vehicle, values.get("odometer"))
        if goes_back and not odometer_reason:
            raise RuleBroken(
                f"The odometer was {vehicle.odometer:,} at the last visit. Say why it is lower now.",
                field="odometer_reason",
            )
        changes = apply_changes(vehicle, _checked(vehicle, values))
        if changes:
            vehicle.version += 1
            told = {"reason": (None, odometer_reason)} if goes_back else {}
            record(Action.VEHICLE_CHANGED, vehicle, by=by, changes={**changes, **told}, vehicle=_car(vehicle))
        return vehicle


def change_owner(vehicle: Vehicle, *, to: Customer, by: Account, version: int | None = None) -> Vehicle:
    """Give a vehicle to another customer. Its tickets stay with whoever brought it then.

    Raises StaleEdit when ``version`` is no longer the vehicle's, RuleBroken on ``customer_id`` when archived.
    """
    with transaction():
        lock(to)  # customers before vehicles, as in archiving
        _lock_for_edit(vehicle, version)
        if to.is_archived:
            raise RuleBroken(to.words_when_archived, field="customer_id")
        if to.id != vehicle.customer_id:
            _give(vehicle, to, by=by)
        return vehicle


def give_all_vehicles(customer: Customer, *, to: Customer, by: Account) -> None:
    """Let another customer have them, those that are archived as well: it is the same person."""
    with transaction():
        lock(to)
        for vehicle in _locked_vehicles(customer):
            _give(vehicle, to, by=by)


def archive_vehicle(vehicle: Vehicle, *, by: Account) -> Vehicle:
    """Take a vehicle off the lists; its plate and VIN are free again. Raises Conflict while it is in the shop."""
    with transaction():
        lock(vehicle)
        if not vehicle.is_archived:
            _refuse_blocked(vehicle)
            vehicle.archived_at = now()
            vehicle.plate_key = vehicle.vin_key = None
            vehicle.version += 1
            record(Action.VEHICLE_ARCHIVED, vehicle, by=by, vehicle=_car(vehicle))
        return vehicle


def restore_vehicle(vehicle: Vehicle, *, by: Account) -> Vehicle:
    """Bring a vehicle back; raises RuleBroken on ``plate`` or ``vin`` when another one has it by now."""
    with transaction():
        lock(vehicle.customer)
        lock(vehicle)
        if vehicle.is_archived:
            if vehicle.customer.is_archived:
                raise Conflict(vehicle.customer.words_when_archived)
            refuse(_taken_keys(vehicle.plate, vehicle.vin, but=vehicle))
            _bring_back(vehicle)
            record(Action.VEHICLE_RESTORED, vehicle, by=by, vehicle=_car(vehicle))
        return vehicle


def _lock_for_edit(thing: Thing, version: int | None = None) -> None:
    lock(thing)
    if version is not None and version != thing.version:
        raise StaleEdit(f"Somebody saved {thing.label} before you.")
    if thing.is_archived:
        raise Conflict(_words_when_archived(thing))


def _words_when_archived(thing: Customer | Vehicle) -> str:
    if isinstance(thing, Customer):
        return thing.words_when_archived
    return f"{thing.label} is archived. Bring it back before you change it."


def _locked_vehicles(customer: Customer) -> list[Vehicle]:
    """The vehicles as they are once nobody else is changing them; one that went to somebody else is not among them."""
    theirs = select(Vehicle).where(Vehicle.customer_id == customer.id).order_by(Vehicle.id).with_for_update()
    return list(db.session.scalars(theirs.execution_options(populate_existing=True)))


def _refuse_blocked(thing: Thing) -> None:
    for ticket in open_work_of(thing):
        raise Conflict(f"Ticket {ticket.label} is still open.", ticket_id=ticket.id)


def _checked(vehicle: Vehicle, values: VehicleValues) -> VehicleValues:
    """The values as they are kept: plate and VIN in capitals."""
    if plate := values.get("plate"):
        values["plate"] = plate.upper()
    if vin := values.get("vin"):
        values["vin"] = squeezed(vin)
    refuse(vehicle_objections(values, but=vehicle))
    return values


def _taken_keys(plate: str | None, vin: str | None, *, but: Vehicle | None) -> list[RuleBroken]:
    broken = []
    if owner := _taken_by(plate, None, but=but):
        broken.append(RuleBroken(f"{owner} already has a vehicle with this number plate.", field="plate"))
    if owner := _taken_by(None, vin, but=but):
        broken.append(RuleBroken(f"{owner} already has a vehicle with this VIN.", field="vin"))
    return broken


def _taken_by(plate: str | None, vin: str | None, *, but: Vehicle | None) -> str | None:
    """The name of the customer who has another vehicle with this plate or VIN; an archived one's are free."""
    for column, text in ((Vehicle.plate_key, plate), (Vehicle.vin_key, vin)):
        same = select(Customer.name).join(Customer.vehicles).where(column == squeezed(text or ""))
        owner = db.session.scalar(same.where(_is_another(Vehicle, but))) if text else None
        if owner:
            return owner
    return None


def _is_another(kind: type[Thing], but: Thing | None) -> ColumnElement[bool]:
    return kind.id.is_not(None) if but is None or but.id is None else kind.id != but.id


def _give(vehicle: Vehicle, to: Customer, *, by: Account) -> None:
    changes = {"customer_id": (vehicle.customer_id, to.id)}
    vehicle.customer = to
    vehicle.version += 1
    record(Action.VEHICLE_CHANGED, vehicle, by=by, changes=changes, vehicle=_car(vehicle))


def _bring_back(vehicle: Vehicle) -> None:
    vehicle.archived_at = None
    vehicle.plate, vehicle.vin = vehicle.plate, vehicle.vin  # brings their keys back
    vehicle.version += 1


def _goes_back(vehicle: Vehicle, odometer: int | None) -> bool:
    return odometer is not None and vehicle.odometer is not None and odometer < vehicle.odometer


def _car(vehicle: Vehicle) -> str:
    """The vehicle in words that stay in the event: without its plate, which is personal."""
    return " ".join(str(part) for part in (vehicle.year, vehicle.make, vehicle.model) if part) or "a vehicle"
