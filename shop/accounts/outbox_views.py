"""The outbox at the desk: which letters are waiting, gone, or stuck."""

from __future__ import annotations

from dataclasses import replace

from flask import current_app, request

from shop.accounts import queries
from shop.accounts.links import as_reached
from shop.accounts.models import LetterKind
from shop.accounts.queries import LetterRow
from shop.config import Settings
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.lists import further
from shop.web.nav import MenuEntry, menu
from shop.web.page_context import has_demo_data
from shop.web.respond import Answer, page

menu(MenuEntry("desk", "Outbox", "mail", "desk.outbox", position=70))


@desk.get("/outbox")
def outbox() -> Answer:
    settings: Settings = current_app.config["SETTINGS"]
    rows = queries.outbox(
        readable=_readable(settings), after=request.args.get("after"), before=request.args.get("before")
    )
    rows = replace(rows, items=[_as_reached_here(letter) for letter in rows.items])
    return page("accounts/outbox.html", rows=rows, further=further(rows))


def _as_reached_here(letter: LetterRow) -> LetterRow:
    return replace(letter, body=letter.body and as_reached(letter.body, request.host_url))


def _readable(settings: Settings) -> frozenset[LetterKind]:
    """The kinds of letter whose text may be read here: it holds a link by which one signs in as somebody else.

    In the demo all of them. A shop without a mail server must hand its links over by other means: those to estimates
    the desk, which makes them; invitations the owner, who could make these accounts anew as well.
    """
    if has_demo_data():
        return frozenset(LetterKind)
    if settings.smtp_url is not None:
        return frozenset()
    return frozenset({LetterKind.ESTIMATE, LetterKind.INVITATION} if actor.is_owner else {LetterKind.ESTIMATE})
