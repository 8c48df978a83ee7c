"""The mechanics' jobs."""

from __future__ import annotations

import pytest

from shop.accounts.models import Account
from shop.extensions import db
from shop.inventory.models import Part
from shop.tickets import commands
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import Line, LineKind, Supply, Ticket
from tests.browser import Browser
from tests.cast import Cast
from tests.factories import make_customer, make_job, make_mechanic, make_part, make_part_line, make_ticket, make_vehicle


@pytest.fixture
def job(cast: Cast, mechanic: Browser) -> int:
    """The id of a ticket that Rui is on."""
    with cast.app.app_context():
        rui = cast.account("mechanic").mechanic
        assert rui is not None
        customer = make_customer(name="Joy Tanaka", phone="+1 555 0142", email="joy-canary@example.net")
        vehicle = make_vehicle(customer, plate="HH-RK 4071")
        return make_ticket(vehicle=vehicle, status=Status.APPROVED, mechanics=[rui], complaint="Squeals.").id


@pytest.fixture
def foreign_job(cast: Cast) -> int:
    """The id of a ticket that somebody else is on."""
    with cast.app.app_context():
        return make_ticket(status=Status.IN_PROGRESS, mechanics=[make_mechanic(name="Mia K")], complaint="Foreign.").id


def test_shows_my_jobs_and_not_those_of_others(mechanic: Browser, job: int, foreign_job: int) -> None:
    page = mechanic.get("/floor/")
    assert page.heading == "My jobs"
    assert "Squeals." in page.text
    assert "Foreign." not in page.text


def test_two_of_one_name_have_a_list_each(desk: Browser) -> None:
    with desk.app.app_context():
        for complaint in ("Squeals.", "Rattles."):
            make_ticket(status=Status.IN_PROGRESS, mechanics=[make_mechanic(name="Sam")], complaint=complaint)
    page = desk.get("/floor/")
    assert [title.get_text(" ", strip=True) for title in page.soup.select(".jobs__title")] == ["Sam 1", "Sam 1"]


