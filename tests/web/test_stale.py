"""Somebody else saved first: of each field that differs, one chooses which of the two to keep."""

from __future__ import annotations

import pytest

from shop.customers.models import Customer
from shop.extensions import db
from shop.settings.queries import shop_rules
from shop.tickets.lifecycle import Status
from shop.tickets.models import Ticket
from shop.web.resend import Kept
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.factories import make_customer, make_ticket, make_vehicle

SAVE = "Save what is chosen"
both_ways = pytest.mark.parametrize("htmx", [False, True])


@pytest.fixture
def joy(desk: Browser) -> str:
    """The address of the form with Joy Tanaka's facts."""
    with desk.app.app_context():
        joy = make_customer(name="Joy Tanaka", phone="+1 555 0142", email="joy@example.net", notes="Rings twice.")
        return f"/desk/customers/{joy.id}?edit=1"


def facts(browser: Browser) -> tuple[str, str | None, str | None, str]:
    with browser.app.app_context():
        joy = db.session.query(Customer).one()
        return joy.name, joy.phone, joy.email, joy.notes


def labels(page: Page) -> list[str]:
    """The fields that one is asked about."""
    return [" ".join(legend.get_text(" ").split()) for legend in page.soup.select(".stale legend")]


@both_ways
def test_asks_about_what_differs_and_keeps_what_each_has_changed(
    desk: Browser, owner: Browser, joy: str, htmx: bool
) -> None:
    mine, theirs = desk.get(joy).form("Save"), owner.get(joy).form("Save")
    theirs.fill(name="Joy Theirs", phone="+1 555 0143").submit()
    page = mine.fill(name="Joy Mine", email="mine@example.net").submit(htmx=htmx)
    assert page.status == 409
    assert ("<html" in page.html) is not htmx
    assert labels(page) == ["Name", "Telephone changed by them alone", "E-mail"]
    form = page.form(SAVE)
    chosen = {name.removeprefix("keep-"): value for name, value in form.values.items() if name.startswith("keep-")}
    assert chosen == {"name": "mine", "phone": "theirs", "email": "mine"}
    assert form.submit().heading == "Joy Mine"
    assert facts(desk) == ("Joy Mine", "+1 555 0143", "mine@example.net", "Rings twice.")


@both_ways
def test_what_is_chosen_is_saved(desk: Browser, owner: Browser, joy: str, htmx: bool) -> None:
    mine, theirs = desk.get(joy).form("Save"), owner.get(joy).form("Save")
    theirs.fill(name="Joy Theirs", phone="+1 555 0143", notes="Two dogs.\n\nA cat.").submit()
    page = mine.fill(name="Joy Mine", notes="Rings once.").submit(htmx=htmx)
    words = page.soup.select("[for], .two-versions__words")
    assert "Two dogs.\n\nA cat." in [each.get_text() for each in words]
    page.form(SAVE).fill(**{"keep-name": "theirs", "keep-phone": "mine", "keep-notes": "theirs"}).submit()
    assert facts(desk) == ("Joy Theirs", "+1 555 0142", "joy@example.net", "Two dogs.\n\nA cat.")


def test_what_was_typed_can_be_corrected(desk: Browser, owner: Browser, joy: str) -> None:
    mine, theirs = desk.get(joy).form("Save"), owner.get(joy).form("Save")
    theirs.fill(notes="Two dogs.").submit()
    page = mine.fill(notes="Rings once.").submit()
    page.form(SAVE).fill(notes="Rings once.\nTwo dogs.").submit()
    assert facts(desk)[-1] == "Rings once.\nTwo dogs."


def test_yet_another_save_loses_nothing(desk: Browser, owner: Browser, joy: str) -> None:
    mine, theirs = desk.get(joy).form("Save"), owner.get(joy).form("Save")
    theirs.fill(name="Joy Theirs", notes="Two dogs.").submit()
    page = mine.fill(name="Joy Mine", notes="Rings once.").submit()
    owner.get(joy).form("Save").fill(name="Joy Third", phone="+1 555 0143", notes="Three dogs.").submit()
    page = page.form(SAVE).fill(**{"keep-name": "theirs"}).submit()
    assert page.status == 409
    assert labels(page) == ["Name", "Telephone changed by them alone", "Notes"]
    form = page.form(SAVE)
    for name, choice, typed, there in (
        ("name", "theirs", "Joy Mine", "Joy Third"),
        ("phone", "theirs", "+1 555 0142", "+1 555 0143"),
        ("notes", "mine", "Rings once.", "Three dogs."),
    ):
        assert (form.values[f"keep-{name}"], form.values[name], form.values[f"theirs-{name}"]) == (choice, typed, there)
    form.submit()
    assert facts(desk) == ("Joy Third", "+1 555 0143", "joy@example.net", "Rings once.")


