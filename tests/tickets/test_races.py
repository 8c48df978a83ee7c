"""Sixteen people at once on the same thing: nothing is lost, doubled or broken."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from shop.extensions import db
from shop.inventory.models import Part
from shop.tickets import estimate
from shop.tickets.lifecycle import Status
from shop.tickets.models import FIRST_NUMBER, Assignment, Line, Supply, Ticket
from tests.browser import Browser, Page
from tests.cast import PASSWORD, Cast
from tests.factories import make_customer, make_mechanic, make_part, make_part_line, make_ticket

MANY = 16


@pytest.fixture
def desks(cast: Cast) -> list[Browser]:
    """The desk's account in sixteen browsers."""
    cast.account_id("desk")
    browsers = [Browser(cast.app, address=f"10.0.0.{number}") for number in range(1, MANY + 1)]
    for browser in browsers:
        browser.sign_in(cast.email("desk"), PASSWORD)
    return browsers


def at_once(desks: list[Browser], act: Callable[[int, Browser], Page]) -> Counter[int]:
    """How often each status was answered when everybody acts at the same moment."""
    tokens = [desk.token() for desk in desks]
    start = threading.Barrier(MANY)
    statuses: list[int] = []

    def one(number: int) -> None:
        desks[number].token = lambda: tokens[number]  # type: ignore[method-assign]
        start.wait()
        statuses.append(act(number, desks[number]).status)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(statuses)


def test_the_last_part_is_taken_once(cast: Cast, desks: list[Browser]) -> None:
    with cast.app.app_context():
        ticket, part = make_ticket(), make_part(on_hand=3).id
        ticket, job = ticket.id, ticket.jobs[0].id
    data = {"part_id": str(part), "quantity": "1", "supply": "reserved", "q": ""}
    answers = at_once(desks, lambda _, desk: desk.post(f"/desk/tickets/{ticket}/jobs/{job}/parts", data, follow=False))
    assert answers == {303: 3, 422: MANY - 3}
    with cast.app.app_context():
        shelf = db.session.get_one(Part, part)
        assert (shelf.on_hand, shelf.available) == (3, 0)
        assert db.session.scalar(select(func.count()).select_from(Line)) == 3


def test_the_last_part_goes_to_one_of_many_tickets(cast: Cast, desks: list[Browser]) -> None:
    with cast.app.app_context():
        part = make_part(on_hand=3).id
        tickets = [(ticket.id, ticket.jobs[0].id) for ticket in (make_ticket() for _ in range(MANY))]
    data = {"part_id": str(part), "quantity": "1", "supply": "reserved", "q": ""}

    def take(number: int, desk: Browser) -> Page:
        ticket, job = tickets[number]
        return desk.post(f"/desk/tickets/{ticket}/jobs/{job}/parts", data, follow=False)

    assert at_once(desks, take) == {303: 3, 422: MANY - 3}
    with cast.app.app_context():
        assert db.session.get_one(Part, part).available == 0
        assert db.session.scalar(select(func.count()).select_from(Line)) == 3


def test_a_part_goes_back_once(cast: Cast, desks: list[Browser]) -> None:
    with cast.app.app_context():
        ticket, part = make_ticket(), make_part(on_hand=5).id
        ticket, job = ticket.id, ticket.jobs[0].id
    taken = {"part_id": str(part), "quantity": "2", "supply": "reserved", "q": ""}
    desks[0].post(f"/desk/tickets/{ticket}/jobs/{job}/parts", taken)
    with cast.app.app_context():
        line = db.session.scalar(select(Line.id))
    answers = at_once(desks, lambda _, desk: desk.post(f"/desk/tickets/{ticket}/lines/{line}/remove", follow=False))
    assert answers == {303: 1, 409: MANY - 1}
    with cast.app.app_context():
        assert db.session.get_one(Part, part).available == 5


def test_a_mechanic_is_put_on_once_and_taken_off_once(cast: Cast, desks: list[Browser]) -> None:
    with cast.app.app_context():
        ticket, mia, jo = make_ticket().id, make_mechanic().id, make_mechanic().id
    url = f"/desk/tickets/{ticket}/mechanics"
    put_on = at_once(desks, lambda number, desk: desk.post(url, {"mechanic": [mia, jo][number % 2]}, follow=False))
    assert put_on == {303: MANY}
    with cast.app.app_context():
        assert sorted(db.session.scalars(select(Assignment.mechanic_id))) == [mia, jo]
    take_off = at_once(desks, lambda number, desk: desk.post(f"{url}/{[mia, jo][number % 2]}/remove", follow=False))
    assert take_off == {303: MANY}
    with cast.app.app_context():
        assert not list(db.session.scalars(select(Assignment.mechanic_id)))


def test_numbers_have_no_gap_and_no_twin(cast: Cast, desks: list[Browser]) -> None:
    with cast.app.app_context():
        customer = make_customer().id
    data = {"whose": str(customer), "complaint": "Rattles."}

    def act(number: int, desk: Browser) -> Page:
        wrong = {"complaint": ""} if number % 4 == 3 else {}
        return desk.post("/desk/tickets/new", {**data, **wrong}, follow=False)

    assert at_once(desks, act) == {303: 12, 422: 4}
    with cast.app.app_context():
        assert sorted(db.session.scalars(select(Ticket.number))) == list(range(FIRST_NUMBER, FIRST_NUMBER + 12))


def test_one_step_is_made_once(cast: Cast, desks: list[Browser]) -> None:
    with cast.app.app_context():
        ticket = make_ticket(status=Status.APPROVED).id
    data = {"to": "in_progress", "seen": "approved"}
    answers = at_once(desks, lambda _, desk: desk.post(f"/desk/tickets/{ticket}/moves", data, follow=False))
    assert answers == {303: 1, 409: MANY - 1}


