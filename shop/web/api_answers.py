"""What the JSON API answers: single things with their ETag, lists with their links, and nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Response, current_app, jsonify, request

from shop.common.paging import Slice, to_cursor
from shop.common.transaction import lock
from shop.web.errors import Refusal
from shop.web.schemas import MAX_DEPTH, Asked, Row

Json = dict[str, Any]
Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Listing:
    """A stretch of a list; ``rows`` are JSON as text, ``after`` is the cursor behind the last one, None at the end."""

    rows: Sequence[str]
    total: int
    after: str | None


def read_listing(
    row: type[Row],
    asked: Asked,
    *,
    total: int,
    page: Callable[..., Sequence[Any]],
    stretch: Callable[..., Slice[Any]],
) -> Listing:
    """Read what was asked for, by number or by cursor, from a list that comes newest first by id.

    ``page`` takes ``number`` and ``size``, ``stretch`` takes ``size`` and ``after``.
    """
    if asked.after is None:
        rows = page(number=asked.page, size=asked.per_page)
        is_more = asked.page * asked.per_page < total
        after = to_cursor([rows[-1].id]) if rows and is_more else None
    else:
        found = stretch(size=asked.per_page, after=asked.after or None)
        rows, after = found.items, found.after
    return Listing([_spelt(row, each) for each in rows], total, after)


@lru_cache(4000)
def _spelt(kind: type[Row], row: Any) -> str:
    """A row as it travels. It is a plain value, so that what was spelt once need not be spelt again."""
    return current_app.json.dumps(kind.of(row))


def shown(body: Any) -> Response:
    """A single thing or a short list as it is now; 304 without a body for a program that has it already."""
    return _conditional(jsonify(body))


def shown_each(row: type[Row], things: Iterable[Any]) -> Response:
    """A short list of plain values, each of which is spelt once."""
    body = f"[{','.join(_spelt(row, each) for each in things)}]\n"
    return _conditional(Response(body, mimetype="application/json"))


def shown_whole(rows: Sequence[Json]) -> Response:
    """All rows of a list that is too short for pages."""
    response = jsonify(rows)
    response.headers["X-Total-Count"] = str(len(rows))
    return _conditional(response)


def created(body: Json, *, at: str, **more: Any) -> Response:
    """A new thing, and where it is from now on; ``more`` is told this once and is no part of it."""
    response = jsonify({**body, **more})
    response.status_code = 201
    response.headers["Location"] = at
    response.set_etag(_tag(jsonify(body)))
    return response


def gone() -> Response:
    """It is archived; there is nothing more to say."""
    return Response(status=204)


def listed(listing: Listing, asked: Asked) -> Response:
    """A plain array of rows."""
    return _list_answer(f"[{','.join(listing.rows)}]\n", listing, asked)


def listed_in_page(listing: Listing, asked: Asked) -> Response:
    """The rows in an object that tells the page and the totals."""
    place = {
        "page": asked.page,
        "per_page": asked.per_page,
        "total": listing.total,
        "pages": -(-listing.total // asked.per_page),
    }
    body = f'{{"items":[{",".join(listing.rows)}],{current_app.json.dumps(place)[1:]}\n'
    return _list_answer(body, listing, asked)


def check_if_match(
    row_of: Callable[[Subject], Json], subject: Subject, *, hold: Callable[[Subject], object] = lock
) -> None:
    """Raises Refusal 412 when the program wants to change a thing that is no longer what it saw.

    Call it inside the transaction of the change: ``hold`` sees to it that nobody else can change the thing in between.
    """
    if "If-Match" not in request.headers:
        return
    hold(subject)
    if not request.if_match.contains(_tag(jsonify(row_of(subject)))):
        raise Refusal(412, "Somebody changed this since you read it. Read it again and repeat your change.")


def _list_answer(body: str, listing: Listing, asked: Asked) -> Response:
    response = Response(body, mimetype="application/json")
    response.headers["X-Total-Count"] = str(listing.total)
    links = _links(listing, asked)
    if links:
        response.headers["Link"] = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items())
    return _conditional(response)


def _links(listing: Listing, asked: Asked) -> dict[str, str]:
    """Where to go on: by number, and by cursor where numbers end or a cursor was used."""
    by_cursor = {"next": _url(asked, after=listing.after)} if listing.after else {}
    if asked.after is not None:
        return {"first": _url(asked, after=""), **by_cursor}
    last = -(-listing.total // asked.per_page) or 1
    deepest = MAX_DEPTH // asked.per_page
    links = {"first": _url(asked, page=1)}
    if asked.page > 1:
        links["prev"] = _url(asked, page=min(asked.page - 1, last))
    if asked.page < min(last, deepest):
        links["next"] = _url(asked, page=asked.page + 1)
    elif asked.page < last:
        links |= by_cursor
    if last <= deepest:
        links["last"] = _url(asked, page=last)
    return links


def _url(asked: Asked, *, page: int | None = None, after: str = "") -> str:
    place = f"after={after}" if page is None else f"page={page}"
    query = f"&{urlencode({'q': asked.q})}" if asked.q else ""
    return f"{request.path}?{place}&per_page={asked.per_page}{query}"


def _tag(response: Response) -> str:
    return hashlib.sha256(response.get_data()).hexdigest()[:32]


def _conditional(response: Response) -> Response:
    tag = _tag(response)
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization"
    if request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(tag):
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Type"]
    return response
