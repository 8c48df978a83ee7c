"""The ticket page, the list and the new ticket at the desk, as people use them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shop.common.clock import now
from shop.common.paging import to_cursor
from shop.common.transaction import has_one_writer, transaction
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from shop.inventory.models import Part
from shop.tickets import queries
from shop.tickets.lifecycle import Status
from shop.tickets.models import Supply, Ticket
from tests.browser import Browser, Page
from tests.factories import keep, make_customer, make_mechanic, make_part, make_part_line, make_ticket, make_vehicle
from tests.statements import counted


@pytest.fixture
def golf(desk: Browser) -> int:
    """The id of Joy's ticket."""
    with desk.app.app_context(), transaction():
        vehicle = make_vehicle(
            make_customer(name="Joy Tanaka", phone="+1 555 0142"), plate="HH-RK 4071", make="VW", model="Golf"
        )
        return make_ticket(vehicle=vehicle, status=Status.APPROVED, complaint="Squeals when braking.").id


def ticket_of(browser: Browser, ticket_id: int) -> Ticket:
    with browser.app.app_context():
        return db.session.get_one(Ticket, ticket_id)


def first_job(browser: Browser, ticket_id: int) -> int:
    with browser.app.app_context():
        return db.session.get_one(Ticket, ticket_id).jobs[0].id


