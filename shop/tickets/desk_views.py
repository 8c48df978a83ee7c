"""The ticket page at the desk, and everything that is done on it."""

from __future__ import annotations

from flask import url_for

from shop.extensions import db
from shop.mechanics.models import Mechanic
from shop.tickets import commands
from shop.tickets.finding import find_ticket, find_whole_ticket
from shop.tickets.forms import DetailsForm, MechanicForm, MoveForm, TicketForm
from shop.tickets.ticket_page import (
    ABOUT,
    DETAILS,
    ESTIMATE,
    HEAD,
    JOBS,
    MECHANICS,
    MONEY,
    TIMELINE,
    changed,
    mechanics_on_duty,
    show_context,
    turned_down,
)
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.guards import found
from shop.web.respond import Answer, done, page, page_or_fragment


@desk.get("/tickets/<id:ticket_id>")
def ticket(ticket_id: int) -> Answer:
    return page("tickets/show.html", **show_context(ticket_id))


@desk.get("/tickets/<id:ticket_id>/details")
def ticket_edit(ticket_id: int) -> Answer:
    form = DetailsForm.of(find_ticket(ticket_id), formdata=None)
    return page_or_fragment("tickets/show.html", DETAILS, **show_context(ticket_id, details_form=form))


@desk.post("/tickets/<id:ticket_id>/details")
def ticket_save(ticket_id: int) -> Answer:
    ticket = find_ticket(ticket_id)
    form = DetailsForm.of(ticket)
    if form.attempt(commands.edit_ticket, ticket, by=actor):
        return changed(ticket_id, DETAILS, also=[HEAD, ABOUT, TIMELINE])
    return turned_down(ticket_id, DETAILS, form, now=DetailsForm.of(ticket, formdata=None), details_form=form)


@desk.post("/tickets/<id:ticket_id>/moves")
def ticket_moves(ticket_id: int) -> Answer:
    form = MoveForm()
    if form.attempt(commands.move, find_ticket(ticket_id), by=actor):
        return changed(ticket_id, HEAD, also=[DETAILS, JOBS, MONEY, ESTIMATE, MECHANICS, TIMELINE])
    return turned_down(ticket_id, HEAD, form, move_form=form)


@desk.post("/tickets/<id:ticket_id>/mechanics")
def ticket_mechanics(ticket_id: int) -> Answer:
    form = MechanicForm.among(mechanics_on_duty())
    if form.attempt(commands.change_mechanics, find_ticket(ticket_id), by=actor):
        return changed(ticket_id, MECHANICS, also=[TIMELINE])
    return turned_down(ticket_id, MECHANICS, form, mechanic_form=form)


@desk.post("/tickets/<id:ticket_id>/mechanics/<id:mechanic_id>/remove")
def ticket_mechanic_remove(ticket_id: int, mechanic_id: int) -> Answer:
    mechanic = found(db.session.get(Mechanic, mechanic_id))
    form = TicketForm()
    if form.attempt(commands.change_mechanics, find_ticket(ticket_id), remove=[mechanic], by=actor):
        return changed(ticket_id, MECHANICS, also=[TIMELINE])
    return turned_down(ticket_id, MECHANICS, form)


@desk.post("/tickets/<id:ticket_id>/comeback")
def ticket_comeback(ticket_id: int) -> Answer:
    ticket = commands.open_comeback(find_ticket(ticket_id), by=actor)
    return done(url_for("desk.ticket", ticket_id=ticket.id), f"{ticket.label} is open, its labour at nothing.")


@desk.post("/tickets/<id:ticket_id>/archive")
def ticket_archive(ticket_id: int) -> Answer:
    ticket = find_ticket(ticket_id)
    commands.archive_ticket(ticket, by=actor)
    return done(url_for("desk.tickets"), f"{ticket.label} is archived.")


@desk.post("/tickets/<id:ticket_id>/restore")
def ticket_restore(ticket_id: int) -> Answer:
    ticket = commands.restore_ticket(find_whole_ticket(ticket_id), by=actor)
    return done(url_for("desk.ticket", ticket_id=ticket.id), f"{ticket.label} is back.")
