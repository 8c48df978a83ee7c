"""The roster at the desk, as people use it."""

from __future__ import annotations

import pytest

from shop.extensions import db
from shop.mechanics import commands
from shop.mechanics.models import Mechanic
from shop.tickets.lifecycle import Status
from tests.browser import Browser
from tests.cast import Cast
from tests.factories import make_mechanic, make_ticket

LIST = "/desk/mechanics"


@pytest.fixture
def mia(owner: Browser) -> str:
    """The address of her page."""
    with owner.app.app_context():
        return f"{LIST}/{make_mechanic(name='Mia Korhonen', email='mia@example.net').id}"


def test_list_works(desk: Browser, mia: str) -> None:
    page = desk.get(LIST)
    assert page.heading == "Mechanics"
    assert page.rows() == [["Mia Korhonen", "mia@example.net"]]
    assert page.links["Ranking"] == "/floor/ranking"


def test_needs_sign_in(visitor: Browser) -> None:
    assert visitor.get(LIST).path == "/login"


@pytest.mark.parametrize("who", ["mechanic", "customer"])
def test_keeps_the_wrong_role_out(cast: Cast, who: str, mia: str) -> None:
    assert cast.browser(who).get(LIST).status == 403
    assert cast.browser(who).get(mia).status == 403


def test_only_the_owner_writes(desk: Browser, mia: str) -> None:
    page = desk.get(f"{mia}?edit=1")
    assert not page.soup.find_all("form", action=mia)
    assert "Add a mechanic" not in desk.get(LIST).text
    for url in (LIST, mia, f"{mia}/archive", f"{mia}/restore"):
        assert desk.post(url, {"name": "Mallory", "version": "1"}).status == 403


def test_add_works(owner: Browser) -> None:
    page = owner.get(LIST).form("Add").fill(name="Rui Tavares", email="rui@example.net").submit()
    assert "Rui Tavares is on the roster." in page.text
    assert page.rows() == [["Rui Tavares", "rui@example.net"]]
    answer = page.form("Add").fill(name="Jo Park").submit(htmx=True)
    assert [row[0] for row in answer.rows()] == ["Jo Park", "Rui Tavares"]


def test_add_shows_what_was_wrong_and_keeps_what_was_typed(owner: Browser, mia: str) -> None:
    page = owner.get(LIST).form("Add").fill(name=" ", email="nonsense").submit()
    assert (page.status, len(page.errors)) == (422, 2)
    page = page.form("Add").fill(name="Mia", email="MIA@example.net").submit()
    assert page.errors == ["Mia Korhonen has this e-mail address already."]
    assert page.form("Add").values["email"] == "MIA@example.net"


def test_edit_works_in_place(owner: Browser, mia: str) -> None:
    answer = owner.get(f"{mia}?edit=1", htmx=True).form(mia).fill(email="m.k@example.net").submit(htmx=True)
    assert "m.k@example.net" in answer.text
    assert "changed the mechanic’s e-mail" in answer.text


def test_edit_of_an_older_version_shows_both(owner: Browser, mia: str) -> None:
    mine, theirs = (owner.get(f"{mia}?edit=1").form("Save") for _ in range(2))
    theirs.fill(name="Mia K.").submit()
    page = mine.fill(name="Mia Koskinen").submit()
    assert page.status == 409
    assert "Mia K." in page.text
    assert page.form("Save what is chosen").submit().heading == "Mia Koskinen"


def test_archive_and_back(owner: Browser, mia: str) -> None:
    page = owner.get(mia).form("Take off the roster").submit()
    assert "Mia Korhonen is off the roster." in page.text
    assert mia not in page.links.values()
    assert mia in page.follow("Left 1").links.values()
    left = owner.get(mia)
    assert "Left today" in left.text
    assert "Mia Korhonen is back on the roster." in left.form("Bring back to the roster").submit().text


def test_a_long_roster_comes_in_pages(owner: Browser) -> None:
    with owner.app.app_context():
        for number in range(30):
            make_mechanic(name=f"Mechanic {number:02}")
    first = owner.get("/desk/mechanics")
    assert len(first.rows()) == 25
    assert "On the roster 30" in first.text
    assert "Left" not in first.links, "nobody has"
    second = first.follow("More")
    assert [row[0] for row in second.rows()] == [f"Mechanic {number}" for number in range(25, 30)]
    assert second.follow("Back").rows() == first.rows()
    wrong = owner.get("/desk/mechanics?after=nonsense")
    assert wrong.status == 422
    assert "Start again from the first page." in wrong.text


def test_leaving_tells_of_the_work_in_hand_and_the_filters_keep_it(owner: Browser, mia: str) -> None:
    mia_id = mia.rpartition("/")[2]
    with owner.app.app_context():
        mechanic = db.session.get_one(Mechanic, int(mia_id))
        ticket = make_ticket(mechanics=[mechanic]).id
        make_ticket(mechanics=[mechanic], status=Status.PICKED_UP)
    page = owner.get(mia)
    assert page.links["1 open ticket"] == f"/desk/tickets?mechanic={mia_id}"
    form = page.form("Take off the roster")
    assert "Mia Korhonen is on 1 open ticket, which should go to somebody else." in form.tag["data-confirm"]
    form.submit()
    assert "1 open ticket" in owner.get(mia).links
    for narrowed in (owner.get(f"/desk/?mechanic={mia_id}"), owner.get(f"/desk/tickets?mechanic={mia_id}")):
        assert "#1001" in narrowed.text
        assert "Mia Korhonen (left)" in [option.text for option in narrowed.soup.select("option[selected]")]
    owner.get(f"/desk/tickets/{ticket}").form("Take Mia Korhonen off").submit()
    assert "Mia Korhonen" not in owner.get("/desk/tickets").soup.select_one("#tickets-list").text


def test_a_change_is_seen_by_the_next_reader(owner: Browser, desk: Browser, cast: Cast) -> None:
    assert desk.get(LIST).rows() == []
    with owner.app.app_context():
        commands.add_mechanic(name="Jo Park", by=cast.account("owner"))
    assert desk.get(LIST).rows() == [["Jo Park", ""]]
