"""ETags: nothing is sent twice, and nothing is written over somebody else's change."""

from __future__ import annotations

import pytest
from flask import Flask

from shop.tickets.models import Supply
from tests import factories
from tests.clients import Api


@pytest.fixture
def paths(app: Flask) -> dict[str, str]:
    with app.app_context():
        line = factories.make_part_line(factories.make_ticket(), factories.make_part(), supply=Supply.RESERVED)
        return {
            "customer": f"/customers/{factories.make_customer().id}",
            "mechanic": f"/mechanics/{factories.make_mechanic().id}",
            "part": f"/inventory/{factories.make_part(on_hand=0).id}",
            "ticket": f"/service_tickets/{factories.make_ticket().id}",
            "job": f"/service_tickets/{line.ticket_id}/jobs/{line.job_id}",
            "line": f"/service_tickets/{line.ticket_id}/jobs/{line.job_id}/lines/{line.id}",
        }


CHANGES = {
    "customer": {"phone": "555"},
    "mechanic": {"name": "Rosa"},
    "part": {"on_hand": 1},
    "ticket": {"description": "Rattles."},
    "job": {"cause": "Worn"},
    "line": {"quantity": 2},
}
KINDS = list(CHANGES)


@pytest.mark.parametrize("kind", KINDS)
def test_what_did_not_change_is_not_sent_again(kind: str, paths: dict[str, str], api: Api) -> None:
    owner, path = api.as_("owner"), paths[kind]
    first = owner.get(path)
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert not first.headers["ETag"].startswith("W/")
    again = owner.get(path, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    changed = owner.put(path, CHANGES[kind])
    assert changed.headers["ETag"] != first.headers["ETag"]
    assert owner.get(path, If_None_Match=first.headers["ETag"]).status_code == 200
    assert owner.get(path, If_None_Match=changed.headers["ETag"]).status_code == 304


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_of_something_else_than_was_seen_is_refused(kind: str, paths: dict[str, str], api: Api) -> None:
    owner, path = api.as_("owner"), paths[kind]
    seen = owner.get(path).headers["ETag"]
    assert owner.put(path, CHANGES[kind], If_Match='"something else"').status_code == 412
    assert owner.put(path, CHANGES[kind], If_Match=f"W/{seen}").status_code == 412
    assert owner.delete(path, If_Match='"something else"').status_code == 412
    assert owner.get(path).headers["ETag"] == seen
    assert owner.put(path, CHANGES[kind], If_Match=seen).status_code == 200
    assert owner.put(path, CHANGES[kind], If_Match=seen).status_code == 412
    assert owner.put(path, CHANGES[kind], If_Match="*").status_code == 200


def test_what_is_made_comes_with_its_etag_and_address(api: Api) -> None:
    made = api.as_("desk").post("/customers/", {"name": "Ada"})
    found = api.as_("desk").get(made.headers["Location"])
    assert (found.headers["ETag"], found.get_json()) == (made.headers["ETag"], made.get_json())


def test_lists_are_not_sent_twice_either(paths: dict[str, str], api: Api) -> None:
    first = api.as_("desk").get("/inventory/")
    assert api.as_("desk").get("/inventory/", If_None_Match=first.headers["ETag"]).status_code == 304


def test_a_token_is_kept_by_nobody(api: Api) -> None:
    answer = api.nobody.post("/customers/login", {"email": "nobody@example.com", "password": "wrong"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert api.as_("desk").token
