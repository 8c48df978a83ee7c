"""A ticket that was opened for the wrong customer, or for the wrong car."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from shop.accounts.models import Account
from shop.audit.models import Event
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.customers.models import Customer
from shop.extensions import db
from shop.tickets import commands
from shop.tickets.lifecycle import Status
from shop.tickets.models import Ticket
from tests.browser import Browser
from tests.cast import Cast
from tests.factories import make_customer, make_ticket, make_vehicle


@pytest.fixture
def desk_account(context: None, cast: Cast) -> Account:
    return cast.account("desk")


def nobody_new(customer: Customer, **more: object) -> dict[str, object]:
    return {"customer": customer, "new_customer": None, "vehicle": None, "new_vehicle": None, **more}


class TestCommand:
    def test_gives_it_to_another_customer_with_another_car(self, desk_account: Account) -> None:
        ticket = make_ticket(vehicle=make_vehicle(make_customer(name="Joy"), plate="OLD 1", odometer=1000))
        commands.edit_ticket(ticket, odometer_in=1200, by=desk_account)
        mira = make_customer(name="Mira")
        car = make_vehicle(mira, plate="NEW 1", odometer=1100)
        former = ticket.vehicle
        commands.hand_over(ticket, **nobody_new(mira, vehicle=car), by=desk_account)  # type: ignore[arg-type]
        assert (ticket.customer, ticket.vehicle, car.odometer) == (mira, car, 1200)
        assert former is not None
        assert former.odometer == 1000

    def test_counts_as_a_change_of_the_ticket(self, desk_account: Account) -> None:
        ticket, mira = make_ticket(), make_customer(name="Mira")
        version, touched = ticket.version, ticket.touched_at
        commands.hand_over(ticket, **nobody_new(mira, version=version), by=desk_account)  # type: ignore[arg-type]
        assert ticket.version > version
        assert ticket.touched_at > touched
        with pytest.raises(StaleEdit):
            commands.hand_over(ticket, **nobody_new(make_customer(), version=version), by=desk_account)  # type: ignore[arg-type]
        assert ticket.customer is mira

    def test_writes_both_down_when_they_are_new(self, desk_account: Account) -> None:
        ticket = make_ticket()
        commands.hand_over(
            ticket,
            customer=None,
            new_customer={"name": "Mira"},
            vehicle=None,
            new_vehicle={"plate": "NEW 1", "make": "Fiat", "model": "500"},
            by=desk_account,
        )
        assert ticket.customer.name == "Mira"
        assert ticket.vehicle is not None
        assert ticket.vehicle.plate == "NEW 1"

    def test_leaves_no_name_in_the_history(self, desk_account: Account) -> None:
        ticket = make_ticket(vehicle=make_vehicle(make_customer(name="Canary")))
        commands.hand_over(ticket, **nobody_new(make_customer(name="Finch")), by=desk_account)  # type: ignore[arg-type]
        event = db.session.scalars(select(Event).where(Event.action == "ticket.handed_over")).one()
        assert "Canary" not in str(event.facts)
        assert "Finch" not in str(event.facts)

    @pytest.mark.parametrize("told", ["estimate", "link", "closed", "comeback", "came back", "came back once"])
    def test_not_what_the_customer_was_told(self, desk_account: Account, told: str) -> None:
        ticket = make_ticket(vehicle=make_vehicle(make_customer(name="Joy")))
        if told == "estimate":
            commands.write_estimate(ticket, by=desk_account)
        elif told == "link":
            commands.give_link(ticket, by=desk_account)
        elif told == "closed":
            commands.move(ticket, to=Status.CANCELLED, reason="A mistake.", by=desk_account)
        else:
            first = ticket
            ticket.completed_at = ticket.created_at
            ticket.status = Status.PICKED_UP
            ticket = commands.open_comeback(ticket, by=desk_account)
            if told != "comeback":
                if told == "came back once":
                    commands.move(ticket, to=Status.CANCELLED, reason="It was another noise.", by=desk_account)
                ticket = first
                ticket.status = Status.IN_PROGRESS
        mira = make_customer(name="Mira")
        with pytest.raises(Conflict):
            commands.hand_over(ticket, **nobody_new(mira), by=desk_account)  # type: ignore[arg-type]
        db.session.expire_all()
        assert ticket.customer.name == "Joy"

    def test_not_to_somebody_archived_or_with_a_car_of_somebody_else(self, desk_account: Account) -> None:
        ticket, mira = make_ticket(), make_customer(name="Mira")
        other = make_vehicle(make_customer(name="Joy"))
        with pytest.raises(RuleBroken, match="does not belong to Mira"):
            commands.hand_over(ticket, **nobody_new(mira, vehicle=other), by=desk_account)  # type: ignore[arg-type]
        assert db.session.get_one(Ticket, ticket.id).customer is not mira
        gone = make_customer(archived_at=now())
        with pytest.raises(RuleBroken, match="archived"):
            commands.hand_over(ticket, **nobody_new(gone), by=desk_account)  # type: ignore[arg-type]


class TestPage:
    @pytest.fixture
    def ticket_id(self, cast: Cast) -> int:
        with cast.app.app_context():
            make_vehicle(make_customer(name="Mira Haller"), plate="NEW 1")
            return make_ticket(vehicle=make_vehicle(make_customer(name="Joy Tanaka"), plate="OLD 1")).id

    def test_finds_who_it_is(self, desk: Browser, ticket_id: int) -> None:
        page = desk.get(f"/desk/tickets/{ticket_id}").follow("Another customer or car")
        assert "Now it is Joy Tanaka’s" in page.text
        page = page.form("Find").fill(q="mira").submit("Find")
        mira, joy = page.soup.select("fieldset.match")
        assert "Joy Tanaka" in joy.get_text()
        whose = str(mira.select("[name='whose']")[0]["value"])
        page = page.form("Put this name on it").fill(whose=whose).submit("Put this name on it")
        assert page.path == f"/desk/tickets/{ticket_id}"
        assert "Mira Haller" in page.text
        assert "NEW 1" in page.text
        assert "put another customer’s name on the ticket" in page.text

    def test_says_what_speaks_against_it(self, desk: Browser, ticket_id: int) -> None:
        page = desk.get(f"/desk/tickets/{ticket_id}/whose")
        page = page.form("Put this name on it").fill(whose="").submit("Put this name on it")
        assert page.status == 422
        assert page.errors
        desk.get(f"/desk/tickets/{ticket_id}").form("Make a link").submit()
        page = desk.get(f"/desk/tickets/{ticket_id}/whose").form("Put this name on it").fill(whose="", name="Mira")
        refused = page.submit("Put this name on it")
        assert refused.status == 409
        assert "Joy Tanaka has a link to this repair" in refused.text
        assert refused.form("Put this name on it").values["name"] == "Mira"

    def test_takes_somebody_new_in_the_place_of_who_was_chosen(self, desk: Browser, ticket_id: int) -> None:
        page = desk.get(f"/desk/tickets/{ticket_id}/whose")
        choices = [str(each["value"]) for each in page.soup.select("[name='whose']")]
        assert choices[-1] == ""
        page = page.form("Put this name on it").fill(whose="", name="Mira Nova").submit("Put this name on it")
        assert page.path == f"/desk/tickets/{ticket_id}"
        assert "Mira Nova" in page.text

    def test_says_what_came_in_between(self, desk: Browser, ticket_id: int) -> None:
        first = desk.get(f"/desk/tickets/{ticket_id}/whose").form("Put this name on it")
        second = desk.get(f"/desk/tickets/{ticket_id}/whose").form("Put this name on it")
        first.fill(whose="", name="Mira Nova").submit("Put this name on it")
        page = second.fill(whose="", name="Vera Moss").submit("Put this name on it")
        assert page.status == 409
        assert "Somebody else has changed" in page.text
        assert "Now it is Mira Nova’s" in page.text
        page = page.form("Put this name on it").submit("Put this name on it")
        assert "Vera Moss" in page.text

    def test_asks_why_the_other_car_has_been_further(self, cast: Cast, desk: Browser, ticket_id: int) -> None:
        with cast.app.app_context():
            by = cast.account("desk")
            commands.edit_ticket(db.session.get_one(Ticket, ticket_id), odometer_in=85000, by=by)
            car = make_vehicle(make_customer(name="Vera Moss"), plate="FAR 1", odometer=99000)
            whose = f"{car.customer_id}-{car.id}"
        page = desk.get(f"/desk/tickets/{ticket_id}/whose?q=vera").form("Put this name on it").fill(whose=whose)
        page = page.submit("Put this name on it")
        assert page.status == 422
        page = page.form("Put this name on it").fill(odometer_reason="New dashboard.").submit("Put this name on it")
        assert page.path == f"/desk/tickets/{ticket_id}"
        assert "FAR 1" in page.text

    def test_does_not_warn_of_itself(self, desk: Browser, ticket_id: int) -> None:
        assert "already here" not in desk.get(f"/desk/tickets/{ticket_id}/whose").text

    def test_nothing_of_it_is_changed_once_it_is_archived(self, desk: Browser, ticket_id: int) -> None:
        desk.get(f"/desk/tickets/{ticket_id}").form("Archive the ticket").submit()
        page = desk.get(f"/desk/tickets/{ticket_id}")
        assert "Bring it back" in page.text
        for words in ("whose", "details"):
            assert f"/desk/tickets/{ticket_id}/{words}" not in page.html

    def test_is_for_the_desk(self, mechanic: Browser, ticket_id: int) -> None:
        assert mechanic.get(f"/desk/tickets/{ticket_id}/whose").status == 403
