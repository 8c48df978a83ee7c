"""The board."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from shop.accounts.models import Account
from shop.common.clock import at_moment, now
from shop.common.roles import Role
from shop.common.transaction import transaction
from shop.extensions import db
from shop.tickets import commands
from shop.tickets.board import BOARD, CARDS_A_COLUMN, board
from shop.tickets.commands.shared import settle
from shop.tickets.lifecycle import OPEN, Approval, Status
from shop.tickets.models import Supply, Ticket
from tests.browser import Browser
from tests.cast import Cast
from tests.factories import make_job, make_mechanic, make_part, make_part_line, make_ticket, make_vehicle, settled
from tests.statements import counted


def test_every_open_status_has_its_column() -> None:
    statuses = [status for column in BOARD for status in column.statuses]
    assert len(statuses) == len(set(statuses))
    assert set(statuses) == OPEN


@pytest.mark.usefixtures("context")
class TestReading:
    def titles(self) -> dict[str, int]:
        return {column.title: column.total for column in board() if column.total}

    def test_a_ticket_stands_where_it_is(self) -> None:
        for status in Status:
            make_ticket(status=status)
        assert self.titles() == {
            "Not approved": 2,
            "Approved": 1,
            "In progress": 1,
            "Quality check": 1,
            "Ready": 2,
        }

    def test_what_waits_for_parts_stands_there_instead(self) -> None:
        ticket, part = make_ticket(status=Status.IN_PROGRESS), make_part(on_hand=0)
        make_part_line(ticket, part, supply=Supply.WANTED)
        assert self.titles() == {"Waiting for parts": 1}
        part.on_hand = 1
        db.session.commit()
        make_ticket()
        assert self.titles() == {"Not approved": 1, "In progress": 1}

    @pytest.mark.parametrize(
        ("answers", "is_turned_down"),
        [
            ([Approval.DECLINED, Approval.DEFERRED], True),
            ([Approval.DECLINED, Approval.PENDING], False),
            ([Approval.APPROVED, Approval.DECLINED], False),
            ([Approval.PENDING, Approval.PENDING], False),
        ],
    )
    def test_says_where_nothing_was_approved(self, answers: list[Approval], is_turned_down: bool) -> None:
        ticket = make_ticket(status=Status.ESTIMATE)
        ticket.jobs[0].approval = answers[0]
        make_job(ticket, approval=answers[1])
        make_job(ticket, approval=Approval.PENDING, removed_at=now())
        (card,) = board()[0].cards
        assert card.is_turned_down is is_turned_down
        assert {move.to for move in ticket.moves(Role.DESK)} == {move.to for move in card.moves(Role.DESK)}
        ways = {Status.DRAFT, Status.CANCELLED} | (set() if is_turned_down else {Status.APPROVED})
        assert {move.to for move in card.moves(Role.DESK)} == ways

    def test_offers_no_approval_of_nothing(self) -> None:
        ticket = make_ticket(status=Status.ESTIMATE)
        ticket.jobs[0].removed_at = now()
        db.session.commit()
        (card,) = board()[0].cards
        assert not card.is_turned_down
        assert {move.to for move in card.moves(Role.DESK)} == {Status.DRAFT, Status.CANCELLED}
        assert {move.to for move in ticket.moves(Role.DESK)} == {Status.DRAFT, Status.CANCELLED}

    def test_shows_the_most_pressing_and_counts_the_rest(self) -> None:
        for hours in range(CARDS_A_COLUMN + 5, 0, -1):
            make_ticket(promised_at=now() + timedelta(hours=hours))
        make_ticket()
        column = board()[0]
        assert (len(column.cards), column.total, column.hidden) == (CARDS_A_COLUMN, CARDS_A_COLUMN + 6, 6)
        promised = [card.promised_at for card in column.cards]
        assert None not in promised
        assert promised == sorted(promised, key=lambda moment: moment or now())

    def test_of_one_mechanic(self) -> None:
        mia = make_mechanic()
        make_ticket(mechanics=[mia, make_mechanic()])
        make_ticket()
        assert [column.total for column in board(mechanic_id=mia.id)] == [1, 0, 0, 0, 0, 0]


class TestPage:
    def test_an_empty_shop_says_what_to_do(self, desk: Browser) -> None:
        page = desk.get("/desk/")
        assert page.heading == "Board"
        assert "No car is in the shop" in page.text

    def test_a_card_is_moved_without_script(self, desk: Browser) -> None:
        with desk.app.app_context():
            ticket = make_ticket(vehicle=make_vehicle(plate="HH-RK 4071"), status=Status.APPROVED).id
        page = desk.get("/desk/").form("Start work").submit()
        assert page.path == "/desk/"
        assert "#1001 moved to In progress." in page.text
        assert page.form("Send to quality check")
        assert page.fragment(f"board-card-{ticket}")

    def test_a_card_that_moved_meanwhile_is_told_kindly(self, desk: Browser, owner: Browser) -> None:
        with desk.app.app_context():
            make_ticket(status=Status.APPROVED)
        old = desk.get("/desk/")
        owner.get("/desk/").form("Start work").submit()
        page = old.form("Start work").submit(htmx=True)
        assert page.status == 409
        assert "Somebody else has moved #1001 meanwhile: it is in progress now." in page.text
        assert page.fragment("board")
        assert "Somebody else has moved #1001" in old.form("Start work").submit().text

    def test_polling_costs_next_to_nothing_until_something_happens(self, desk: Browser, owner: Browser) -> None:
        with desk.app.app_context():
            make_ticket(status=Status.APPROVED)
        with at_moment(now()):
            seen = desk.get("/desk/").soup.find(id="board")["data-hx-get"]
            with counted(desk.app) as statements:
                page = desk.get(seen, htmx=True)
            assert page.status == 204
            assert len(statements) <= 3, statements
            owner.get("/desk/").form("Start work").submit()
            assert "In progress" in desk.get(seen, htmx=True).text

    def test_costs_the_same_however_full_it_is(self, desk: Browser) -> None:
        def cost() -> int:
            with counted(desk.app) as statements:
                desk.get("/desk/")
            return len(statements)

        with desk.app.app_context():
            make_ticket()
        desk.get("/account")  # the first look of a sign-in is noted
        before = cost()
        with desk.app.app_context(), transaction():
            for number in range(30):
                make_part_line(make_ticket(status=list(Status)[number % 7], mechanics=[make_mechanic()]), make_part())
        assert cost() == before

    def test_whose_work_it_shows_is_chosen(self, desk: Browser) -> None:
        with desk.app.app_context():
            mia = make_mechanic(name="Mia Korhonen")
            make_ticket(mechanics=[mia], complaint="Hers.")
            make_ticket(complaint="Nobody's.")
            mechanic_id = mia.id
        page = desk.get(f"/desk/?mechanic={mechanic_id}")
        assert "Hers." in page.text
        assert "Nobody's." not in page.text
        page = desk.get("/desk/?mechanic=999")
        assert page.status == 200
        assert page.errors

    def test_a_consent_is_to_the_sum_that_the_card_showed(self, desk: Browser) -> None:
        with desk.app.app_context():
            ticket = make_ticket()
            make_part_line(ticket, make_part(price_cents=10_000), supply=Supply.WANTED)
            settled(ticket)
            ticket_id = ticket.id
        form = desk.get("/desk/").form("Approve at the counter")
        with desk.app.app_context(), transaction():
            line = db.session.get_one(Ticket, ticket_id).jobs[0].lines[0]
            line.price_cents = 110_000
            settle(line.ticket)
        page = form.submit("Approve at the counter", htmx=True)
        assert page.status == 409
        assert "Somebody has changed the work" in page.text
        with desk.app.app_context():
            assert db.session.get_one(Ticket, ticket_id).status is Status.DRAFT

    def test_a_job_that_is_moved_was_touched(self, desk: Browser) -> None:
        with desk.app.app_context():
            ticket = make_ticket()
            job = make_job(ticket)
            before = {card.id: card.touched_at for column in board() for card in column.cards}
            commands.move_job(job, up=True, by=db.session.scalars(select(Account)).first())
            after = {card.id: card.touched_at for column in board() for card in column.cards}
            assert after[ticket.id] > before[ticket.id]

    def test_an_owner_is_told_that_nobody_has_set_prices(self, cast: Cast) -> None:
        words = "An hour of labour is charged at $120.00"
        owner = cast.browser("owner")
        assert words in owner.get("/desk/").text
        assert words not in cast.browser("desk").get("/desk/").text
        owner.get("/desk/settings").form("Save prices and taxes").submit()
        assert words not in owner.get("/desk/").text
