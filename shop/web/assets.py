"""Static files under names that change with their content, so that browsers may keep them for ever.

The stylesheets are served as two, in the order of ``static/css/ORDER``: one for every page, and one with what the desk
and the floor need besides. A file is compressed when it is first asked for, and kept so by the process.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import cache
from mimetypes import MimeTypes
from pathlib import Path

from flask import Blueprint, Flask, make_response, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from shop.web.compression import QUICKLY
from shop.web.guards import anyone

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
STYLESHEET, STAFF_STYLESHEET = "shop.css", "staff.css"

_FOR_STAFF = " staff"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_KINDS = MimeTypes()  # Python's own table, for a machine's may say anything
_KINDS.add_type("text/javascript", ".js")  # as Python itself says from 3.12 on

assets = Blueprint("assets", __name__)


@assets.get("/static/<path:path>")
@anyone
def file(path: str) -> Response:
    """A file by its path; with the right ``v`` it may be kept for a year, else it is asked for again each time."""
    content, digest = _read(path)
    response = make_response(content)
    response.mimetype = _KINDS.guess_type(path)[0] or "text/plain"
    response.set_etag(digest)
    is_current = request.args.get("v") == digest
    response.headers["Cache-Control"] = f"public, {'max-age=31536000, immutable' if is_current else 'no-cache'}"
    request.environ[QUICKLY] = lambda _: _compressed(path)
    return response.make_conditional(request, accept_ranges=True, complete_length=len(content))


@cache
def asset(path: str) -> str:
    """The URL of a file in ``static/``, or of one of the two stylesheets."""
    return f"/static/{path}?v={_read(path)[1]}"


def install_assets(app: Flask) -> None:
    for kept in (_read, _compressed, asset):
        kept.cache_clear()
    app.register_blueprint(assets)
    app.jinja_env.globals.update(asset=asset)


@cache
def _read(path: str) -> tuple[bytes, str]:
    """A file's bytes and the start of their SHA-256; raises NotFound for what is not a file in ``static/``."""
    if path in (STYLESHEET, STAFF_STYLESHEET):
        content = _stylesheet(for_staff=path == STAFF_STYLESHEET)
    elif path in _served():
        content = _served()[path].read_bytes()
    else:
        raise NotFound
    return content, hashlib.sha256(content).hexdigest()[:10]


@cache
def _compressed(path: str) -> bytes:
    return gzip.compress(_read(path)[0], mtime=0)


@cache
def _served() -> dict[str, Path]:
    return {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}


def _stylesheet(*, for_staff: bool) -> bytes:
    """The files of a sheet in their order, without comments and blanks at the margins: a sixth less to send."""
    lines = (STATIC / "css" / "ORDER").read_text(encoding="utf-8").splitlines()
    names = [line.removesuffix(_FOR_STAFF) for line in lines if line.endswith(_FOR_STAFF) == for_staff]
    whole = "\n".join((STATIC / "css" / name).read_text(encoding="utf-8") for name in names)
    lean = (line.strip() for line in _COMMENT.sub("", whole).splitlines())
    return "\n".join(filter(None, lean)).encode()
