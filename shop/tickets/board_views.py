"""Today's board: where every car is, at a glance."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request, url_for

from shop.common.clock import now, this_minute
from shop.common.stamps import Topic, remembered, stamp
from shop.mechanics.queries import everybody
from shop.settings.queries import present_rates, rates_or_standard, shop_rules
from shop.tickets import commands
from shop.tickets.board import board as read_board
from shop.tickets.finding import find_ticket
from shop.tickets.forms import BoardFilterForm, MoveForm
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.respond import Answer, done, page, page_or_fragment, unchanged, wants_fragment


@desk.get("/")
def board() -> Answer:
    if request.args.get("seen") == board_stamp():
        return unchanged()
    context = {"standard_labour_cents": standard_labour_cents(), **board_context()}
    return page_or_fragment("tickets/board.html", "tickets/_board.html", **context)


@desk.post("/board/<id:ticket_id>/moves")
def board_moves(ticket_id: int) -> Answer:
    """Move a card. What spoke against it is said over the board, which shows how things are now."""
    form = MoveForm()
    ticket = find_ticket(ticket_id)
    is_done = form.attempt(commands.move, ticket, by=actor)
    sentence = f"{ticket.label} moved to {ticket.status.title}." if is_done else form.first_error
    if not wants_fragment():
        back = url_for("desk.board", mechanic=request.args.get("mechanic"))
        return done(back, sentence, "done" if is_done else "error")
    context = board_context(said=sentence, is_bad_news=not is_done)
    return page("tickets/_board.html", status=200 if is_done else form.refused_status, **context)


def board_context(*, said: str | None = None, is_bad_news: bool = False) -> dict[str, Any]:
    """What the board wants; ``seen`` is read before the cards, so that a poll can only ask once too often."""
    seen = board_stamp()
    form = BoardFilterForm.read(request.args, mechanics=everybody())
    columns = read_board(mechanic_id=form.mechanic_id)
    return {
        "seen": seen,
        "form": form,
        "columns": columns,
        "said": said,
        "is_bad_news": is_bad_news,
        "untouched_before": this_minute() - timedelta(hours=shop_rules().untouched_hours),
    }


def standard_labour_cents() -> int | None:
    """What an hour is charged at while nobody has said what the shop charges, for the one who can; else None."""

    def build() -> int | None:
        return None if present_rates() else rates_or_standard(None).labour_cents

    return remembered(Topic.SETTINGS, "standard labour", build=build) if actor.is_owner else None


def board_stamp() -> str:
    """What the board shows depends on the tickets and, because of words such as "in 40 min", on the minute."""
    return f"{stamp(Topic.TICKETS)}-{now():%H%M}"
