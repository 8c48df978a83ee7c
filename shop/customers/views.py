"""Customers at the desk: the list, and the page of one with the vehicles."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from shop.accounts.queries import account_of
from shop.audit.actions import Action
from shop.audit.queries import has_happened, timeline
from shop.common.roles import Role
from shop.customers import commands, my_views, queries, vehicle_views
from shop.customers.forms import (
    CustomerFilterForm,
    CustomerForm,
    EditCustomerForm,
    EditVehicleForm,
    VehicleForm,
)
from shop.customers.models import MAX_NAME, Customer, Vehicle
from shop.customers.queries import CustomerFilter
from shop.customers.vehicle_list import Place, vehicle_list, vehicles_url
from shop.extensions import db
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.forms import ButtonForm
from shop.web.guards import found
from shop.web.lists import further, sortable
from shop.web.nav import MenuEntry, menu
from shop.web.respond import Answer, done, page, page_or_fragment, refused, saved

__all__ = ["my_views", "vehicle_views"]  # their pages hang on the doors as well

menu(MenuEntry("desk", "Customers", "users", "desk.customers", position=30, covers=("desk.customer", "desk.vehicle")))


@desk.get("/customers")
def customers() -> Answer:
    form = CustomerFilterForm.read(request.args)
    rows = queries.listed(form.chosen, after=request.args.get("after"), before=request.args.get("before"))
    context = {"form": form, "chosen": form.chosen, "rows": rows, "count": rows.total}
    return page_or_fragment(
        "customers/list.html", "customers/_list.html", columns=columns(form.chosen), further=further(rows), **context
    )


@desk.get("/customers/new")
def customer_new() -> Answer:
    return page("customers/new.html", form=CustomerForm.blank(name=request.args.get("name", "")[:MAX_NAME]))


@desk.post("/customers")
def customer_add() -> Answer:
    form = CustomerForm()
    if form.attempt(commands.add_customer, by=actor):
        return done(customer_url(form.result), f"{form.result.name} is on the list.")
    return page("customers/new.html", status=422, form=form)


@desk.get("/customers/<id:customer_id>")
def customer(customer_id: int) -> Answer:
    customer = find_customer(customer_id)
    form = EditCustomerForm.showing(customer) if "edit" in request.args and not customer.is_archived else None
    return page_or_fragment(
        "customers/show.html", "customers/_facts.html", **show_context(customer, customer_form=form)
    )


@desk.post("/customers/<id:customer_id>")
def customer_edit(customer_id: int) -> Answer:
    customer = find_customer(customer_id)
    form = EditCustomerForm()
    if form.attempt(commands.edit_customer, customer, by=actor):
        also = ["customers/_head.html", "audit/_timeline.html"]
        return saved("customers/_facts.html", also=also, back=customer_url(customer), **show_context(customer))
    return refused(
        "customers/_facts.html",
        page="customers/show.html",
        form=form,
        now=EditCustomerForm.showing(customer),
        **show_context(customer, customer_form=form),
    )


@desk.post("/customers/<id:customer_id>/archive")
def customer_archive(customer_id: int) -> Answer:
    customer = find_customer(customer_id)
    form = ButtonForm()
    if form.attempt(commands.archive_customer, customer, by=actor):
        return done(customer_url(customer), f"{customer.name} is archived.")
    return refused("customers/_head.html", page="customers/show.html", form=form, **show_context(customer))


@desk.post("/customers/<id:customer_id>/restore")
def customer_restore(customer_id: int) -> Answer:
    customer = find_customer(customer_id)
    form = ButtonForm()
    if form.attempt(commands.restore_customer, customer, by=actor):
        return done(customer_url(customer), f"{customer.name} is back on the list.")
    return refused("customers/_head.html", page="customers/show.html", form=form, **show_context(customer))


@desk.post("/customers/<id:customer_id>/vehicles")
def customer_vehicles(customer_id: int) -> Answer:
    customer = find_customer(customer_id)
    form = VehicleForm()
    if form.attempt(commands.add_vehicle, customer, by=actor):
        return vehicles_saved(customer, Place.of(form.result))
    context = show_context(customer, vehicle_form=form)
    return refused("customers/_vehicles.html", page="customers/show.html", form=form, **context)


@desk.get("/customers/<id:customer_id>/vehicles")
def customer_vehicle_list(customer_id: int) -> Answer:
    context = show_context(find_customer(customer_id))
    return page_or_fragment("customers/show.html", "customers/_vehicles.html", **context)


@desk.get("/customers/<id:customer_id>/vehicles/<id:vehicle_id>")
def customer_vehicle(customer_id: int, vehicle_id: int) -> Answer:
    customer, vehicle = find_vehicle_of(customer_id, vehicle_id)
    context = show_context(customer, edited=vehicle, edit_form=EditVehicleForm.showing(vehicle))
    return page_or_fragment("customers/show.html", "customers/_vehicles.html", **context)


@desk.post("/customers/<id:customer_id>/vehicles/<id:vehicle_id>")
def customer_vehicle_edit(customer_id: int, vehicle_id: int) -> Answer:
    customer, vehicle = find_vehicle_of(customer_id, vehicle_id)
    form = EditVehicleForm()
    if form.attempt(commands.edit_vehicle, vehicle, by=actor):
        return vehicles_saved(customer, Place.asked())
    return refused(
        "customers/_vehicles.html",
        page="customers/show.html",
        form=form,
        now=EditVehicleForm.showing(vehicle),
        **show_context(customer, edited=vehicle, edit_form=form),
    )


@desk.post("/customers/<id:customer_id>/vehicles/<id:vehicle_id>/archive")
def customer_vehicle_archive(customer_id: int, vehicle_id: int) -> Answer:
    customer, vehicle = find_vehicle_of(customer_id, vehicle_id)
    form = ButtonForm()
    if form.attempt(commands.archive_vehicle, vehicle, by=actor):
        return vehicles_saved(customer, Place.asked())
    return refused("customers/_vehicles.html", page="customers/show.html", form=form, **show_context(customer))


def find_customer(customer_id: int) -> Customer:
    return found(db.session.scalar(queries.known_to(actor).where(Customer.id == customer_id)))


def find_vehicle_of(customer_id: int, vehicle_id: int) -> tuple[Customer, Vehicle]:
    vehicle = vehicle_views.find_vehicle(vehicle_id)
    return find_customer(customer_id), found(vehicle if vehicle.customer_id == customer_id else None)


def vehicles_saved(customer: Customer, place: Place) -> Answer:
    also = ["audit/_timeline.html"]
    context = show_context(customer, place=place)
    back = vehicles_url(customer, place) if place.query else customer_url(customer)
    return saved("customers/_vehicles.html", also=also, back=back, **context)


def columns(chosen: CustomerFilter) -> list[dict[str, Any]]:
    present = chosen.sort.value
    return [
        sortable("Name", "name", present),
        {"label": "Telephone", "kind": "tight"},
        {"label": "E-mail", "kind": "hidden-middle"},
        {"label": "Vehicles"},
        sortable("Since", "since", present, backwards_first=True, kind="number"),
    ]


def show_context(
    customer: Customer, *, place: Place | None = None, edited: Vehicle | None = None, **forms: Any
) -> dict[str, Any]:
    """What the page of a customer and its fragments want; ``forms`` are those that are open or were refused.

    The list of vehicles stands where the address says, or at ``place``.
    """
    account = account_of(customer)
    # Of somebody who works here as well, the desk learns no more than that.
    told = [account] if account and account.role is Role.CUSTOMER else []
    return {
        "customer": customer,
        **vehicle_list(customer, place or Place.asked(), edited=edited),
        "customer_account": account,
        "look_alikes": [] if customer.is_archived else queries.look_alikes(customer, limit=3),
        "formerly": [] if customer.is_archived else queries.merged_into(customer),
        "is_erased": customer.is_archived and has_happened(Action.CUSTOMER_ERASED, customer),
        "timeline": timeline(
            customer,
            *told,
            beside={Vehicle.__tablename__: queries.vehicle_ids_of(customer)},
            without=(Action.SIGNED_IN, Action.SIGNED_OUT),
        ),
        "customer_form": None,
        "vehicle_form": VehicleForm.blank(),
        "edit_form": None,
        **forms,
    }


def customer_url(customer: Customer) -> str:
    return url_for("desk.customer", customer_id=customer.id)
