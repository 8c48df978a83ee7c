"""The roster at the desk; the owner keeps it."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from shop.audit.queries import timeline
from shop.common.open_work import open_work_of
from shop.common.roles import OWNER
from shop.extensions import db
from shop.mechanics import commands, queries
from shop.mechanics.forms import EditMechanicForm, MechanicForm
from shop.mechanics.models import Mechanic
from shop.mechanics.queries import MechanicFilter
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.forms import ButtonForm
from shop.web.guards import allow, found
from shop.web.lists import further
from shop.web.nav import MenuEntry, menu
from shop.web.respond import Answer, done, page, page_or_fragment, refused, saved

menu(MenuEntry("desk", "Mechanics", "wrench", "desk.mechanics", position=50, covers=("desk.mechanic",)))


@desk.get("/mechanics")
def mechanics() -> Answer:
    return page("mechanics/list.html", **list_context())


@desk.post("/mechanics")
@allow(OWNER)
def mechanic_add() -> Answer:
    form = MechanicForm()
    if form.attempt(commands.add_mechanic, by=actor):
        message = f"{form.result.name} is on the roster."
        return saved("mechanics/_roster.html", back=url_for(".mechanics"), message=message, **list_context())
    return refused("mechanics/_roster.html", page="mechanics/list.html", form=form, **list_context(mechanic_form=form))


@desk.get("/mechanics/<id:mechanic_id>")
def mechanic(mechanic_id: int) -> Answer:
    mechanic = find_mechanic(mechanic_id)
    may_edit = actor.is_owner and not mechanic.is_archived
    form = EditMechanicForm.showing(mechanic) if "edit" in request.args and may_edit else None
    context = mechanic_context(mechanic, mechanic_form=form)
    return page_or_fragment("mechanics/mechanic.html", "mechanics/_facts.html", **context)


@desk.post("/mechanics/<id:mechanic_id>")
@allow(OWNER)
def mechanic_edit(mechanic_id: int) -> Answer:
    mechanic = find_mechanic(mechanic_id)
    form = EditMechanicForm()
    if form.attempt(commands.edit_mechanic, mechanic, by=actor):
        also = ["mechanics/_head.html", "audit/_timeline.html"]
        return saved("mechanics/_facts.html", also=also, back=mechanic_url(mechanic), **mechanic_context(mechanic))
    return refused(
        "mechanics/_facts.html",
        page="mechanics/mechanic.html",
        form=form,
        now=EditMechanicForm.showing(mechanic),
        **mechanic_context(mechanic, mechanic_form=form),
    )


@desk.post("/mechanics/<id:mechanic_id>/archive")
@allow(OWNER)
def mechanic_archive(mechanic_id: int) -> Answer:
    mechanic = commands.archive_mechanic(find_mechanic(mechanic_id), by=actor)
    return done(url_for(".mechanics"), f"{mechanic.name} is off the roster.")


@desk.post("/mechanics/<id:mechanic_id>/restore")
@allow(OWNER)
def mechanic_restore(mechanic_id: int) -> Answer:
    mechanic = find_mechanic(mechanic_id)
    form = ButtonForm()
    if form.attempt(commands.restore_mechanic, mechanic, by=actor):
        return done(mechanic_url(mechanic), f"{mechanic.name} is back on the roster.")
    context = mechanic_context(mechanic)
    return refused("mechanics/_head.html", page="mechanics/mechanic.html", form=form, **context)


def find_mechanic(mechanic_id: int) -> Mechanic:
    """The mechanic, still here or not, or a 404."""
    return found(db.session.scalar(queries.known_to(actor).where(Mechanic.id == mechanic_id)))


def list_context(*, mechanic_form: MechanicForm | None = None) -> dict[str, Any]:
    """Who works here, or with ``?left=1`` who did; which of them the address says."""
    has_left = "left" in request.args
    rows = queries.listed(
        MechanicFilter(has_left=has_left), after=request.args.get("after"), before=request.args.get("before")
    )
    here, left = (queries.how_many(MechanicFilter(has_left=each)) for each in (False, True))
    return {
        "rows": rows,
        "further": further(rows),
        "has_left": has_left,
        "count": left if has_left else here,
        "tabs": [
            {"label": "On the roster", "url": url_for(".mechanics"), "current": not has_left, "count": here},
            {"label": "Left", "url": url_for(".mechanics", left=1), "current": has_left, "count": left},
        ],
        "mechanic_form": mechanic_form or MechanicForm.blank(),
    }


def mechanic_context(mechanic: Mechanic, *, mechanic_form: EditMechanicForm | None = None) -> dict[str, Any]:
    return {
        "mechanic": mechanic,
        "account": queries.account_of(mechanic),
        "open_tickets": open_work_of(mechanic),
        "timeline": timeline(mechanic),
        "mechanic_form": mechanic_form,
    }


def mechanic_url(mechanic: Mechanic) -> str:
    return url_for(".mechanic", mechanic_id=mechanic.id)
