"""The same question gets the same answer while nothing has changed: the page is not made a second time.

Every answer of this shop follows from what the request says, what the database holds and which minute it is. So an
answer to somebody who is signed in is kept, in this process and until the next commit of any process, under *all* that
the request said, its cookie and its token included; nobody can be given what is another's. What must be new every
time is new: the keys of the forms, the id of the request and its line in the log.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request

from shop.common.clock import now
from shop.common.freshness import asked_of
from shop.extensions import db
from shop.web.compression import QUICKLY, Mould
from shop.web.request_id import ID_HEADER, log_request, new_request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MOST_BYTES = 8_000_000

#: Where the route of an answer stands that was made before.
GIVEN_AGAIN = "shop.given_again"

_KEPT_STATUSES = {"200", "204", "304"}
_NOTE = "shop.kept_answer"


@dataclass(frozen=True)
class Kept:
    status: str
    headers: list[tuple[str, str]]
    body: bytes
    form_seal: bytes  # stands in every form key of the page
    account_id: int
    path: str
    route: str
    expires_at: datetime  # the sign-in's end

    @cached_property
    def mould(self) -> Mould:
        """Made when it is first wanted compressed once more."""
        return Mould(self.body, self.form_seal)


def keep_answers(app: Flask) -> None:
    """Put this before the application; call it last."""
    with app.app_context():
        version = asked_of(db.engine)
    app.after_request_funcs.setdefault(None, []).insert(0, _note)
    app.wsgi_app = KeptAnswers(app.wsgi_app, version)  # type: ignore[method-assign]


def form_seal() -> str:
    """What every form key of this answer begins with: random, and made anew whenever the answer is given."""
    if "form_seal" not in g:
        g.form_seal = secrets.token_urlsafe(12)
    return str(g.form_seal)


def form_key() -> str:
    """Another key for every form of a page."""
    g.form_keys = g.get("form_keys", 0) + 1
    return f"{form_seal()}{g.form_keys}"


class KeptAnswers:
    def __init__(self, app: Callable[..., Iterable[bytes]], version: Callable[[], object | None]) -> None:
        self._app = app
        self._version = version
        self._lock = threading.Lock()
        self._mark: object = None
        self._kept: dict[tuple[Any, ...], Kept] = {}
        self._bytes = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET" or not ("HTTP_COOKIE" in environ or "HTTP_AUTHORIZATION" in environ):
            return self._app(environ, start_response)
        started = time.perf_counter()
        moment = now()
        with self._lock:
            version = self._version()
        if version is None:
            return self._app(environ, start_response)
        mark, key = (version, moment.replace(second=0, microsecond=0)), _all_that_is_said(environ)
        kept = self._kept.get(key) if mark == self._mark else None
        if kept is not None and moment < kept.expires_at:
            return _given_again(kept, started, environ, start_response)
        return self._keep(mark, key, environ, start_response)

    def _keep(
        self, mark: object, key: tuple[Any, ...], environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Let the application answer. Its answer is as new as ``mark`` or newer, since that was asked for before."""
        told: list[Any] = []

        def listen(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            told[:] = status, headers
            return start_response(status, headers, *error)

        answer = self._app(environ, listen)
        note = environ.get(_NOTE)
        if note is None or told[0][:3] not in _KEPT_STATUSES or any(name == "Set-Cookie" for name, _ in told[1]):
            return answer
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        headers = [(name, value) for name, value in told[1] if name != ID_HEADER]
        self._put(mark, key, Kept(told[0], headers, body, **note))
        return [body]

    def _put(self, mark: object, key: tuple[Any, ...], kept: Kept) -> None:
        with self._lock:
            if mark != self._mark:
                self._mark, self._kept, self._bytes = mark, {}, 0
            if self._bytes + len(kept.body) <= MOST_BYTES:
                self._kept[key] = kept
                self._bytes += len(kept.body)


def _note(response: Response) -> Response:
    """Tell the layer outside who was answered; without this note nothing is kept."""
    sign_in = g.get("login_session")
    if g.get("account_id") is not None and sign_in is not None and not response.is_streamed:
        request.environ[_NOTE] = {
            "form_seal": form_seal().encode(),
            "account_id": g.account_id,
            "path": request.path,
            "route": request.url_rule.rule if request.url_rule else "none",
            "expires_at": sign_in.expires_at,
        }
    return response


def _all_that_is_said(environ: WSGIEnvironment) -> tuple[Any, ...]:
    head = (
        environ.get(name) for name in ("PATH_INFO", "QUERY_STRING", "SCRIPT_NAME", "REMOTE_ADDR", "wsgi.url_scheme")
    )
    return (*head, *((name, value) for name, value in environ.items() if name[:5] == "HTTP_"))


def _given_again(
    kept: Kept, started: float, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    request_id, seal = new_request_id(), secrets.token_urlsafe(12).encode()
    body = kept.body.replace(kept.form_seal, seal)
    environ[GIVEN_AGAIN] = kept.route
    environ[QUICKLY] = lambda whole: kept.mould.cast(whole, seal)
    start_response(kept.status, [*kept.headers, (ID_HEADER, request_id)])
    log_request(
        "GET", kept.path, int(kept.status[:3]), started=started, account_id=kept.account_id, request_id=request_id
    )
    return [body]
