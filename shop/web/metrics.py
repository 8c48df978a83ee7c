"""Figures of the running shop for Prometheus. Off unless METRICS_TOKEN is set; nothing is loaded or counted then.

The processes of one server count into files of one folder (PROMETHEUS_MULTIPROC_DIR, which run.py makes), so whichever
of them is asked answers for all. Without that folder each process answers for itself alone.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, request
from sqlalchemy import event
from werkzeug.exceptions import NotFound

from shop.common.stamps import cache_asked
from shop.config import Settings
from shop.extensions import db
from shop.web.errors import problem
from shop.web.kept_answers import GIVEN_AGAIN

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

FOLDER = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_ROUTE = "shop.route"


def measure_answers(app: Flask) -> None:
    """Put this before the application and before all that was put there; call it last."""
    settings: Settings = app.config["SETTINGS"]
    if settings.metrics_token is None:
        return
    app.extensions["shop_figures"] = figures = Figures()
    app.after_request_funcs.setdefault(None, []).append(_note_route)
    app.wsgi_app = Measured(app.wsgi_app, figures)  # type: ignore[method-assign]
    cache_asked.connect(figures.cache_asked)
    with app.app_context():
        event.listen(db.engine, "checkout", figures.connection_taken)
        for name in ("checkin", "detach"):
            event.listen(db.engine, name, figures.connection_given_back)


def told_figures() -> Response:
    """The figures as Prometheus reads them, for whoever brings the token; without the setting there is nothing here."""
    settings: Settings = current_app.config["SETTINGS"]
    figures: Figures | None = current_app.extensions.get("shop_figures")
    if figures is None or settings.metrics_token is None:
        raise NotFound
    sent = request.authorization
    token = sent.token if sent is not None and sent.type == "bearer" else None
    if not hmac.compare_digest((token or "").encode(), settings.metrics_token.encode()):
        refusal = problem(401, "The figures are told to whoever sends METRICS_TOKEN as a bearer token.")
        refusal.headers["WWW-Authenticate"] = "Bearer"
        return refusal
    return Response(figures.told(), content_type=figures.content_type)


class Figures:
    """What is counted. Each process makes its own, after it was forked."""

    def __init__(self) -> None:
        # Only here: few shops want it, and it looks for the common folder when it is loaded.
        import prometheus_client as prometheus

        self._prometheus = prometheus
        self._registry = prometheus.CollectorRegistry()
        make: dict[str, Any] = {"registry": self._registry}
        self._requests = prometheus.Counter(
            "shop_requests", "Requests answered.", ["method", "route", "status"], **make
        )
        self._seconds = prometheus.Histogram(
            "shop_request_seconds", "How long an answer took.", ["method", "route"], buckets=_SECONDS, **make
        )
        self._again = prometheus.Counter(
            "shop_kept_answers", "Answers that had been made before and were given again.", **make
        )
        self._cache = prometheus.Counter("shop_cache", "Rows looked for in the cache.", ["topic", "result"], **make)
        self._connections = prometheus.Gauge(
            "shop_database_connections",
            "Connections of the pool that are in use.",
            multiprocess_mode="livesum",
            **make,
        )
        self.content_type = prometheus.CONTENT_TYPE_LATEST

    def answered(self, method: str, route: str, status: str, seconds: float) -> None:
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route, f"{status[:1]}xx").inc()
        self._seconds.labels(method, route).observe(seconds)

    def given_again(self) -> None:
        self._again.inc()

    def cache_asked(self, topic: str, *, is_there: bool) -> None:
        self._cache.labels(topic, "hit" if is_there else "miss").inc()

    def connection_taken(self, *_: object) -> None:
        self._connections.inc()

    def connection_given_back(self, *_: object) -> None:
        self._connections.dec()

    def told(self) -> bytes:
        folder = os.environ.get(FOLDER)
        if folder is None:
            return self._prometheus.generate_latest(self._registry)
        from prometheus_client import multiprocess

        for process in _ended(Path(folder)):
            multiprocess.mark_process_dead(process)  # type: ignore[no-untyped-call]
        added_up = self._prometheus.CollectorRegistry()
        multiprocess.MultiProcessCollector(added_up, folder)  # type: ignore[no-untyped-call]
        return self._prometheus.generate_latest(added_up)


class Measured:
    """Counts what goes by, and takes the time."""

    def __init__(self, app: Callable[..., Iterable[bytes]], figures: Figures) -> None:
        self._app = app
        self._figures = figures

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()

        def listen(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            again = environ.get(GIVEN_AGAIN)
            if again is not None:
                self._figures.given_again()
            route = again or environ.get(_ROUTE, "none")
            self._figures.answered(environ["REQUEST_METHOD"], route, status, time.perf_counter() - started)
            return start_response(status, headers, *error)

        return self._app(environ, listen)


def _note_route(response: Response) -> Response:
    if request.url_rule is not None:
        request.environ[_ROUTE] = request.url_rule.rule
    return response


def _ended(folder: Path) -> set[int]:
    """Processes that left figures which are true of the living alone."""
    left = {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}
    return {process for process in left if not _is_alive(process)}


def _is_alive(process: int) -> bool:
    if os.name != "posix":
        return True  # there one process serves, and asking would end it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
