"""Every refusal and every failure, as a page, a fragment or a problem, by where the request was going."""

from __future__ import annotations

import errno
import re
import time
from collections import defaultdict
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, make_response, redirect, render_template, request
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from shop.common.database import is_broken_rule, is_lost_race, told_without_data
from shop.common.errors import Conflict, RuleBroken, StaleEdit, TooManyTries
from shop.common.transaction import read_only
from shop.config import ROOT
from shop.extensions import limiter
from shop.web.guards import NotACustomer, account_at_the_door
from shop.web.request_id import request_id
from shop.web.resend import hand_back
from shop.web.respond import page_before

API_NOUNS = frozenset({"customers", "mechanics", "service_tickets", "inventory"})
_FOR_PROGRAMS = frozenset({"openapi.json", "healthz", "readyz"})

#: What each page says: the title, and what to do next.
WORDS = {
    400: ("This request can't be read", "Go back, load the page again and try once more."),
    401: ("Sign in first", "Your sign-in has ended. Sign in and go on where you were."),
    403: ("This is not for your account", "If you need it, ask the shop's owner to give your account that role."),
    404: ("There is nothing here", "The address is wrong, or what was here is not yours to see or is gone."),
    405: ("This address only takes what a form sends", "Nothing was done. Go on at the page that the form stands on."),
    409: ("Something changed meanwhile", "Load the page again to see how it is now."),
    412: ("Somebody changed it meanwhile", "Read it again and repeat your change."),
    413: ("That is too large", "Send less at once."),
    415: ("This kind of content is not understood", "Send application/json."),
    422: ("Something is missing or wrong", "Correct what is marked and send it again."),
    429: ("Too many tries", "Wait a little, then try again."),
    500: (
        "Something went wrong on our side",
        "Nothing was saved. Try again; if it stays, tell the shop the number below.",
    ),
    503: ("The shop's computer is busy", "Nothing was lost. Try again in a moment."),
}

_WITHOUT_TEMPLATE = Markup("<!doctype html><title>{title}</title><h1>{title}</h1><p>{detail}</p><p>{request_id}</p>")

#: What a machine says that has no file handle, room or memory left for the moment, or whose disk can't be written.
_IN_TROUBLE = {errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOMEM}

SEAL_LOST = "Nothing was saved. Go one step back, copy what you typed, load the page again and send it once more."

NOT_LINKED = "Your account is not linked to a customer, so there are no repairs of your own to show."

JSON_PROBLEM = "application/problem+json"

#: What is so, and what to do next: parted by the last full stop that does not belong to a name such as Dr. J. Tanaka.
_TWO_SENTENCES = re.compile(r"(.*\w{3}\W?)\. (.*)", re.DOTALL)


