"""The roster for programs."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Flask, Response, url_for

from shop.common.roles import OWNER, STAFF
from shop.common.transaction import transaction
from shop.extensions import db
from shop.mechanics import commands, queries
from shop.mechanics.models import Mechanic
from shop.mechanics.queries import MechanicFilter, Sort
from shop.mechanics.schemas import MechanicChanges, MechanicSchema, NewMechanic
from shop.web.actor import actor
from shop.web.api import ApiBlueprint
from shop.web.api_answers import Json, check_if_match, created, gone, listed, read_listing, shown
from shop.web.guards import allow, found
from shop.web.schemas import Asked

mechanics = ApiBlueprint("mechanics", noun="mechanics", about="The roster of mechanics.")


@mechanics.get("/")
@allow(STAFF)
@mechanics.lists(MechanicSchema)
def index(asked: Asked) -> Response:
    """The mechanics, newest first."""
    chosen = MechanicFilter(q=asked.q, sort=Sort.NEWEST)
    rows = read_listing(
        MechanicSchema,
        asked,
        total=queries.how_many(chosen),
        page=partial(queries.page_of, chosen),
        stretch=partial(queries.listed, chosen),
    )
    return listed(rows, asked)


@mechanics.post("/")
@allow(OWNER)
@mechanics.reads(NewMechanic)
@mechanics.gives(201, MechanicSchema)
def add(values: dict[str, Any]) -> Response:
    """Put somebody on the roster."""
    mechanic = commands.add_mechanic(**values, by=actor)
    return created(row_of(mechanic), at=url_for("mechanics.show", mechanic_id=mechanic.id))


@mechanics.get("/<id:mechanic_id>")
@allow(STAFF)
@mechanics.gives(200, MechanicSchema)
def show(mechanic_id: int) -> Response:
    """One mechanic."""
    return shown(row_of(find_mechanic(mechanic_id)))


@mechanics.put("/<id:mechanic_id>")
@allow(OWNER)
@mechanics.reads(MechanicChanges)
@mechanics.gives(200, MechanicSchema)
def change(values: dict[str, Any], mechanic_id: int) -> Response:
    """Replace the values given, and only those."""
    mechanic = find_mechanic(mechanic_id)
    with transaction():
        check_if_match(row_of, mechanic)
        commands.edit_mechanic(mechanic, by=actor, **values)
    return shown(row_of(mechanic))


@mechanics.delete("/<id:mechanic_id>")
@allow(OWNER)
@mechanics.gives(204)
def archive(mechanic_id: int) -> Response:
    """Take somebody off the roster; the work done stays in the books."""
    mechanic = find_mechanic(mechanic_id)
    with transaction():
        check_if_match(row_of, mechanic)
        commands.archive_mechanic(mechanic, by=actor)
    return gone()


def find_mechanic(mechanic_id: int) -> Mechanic:
    return found(db.session.scalar(queries.visible_to(actor).where(Mechanic.id == mechanic_id)))


def row_of(mechanic: Mechanic) -> Json:
    return MechanicSchema.of(mechanic)


def install(app: Flask) -> None:
    mechanics.open(app)
