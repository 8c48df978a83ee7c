"""Forms of other sites are refused by what the browser itself says of where a request comes from.

The second layer beside the token in every form (OWASP Cross-Site Request Forgery Prevention, "Fetch Metadata headers"
with its fallback to ``Origin``). JSON for programs is left alone: it looks at no cookie.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.exceptions import Forbidden

from shop.web.errors import is_for_the_api
from shop.web.once import SAFE

#: What a browser says of its own address bar, and of a page of ours.
OURS = ("same-origin", "none")


def install_origins(app: Flask) -> None:
    @app.before_request
    def refuse_other_sites() -> None:
        if request.method not in SAFE and not is_for_the_api() and comes_from_elsewhere():
            raise Forbidden


def comes_from_elsewhere() -> bool:
    """Whether the browser says so. What one too old for it says nothing about is left to the token.

    Such a one says ``null`` on a page that tells nobody its address, as those of links from letters.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in OURS
    origin = request.headers.get("Origin", "null")
    try:
        return origin != "null" and urlsplit(origin).netloc != request.host
    except ValueError:  # no browser sends such a one
        return True
