"""A place in a list is a cursor; one that was made by hand is refused on every list and every database alike."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from flask import Flask

from shop.common.paging import to_cursor
from tests.whole_app.test_access import NOUNS, routes
from tests.whole_app.world import World, make_world

SORTS = ("", "name", "-since", "sku", "-price", "promised", "status")

IMPOSSIBLE = (2**31, -(2**31), 2**53, 2**62, -(2**62), 2**63, 2**64, 10**30, 1.5, True, None, "1", "a\0b", [1], {})
POSSIBLE = (0, -1, 2**31 - 1)
MOMENTS = ("0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "2026-03-09T17:00:00+05:00")
TEXTS = ("", "ﷺ" * 60, "'", "%", "\U0001f697")


@pytest.fixture
def world(app: Flask) -> World:
    return make_world(app)


def ask(world: World, url: str, **query: str) -> int:
    if url.startswith(NOUNS):
        return world.caller("owner").send("GET", url, query_string=query).status_code
    return world.browser("owner").client.get(url, query_string=query).status_code


def lists(app: Flask, world: World) -> list[str]:
    """Every address that knows a place in a list: it refuses one that is none."""
    urls = [route.url(world, "customer") for route in routes(app) if route.method == "GET"]
    return [url for url in urls if ask(world, url, after="nonsense") == 422]


def test_the_lists_are_found(app: Flask, world: World) -> None:
    found = set(lists(app, world))
    assert {"/desk/customers", "/desk/tickets", "/desk/inventory", "/desk/outbox", "/desk/audit"} <= found
    assert {"/customers/", "/service_tickets/", "/inventory/", "/mechanics/"} <= found


def test_a_cursor_made_by_hand_breaks_nothing(app: Flask, world: World) -> None:
    wrong = []
    for url in lists(app, world):
        is_api = url.startswith(NOUNS)
        sides = [("", "after")] if is_api else [("", "before"), *((sort, "after") for sort in SORTS)]
        for (sort, side), values in product(sides, _shapes()):
            status = ask(world, url, **{side: to_cursor(values)}, **({"sort": sort} if sort else {}))
            if status not in (200, 422):
                wrong.append(f"{url} sort={sort} {side}={values!r}: {status}")
    assert not wrong, "\n".join(wrong)


def test_a_number_that_no_column_holds_is_refused(app: Flask, world: World) -> None:
    for url in lists(app, world):
        for value in IMPOSSIBLE:
            assert ask(world, url, after=to_cursor([value])) == 422, f"{url} {value!r}"


def _shapes() -> list[list[Any]]:
    """Of one to three marks, with the last or the first at its limits."""
    shapes: list[list[Any]] = [[value] for value in (2**31, *POSSIBLE)]
    shapes += [[first, 2**31 - 1] for first in (*TEXTS, *MOMENTS, 2**31 - 1, 2**31, 2**63 - 1, 2**63)]
    shapes += [["", 2**40], [MOMENTS[0], 2**40], [2**31, MOMENTS[0], 1], [0, MOMENTS[0], 2**40]]
    return [*shapes, *([0, moment, 1] for moment in MOMENTS)]
