"""The page of one vehicle at the desk."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from shop.audit.queries import timeline
from shop.common.open_work import open_work_of
from shop.customers import commands, queries
from shop.customers.forms import EditVehicleForm, OwnerForm
from shop.customers.models import Customer, Vehicle
from shop.customers.vin import read_vin
from shop.extensions import db
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.forms import ButtonForm, SearchForm
from shop.web.guards import found
from shop.web.respond import Answer, done, page, page_or_fragment, refused, saved

MOST_OWNERS = 8


@desk.get("/vehicles/vin")
def vehicle_vin() -> Answer:
    """What the VIN that is being typed says about itself."""
    return page("customers/_vin.html", vin=read_vin(request.args.get("vin", "")))


@desk.get("/vehicles/<id:vehicle_id>")
def vehicle(vehicle_id: int) -> Answer:
    vehicle = find_vehicle(vehicle_id)
    form = EditVehicleForm.showing(vehicle) if "edit" in request.args and not vehicle.is_archived else None
    context = show_context(vehicle, vehicle_form=form)
    return page_or_fragment("customers/vehicle.html", "customers/_vehicle.html", **context)


@desk.post("/vehicles/<id:vehicle_id>")
def vehicle_edit(vehicle_id: int) -> Answer:
    vehicle = find_vehicle(vehicle_id)
    form = EditVehicleForm()
    if form.attempt(commands.edit_vehicle, vehicle, by=actor):
        also = ["customers/_vehicle_head.html", "audit/_timeline.html"]
        return saved("customers/_vehicle.html", also=also, back=vehicle_url(vehicle), **show_context(vehicle))
    return refused(
        "customers/_vehicle.html",
        page="customers/vehicle.html",
        form=form,
        now=EditVehicleForm.showing(vehicle),
        **show_context(vehicle, vehicle_form=form),
    )


@desk.get("/vehicles/<id:vehicle_id>/owner")
def vehicle_owner(vehicle_id: int) -> Answer:
    """Look for the customer who has the vehicle now."""
    form = SearchForm.read(request.args)
    owners = queries.search(form.text, limit=MOST_OWNERS)
    vehicle = find_vehicle(vehicle_id)
    context = show_context(vehicle, q=form.text, owners=owners, open_tickets=open_work_of(vehicle))
    return page_or_fragment("customers/vehicle.html", "customers/_owner.html", **context)


@desk.post("/vehicles/<id:vehicle_id>/owner")
def vehicle_change_owner(vehicle_id: int) -> Answer:
    vehicle = find_vehicle(vehicle_id)
    form = OwnerForm()
    owner = found(db.session.scalar(queries.visible_to(actor).where(Customer.id == form.customer_id.data)))
    commands.change_owner(vehicle, to=owner, version=form.version.data, by=actor)
    return done(vehicle_url(vehicle), f"The vehicle belongs to {owner.name} now.")


@desk.post("/vehicles/<id:vehicle_id>/archive")
def vehicle_archive(vehicle_id: int) -> Answer:
    vehicle = find_vehicle(vehicle_id)
    form = ButtonForm()
    if form.attempt(commands.archive_vehicle, vehicle, by=actor):
        return done(vehicle_url(vehicle), "The vehicle is archived.")
    return refused("customers/_vehicle_head.html", page="customers/vehicle.html", form=form, **show_context(vehicle))


@desk.post("/vehicles/<id:vehicle_id>/restore")
def vehicle_restore(vehicle_id: int) -> Answer:
    vehicle = find_vehicle(vehicle_id)
    form = ButtonForm()
    if form.attempt(commands.restore_vehicle, vehicle, by=actor):
        return done(vehicle_url(vehicle), "The vehicle is back on the list.")
    return refused("customers/_vehicle_head.html", page="customers/vehicle.html", form=form, **show_context(vehicle))


def find_vehicle(vehicle_id: int) -> Vehicle:
    return found(db.session.scalar(queries.vehicles_known_to(actor).where(Vehicle.id == vehicle_id)))


def show_context(vehicle: Vehicle, **more: Any) -> dict[str, Any]:
    """What the page of a vehicle and its fragments want; ``q`` is None while nobody looks for another owner."""
    return {
        "vehicle": vehicle,
        "timeline": timeline(vehicle),
        "vehicle_form": None,
        "q": None,
        "owners": [],
        "open_tickets": [],
        **more,
    }


def vehicle_url(vehicle: Vehicle) -> str:
    return url_for("desk.vehicle", vehicle_id=vehicle.id)
