"""Reading what was sent, all of it, before anything is decided and before anybody waits for the database."""

from __future__ import annotations

from flask import Flask, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from shop.web.errors import is_for_the_api
from shop.web.strict_json import MAX_BODY_BYTES

_READING = {"GET", "HEAD", "OPTIONS"}


def install_bodies(app: Flask) -> None:
    """Call before whatever looks at a form or begins to write: slow senders keep nobody waiting but themselves."""
    app.before_request(_read)


def _read() -> None:
    if request.method in _READING or request.routing_exception is not None:
        return
    most = MAX_BODY_BYTES if is_for_the_api() else current_app.config["MAX_CONTENT_LENGTH"]
    # One byte more, because a body that comes in chunks is cut off at the limit without a word.
    request.max_content_length = most + 1
    if len(request.get_data()) > most:
        raise RequestEntityTooLarge
