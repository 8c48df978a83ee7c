"""The menus, one for each door. Features add their entries where they hang their pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, Response, request, url_for
from sqlalchemy.exc import SQLAlchemyError

from shop.common.roles import EVERYONE, Role
from shop.web.actor import acting_account
from shop.web.doors import DOORS, own_door
from shop.web.respond import wants_fragment


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of a door's menu; it is current on every page whose endpoint begins with one of ``covers``."""

    door: str
    label: str
    icon: str
    endpoint: str
    position: int
    covers: tuple[str, ...] = ()
    roles: frozenset[Role] = EVERYONE
    count: Callable[[], int] | None = None


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str
    url: str
    icon: str
    is_current: bool
    count: int | None


_DOORS = {door.name: door for door in DOORS}
_DOOR_FACES = {
    "desk": ("Front desk", "layout-dashboard"),
    "floor": ("Workshop", "wrench"),
    "my": ("My repairs", "car"),
}

#: Read by static/js/shop.js.
COUNTS = "Menu-Counts"

_entries: dict[str, MenuEntry] = {}


def menu(entry: MenuEntry) -> None:
    """Put an entry into its door's menu."""
    _entries[entry.endpoint] = entry


def navigation() -> tuple[NavItem, ...]:
    """The menu of the present door, or of this account's own one on a page between the doors, as it may see it."""
    account = acting_account()
    if account is None:
        return ()
    door = request.blueprint if request.blueprint in _DOORS else own_door(account).name
    entries = _shown(door, account.role, request.endpoint or "", request.script_root)
    return tuple(
        NavItem(entry.label, url, entry.icon, is_current, entry.count() if entry.count else None)
        for entry, url, is_current in entries
    )


def install_counts(app: Flask) -> None:
    """Let a part of a page bring the numbers of the menu along, by address: the menu around it is not drawn anew."""

    @app.after_request
    def tell_counts(response: Response) -> Response:
        if response.status_code == 200 and wants_fragment():
            with suppress(SQLAlchemyError):  # what was done is done, and told without them
                if counts := {item.url: item.count for item in navigation() if item.count is not None}:
                    response.headers[COUNTS] = json.dumps(counts)
        return response


@lru_cache(1000)
def _shown(door: str, role: Role, endpoint: str, root: str) -> list[tuple[MenuEntry, str, bool]]:
    """A menu's entries with their addresses below ``root``, and whether the page of this endpoint is theirs."""
    shown = [entry for entry in _entries.values() if entry.door == door and role in entry.roles]
    return [
        (entry, url_for(entry.endpoint), endpoint == entry.endpoint or endpoint.startswith(entry.covers or ("-",)))
        for entry in sorted(shown, key=lambda entry: entry.position)
    ]


def own_doors() -> tuple[NavItem, ...]:
    """The other doors that this account may pass, for the way across."""
    account = acting_account()
    if account is None:
        return ()
    return tuple(
        NavItem(label, f"/{name}/", icon, name == request.blueprint, None)
        for name, (label, icon) in _DOOR_FACES.items()
        if _DOORS[name].guard.lets_in(account)
    )
