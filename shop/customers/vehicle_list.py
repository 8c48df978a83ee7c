"""The vehicles on the page of a customer: of a fleet a stretch at a time, at the place that the address names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from shop.common.paging import Slice
from shop.customers import queries
from shop.customers.models import Customer, Vehicle
from shop.customers.queries import MOST_LISTED, VehicleRow

SHORT = 12

_ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the list a page stands; the addresses of what is done there hold it, so one comes back to it."""

    after: str | None = None
    before: str | None = None
    show: str | None = None  # or "archived"

    @classmethod
    def asked(cls) -> Place:
        show = _ARCHIVED if request.args.get("show") == _ARCHIVED else None
        return cls(request.args.get("after"), request.args.get("before"), show)

    @classmethod
    def of(cls, vehicle: Vehicle) -> Place:
        """Where a vehicle that is on the list is in sight."""
        return cls(after=queries.place_of(vehicle, size=SHORT))

    @property
    def query(self) -> dict[str, Any]:
        named = {"after": self.after, "before": self.before, "show": self.show}
        return {name: value for name, value in named.items() if value is not None}


def vehicle_list(customer: Customer, place: Place, *, edited: Vehicle | None = None) -> dict[str, Any]:
    """What the list wants; the vehicle that is edited is in sight wherever one comes from."""
    rows = _rows(customer, place)
    if edited is not None and all(row.id != edited.id for row in rows.items):
        place = Place.of(edited)
        rows = _rows(customer, place)
    if not rows.items and (place.after or place.before):  # what stood there has left the list
        place = Place(show=place.show)
        rows = _rows(customer, place)
    past = None if _is_archived(customer, place) else _rows(customer, Place(show=_ARCHIVED), size=MOST_LISTED)
    return {
        "vehicles": rows,
        "past_vehicles": past,
        "place": place,
        "edited": edited,
        "vehicles_further": {
            "newer_url": vehicles_url(customer, Place(before=rows.before, show=place.show)) if rows.before else None,
            "older_url": vehicles_url(customer, Place(after=rows.after, show=place.show)) if rows.after else None,
        },
    }


def vehicles_url(customer: Customer, place: Place) -> str:
    return url_for("desk.customer_vehicle_list", customer_id=customer.id, **place.query)


def _rows(customer: Customer, place: Place, *, size: int = SHORT) -> Slice[VehicleRow]:
    return queries.vehicles_of(
        customer, is_archived=_is_archived(customer, place), size=size, after=place.after, before=place.before
    )


def _is_archived(customer: Customer, place: Place) -> bool:
    """Whether archived ones are shown: of an archived customer all are."""
    return customer.is_archived or place.show == _ARCHIVED
