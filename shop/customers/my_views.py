"""What customers see of themselves: their vehicles and their profile."""

from __future__ import annotations

from flask import request, url_for

from shop.customers import commands, queries
from shop.customers.forms import ProfileForm
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from shop.web.actor import actor
from shop.web.doors import my
from shop.web.guards import found
from shop.web.lists import further
from shop.web.nav import MenuEntry, menu
from shop.web.respond import Answer, page, refused, saved

menu(MenuEntry("my", "My vehicles", "car", "my.vehicles", position=20, covers=("my.vehicle",)))
menu(MenuEntry("my", "My profile", "circle-user", "my.profile", position=30, covers=("my.profile", "my.data")))


@my.get("/vehicles")
def vehicles() -> Answer:
    after, before = request.args.get("after"), request.args.get("before")
    rows = queries.vehicles_of(own_customer(), after=after, before=before)
    return page("customers/my_vehicles.html", rows=rows, further=further(rows))


@my.get("/vehicles/<id:vehicle_id>")
def vehicle(vehicle_id: int) -> Answer:
    vehicle = found(db.session.scalar(queries.vehicles_owned_by(actor).where(Vehicle.id == vehicle_id)))
    return page("customers/my_vehicle.html", vehicle=vehicle)


@my.get("/profile")
def profile() -> Answer:
    customer = own_customer()
    return page("customers/my_profile.html", customer=customer, profile_form=ProfileForm.showing(customer))


@my.post("/profile")
def profile_edit() -> Answer:
    customer = own_customer()
    form = ProfileForm()
    if form.attempt(commands.edit_customer, customer, by=actor):
        context = {"customer": customer, "profile_form": ProfileForm.showing(customer)}
        return saved("customers/_my_profile.html", back=url_for("my.profile"), **context)
    return refused(
        "customers/_my_profile.html",
        page="customers/my_profile.html",
        form=form,
        now=ProfileForm.showing(customer),
        customer=customer,
        profile_form=form,
    )


def own_customer() -> Customer:
    return db.session.get_one(Customer, actor.customer_id)