class Refusal(Exception):
    """A refusal of the JSON API that says more than its status: a sentence, and perhaps the sentences by field."""

    def __init__(self, status: int, detail: str, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors


def is_for_the_api() -> bool:
    """True for the four nouns and the addresses about the service itself: they speak JSON even when they fail."""
    first, _, rest = request.path[1:].partition("/")
    return first in API_NOUNS or (first in _FOR_PROGRAMS and not rest)


def install_errors(app: Flask) -> None:
    """Register after flask-smorest, whose own handler would turn every page's 404 into JSON."""
    for kind, handle in (
        (HTTPException, _http),
        (Refusal, _refusal),
        (RuleBroken, _rule_broken),
        (Conflict, _conflict),
        (TooManyTries, _too_many_tries),
        (RateLimitExceeded, _rate_limited),
        (CSRFError, _csrf),
        (IntegrityError, _integrity),
        (OperationalError, _database_away),
        (InterfaceError, _database_away),
        (PoolTimeout, _database_away),
        (OSError, _machine_in_trouble),
        (Exception, _unexpected),
    ):
        app.register_error_handler(kind, handle)


def problem(status: int, detail: str, errors: dict[str, list[str]] | None = None) -> Response:
    """RFC 9457; ``errors`` holds the sentences by field, ``request_id`` finds the log line."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": request_id(),
    }
    if errors:
        body["errors"] = errors
    response = jsonify(body)
    response.status_code = status
    response.mimetype = JSON_PROBLEM
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="shop"'
    return response


def failure(
    status: int, detail: str | None = None, errors: dict[str, list[str]] | None = None, **words: Any
) -> Response:
    """A refusal or failure in the form that was asked for; ``words`` are what its page says beside or instead."""
    title, advice = WORDS.get(status, (HTTPStatus(status).phrase, "Go back and try again."))
    if is_for_the_api():
        return problem(status, detail or f"{title}.", errors)
    if status < 500:
        read_only()  # nobody waits for the database while a page is drawn
    else:
        g.pop("actor", None)
        g.database_is_away = True  # perhaps; the page is drawn without it in any case
    is_fragment = request.headers.get("HX-Request") == "true"
    template = "errors/_fragment.html" if is_fragment else _page_for(status)
    words = {"title": title, "detail": advice if detail is None else detail, **words}
    try:
        html = render_template(template, status=status, request_id=request_id(), **words)
    except OSError:  # not even the template can be opened
        html = _WITHOUT_TEMPLATE.format(**words, request_id=request_id())
    response = make_response(html, status)
    if is_fragment:
        response.headers["HX-Retarget"] = "#flash"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _page_for(status: int) -> str:
    return f"errors/{status}.html" if status in _WITH_A_PAGE else "errors/_page.html"


#: Statuses that have a page of their own, looked up once: the folder can't be read where no file can be opened.
_WITH_A_PAGE = frozenset(int(path.stem) for path in (ROOT / "templates" / "errors").glob("[0-9]*.html"))


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    if code < 400:
        return make_response(error.get_response())
    words: dict[str, Any] = {"above": above} if code == 405 and (above := _page_above()) else {}
    response = failure(code, NOT_LINKED if isinstance(error, NotACustomer) else None, **words)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _page_above() -> str | None:
    """Where a form stands that sends to this address: the nearest page above it.

    Its answer keeps this address in the browser where no script runs, so that loading it once more asks for it.
    """
    addresses, above = current_app.create_url_adapter(request), request.path
    while addresses and (above := above.rpartition("/")[0]):
        try:
            addresses.match(above, method="GET")
        except HTTPException:
            continue
        return above
    return None


def _refusal(error: Refusal) -> Response:
    return problem(error.status, error.detail, error.errors)


def _rule_broken(error: RuleBroken) -> Response:
    errors: defaultdict[str, list[str]] = defaultdict(list)
    for each in (error, *error.others):
        if each.field:
            errors[each.field].append(each.message)
    return failure(422, error.message, errors or None)


def _conflict(error: Conflict) -> Response:
    if isinstance(error, StaleEdit) or is_for_the_api():
        return failure(409, error.message)
    sentences = _TWO_SENTENCES.fullmatch(error.message)
    title, detail = sentences.groups() if sentences else (error.message, "")
    return failure(409, title=title.rstrip("."), detail=detail, back=page_before(), ticket_id=error.ticket_id)


def _too_many_tries(error: TooManyTries) -> Response:
    response = failure(429, error.message)
    response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _rate_limited(error: RateLimitExceeded) -> Response:
    limit = limiter.current_limit
    wait = max(1, int(limit.reset_at - time.time()) + 1) if limit else 60
    return _too_many_tries(TooManyTries(wait))


def _csrf(error: CSRFError) -> Response:
    account = account_at_the_door()
    if (handed_back := hand_back(account)) is not None:
        return handed_back
    if request.path == "/logout" and account is None:
        return make_response(redirect("/login", 303))
    return failure(400, title="Your sign-in changed in another window", detail=SEAL_LOST)


def _integrity(error: IntegrityError) -> Response:
    if not is_lost_race(error):
        return _unexpected(error)
    current_app.logger.warning("Refused by the database: %s", told_without_data(error))
    return failure(409, "Somebody else saved the same thing at the same moment. Load it again and repeat your change.")


def _database_away(error: Exception) -> Response:
    if isinstance(error, OperationalError) and is_broken_rule(error):
        return _unexpected(error)
    words = told_without_data(error) if isinstance(error, DBAPIError) else str(error)
    current_app.logger.error("The database does not answer: %s", words)
    return _try_again_soon()


def _machine_in_trouble(error: OSError) -> Response:
    if error.errno not in _IN_TROUBLE:
        return _unexpected(error)
    current_app.logger.error("This machine is in trouble: %s", error.strerror)
    return _try_again_soon()


def _try_again_soon() -> Response:
    response = failure(503)
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> Response:
    current_app.logger.error("Unexpected: %s", type(error).__name__, exc_info=error)
    return failure(500)