def test_what_is_not_shown_is_counted(desk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.tickets.board.MOST_JOBS", 2)
    with desk.app.app_context():
        for _ in range(5):
            make_ticket(status=Status.IN_PROGRESS)
    assert "3 more jobs, promised later." in desk.get("/floor/").text


def test_the_desk_sees_all_work_mechanic_by_mechanic(desk: Browser, job: int, foreign_job: int) -> None:
    with desk.app.app_context():
        make_ticket(status=Status.IN_PROGRESS, complaint="Spare.")
        make_ticket(status=Status.DRAFT, complaint="Not yet.")
    page = desk.get("/floor/")
    for words in ("Mia K", "Rui Mechanic", "Nobody yet", "Squeals.", "Foreign.", "Spare."):
        assert words in page.text
    assert "Not yet." not in page.text


@pytest.mark.parametrize("htmx", [False, True])
def test_a_job_is_taken_further_from_the_list(mechanic: Browser, job: int, htmx: bool) -> None:
    page = mechanic.get("/floor/").form("Start work").submit(htmx=htmx)
    assert page.form("Send to quality check")
    page = mechanic.post(f"/floor/jobs/{job}/moves", {"to": "in_progress", "seen": "approved"}, htmx=htmx)
    assert page.status == 409
    assert "it is in progress now" in page.text


@pytest.mark.parametrize("htmx", [True, False])
def test_what_is_typed_is_kept_with_saying_that_it_is_done(mechanic: Browser, job: int, htmx: bool) -> None:
    mechanic.get(f"/floor/tickets/{job}").form("Start work").submit()
    page = mechanic.get(f"/floor/tickets/{job}")
    page.form("It is done").fill(correction="Torqued to spec.").submit(htmx=htmx)
    page = mechanic.get(f"/floor/tickets/{job}")
    assert "Correction Torqued to spec." in page.text
    assert "Quality check" in page.text


def test_saving_what_is_typed_finishes_nothing(mechanic: Browser, job: int) -> None:
    mechanic.get(f"/floor/tickets/{job}").form("Start work").submit()
    page = mechanic.get(f"/floor/tickets/{job}").form("Save").fill(correction="Torqued to spec.").submit()
    assert "Correction Torqued to spec." in page.text
    assert "It is done" in page.text


def test_nothing_typed_is_lost_when_it_can_not_be_done(mechanic: Browser, job: int) -> None:
    mechanic.get(f"/floor/tickets/{job}").form("Start work").submit()
    with mechanic.app.app_context():
        ticket = db.session.get_one(Ticket, job)
        make_part_line(ticket, make_part(), supply=Supply.WANTED)
    page = mechanic.get(f"/floor/tickets/{job}").form("It is done").fill(correction="Torqued to spec.").submit()
    assert page.status == 409
    assert "has not been taken from the shelf yet" in page.text
    assert page.form("Save").values["correction"] == "Torqued to spec."
    with mechanic.app.app_context():
        assert db.session.get_one(Ticket, job).jobs[0].correction == ""


def test_mechanics_make_their_own_moves_alone(mechanic: Browser, job: int) -> None:
    page = mechanic.get(f"/floor/tickets/{job}").form("Start work").submit()
    page = page.form("Send to quality check").submit()
    page = page.form("Mark as ready").submit()
    assert "Mark as invoiced" not in page.text
    page = mechanic.post(f"/floor/tickets/{job}/moves", {"to": "invoiced", "seen": "ready"})
    assert page.status == 422
    assert "Only the front desk can do this." in page.text


def test_shows_no_price_and_no_address(mechanic: Browser, job: int) -> None:
    with mechanic.app.app_context():
        make_part_line(db.session.get_one(Ticket, job), make_part(price_cents=7777, cost_cents=3333))
    for url in ("/floor/", f"/floor/tickets/{job}", f"/floor/tickets/{job}/parts?q=part"):
        page = mechanic.get(url)
        for canary in ("77.77", "33.33", "joy-canary", "555 0142", "5550142"):
            assert canary not in page.html, canary


@pytest.mark.parametrize("htmx", [False, True])
def test_parts_are_found_taken_and_given_back(mechanic: Browser, job: int, htmx: bool) -> None:
    with mechanic.app.app_context():
        part = make_part(on_hand=2, name="Brake disc front").id
    page = mechanic.get(f"/floor/tickets/{job}").form(f"/floor/tickets/{job}/parts").fill(q="brake").submit()
    refused = page.form("Take").fill(quantity="3").submit("Take", htmx=htmx)
    assert (refused.status, refused.errors) == (422, ["Only 2 on the shelf."])
    done = page.form("Take").fill(quantity="2").submit("Take", htmx=htmx)
    assert "2 × Brake disc front" in done.text
    with mechanic.app.app_context():
        assert db.session.get_one(Part, part).available == 0
    done.form("Give back Brake disc front").submit(htmx=htmx)
    with mechanic.app.app_context():
        assert db.session.get_one(Part, part).available == 2


def test_a_part_goes_to_the_job_that_is_chosen(mechanic: Browser, job: int) -> None:
    with mechanic.app.app_context():
        make_part(on_hand=9, name="Wiper blade")
        ticket = db.session.get_one(Ticket, job)
        first, second = ticket.jobs[0].id, make_job(ticket, complaint="Wipers streak").id
        declined = make_job(ticket, complaint="Rust", approval=Approval.DECLINED).id
        elsewhere = make_ticket().jobs[0].id
    search = f"/floor/tickets/{job}/parts?q=wiper"
    form = mechanic.get(search).form("Take")
    offered = [option["value"] for option in mechanic.get(search).soup.select("select[name=job_id] option")]
    assert offered == [str(first), str(second)]
    assert "for Wipers streak" in form.fill(job_id=str(second)).submit("Take").text
    for wrong, status in ((declined, 409), (elsewhere, 404), (999_999, 404), ("two", 422)):
        data = {"part_id": form.values["part_id"], "quantity": "1", "supply": "reserved", "job_id": str(wrong)}
        assert mechanic.post(form.action, data).status == status, wrong
    with mechanic.app.app_context():
        assert [line.job_id for line in db.session.get_one(Ticket, job).part_lines] == [second]


def test_only_parts_are_taken_off_there(mechanic: Browser, job: int, cast: Cast) -> None:
    desk_id = cast.account_id("desk")
    with mechanic.app.app_context():
        first = db.session.get_one(Ticket, job).jobs[0]
        by = db.session.get_one(Account, desk_id)
        fee_id = commands.add_item(first, kind=LineKind.FEE, description="Fee", price_cents=500, by=by).id
    assert mechanic.post(f"/floor/tickets/{job}/parts/{fee_id}/remove", {}).status == 404
    with mechanic.app.app_context():
        assert db.session.get_one(Line, fee_id).removed_at is None


def test_others_jobs_are_read_and_their_parts_left_alone(mechanic: Browser, foreign_job: int) -> None:
    with mechanic.app.app_context():
        part = make_part()
        line = make_part_line(db.session.get_one(Ticket, foreign_job), part).id
        part_id = part.id
    page = mechanic.get(f"/floor/tickets/{foreign_job}")
    assert "Foreign." in page.text
    assert "Give back" not in page.text
    data = {"part_id": str(part_id), "quantity": "1", "supply": "reserved", "q": ""}
    assert mechanic.post(f"/floor/tickets/{foreign_job}/parts", data).status == 404
    assert mechanic.post(f"/floor/tickets/{foreign_job}/parts/{line}/remove").status == 404
    assert mechanic.get(f"/floor/tickets/{foreign_job}/parts?q=part").status == 404


def test_customers_stay_outside(customer: Browser, visitor: Browser, job: int) -> None:
    assert customer.get(f"/floor/tickets/{job}").status == 403
    assert visitor.get("/floor/").path == "/login"


def test_nothing_to_do(mechanic: Browser) -> None:
    assert "Nothing on your list" in mechanic.get("/floor/").text
