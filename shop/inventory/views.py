"""The desk's pages of parts: the list with its quick add, and the page of one part."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from shop.audit.actions import Action
from shop.audit.queries import timeline
from shop.common.open_work import open_work_of
from shop.extensions import db
from shop.inventory import commands, queries
from shop.inventory.forms import CountForm, PartFilterForm, PartForm, QuickAddForm, ReceiveForm, ScrapForm
from shop.inventory.models import Part
from shop.inventory.queries import PartFilter
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.forms import ButtonForm
from shop.web.guards import found
from shop.web.lists import further, sortable
from shop.web.nav import MenuEntry, menu
from shop.web.respond import Answer, done, page_or_fragment, refused, saved

LIST_SIZE = 50
LIST_CHANGED = '{"parts-changed": {"target": "#parts-list"}}'  # the list reads itself again, as it is narrowed now

menu(
    MenuEntry(
        "desk",
        "Inventory",
        "package",
        "desk.inventory",
        position=40,
        covers=("desk.inventory", "desk.part"),
        count=queries.how_many_low,
    )
)


@desk.get("/inventory")
def inventory() -> Answer:
    add_form = QuickAddForm.blank() if "add" in request.args else None
    return page_or_fragment("inventory/list.html", "inventory/_list.html", **list_context(add_form=add_form))


@desk.post("/inventory")
def inventory_add() -> Answer:
    form = QuickAddForm()
    if form.attempt(commands.add_part, by=actor):
        context = list_context(add_form=QuickAddForm.blank(), added=form.result)
        message = f"{form.result.name} is on the list."
        also, back = ["inventory/_list_head.html"], url_for(".inventory", add=1)
        answer = saved("inventory/_quick_add.html", also=also, back=back, message=message, **context)
        answer.headers["HX-Trigger"] = LIST_CHANGED
        return answer
    return refused("inventory/_quick_add.html", page="inventory/list.html", form=form, **list_context(add_form=form))


@desk.get("/inventory/<id:part_id>")
def part(part_id: int) -> Answer:
    part = find_part(part_id)
    form = PartForm.showing(part) if "edit" in request.args and not part.is_archived else None
    return page_or_fragment("inventory/part.html", "inventory/_facts.html", **part_context(part, part_form=form))


@desk.post("/inventory/<id:part_id>")
def part_edit(part_id: int) -> Answer:
    part = find_part(part_id)
    form = PartForm()
    if form.attempt(commands.edit_part, part, by=actor):
        also = ["inventory/_head.html", "inventory/_shelf.html", "audit/_timeline.html"]
        return saved("inventory/_facts.html", also=also, back=_url(part), **part_context(part))
    now = PartForm.showing(part)
    context = part_context(part, part_form=form)
    return refused("inventory/_facts.html", page="inventory/part.html", form=form, now=now, **context)


@desk.post("/inventory/<id:part_id>/receive")
def part_receive(part_id: int) -> Answer:
    part = find_part(part_id)
    form = ReceiveForm()
    if form.attempt(commands.receive, part, by=actor):
        return _moved(part, f"Received {form.quantity.data:,}.")
    return _not_moved(part, receive_form=form)


@desk.post("/inventory/<id:part_id>/count")
def part_count(part_id: int) -> Answer:
    part = find_part(part_id)
    form = CountForm()
    if form.attempt(commands.count, part, by=actor):
        return _moved(part, f"Counted {form.quantity.data:,}.")
    return _not_moved(part, count_form=form)


@desk.post("/inventory/<id:part_id>/scrap")
def part_scrap(part_id: int) -> Answer:
    part = find_part(part_id)
    form = ScrapForm()
    if form.attempt(commands.scrap, part, by=actor):
        return _moved(part, f"Scrapped {form.quantity.data:,}.")
    return _not_moved(part, scrap_form=form)


@desk.post("/inventory/<id:part_id>/archive")
def part_archive(part_id: int) -> Answer:
    part = find_part(part_id)
    form = ButtonForm()
    if form.attempt(commands.archive_part, part, by=actor):
        return done(url_for(".inventory"), f"{part.name} is archived.")
    return refused("inventory/_head.html", page="inventory/part.html", form=form, **part_context(part))


@desk.post("/inventory/<id:part_id>/restore")
def part_restore(part_id: int) -> Answer:
    part = find_part(part_id)
    form = ButtonForm()
    if form.attempt(commands.restore_part, part, by=actor):
        return done(_url(part), f"{part.name} is on the list again.")
    return refused("inventory/_head.html", page="inventory/part.html", form=form, **part_context(part))


def find_part(part_id: int) -> Part:
    """The part, archived or not, or a 404."""
    return found(db.session.scalar(queries.known_to(actor).where(Part.id == part_id)))


def list_context(*, add_form: QuickAddForm | None = None, added: Part | None = None) -> dict[str, Any]:
    """What the list shows; ``added`` is the part that was put there just now."""
    form = PartFilterForm.read(request.args)
    chosen: PartFilter = form.chosen
    parts = queries.listed(chosen, size=LIST_SIZE, after=request.args.get("after"), before=request.args.get("before"))
    return {
        "parts": parts,
        "said": form.said,
        "chosen": chosen,
        "columns": columns(chosen),
        "further": further(parts),
        "totals": queries.totals(),
        "locations": (("", "Every location"), *((place, place) for place in queries.locations())),
        "add_form": add_form,
        "added": added,
    }


def columns(chosen: PartFilter) -> list[dict[str, Any]]:
    present = chosen.sort.value
    return [
        sortable("Part", "name", present),
        sortable("SKU", "sku", present),
        {"label": "Location", "kind": "hidden-middle"},
        sortable("Available / on hand", "on_hand", present, kind="number"),
        {"label": "Minimum"},
        sortable("Price", "price", present, kind="number"),
        {"label": "Actions", "kind": "actions hidden-middle", "hide": True},
    ]


def part_context(part: Part, *, part_form: PartForm | None = None, **move_forms: Any) -> dict[str, Any]:
    """What the page of a part shows; forms that were not refused are drawn afresh."""
    moves = queries.moves(part, after=request.args.get("after"), before=request.args.get("before"))
    return {
        "part": part,
        "part_form": part_form,
        "open_tickets": open_work_of(part),
        "receive_form": ReceiveForm.blank(),
        "count_form": CountForm.blank(),
        "scrap_form": ScrapForm.blank(),
        "moves": moves,
        "further": further(moves),
        "timeline": timeline(part, without=[Action.PART_MOVED]),
        **move_forms,
    }


def _moved(part: Part, message: str) -> Answer:
    also = ["inventory/_moves.html"]
    return saved("inventory/_shelf.html", also=also, back=_url(part), message=message, **part_context(part))


def _not_moved(part: Part, **refused_form: Any) -> Answer:
    (form,) = refused_form.values()
    context = part_context(part, **refused_form)
    return refused("inventory/_shelf.html", page="inventory/part.html", form=form, **context)


def _url(part: Part) -> str:
    return url_for(".part", part_id=part.id)
