"""A short id for every request: on its error page or problem, in its header and on its log lines."""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import TextIO

from flask import Flask, Response, g, has_request_context, request
from sqlalchemy.exc import DBAPIError

from shop.common.database import told_without_data

log = logging.getLogger("shop.requests")

ID_HEADER = "X-Request-Id"

#: Behind these stands the token of a link from a letter, which is a key.
_KEYED = re.compile(r"(/(?:set-password|repair)/).+", re.IGNORECASE | re.DOTALL)
_DRIVERS = frozenset({"sqlite3", "psycopg", "pymysql"})


def new_request_id() -> str:
    return secrets.token_hex(6)


def request_id() -> str:
    if "request_id" not in g:
        g.request_id = new_request_id()
    return str(g.request_id)


class JsonLines(logging.Formatter):
    """One JSON object a line; control characters can't break out of it."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "from": record.name,
            "message": record.getMessage(),
        }
        if has_request_context():
            line["request_id"] = request_id()
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1]:
            line["trace"] = _trace(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)


class StandardError(logging.StreamHandler[TextIO]):
    """Writes to where standard error leads at that moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(JsonLines())

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def install_logging(app: Flask) -> None:
    """Call first, so that the time of a request begins with it and its line is the last thing that is done."""
    shop = app.logger  # the parent of every logger of ours
    shop.handlers[:] = [StandardError()]
    shop.setLevel(logging.INFO)
    shop.propagate = False

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()
        request_id()

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers[ID_HEADER] = request_id()
        log_request(
            request.method,
            _path_without_key(),
            response.status_code,
            started=g.get("started", time.perf_counter()),
            account_id=g.get("account_id"),
            request_id=request_id(),
        )
        return response


def log_request(
    method: str, path: str, status: int, *, started: float, account_id: int | None, request_id: str
) -> None:
    """The line of a request that has been answered; ``started`` is a ``time.perf_counter``."""
    facts = {
        "request_id": request_id,
        "method": method,
        "path": path,
        "status": status,
        "ms": round((time.perf_counter() - started) * 1000, 1),
        "account": account_id,
    }
    log.info("%s %s", method, path, extra={"facts": facts})


def _path_without_key() -> str:
    """The path as it may be read by others."""
    token = (request.view_args or {}).get("token")
    path = request.path.replace(token, "…") if token else request.path
    return _KEYED.sub(r"\1…", path)


def _trace(error: BaseException) -> str:
    """The traceback of an error and of those that led to it; what a database says about its rows is left out."""
    told = []
    link: BaseException | None = error
    while link is not None:
        frames = "".join(traceback.format_tb(link.__traceback__))
        told.append(f"{frames}{type(link).__qualname__}: {_words(link)}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n\nThis led to:\n\n".join(reversed(told))


def _words(error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        return f"{told_without_data(error)} [{error.statement}]"
    if type(error).__module__.partition(".")[0] in _DRIVERS:
        return "(see below)"
    return str(error)