def test_a_choice_that_is_refused_is_said_at_its_field(desk: Browser, owner: Browser, joy: str) -> None:
    mine, theirs = desk.get(joy).form("Save"), owner.get(joy).form("Save")
    theirs.fill(name="Joy Theirs", phone="+1 555 0143").submit()
    page = mine.fill(name="Joy Mine").submit().form(SAVE).fill(name="").submit()
    assert (page.status, page.errors) == (422, ["Enter the customer’s name."])
    page.form("Save").fill(name="Joy Third").submit()
    assert facts(desk)[:2] == ("Joy Third", "+1 555 0143")


def test_the_same_twice_leaves_nothing_to_choose(desk: Browser, owner: Browser, joy: str) -> None:
    mine, theirs = desk.get(joy).form("Save"), owner.get(joy).form("Save")
    theirs.fill(name="Joy Bauer").submit()
    page = mine.fill(name="Joy Bauer").submit()
    assert page.status == 409
    assert "there is nothing left to do" in page.text
    assert page.links["Go on"]


def test_a_form_that_says_only_its_version_keeps_what_was_typed(desk: Browser, joy: str) -> None:
    """As pages drawn before an upgrade send it."""
    page = desk.post(joy, {"name": "Joy Mine", "phone": "", "email": "", "notes": "", "version": "99"})
    assert page.form(SAVE).values["keep-phone"] == "mine"


def test_a_sign_in_that_ends_meanwhile_shows_what_was_typed_alone() -> None:
    kept = Kept(1, "/desk/customers/1", (("name", "Joy Mine"), ("keep-name", "theirs"), ("theirs-name", "Joy Theirs")))
    assert kept.words == [("Name", "Joy Mine")]


def test_boxes_and_lists_are_chosen_as_well(desk: Browser, owner: Browser) -> None:
    rules, path = "/desk/settings", "/desk/settings/rules"
    mine, theirs = owner.get(rules).form(path), owner.get(rules).form(path)
    theirs.fill(needs_mechanic="y", needs_odometer_in="y").submit()
    page = mine.fill(needs_correction="y").submit()
    page.form(SAVE).fill(**{"keep-needs_mechanic": "mine"}).submit()
    with owner.app.app_context():
        stored = shop_rules()
        assert (stored.needs_mechanic, stored.needs_odometer_in, stored.needs_correction) == (False, True, True)

        joy = make_customer(name="Joy Tanaka")
        golf, astra, corsa = (make_vehicle(joy, make=make).id for make in ("Golf", "Astra", "Corsa"))
        ticket_id = make_ticket(vehicle=joy.vehicles[0]).id
    details = f"/desk/tickets/{ticket_id}/details"
    mine, theirs = desk.get(details).form("Save"), owner.get(details).form("Save")
    assert mine.values["vehicle"] == str(golf)
    theirs.fill(vehicle=str(astra)).submit()
    page = mine.fill(vehicle=str(corsa)).submit()
    owner.get(details).form("Save").fill(vehicle="").submit()
    page = page.form(SAVE).fill(**{"keep-vehicle": "theirs"}).submit()
    shown = [each.get_text() for each in page.soup.select(".stale .two-versions__words")]
    assert [words.partition(",")[0] for words in shown] == ["2014 Corsa Civic", "No vehicle yet"]
    page.form(SAVE).fill(**{"keep-vehicle": "mine"}).submit()
    with desk.app.app_context():
        assert db.session.get_one(Ticket, ticket_id).vehicle_id == corsa


@both_ways
def test_at_a_vehicle_a_job_the_findings_and_ones_own_profile(cast: Cast, desk: Browser, htmx: bool) -> None:
    with cast.app.app_context():
        rui, joy = cast.account("mechanic").mechanic, cast.account("customer").customer
        assert rui is not None
        vehicle = make_vehicle(joy, make="VW")
        ticket = make_ticket(vehicle=vehicle, status=Status.IN_PROGRESS, mechanics=[rui])
        ticket_id, job, car = ticket.id, f"{ticket.id}/jobs/{ticket.jobs[0].id}", f"/desk/vehicles/{vehicle.id}"
    for browser, url, action, field in (
        (desk, f"{car}?edit=1", car, "model"),
        (desk, f"/desk/tickets/{job}", f"/desk/tickets/{job}", "cause"),
        (cast.browser("mechanic"), f"/floor/tickets/{ticket_id}", f"/floor/tickets/{job}/findings", "correction"),
        (cast.browser("customer"), "/my/profile", "/my/profile", "name"),
    ):
        for choice in ("mine", "theirs"):
            first, second = (browser.get(url).form(action) for _ in range(2))
            first.fill(**{field: f"What they want, not {choice}"}).submit()
            page = second.fill(**{field: f"What I want, {choice}"}).submit(htmx=htmx)
            assert (page.status, len(labels(page))) == (409, 1), url
            form = page.form(SAVE).fill(**{f"keep-{field}": choice})
            wanted = form.values[field if choice == "mine" else f"theirs-{field}"]
            assert form.submit().status == 200
            assert browser.get(url).form(action).values[field] == wanted
