"""Parts for programs."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Flask, Response, url_for

from shop.common.roles import DESK, STAFF
from shop.common.transaction import transaction
from shop.extensions import db
from shop.inventory import commands, queries
from shop.inventory.models import Part
from shop.inventory.queries import PartFilter, Sort
from shop.inventory.schemas import NewPart, PartChanges, PartSchema
from shop.web.actor import actor
from shop.web.api import ApiBlueprint
from shop.web.api_answers import Json, check_if_match, created, gone, listed, read_listing, shown
from shop.web.guards import allow, found
from shop.web.schemas import Asked

inventory = ApiBlueprint("inventory", noun="inventory", about="The parts on the shelf.")


@inventory.get("/")
@allow(STAFF)
@inventory.lists(PartSchema)
def index(asked: Asked) -> Response:
    """The parts, newest first."""
    chosen = PartFilter(q=asked.q, sort=Sort.NEWEST)
    rows = read_listing(
        PartSchema,
        asked,
        total=queries.how_many(chosen),
        page=partial(queries.page_of, chosen),
        stretch=partial(queries.listed, chosen),
    )
    return listed(rows, asked)


@inventory.post("/")
@allow(DESK)
@inventory.reads(NewPart)
@inventory.gives(201, PartSchema)
def add(values: dict[str, Any]) -> Response:
    """Put a part on the shop's list, with what is on the shelf already."""
    part = commands.add_part(**values, by=actor)
    return created(row_of(part), at=url_for("inventory.show", part_id=part.id))


@inventory.get("/<id:part_id>")
@allow(STAFF)
@inventory.gives(200, PartSchema)
def show(part_id: int) -> Response:
    """One part."""
    return shown(row_of(find_part(part_id)))


@inventory.put("/<id:part_id>")
@allow(DESK)
@inventory.reads(PartChanges)
@inventory.gives(200, PartSchema)
def change(values: dict[str, Any], part_id: int) -> Response:
    """Replace the values given, and only those.

    A value for `on_hand` is what was counted on the shelf, and is recorded as a count.
    """
    part = find_part(part_id)
    counted = values.pop("quantity", None)
    with transaction():
        check_if_match(row_of, part)
        commands.edit_part(part, by=actor, **values)
        if counted is not None:
            commands.count(part, quantity=counted, by=actor)
    return shown(row_of(part))


@inventory.delete("/<id:part_id>")
@allow(DESK)
@inventory.gives(204)
def archive(part_id: int) -> Response:
    """Take a part off the list once none is left; its history stays."""
    part = find_part(part_id)
    with transaction():
        check_if_match(row_of, part)
        commands.archive_part(part, by=actor)
    return gone()


def find_part(part_id: int) -> Part:
    return found(db.session.scalar(queries.visible_to(actor).where(Part.id == part_id)))


def row_of(part: Part) -> Json:
    return PartSchema.of(part)


def install(app: Flask) -> None:
    inventory.open(app)
