"""A double click or a request that is sent again has one effect; the second one gets the first one's answer.

A program gets it word for word. Of a page nothing is kept but where it led; the browser draws it anew.

Every form carries a random ``form_key``, and a program may send an ``Idempotency-Key``. The key is remembered for a
day together with the change that was made (``common.handled``), apart for each account and route. A refusal is not
remembered, so what was wrong can be corrected and sent with the same key. Requests without a key are left alone.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
import zlib
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask, Response, current_app, flash, g, request, session
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import BadRequest

from shop.common import handled
from shop.common.database import may_write
from shop.common.errors import Conflict
from shop.common.handled import HandledRequest, Handling
from shop.common.transaction import read_only, transaction
from shop.extensions import db
from shop.web.actor import acting_account
from shop.web.errors import Refusal, failure, is_for_the_api
from shop.web.respond import Answer, done, drawn_anew, page_before, wants_fragment

View = TypeVar("View", bound=Callable[..., Any])

SAFE = ("GET", "HEAD", "OPTIONS")
KEY = re.compile(rf"[!-~]{{1,{handled.MAX_KEY}}}")
PAUSE_SECONDS = 0.05

#: What people type to prove who they are, by the names of its fields: nothing that is made of it is ever written down.
SECRETS = frozenset({"password", "present", "new", "again", "own_password", "code", "half"})
UNSIGNED = SECRETS | {"csrf_token"}

#: The headers of an answer that belong to it; all others are written anew.
KEPT_HEADERS = (
    *("Content-Type", "ETag", "Cache-Control", "Vary", "Location"),
    *("HX-Redirect", "HX-Trigger", "HX-Retarget", "HX-Reswap"),
)


def install_once(app: Flask) -> None:
    """Call last, so that an answer that is given again gets the usual headers."""
    app.after_request(_remember)


def repeatable(view: View) -> View:
    """Declare a route whose key is never looked at, because nothing of it may be kept: signing in, passwords."""
    view.is_repeatable = True  # type: ignore[attr-defined]
    return view


def first_answer() -> Answer | None:
    """What this very request was answered before. None when it is new; whatever it changes carries its key then.

    Raises Refusal or Conflict when something else was sent with the key.
    """
    handling = _handling()
    if handling is None or handling.is_kept:
        return None
    before = _find_answered(handling)
    if before is None:
        db.session.info["handling"] = handling
        return None
    db.session.info.pop("handling", None)
    if before.digest != handling.digest:
        _refuse_another()
    return _again(before)


def _handling() -> Handling | None:
    """The key of the present request, with what it goes for; None without one."""
    if request.method in SAFE or request.endpoint is None:
        return None
    if getattr(current_app.view_functions[request.endpoint], "is_repeatable", False):
        return None
    if running := db.session.info.get("handling"):
        return running  # type: ignore[no-any-return]
    key = request.headers.get("Idempotency-Key") if is_for_the_api() else request.form.get("form_key")
    if key is None:
        return None
    if not KEY.fullmatch(key):
        if not is_for_the_api():
            raise BadRequest
        raise Refusal(422, f"An Idempotency-Key has 1 to {handled.MAX_KEY} visible ASCII characters, no blanks.")
    account = acting_account()
    return Handling(account.id if account else 0, request.endpoint, key, _digest(), by=_present_sign_in())


def _find_answered(handling: Handling) -> HandledRequest | None:
    """The request with this key; while the first one is about to be answered, wait for that."""
    before = handled.find(handling)
    while before is not None and before.is_under_way:
        read_only()
        time.sleep(PAUSE_SECONDS)
        may_write.set(True)
        before = handled.find(handling)
    return before


def _present_sign_in() -> str:
    """The role and the sign-in that the request comes by."""
    account, sign_in = acting_account(), g.get("login_session")
    return f"{account.role.value} {sign_in.id if sign_in else 0}" if account else ""


def _digest() -> str:
    """What was sent, beyond recognition for whoever reads the database and does not have the key."""
    path, query = request.path.rstrip("/"), request.query_string.decode("latin-1")
    head = f"{request.method} {path}?{query}\n".encode(errors="surrogatepass")
    sent = hmac.new(current_app.config["HANDLED_KEY"], head, hashlib.sha256)
    if is_for_the_api():
        sent.update(request.get_data())
    else:
        typed = [item for item in request.form.items(multi=True) if item[0] not in UNSIGNED]
        sent.update(urlencode(typed).encode())
    return sent.hexdigest()


def _refuse_another() -> None:
    if is_for_the_api():
        raise Refusal(422, "This Idempotency-Key was used for another request. Take a new one for each.")
    raise Conflict(
        "This form was sent before, with other words, and that was saved. Load the page again to see it and change it."
    )


def _again(before: HandledRequest) -> Answer:
    """What was answered before, in so far as it is known and still for these eyes; else that there is nothing to do."""
    answer = before.answer
    if is_for_the_api():
        if before.status is None or answer.get("by") != _present_sign_in():
            return failure(409, "This was done before, and is not told again. Read how it is now.")
        return Response(zlib.decompress(before.body or b""), before.status, answer["headers"])
    if before.status is None or answer["is_fragment"] != wants_fragment():
        return done(page_before(), "That was already done.")
    if not answer["leads_elsewhere"]:
        return drawn_anew("That was already done.")
    if answer["flash"]:
        category, message = answer["flash"]
        flash(message, category)
    return Response(b"", before.status, answer["headers"])


def _remember(response: Response) -> Response:
    """Write down what a change was answered; a refusal makes room for another try with the key."""
    handling: Handling | None = db.session.info.pop("handling", None)
    if handling is None or response.status_code >= 500:
        return response
    if handling.is_kept:
        try:
            with transaction():
                _write_down(handling, response)
        except SQLAlchemyError as error:  # the change is made; who sends it again hears that it was
            current_app.logger.warning("An answer was not written down: %s", type(error).__name__)
    elif response.status_code >= 400:  # perhaps because the same one was done while this one read
        twin = _find_answered(handling)
        if twin is not None and twin.digest == handling.digest:
            return current_app.make_response(_again(twin))
    return response


def _write_down(handling: Handling, response: Response) -> None:
    """A program's own answer as it is; of a page no more than where it led, for it holds seals and people's data."""
    if response.status_code >= 400:
        handled.forget(handling)
        return
    body = zlib.compress(response.get_data()) if is_for_the_api() else None
    if body is not None and len(body) > handled.MAX_BODY:
        return
    answer = {
        "headers": [(name, response.headers[name]) for name in KEPT_HEADERS if name in response.headers],
        "flash": session.get("_flashes", [None])[-1] if _leads_elsewhere(response) else None,
        "leads_elsewhere": _leads_elsewhere(response),
        "is_fragment": wants_fragment(),
        "by": handling.by,
    }
    handled.write_down(handling, status=response.status_code, answer=answer, body=body)


def _leads_elsewhere(response: Response) -> bool:
    """To a page that shows the word of thanks."""
    return "Location" in response.headers or "HX-Redirect" in response.headers