def test_taking_and_cancelling_at_once_lose_no_part(cast: Cast, desks: list[Browser]) -> None:
    with cast.app.app_context():
        ticket, part = make_ticket(status=Status.APPROVED), make_part(on_hand=50).id
        ticket, job = ticket.id, ticket.jobs[0].id
    use = {"part_id": str(part), "quantity": "1", "supply": "reserved", "q": ""}
    cancel = {"to": "cancelled", "seen": "approved", "reason": "They sold it."}

    def act(number: int, desk: Browser) -> Page:
        what, data = ("moves", cancel) if number == MANY // 2 else (f"jobs/{job}/parts", use)
        return desk.post(f"/desk/tickets/{ticket}/{what}", data, follow=False)

    assert set(at_once(desks, act)) <= {303, 409}
    with cast.app.app_context():
        assert db.session.get_one(Part, part).available == 50
        assert db.session.scalar(select(func.count()).where(Line.supply != Supply.WANTED)) == 0


def test_of_two_desks_on_one_line_one_saves_and_nothing_is_overwritten_in_silence(
    cast: Cast, desks: list[Browser]
) -> None:
    with cast.app.app_context():
        ticket = make_ticket()
        line = make_part_line(ticket, make_part(on_hand=99), supply=Supply.RESERVED).id
        ticket_id = ticket.id
    data = {"description": "Pads", "quantity": "1", "price_cents": "1", "cost_cents": "1", "core_cents": "0"}

    def act(number: int, desk: Browser) -> Page:
        mine = {**data, "quantity": str(number + 1), "version": "1"}
        return desk.post(f"/desk/tickets/{ticket_id}/lines/{line}", mine, follow=False)

    assert at_once(desks, act) == {303: 1, 409: MANY - 1}
    with cast.app.app_context():
        kept = db.session.get_one(Line, line)
        assert kept.version == 2
        assert db.session.get_one(Part, kept.part_id).reserved == kept.quantity


def test_an_answer_against_edits_approves_what_was_offered(cast: Cast, desks: list[Browser]) -> None:
    """Half of them note the customer's consent while the others raise the price: what is approved was on a version."""

    def note(desk: Browser) -> Page:
        form = desk.get(f"/desk/tickets/{ticket_id}").form("Note it")
        return form.fill(**{f"job-{job}": "approved"}, name="Joy", channel="phone").submit()

    with cast.app.app_context():
        ticket = make_ticket()
        make_part_line(ticket, make_part(on_hand=9, price_cents=1_000), supply=Supply.RESERVED)
        ticket_id, job = ticket.id, ticket.jobs[0].id
    labour = {"kind": "labour", "description": "More", "minutes": "1", "price_cents": "10"}
    consent = {f"job-{job}": "approved", f"sum-{job}": "1000", "name": "Joy", "channel": "phone"}

    def act(number: int, desk: Browser) -> Page:
        what, data = ("consents", consent) if number % 2 else (f"jobs/{job}/lines", labour)
        return desk.post(f"/desk/tickets/{ticket_id}/{what}", data, follow=False)

    answers = at_once(desks, act)
    assert set(answers) <= {303, 409, 422}
    assert note(desks[0]).status == 200
    with cast.app.app_context():
        ticket = db.session.get_one(Ticket, ticket_id)
        offered = [estimate.read(version.content).bill.total for version in ticket.versions if version.consents]
        assert offered[-1] == ticket.approved_cents == ticket.jobs[0].approved_cents
        assert ticket.over_cents == ticket.total_cents - ticket.approved_cents
        assert (ticket.total_cents, ticket.tax_cents) == (ticket.bill.total, ticket.bill.tax)


def test_a_job_is_finished_once(cast: Cast, desks: list[Browser]) -> None:
    with cast.app.app_context():
        ticket, part = make_ticket(status=Status.IN_PROGRESS), make_part(on_hand=5)
        make_part_line(ticket, part, quantity=2, supply=Supply.RESERVED)
        ticket_id, job, part_id = ticket.id, ticket.jobs[0].id, part.id
    answers = at_once(desks, lambda _, desk: desk.post(f"/desk/tickets/{ticket_id}/jobs/{job}/finish", follow=False))
    assert answers == {303: 1, 409: MANY - 1}
    with cast.app.app_context():
        shelf = db.session.get_one(Part, part_id)
        assert (shelf.on_hand, shelf.reserved) == (3, 0)
        assert db.session.get_one(Ticket, ticket_id).status is Status.QUALITY_CHECK


def test_who_gets_no_part_is_approved_all_the_same(cast: Cast, desks: list[Browser]) -> None:
    """The shelf has three of what sixteen approved tickets want: those get one, and the others wait for it."""
    with cast.app.app_context():
        part, tickets = make_part(on_hand=3), [make_ticket() for _ in range(MANY)]
        for ticket in tickets:
            make_part_line(ticket, part, supply=Supply.WANTED)
        part_id, ids = part.id, [ticket.id for ticket in tickets]
    move = {"to": Status.APPROVED.value}
    answers = at_once(desks, lambda number, desk: desk.post(f"/desk/tickets/{ids[number]}/moves", move, follow=False))
    assert answers == {303: MANY}
    with cast.app.app_context():
        assert db.session.get_one(Part, part_id).reserved == 3
        kept = select(func.count()).select_from(Line).where(Line.supply == Supply.RESERVED)
        assert db.session.scalar(kept) == 3
