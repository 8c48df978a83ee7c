"""A repair behind a link: what its customer sees and answers without signing in, whoever may be signed in besides."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from shop.tickets.links import LinkEnded, open_link
from shop.tickets.models import Channel
from shop.tickets.repair_page import Way, estimate_page, keep_answer, repair_page
from shop.web.errors import failure
from shop.web.guards import anyone
from shop.web.respond import Answer, page, wants_fragment

repair = Blueprint("repair", __name__, url_prefix="/repair")


@repair.get("/<token>")
@anyone
def track(token: str) -> Answer:
    return repair_page(open_link(token), by_link(token))


@repair.post("/<token>/answers")
@anyone
def answers(token: str) -> Answer:
    return keep_answer(lambda: open_link(token), by_link(token), by=None)


@repair.get("/<token>/estimates/<id:number>")
@anyone
def estimate(token: str, number: int) -> Answer:
    return estimate_page(open_link(token), number, by_link(token))


def by_link(token: str) -> Way:
    return Way(Channel.LINK, url_for("repair.track", token=token))


@repair.errorhandler(LinkEnded)
def link_ended(error: LinkEnded) -> Answer:
    if wants_fragment():
        return failure(404, "This link has ended. Please call us.")
    return page("my/link_ended.html", status=404)


@repair.after_request
def keep_to_ourselves(answer: Response) -> Response:
    """Let no other page, no search engine and nobody's log learn the address: it is a key."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