class TestPage:
    def test_shows_what_the_desk_needs(self, desk: Browser, golf: int) -> None:
        page = desk.get(f"/desk/tickets/{golf}")
        assert page.heading == "#1001"
        for words in ("HH-RK 4071", "VW Golf", "Joy Tanaka", "Squeals when braking.", "Nobody is on it yet."):
            assert words in page.text
        assert 'href="tel:+15550142"' in page.html

    @pytest.mark.parametrize("who", ["mechanic", "customer", "stranger"])
    def test_keeps_the_wrong_role_out(self, request: pytest.FixtureRequest, golf: int, who: str) -> None:
        browser: Browser = request.getfixturevalue(who)
        for url in ("/desk/", "/desk/tickets", "/desk/tickets/new", f"/desk/tickets/{golf}"):
            page = browser.get(url)
            assert page.status == 403
            assert "Joy Tanaka" not in page.html

    def test_needs_sign_in(self, visitor: Browser, golf: int) -> None:
        assert visitor.get(f"/desk/tickets/{golf}").path == "/login"

    @pytest.mark.parametrize("ticket_id", ["999", "0", "01", "2147483648", "x"])
    def test_is_not_there(self, desk: Browser, ticket_id: str) -> None:
        assert desk.get(f"/desk/tickets/{ticket_id}").status == 404

    def test_warns_of_a_second_open_ticket_for_the_same_car(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            vehicle = db.session.get_one(Ticket, golf).vehicle
            make_ticket(vehicle=vehicle, complaint="Wipers.")
        assert "another open ticket: #1002 , draft." in desk.get(f"/desk/tickets/{golf}").text

    def test_says_how_many_more_are_open_for_it(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            vehicle = db.session.get_one(Ticket, golf).vehicle
            for complaint in ("Wipers.", "Horn."):
                make_ticket(vehicle=vehicle, complaint=complaint)
            make_ticket(complaint="Somebody else's.")
        page = desk.get(f"/desk/tickets/{golf}")
        assert "This vehicle has 2 other open tickets , the newest #1003 , draft." in page.text
        page = page.follow("2 other open tickets")
        assert "VW Golf, HH-RK 4071." in page.text
        assert [row.get_text() for row in page.soup.select(".row-link")] == ["#1003", "#1002", "#1001"]

    def test_costs_the_same_however_much_is_on_it(self, desk: Browser, golf: int) -> None:
        def cost() -> int:
            with counted(desk.app) as statements:
                assert desk.get(f"/desk/tickets/{golf}").status == 200
            return len(statements)

        before = cost()
        with desk.app.app_context():
            for _ in range(8):
                make_part_line(db.session.get_one(Ticket, golf), make_part())
        for _ in range(4):
            with desk.app.app_context():
                mechanic_id = str(make_mechanic().id)
            desk.get(f"/desk/tickets/{golf}").form("Assign").fill(mechanic=mechanic_id).submit()
        assert cost() <= before + 1  # the lines of the timeline's events are one more at most


class TestMoves:
    def test_the_next_step_is_one_button(self, desk: Browser, golf: int) -> None:
        page = desk.get(f"/desk/tickets/{golf}").form("Start work").submit()
        assert (page.status, page.path) == (200, f"/desk/tickets/{golf}")
        assert "In progress" in page.text
        assert "moved it from approved to in progress" in page.text

    def test_what_is_over_presses_for_nothing(self, desk: Browser) -> None:
        with desk.app.app_context():
            over = make_ticket(status=Status.PICKED_UP).id
        page = desk.get(f"/desk/tickets/{over}")
        assert page.form("Reopen the work")
        assert not page.soup.select("main .button--primary")

    def test_htmx_gets_the_head_and_what_changed_with_it(self, desk: Browser, golf: int) -> None:
        page = desk.get(f"/desk/tickets/{golf}").form("Start work").submit(htmx=True)
        assert "<html" not in page.html
        for part in ("head", "details", "jobs", "money", "estimate", "mechanics"):
            assert page.fragment(f"ticket-{golf}-{part}"), part
        assert page.fragment("timeline")

    @pytest.mark.parametrize("htmx", [False, True])
    def test_a_page_out_of_date_is_told_kindly(self, desk: Browser, owner: Browser, golf: int, htmx: bool) -> None:
        old = desk.get(f"/desk/tickets/{golf}")
        owner.get(f"/desk/tickets/{golf}").form("Start work").submit()
        page = old.form("Start work").submit(htmx=htmx)
        assert page.status == 409
        assert "Somebody else has moved #1001 meanwhile: it is in progress now." in page.text
        assert page.form("Send to quality check")

    @pytest.mark.parametrize("htmx", [False, True])
    def test_cancelling_asks_why_next_to_the_field(self, desk: Browser, golf: int, htmx: bool) -> None:
        page = desk.get(f"/desk/tickets/{golf}").form("Cancel the ticket").submit(htmx=htmx)
        assert (page.status, page.errors) == (422, ["Say why, so that everybody knows later."])
        page = page.form("Cancel the ticket").fill(reason="They sold it").submit()
        assert "Cancelled: They sold it" in page.text

    def test_nonsense_is_refused(self, desk: Browser, golf: int) -> None:
        for to in ("", "nonsense", "picked_up"):
            page = desk.post(f"/desk/tickets/{golf}/moves", {"to": to, "seen": "approved"})
            assert page.status in (409, 422)
        assert ticket_of(desk, golf).status is Status.APPROVED


class TestDetails:
    def test_are_changed_in_place(self, desk: Browser, golf: int) -> None:
        page = desk.get(f"/desk/tickets/{golf}/details")
        form = page.form("Save")
        assert form.values["complaint"] == "Squeals when braking."
        page = form.fill(complaint="Grinds.\nA lot.", promised_at="2031-05-06T15:10").submit()
        assert page.path == f"/desk/tickets/{golf}"
        assert "Grinds." in page.text
        assert ticket_of(desk, golf).promised_at is not None

    def test_shows_what_was_wrong_and_keeps_what_was_typed(self, desk: Browser, golf: int) -> None:
        form = desk.get(f"/desk/tickets/{golf}/details").form("Save")
        page = form.fill(complaint="", promised_at="tomorrow", vehicle="99999").submit()
        assert page.status == 422
        assert page.errors == [
            "Write down what the customer came for.",
            "Enter a date and a time.",
            "Choose one of these.",
        ]
        assert page.form("Save").values["promised_at"] == "tomorrow"

    def test_a_time_that_is_over_is_not_promised_but_an_old_promise_stays(self, desk: Browser, golf: int) -> None:
        url = f"/desk/tickets/{golf}/details"
        page = desk.get(url).form("Save").fill(promised_at="2020-01-01T08:00").submit()
        assert (page.status, page.errors) == (422, ["This time is over. Promise a later one."])
        with desk.app.app_context():
            ticket = db.session.get_one(Ticket, golf)
            ticket.promised_at = then = now() - timedelta(days=1, seconds=7)
            keep(ticket)
        assert desk.get(url).form("Save").fill(complaint="Still squeals.").submit().status == 200
        assert (ticket_of(desk, golf).complaint, ticket_of(desk, golf).promised_at) == ("Still squeals.", then)
        assert "changed the complaint" in desk.get(f"/desk/tickets/{golf}").text

    @pytest.mark.parametrize("htmx", [False, True])
    def test_two_desks_at_once_lose_nothing(self, desk: Browser, owner: Browser, golf: int, htmx: bool) -> None:
        mine = desk.get(f"/desk/tickets/{golf}/details").form("Save").fill(complaint="What I heard.")
        owner.get(f"/desk/tickets/{golf}/details").form("Save").fill(complaint="What they heard.").submit()
        page = mine.submit(htmx=htmx)
        assert page.status == 409
        assert page.form("Save what is chosen").values["complaint"] == "What I heard."
        assert "What they heard." in page.text
        page.form("Save what is chosen").submit()
        assert ticket_of(desk, golf).complaint == "What I heard."

    def test_only_the_customers_own_cars_can_be_chosen(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            other = make_vehicle().id
        page = desk.get(f"/desk/tickets/{golf}/details").form("Save").fill(vehicle=str(other)).submit()
        assert page.status == 422

    def test_of_a_fleet_the_newest_can_be_chosen_and_any_other_named(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            customer = db.session.get_one(Ticket, golf).customer
            fleet = [make_vehicle(customer, plate=f"TAXI {number:03}").id for number in range(30)]
            make_vehicle(plate="NOT HIS")
        form = desk.get(f"/desk/tickets/{golf}/details").form("Save")
        options = form.tag.select("select[name=vehicle] option")
        assert [int(str(each["value"]) or 0) for each in options[:-1]] == [0, *fleet[-25:]]
        assert options[-1].has_attr("selected"), "the ticket's own one is an older one, and is there"
        assert "of 31 vehicles" in form.page.text
        page = form.fill(other_vehicle="not-his", complaint="What I heard.").submit()
        assert page.status == 422
        assert "has no vehicle with this number plate or VIN." in page.text
        assert page.form("Save").values["other_vehicle"] == "not-his"
        assert page.form("Save").values["complaint"] == "What I heard."
        page.form("Save").fill(other_vehicle="taxi003").submit()
        assert ticket_of(desk, golf).vehicle_id == fleet[3]

    def test_a_car_that_was_sold_meanwhile_stays_on_its_ticket(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            ticket = db.session.get_one(Ticket, golf)
            sold = ticket.vehicle_id
            ticket.vehicle.customer = make_customer()
            keep(ticket.vehicle)
        form = desk.get(f"/desk/tickets/{golf}/details").form("Save")
        assert form.values["vehicle"] == str(sold)
        assert form.fill(complaint="Squeals louder.").submit().status == 200
        assert ticket_of(desk, golf).vehicle_id == sold


class TestMechanics:
    def test_are_put_on_and_taken_off(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            mia = str(make_mechanic(name="Mia Korhonen").id)
        page = desk.get(f"/desk/tickets/{golf}").form("Assign").fill(mechanic=mia).submit()
        assert "put Mia Korhonen on it" in page.text
        page = page.form("Take Mia Korhonen off").submit()
        assert "Nobody is on it yet." in page.text

    def test_somebody_is_to_be_chosen(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            make_mechanic()
        page = desk.get(f"/desk/tickets/{golf}").form("Assign").submit(htmx=True)
        assert (page.status, page.errors) == (422, ["Choose one of these."])


class TestParts:
    def search(self, desk: Browser, golf: int, q: str = "brake") -> Page:
        return desk.get(f"/desk/tickets/{golf}").form(f"/jobs/{first_job(desk, golf)}/parts").fill(q=q).submit()

    def test_are_found_and_taken_without_script(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            part = make_part(on_hand=5, name="Brake disc front", price_cents=6490).id
        page = self.search(desk, golf)
        assert "5 in stock" in page.text
        page = page.form("Add").fill(quantity="2").submit("Add")
        assert page.path == f"/desk/tickets/{golf}"
        assert ["Brake disc front SKU", "2", "$64.90", "$129.80"][1:] == page.rows()[0][1:4]
        with desk.app.app_context():
            assert db.session.get_one(Part, part).available == 3
        page = page.form("Remove Brake disc front").submit()
        with desk.app.app_context():
            assert db.session.get_one(Part, part).available == 5
        page = page.form("Undo").submit()
        assert "Brake disc front" in page.rows()[0][0]
        with desk.app.app_context():
            assert db.session.get_one(Part, part).available == 3

    @pytest.mark.parametrize("htmx", [False, True])
    def test_too_many_is_said_at_the_field_with_a_way_out(self, desk: Browser, golf: int, htmx: bool) -> None:
        with desk.app.app_context():
            make_part(on_hand=2, name="Brake disc front")
        page = self.search(desk, golf).form("Add").fill(quantity="3").submit("Add", htmx=htmx)
        assert (page.status, page.errors) == (422, ["Only 2 on the shelf."])
        assert page.form("Add").values["quantity"] == "3"
        page = page.form("List as needed").submit("List as needed")
        assert "to come" in page.text
        assert "waiting for parts" in page.text

    def test_htmx_gets_what_was_found_alone(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            make_part(name="Brake disc front")
        job = first_job(desk, golf)
        page = desk.get(f"/desk/tickets/{golf}/jobs/{job}/parts?q=brake", htmx=True)
        assert page.fragment(f"job-{job}-picks")
        assert "<html" not in page.html

    def test_a_listed_part_is_taken_when_it_is_there(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            part = make_part(on_hand=0, name="Brake disc front").id
        page = self.search(desk, golf).form("List as needed").submit("List as needed")
        assert "to come" in page.text
        assert "Take it" not in page.text
        with desk.app.app_context():
            db.session.get_one(Part, part).on_hand = 1
            db.session.commit()
        page = desk.get(f"/desk/tickets/{golf}")
        assert "not taken" in page.text
        page = page.form("Take it").submit()
        assert "took 1 × Brake disc front from the shelf" in page.text

    def test_a_line_of_another_ticket_is_not_there(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            line = make_part_line(make_ticket(), make_part()).id
        assert desk.post(f"/desk/tickets/{golf}/lines/{line}/remove").status == 404

    def test_closed_work_is_told_kindly(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            part = make_part(name="Brake disc front")
            old_form = {"part_id": str(part.id), "quantity": "1", "supply": "reserved", "q": ""}
            ticket = db.session.get_one(Ticket, golf)
            ticket.status = Status.PICKED_UP
            db.session.commit()
        page = desk.post(f"/desk/tickets/{golf}/jobs/{first_job(desk, golf)}/parts", old_form)
        assert page.status == 409
        assert "is picked up. Reopen it to change its work." in page.text


def test_an_archived_ticket_leaves_every_list_and_comes_back(desk: Browser, golf: int) -> None:
    page = desk.get(f"/desk/tickets/{golf}").form("Archive the ticket").submit()
    assert page.path == "/desk/tickets"
    assert "#1001 is archived." in page.text
    assert not desk.get("/desk/tickets?status=all").rows()
    page = desk.get("/desk/tickets?status=archived").follow("#1001")
    assert "Archived today" in page.text
    assert not page.soup.select(".add-job")
    page = page.form("Bring it back").submit()
    assert "brought the ticket back" in page.text
    assert desk.get("/desk/tickets?status=all").rows()


@pytest.mark.parametrize(
    ("status", "supplies", "said"),
    [
        (Status.APPROVED, [], "links to it end."),
        (Status.APPROVED, [Supply.WANTED], "links to it end."),
        (Status.APPROVED, [Supply.RESERVED], "links to it end. Its 1 part goes back to the shelf."),
        (
            Status.IN_PROGRESS,
            [Supply.RESERVED, Supply.FITTED],
            "links to it end. Its 2 parts go back to the shelf, though 1 is fitted already.",
        ),
        (Status.INVOICED, [Supply.FITTED], "links to it end. Its 1 part stays used."),
        (Status.PICKED_UP, [Supply.FITTED, Supply.FITTED], "links to it end. Its 2 parts stay used."),
    ],
)
def test_archiving_says_what_becomes_of_the_parts(
    desk: Browser, golf: int, status: Status, supplies: list[Supply], said: str
) -> None:
    with desk.app.app_context(), transaction():
        ticket = db.session.get_one(Ticket, golf)
        ticket.status = status
        for supply in supplies:
            make_part_line(ticket, make_part(on_hand=5), supply=supply)
    asking = desk.get(f"/desk/tickets/{golf}").soup.select_one("form[action$='/archive']")
    assert asking
    assert str(asking["data-confirm"]) == f"Archive #1001? It leaves every list, and {said}"


class TestList:
    def test_finds_by_number_plate_name_and_complaint(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            make_ticket(complaint="Ölverlust am Getriebe")
        for q, numbers in (
            ("100", ["#1002", "#1001"]),
            ("%231001", ["#1001"]),
            ("hhrk", ["#1001"]),
            ("tana", ["#1001"]),
            ("golf squeal", ["#1001"]),
            ("ölverl", ["#1002"]),
            ("%25", []),
            ("nothing", []),
        ):
            page = desk.get(f"/desk/tickets?q={q}")
            assert [row[0] for row in page.rows()] == numbers, q

    def test_is_narrowed(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context():
            mia = make_mechanic()
            make_ticket(status=Status.PICKED_UP)
            make_ticket(promised_at=now() - timedelta(hours=1), mechanics=[mia])
            make_ticket(promised_at=now() - timedelta(days=3), status=Status.READY)
            mia_id = mia.id
        for query, numbers in (
            ("", ["#1004", "#1003", "#1001"]),
            ("status=all", ["#1004", "#1003", "#1002", "#1001"]),
            ("status=closed", ["#1002"]),
            ("status=approved", ["#1001"]),
            ("due=late", ["#1003"]),
            (f"mechanic={mia_id}", ["#1003"]),
            ("status=waiting", []),
            ("sort=promised", ["#1004", "#1003", "#1001"]),
            ("sort=-promised", ["#1003", "#1004", "#1001"]),
            ("sort=number", ["#1001", "#1003", "#1004"]),
            ("sort=status", ["#1003", "#1001", "#1004"]),
        ):
            page = desk.get(f"/desk/tickets?{query}")
            assert [row[0] for row in page.rows()] == numbers, query

    @pytest.mark.parametrize("query", ["status=lost", "mechanic=99", "due=never", "sort=colour", "customer=x"])
    def test_what_can_not_be_read_is_left_alone(self, desk: Browser, golf: int, query: str) -> None:
        page = desk.get(f"/desk/tickets?{query}")
        assert page.status == 200
        assert [row[0] for row in page.rows()] == ["#1001"]
        if query.startswith(("status", "mechanic", "due")):
            assert page.errors

    @pytest.mark.parametrize("sort", ["-number", "number", "promised", "-promised", "status", "-status"])
    def test_goes_on_and_back_in_every_order(self, desk: Browser, sort: str) -> None:
        with desk.app.app_context(), transaction():
            for number in range(60):
                promised = now() + timedelta(hours=number % 7) if number % 3 else None
                make_ticket(status=list(Status)[number % 7], promised_at=promised)
        seen: list[str] = []
        page = desk.get(f"/desk/tickets?status=all&sort={sort}")
        first = [row[0] for row in page.rows()]
        while True:
            seen += [row[0] for row in page.rows()]
            if "More" not in page.links:
                break
            page = page.follow("More")
        assert len(seen) == len(set(seen)) == 60
        back = page.follow("Back").follow("Back")
        assert [row[0] for row in back.rows()] == first

    def test_an_unknown_place_is_said_plainly(self, desk: Browser, golf: int) -> None:
        assert desk.get("/desk/tickets?after=nonsense").status == 422

    @pytest.mark.parametrize(("most", "told"), [(2, "2+ tickets"), (3, "3 tickets")])
    def test_counts_so_far_as_it_is_quick(
        self, desk: Browser, golf: int, monkeypatch: pytest.MonkeyPatch, most: int, told: str
    ) -> None:
        monkeypatch.setattr(queries, "MOST_COUNTED_OF_ALL", most)
        with desk.app.app_context(), transaction():
            make_ticket(complaint="Squeals when turning.")
            make_ticket(complaint="Squeals on cold mornings.")
        assert told in desk.get("/desk/tickets?status=all&q=squeals").text

    def test_counts_common_words_no_further_than_the_page(self, desk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queries, "MOST_READ_TO_COUNT", 0)
        with desk.app.app_context(), transaction():
            tickets = [make_ticket(complaint="Squeals when turning.").id for _ in range(30)]
        with desk.app.app_context():
            told = "30 tickets" if has_one_writer() else "25+ tickets"
        first = desk.get("/desk/tickets?status=all&q=squeals")
        assert told in first.text
        assert told in first.follow("More").text
        beyond = desk.get(f"/desk/tickets?status=all&q=squeals&after={to_cursor([min(tickets)])}")
        assert told in beyond.text

    def test_htmx_gets_the_list_alone(self, desk: Browser, golf: int) -> None:
        page = desk.get("/desk/tickets?q=golf", htmx=True)
        assert page.fragment("tickets-list")
        assert "<html" not in page.html

    def test_costs_the_same_however_long_it_is(self, desk: Browser, golf: int) -> None:
        def cost() -> int:
            with counted(desk.app) as statements:
                desk.get("/desk/tickets?status=all")
            return len(statements)

        desk.get("/account")  # the first look of a sign-in is noted
        before = cost()
        with desk.app.app_context(), transaction():
            for _ in range(20):
                ticket = make_ticket(mechanics=[make_mechanic(), make_mechanic()])
                make_part_line(ticket, make_part())
        assert cost() == before

    def test_a_change_shows_at_once(self, desk: Browser, owner: Browser, golf: int) -> None:
        assert "Approved" in desk.get("/desk/tickets").rows()[0]
        owner.get(f"/desk/tickets/{golf}").form("Start work").submit()
        assert "In progress" in desk.get("/desk/tickets").rows()[0]

    def test_of_one_customer_and_of_one_vehicle(self, desk: Browser, golf: int) -> None:
        ticket = ticket_of(desk, golf)
        for url in (f"/desk/customers/{ticket.customer_id}/tickets", f"/desk/vehicles/{ticket.vehicle_id}/tickets"):
            assert desk.get(url).rows()[0][0] == "#1001"
            assert "<html" not in desk.get(url, htmx=True).html
        assert desk.get("/desk/customers/999/tickets").status == 404


class TestNew:
    def count(self, desk: Browser) -> tuple[int, ...]:
        with desk.app.app_context():
            counted = [
                db.session.scalar(select(func.count()).select_from(each)) for each in (Customer, Vehicle, Ticket)
            ]
            return tuple(number or 0 for number in counted)

    def test_for_a_customer_who_is_found_without_script(self, desk: Browser, golf: int) -> None:
        form = desk.get("/desk/tickets/new").form("Open the ticket")
        page = form.fill(q="tanaka", complaint="Wipers leave streaks.").submit("Find")
        assert "already here: #1001" in page.text
        form = page.form("Open the ticket")
        assert form.values["complaint"] == "Wipers leave streaks."
        ticket = ticket_of(desk, golf)
        page = form.fill(whose=f"{ticket.customer_id}-{ticket.vehicle_id}").submit("Open the ticket")
        assert page.heading == "#1002"
        assert "HH-RK 4071" in page.text

    def test_a_refused_ticket_still_shows_who_was_found(self, desk: Browser, golf: int) -> None:
        form = desk.get("/desk/tickets/new").form("Open the ticket")
        page = form.fill(q="tanaka", complaint="Wipers leave streaks.").submit("Open the ticket")
        assert page.status == 422
        assert "Find the customer, or write down a new one." in page.text
        assert "already here: #1001" in page.text

    def test_a_vehicle_that_went_to_somebody_else_meanwhile_is_not_left_out_unsaid(
        self, desk: Browser, golf: int
    ) -> None:
        ticket = ticket_of(desk, golf)
        whose = f"{ticket.customer_id}-{ticket.vehicle_id}"
        with desk.app.app_context(), transaction():
            db.session.get_one(Vehicle, ticket.vehicle_id).customer_id = make_customer().id
        form = desk.get("/desk/tickets/new?q=tanaka").form("Open the ticket")
        page = form.fill(whose=whose, complaint="Wipers leave streaks.").submit("Open the ticket")
        assert page.status == 422
        assert "What you chose is no longer on the list. Choose again." in page.text

    def test_shows_what_a_customer_may_have_been_found_by(self, desk: Browser, golf: int) -> None:
        with desk.app.app_context(), transaction():
            db.session.get_one(Ticket, golf).customer.email = "joy@example.net"
        for q in ("0142", "joy@ex"):
            legend = desk.get(f"/desk/tickets/new?q={q}", htmx=True).soup.find("legend")
            assert legend
            assert legend.get_text(" ", strip=True) == "Joy Tanaka +1 555 0142 joy@example.net"

    def test_htmx_gets_the_matches_and_keeps_the_choice(self, desk: Browser, golf: int) -> None:
        ticket = ticket_of(desk, golf)
        with desk.app.app_context():
            make_customer(name="Tom Stranger")
        whose = f"{ticket.customer_id}-{ticket.vehicle_id}"
        page = desk.get(f"/desk/tickets/new?q=tom&whose={whose}", htmx=True)
        assert page.fragment("new-ticket-matches")
        assert "Tom Stranger" in page.text
        chosen = page.soup.find("input", checked=True)
        assert chosen
        assert chosen["value"] == whose

    def test_of_a_fleet_a_few_are_offered_and_the_one_whose_plate_is_typed(self, desk: Browser) -> None:
        with desk.app.app_context():
            customer = make_customer(name="Harbour Taxis")
            vehicles = [make_vehicle(customer, plate=f"TAXI {number:03}") for number in range(40)]
            ids = [vehicle.id for vehicle in vehicles]
            customer_id = customer.id
            db.session.commit()
        offered = [f"{customer_id}-{vehicle_id}" for vehicle_id in ids]
        page = desk.get("/desk/tickets/new?q=harbour", htmx=True)
        radios = page.soup.find_all("input", {"name": "whose"})
        assert [radio["value"] for radio in radios] == [*offered[:6], str(customer_id), ""]
        assert "34 more: search by the number plate." in page.text
        page = desk.get(f"/desk/tickets/new?q=taxi+033&whose={offered[20]}", htmx=True)
        radios = page.soup.find_all("input", {"name": "whose"})
        assert [radio["value"] for radio in radios] == [offered[20], offered[33], *offered[:6], str(customer_id), ""]
        assert radios[0].has_attr("checked")
        assert "32 more" in page.text

    def test_for_a_new_customer_with_a_new_car(self, desk: Browser) -> None:
        form = desk.get("/desk/tickets/new").form("Open the ticket")
        page = form.fill(name="Nia New", phone="555 0100", plate="NEW 1", make="Kia", complaint="Rattles.").submit("-")
        assert page.heading == "#1001"
        assert "Nia New" in page.text
        assert self.count(desk) == (1, 1, 1)

    def test_keeps_all_that_was_typed_and_nothing_of_it_in_the_books(self, desk: Browser, golf: int) -> None:
        before = self.count(desk)
        form = desk.get("/desk/tickets/new").form("Open the ticket")
        typed = {"name": "Nia New", "plate": "hhrk4071", "make": "Kia", "complaint": "Rattles.", "year": "2015"}
        page = form.fill(**typed).submit("-")
        assert page.status == 422
        assert page.errors
        kept = page.form("Open the ticket").values
        assert {name: kept[name] for name in typed} == typed
        assert self.count(desk) == before

    def test_asks_for_what_is_missing(self, desk: Browser) -> None:
        page = desk.get("/desk/tickets/new").form("Open the ticket").fill(complaint="Rattles.").submit("-")
        assert page.status == 422
        assert "Find the customer, or write down a new one." in page.text

    def test_tells_all_that_is_missing_at_once(self, desk: Browser) -> None:
        form = desk.get("/desk/tickets/new").form("Open the ticket")
        page = form.submit("-")
        assert page.status == 422
        assert {"Find the customer, or write down a new one.", "Write down what the customer came for."} <= set(
            page.errors
        )
        page = form.fill(phone="555 0100", promised_at="2020-01-01T08:00").submit("-")
        assert {
            "Enter the customer's name.",
            "Write down what the customer came for.",
            "This time is over. Promise a later one.",
        } <= set(page.errors)
        assert self.count(desk) == (0, 0, 0)

    def test_reads_a_new_customer_as_the_list_of_customers_does(self, desk: Browser) -> None:
        form = desk.get("/desk/tickets/new").form("Open the ticket")
        typed = {"name": "Nia New", "email": "not-an-email", "phone": "12"}
        page = form.fill(**typed, complaint="Rattles.").submit("-")
        assert page.status == 422
        wrong = {"Enter an address such as joy@example.com.", "Enter a telephone number such as +1 555 010 0142."}
        assert wrong <= set(page.errors)
        assert self.count(desk) == (0, 0, 0)
        page = desk.get("/desk/customers/new").form("Add the customer").fill(**typed).submit()
        assert wrong <= set(page.errors)

    def test_tells_every_mistake_about_a_car_and_names_its_field(self, desk: Browser, golf: int) -> None:
        form = desk.get("/desk/tickets/new").form("Open the ticket")
        car = {"year": "soon", "vin": "123", "plate": "HH RK 4071", "promised_at": "2020-01-01T08:00"}
        page = form.fill(name="Nia New", complaint="Rattles.", **car).submit("-")
        assert page.status == 422
        summary = [item.get_text(" ", strip=True) for item in page.soup.select(".error-summary li")]
        assert summary == [
            "Joy Tanaka already has a vehicle with this number plate.",
            "Year: Enter a whole number.",
            "A VIN has 17 letters and digits, never I, O or Q.",
            "This time is over. Promise a later one.",
        ]

    def test_tells_of_a_plate_that_is_too_long(self, desk: Browser) -> None:
        page = desk.get("/desk/tickets/new")
        plate = page.soup.select_one("#plate")
        assert plate
        long = "ABCD 1234 EFGH 5678"
        assert int(str(plate["maxlength"])) > len(long)
        page = page.form("Open the ticket").fill(name="Nia New", complaint="Rattles.", plate=long).submit("-")
        assert "A number plate has 1 to 16 letters and digits, blanks counted." in page.errors
        assert page.form("Open the ticket").values["plate"] == long

    def test_who_was_not_found_becomes_the_new_customer(self, desk: Browser, golf: int) -> None:
        page = desk.get("/desk/tickets/new?q=Zebedee+Unknown", htmx=True)
        assert "Nobody is like “Zebedee Unknown”." in page.text
        assert page.soup.select_one("[data-nobody='Zebedee Unknown']")
        form = desk.get("/desk/tickets/new").form("Open the ticket")
        for q, fields in (
            ("Zebedee Unknown", {"name": "Zebedee Unknown", "phone": "", "plate": ""}),
            ("+1 555 0199", {"name": "", "phone": "+1 555 0199", "plate": ""}),
            ("B XY 123", {"name": "", "phone": "", "plate": "B XY 123"}),
            ("Tanaka", {"name": "", "phone": "", "plate": ""}),
        ):
            values = form.fill(q=q).submit("Find").form("Open the ticket").values
            assert {name: values[name] for name in fields} == fields

    def test_says_what_is_optional(self, desk: Browser) -> None:
        page = desk.get("/desk/tickets/new")
        marked = {label["for"] for label in page.soup.select("label:has(.field__optional)")}
        assert marked == {"phone", "email", "year", "vin", "promised_at", "mechanic"}
        assert "The number plate, or make and model, is enough." in page.text
        assert page.soup.find("label", attrs={"for": "plate"}).text.strip() == "Number plate"

    def test_is_filled_in_by_a_link(self, desk: Browser, golf: int) -> None:
        ticket = ticket_of(desk, golf)
        page = desk.get(f"/desk/tickets/new?vehicle={ticket.vehicle_id}")
        assert page.form("Open the ticket").values["whose"] == f"{ticket.customer_id}-{ticket.vehicle_id}"
        page = desk.get(f"/desk/tickets/new?customer={ticket.customer_id}")
        assert page.form("Open the ticket").values["whose"] == str(ticket.customer_id)
        assert desk.get("/desk/tickets/new?vehicle=999&customer=x").status == 200


@pytest.mark.parametrize("q", ["%00", "%0B", "%ED%A0%80", "%", "%25%5C_", "x" * 500, "#", "-", "٣"])
def test_nothing_that_is_typed_breaks_a_search(desk: Browser, golf: int, q: str) -> None:
    job = first_job(desk, golf)
    for url in ("/desk/tickets?q=", f"/desk/tickets/{golf}/jobs/{job}/parts?q=", "/desk/tickets/new?q="):
        assert desk.get(f"{url}{q}").status == 200
