"""Customers and vehicles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, and_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from shop.common.base import Archivable, Base, Dated, Versioned, not_negative, table_args
from shop.common.text import digits, email_key, folded, squeezed
from shop.common.words import Words, keep, source, spelt, spelt_code, spelt_tails, words_of
from shop.customers.vin import VinFacts, read_vin

MAX_NAME = 120
MAX_EMAIL = 254
MAX_PHONE = 40
MAX_NOTES = 2000
MAX_PLATE = 16
MAX_VIN = 17
MAX_MAKE = 40
MIN_YEAR = 1886
MAX_YEAR = 2100
MAX_ODOMETER = 9_999_999
MIN_PHONE_DIGITS = 3
VIN_TAIL = 6  # what people read out: the serial number at the end


class Customer(Base, Versioned, Dated, Archivable):
    """A person or firm whose vehicles the shop repairs; may be there without an account."""

    __tablename__ = "customer"
    __table_args__ = table_args(
        Index(None, "archived_at", "name_key", "id"),
        Index(None, "archived_at", "id"),
        CheckConstraint("merged_into_id IS NULL OR archived_at IS NOT NULL", name="merged_is_archived"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    name_key: Mapped[str] = mapped_column(String(MAX_NAME * 2))
    email: Mapped[str | None] = mapped_column(String(MAX_EMAIL))
    email_key: Mapped[str | None] = mapped_column(String(MAX_EMAIL), unique=True)  # NULL once archived
    phone: Mapped[str | None] = mapped_column(String(MAX_PHONE))
    phone_key: Mapped[str | None] = mapped_column(String(MAX_PHONE), index=True)
    notes: Mapped[str] = mapped_column(Text, default="")
    # Whoever was written down twice: the other one, which has all that was theirs. Never one that was merged itself.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)

    merged_into: Mapped[Customer | None] = relationship(remote_side="Customer.id")
    vehicles: Mapped[list[Vehicle]] = relationship(back_populates="customer", order_by="Vehicle.id")

    @validates("name", "email", "phone")
    def _keep_keys(self, field: str, value: str | None) -> str | None:
        match field:
            case "name":
                self.name_key = folded(value or "")[: MAX_NAME * 2]  # case folding can make a name longer
            case "email":
                self.email_key = email_key(value) if value else None
            case "phone":
                self.phone_key = digits(value or "")[:MAX_PHONE] or None
        return value or None

    @property
    def label(self) -> str:
        return self.name

    @property
    def words_when_archived(self) -> str:
        """What is told to whoever wants something of an archived customer, and how they go on."""
        if self.merged_into is not None:
            return f"{self.name} was merged into {self.merged_into.name}. Go on with that one."
        return f"{self.name} is archived. Bring the customer back first."


class Vehicle(Base, Versioned, Dated, Archivable):
    """A vehicle as the shop knows it; the plate and the VIN may both be missing."""

    __tablename__ = "vehicle"
    __table_args__ = table_args(
        not_negative("odometer"),
        CheckConstraint(f"year >= {MIN_YEAR} AND year <= {MAX_YEAR}", name="year_possible"),
        Index(None, "customer_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    plate: Mapped[str | None] = mapped_column(String(MAX_PLATE))
    plate_key: Mapped[str | None] = mapped_column(String(MAX_PLATE), unique=True)  # NULL once archived
    vin: Mapped[str | None] = mapped_column(String(MAX_VIN))
    vin_key: Mapped[str | None] = mapped_column(String(MAX_VIN), unique=True)  # NULL once archived
    make: Mapped[str] = mapped_column(String(MAX_MAKE), default="")
    model: Mapped[str] = mapped_column(String(MAX_MAKE), default="")
    year: Mapped[int | None]
    odometer: Mapped[int | None]  # in the unit of its own dashboard, as last read

    customer: Mapped[Customer] = relationship(back_populates="vehicles")

    @validates("plate", "vin")
    def _keep_keys(self, field: str, value: str | None) -> str | None:
        setattr(self, f"{field}_key", squeezed(value) or None if value else None)
        return value or None

    @property
    def vin_facts(self) -> VinFacts | None:
        return read_vin(self.vin or "")

    @property
    def label(self) -> str:
        """``2014 Honda Civic``, or as much of it as is known; the plate stands beside it."""
        return vehicle_label(self.year, self.make, self.model, self.vin)

    @property
    def label_with_plate(self) -> str:
        return with_plate(self.label, self.plate)


def vehicle_label(year: int | None, make: str, model: str, vin: str | None) -> str:
    """What to call a vehicle; the maker may come from its VIN."""
    name = " ".join(filter(None, (make, model)))
    if not name and (facts := read_vin(vin or "")):
        name = facts.maker
    return " ".join(filter(None, (str(year or ""), name or ("vehicle" if year else "Vehicle"))))


def with_plate(label: str, plate: str | None) -> str:
    """What to call a vehicle in a line of text that has no plate beside it."""
    return f"{label}, {plate}" if plate else label


class CustomerWords(Words, Base):
    """What a customer is found by: name, e-mail address, any stretch of the telephone number, and their vehicles.

    Whoever was written down twice is found by what was written the other time as well.
    """

    __tablename__ = "customer_words"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)


class VehicleWords(Words, Base):
    """What a vehicle is found by: plate, VIN and its end, and what it is."""

    __tablename__ = "vehicle_words"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(ForeignKey("vehicle.id"), primary_key=True)


def _words_of_customer(rows: list[Any]) -> str:
    customer = rows[0]
    codes = [word for row in rows for word in _codes(row.plate, row.vin)]
    formerly = [word for row in rows for word in (*spelt(row.former_name or ""), *_phone(row.former_phone))]
    emails = [word for row in rows for word in spelt(row.former_email or "")]
    return words_of(
        names=[*spelt(customer.name), *_phone(customer.phone_key), *formerly, *codes],
        others=[*spelt(customer.email or ""), *emails],
    )


def _words_of_vehicle(rows: list[Any]) -> str:
    (vehicle,) = rows
    others = spelt(f"{vehicle.make} {vehicle.model} {vehicle.year or ''}")
    return words_of(names=_codes(vehicle.plate, vehicle.vin), others=others)


def _codes(plate: str | None, vin: str | None) -> Iterator[str]:
    yield from spelt_code(plate)
    yield from spelt_tails(vin, least=VIN_TAIL)


def _phone(number: str | None) -> Iterator[str]:
    """People leave the country out, or write one or two zeros before what follows it."""
    for tail in spelt_tails(number, least=MIN_PHONE_DIGITS):
        yield from (tail, f"0{tail}")
    if number:
        yield f"00{number}"


_FORMER = Customer.__table__.alias("former")
keep(
    CustomerWords,
    source(Customer, "name email phone_key", column=Customer.id),
    source(Customer, "name email phone_key merged_into_id", by="merged_into_id", column=Customer.id),
    source(Vehicle, "plate vin customer_id archived_at", by="customer_id", column=Customer.id),
    of=Customer.id,
    rows=select(
        Customer.id,
        Customer.name,
        Customer.email,
        Customer.phone_key,
        Vehicle.plate,
        Vehicle.vin,
        _FORMER.c.name.label("former_name"),
        _FORMER.c.email.label("former_email"),
        _FORMER.c.phone_key.label("former_phone"),
    )
    .outerjoin(Vehicle, and_(Vehicle.customer_id == Customer.id, Vehicle.archived_at.is_(None)))
    .outerjoin(_FORMER, _FORMER.c.merged_into_id == Customer.id)
    .order_by(Customer.id, Vehicle.id, _FORMER.c.id),
    spell=_words_of_customer,
)
keep(
    VehicleWords,
    source(Vehicle, "plate vin make model year", column=Vehicle.id),
    of=Vehicle.id,
    rows=select(Vehicle.id, Vehicle.plate, Vehicle.vin, Vehicle.make, Vehicle.model, Vehicle.year),
    spell=_words_of_vehicle,
)
