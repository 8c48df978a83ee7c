"""Where to go after signing in: one of our own pages, or the front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app
from werkzeug.exceptions import HTTPException

from shop.web.guards import Carrier, guard_of

if TYPE_CHECKING:
    from shop.accounts.models import Account

MAX_LENGTH = 512


def own_page(address: str | None, default: str, *, account: Account | None = None) -> str:
    """``address`` when it is the path of a page of ours that GET shows (to ``account``, if given), else ``default``.

    Only a path is ever accepted: it begins with one slash, has no backslash and no control character, and matches a
    GET route. So neither ``//elsewhere.com`` nor ``/\\elsewhere.com`` nor a header break gets through.
    """
    if not address or len(address) > MAX_LENGTH or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return default
    if "\\" in address or any(ord(character) < 33 or ord(character) == 127 for character in address):
        return default
    path = address.partition("?")[0].partition("#")[0]
    try:
        endpoint, _ = current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return default
    return address if account is None or _shows(endpoint, account) else default


def _shows(endpoint: str, account: Account) -> bool:
    guard = guard_of(current_app, endpoint)
    if guard is None or guard.carrier is Carrier.BEARER:
        return False
    return guard.roles is None or guard.lets_in(account)
