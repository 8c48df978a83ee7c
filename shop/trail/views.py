"""The owner's page of everything that happened in the shop."""

from __future__ import annotations

from flask import request

from shop.common.roles import OWNER
from shop.trail import queries
from shop.trail.forms import TrailFilterForm
from shop.web.doors import desk
from shop.web.guards import allow
from shop.web.lists import further, same_list
from shop.web.nav import MenuEntry, menu
from shop.web.respond import Answer, page_or_fragment

SIZE = 50
COLUMNS = [
    {"label": "Who", "kind": "tight"},
    {"label": "What", "kind": "wide"},
    {"label": "About"},
    {"label": "When", "kind": "tight"},
    {"label": "More", "kind": "actions", "hide": True},
]

menu(MenuEntry("desk", "History", "history", "desk.audit", position=75, roles=OWNER))


@desk.get("/audit")
@allow(OWNER)
def audit() -> Answer:
    form = TrailFilterForm.read(request.args, people=_people())
    rows = queries.listed(form.chosen, size=SIZE, after=request.args.get("after"), before=request.args.get("before"))
    return page_or_fragment(
        "audit/trail.html",
        "audit/_trail.html",
        form=form,
        chosen=form.chosen,
        rows=rows,
        columns=COLUMNS,
        further=further(rows),
        about=queries.thing(form.chosen.about) if form.chosen.about else None,
        about_everything=same_list(about=None),
    )


def _people() -> tuple[tuple[int, str], ...]:
    """The staff, and whoever else the address asks about."""
    staff = queries.staff_names()
    who = request.args.get("who", "")
    if who.isascii() and who.isdigit() and len(who) < 10 and int(who) not in dict(staff):
        name = queries.name_of(int(who))
        return (*staff, (int(who), name)) if name else staff
    return staff
