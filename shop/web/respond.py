"""Answers: one call makes a page, a fragment or a redirect, whichever was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Response, flash, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from shop.web.forms import ShopForm
from shop.web.next_page import own_page
from shop.web.stale import compare

Answer = Response | BaseResponse


def wants_fragment() -> bool:
    """True when htmx asked for a part of a page rather than a browser for the whole of it."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-Request-Type", "partial") == "partial"


def page(template: str, *, status: int = 200, **context: Any) -> Answer:
    return make_response(render_template(template, **context), status)


def page_or_fragment(template: str, fragment: str, **context: Any) -> Answer:
    """A list with its filters: htmx gets the list alone, under the same address."""
    response = page(fragment if wants_fragment() else template, **context)
    response.headers.add("Vary", "HX-Request")
    return response


def saved(fragment: str, *, back: str, also: Sequence[str] = (), message: str = "Saved.", **context: Any) -> Answer:
    """What was asked is done: the fragments that changed, or the way back to the page with a word of thanks.

    ``fragment`` replaces its own element; those in ``also`` find theirs by id, because they are rendered with
    ``oob`` true.
    """
    if not wants_fragment():
        return done(back, message)
    parts = [render_template(fragment, just_saved=True, **context)]
    parts += [render_template(name, oob=True, **context) for name in also]
    return make_response("\n".join(parts))


def done(back: str, message: str = "Saved.", category: str = "done") -> Answer:
    """Done, and on to another page, which says so."""
    flash(message, category)
    if wants_fragment():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = back
        return response
    return redirect(back, 303)


def drawn_anew(message: str) -> Answer:
    """Nothing was left to do: the page as it is now."""
    if not wants_fragment():
        return done(page_before(), message)
    response = make_response("", 204)
    response.headers["HX-Refresh"] = "true"
    return response


def refused(fragment: str, *, page: str, form: ShopForm, now: ShopForm | None = None, **context: Any) -> Answer:
    """It was not done: the same form again, with what was typed and the reason at its field.

    What stands in the way of the whole (see ``ButtonForm``) is for the fragment alone, in ``refusals`` by its name.
    When somebody else saved first (``form.is_stale``), both versions are shown side by side instead, to choose from
    field by field; ``now`` is the form filled with what is stored.
    """
    if form.is_stale and now is not None:
        is_part = wants_fragment()
        template = "errors/_stale.html" if is_part else "errors/stale.html"
        differences = compare(form, now, request.form)
        address = request.full_path.rstrip("?")
        words = {"form": form, "now": now, "differences": differences, "address": address, "back": page_before()}
        return make_response(render_template(template, is_part=is_part, **words), 409)
    context.setdefault("refusals", {fragment: form.refusal})
    return make_response(render_template(fragment if wants_fragment() else page, **context), form.refused_status)


def unchanged() -> Answer:
    """Nothing is new since the stamp that a polling page sent along."""
    return make_response("", 204)


def page_before() -> str:
    """The page that the form was on, as far as the browser says."""
    try:
        before = urlsplit(request.referrer or "")
    except ValueError:
        return "/"
    return own_page(before.path + (f"?{before.query}" if before.query else ""), "/")
