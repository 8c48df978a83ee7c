"""Parts at the desk, as people use them."""

from __future__ import annotations

import pytest

from shop.common.transaction import transaction
from shop.extensions import db
from shop.inventory import commands
from shop.inventory.models import Part
from shop.tickets.lifecycle import Status
from shop.tickets.models import Supply
from tests.browser import Browser
from tests.cast import Cast
from tests.factories import make_part, make_part_line, make_ticket
from tests.statements import counted

LIST = "/desk/inventory"


@pytest.fixture
def filters(desk: Browser) -> dict[str, int]:
    """Three parts by name: plenty, low and gone."""
    with desk.app.app_context():
        parts = [
            make_part(name="Oil filter, long", sku="OIL-7", location="A 1", on_hand=9, minimum=4, price_cents=1490),
            make_part(name="Air filter", sku="AIR-1", location="A 2", on_hand=1, minimum=4, price_cents=2490),
            make_part(name="Brake fluid", sku="BRK-9", location="C 1", on_hand=0, minimum=2, price_cents=990),
        ]
        return {part.name: part.id for part in parts}


def names(page: object) -> list[str]:
    return [row[0].removesuffix(" low").removesuffix(" none left") for row in page.rows()]  # type: ignore[attr-defined]


class TestList:
    def test_works(self, desk: Browser, filters: dict[str, int]) -> None:
        page = desk.get(LIST)
        assert page.heading == "Inventory 3 parts"
        assert "2 low" in page.text
        assert names(page) == ["Air filter", "Brake fluid", "Oil filter, long"]
        assert page.rows()[0][:4] == ["Air filter low", "AIR-1", "A 2", "1 / 1"]
        assert "none left" in page.rows()[1][0]

    def test_needs_sign_in(self, visitor: Browser) -> None:
        assert visitor.get(LIST).path == "/login"

    @pytest.mark.parametrize("who", ["mechanic", "customer"])
    def test_keeps_the_wrong_role_out(self, cast: Cast, who: str) -> None:
        assert cast.browser(who).get(LIST).status == 403

    @pytest.mark.parametrize(
        ("q", "hits"),
        [
            ("filter", ["Air filter", "Oil filter, long"]),
            ("FIL oi", ["Oil filter, long"]),
            ("brk9", ["Brake fluid"]),
            ("a 2", ["Air filter"]),
            ("ilter", []),
            ("100%", []),
            ("_", []),
        ],
    )
    def test_finds_by_the_beginning_of_words_sku_and_location(
        self, desk: Browser, filters: dict[str, int], q: str, hits: list[str]
    ) -> None:
        assert names(desk.send("GET", f"{LIST}?q={q.replace('%', '%25')}")) == hits

    def test_is_narrowed_without_script(self, desk: Browser, filters: dict[str, int]) -> None:
        form = desk.get(LIST).form("Show")
        form.values["low"] = "1"
        page = form.fill(location="A 2").submit()
        assert names(page) == ["Air filter"]
        assert page.form("Show").values["location"] == "A 2"

    def test_htmx_gets_the_list_alone(self, desk: Browser, filters: dict[str, int]) -> None:
        page = desk.get(f"{LIST}?q=air", htmx=True)
        assert page.fragment("parts-list")
        assert "<html" not in page.html
        assert page.headers["Vary"]

    @pytest.mark.parametrize(
        ("sort", "first"),
        [
            ("-name", "Oil filter, long"),
            ("sku", "Air filter"),
            ("on_hand", "Brake fluid"),
            ("-on_hand", "Oil filter, long"),
            ("-price", "Air filter"),
            ("nonsense", "Air filter"),
        ],
    )
    def test_sorts(self, desk: Browser, filters: dict[str, int], sort: str, first: str) -> None:
        assert names(desk.get(f"{LIST}?sort={sort}"))[0] == first

    def test_goes_on_and_back(self, desk: Browser) -> None:
        with desk.app.app_context(), transaction():
            for number in range(60):
                make_part(name=f"Bolt {number:02}", on_hand=number % 3)
        for sort in ("name", "-on_hand", "sku"):
            first = desk.get(f"{LIST}?sort={sort}")
            second = first.follow("More")
            assert len(first.rows()) == 50
            assert sorted(names(first) + names(second)) == [f"Bolt {number:02}" for number in range(60)]
            assert names(second.follow("Back")) == names(first)

    @pytest.mark.parametrize("query", ["q=%00", "q=%ED%A0%80", "location=%00", "low=x", "q=" + "x" * 500, "endpoint=x"])
    def test_odd_questions_are_answered(self, desk: Browser, filters: dict[str, int], query: str) -> None:
        assert desk.get(f"{LIST}?{query}").status == 200

    def test_an_unknown_place_is_said_plainly(self, desk: Browser) -> None:
        assert desk.get(f"{LIST}?after=nonsense").status == 422

    def test_the_menu_counts_what_is_low(self, desk: Browser, filters: dict[str, int]) -> None:
        assert "Inventory 2" in desk.get(LIST).links

    def test_empty_says_what_to_do(self, desk: Browser) -> None:
        page = desk.get(LIST)
        assert "The shelf is empty" in page.text
        assert page.follow("Add parts").form("Add")

    def test_a_change_is_seen_by_the_next_reader(self, desk: Browser, owner: Browser, cast: Cast) -> None:
        assert names(owner.get(LIST)) == []
        with desk.app.app_context():
            commands.add_part(name="Oil filter", price_cents=1, by=cast.account("desk"))
        assert names(owner.get(LIST)) == ["Oil filter"]

    def test_costs_the_same_for_more_rows(self, desk: Browser, filters: dict[str, int]) -> None:
        desk.get("/account")  # the first look of a sign-in is noted
        with counted(desk.app) as few:
            desk.get(LIST)
        with desk.app.app_context(), transaction():
            for _ in range(30):
                make_part()
        with counted(desk.app) as many:
            desk.get(LIST)
        assert len(few) == len(many) <= 12


class TestQuickAdd:
    def test_works_and_stays_open_for_the_next_part(self, desk: Browser) -> None:
        form = desk.get(f"{LIST}?add=1").form("Add")
        page = form.fill(name="Oil filter", sku="OIL-1", price_cents="14.99", on_hand="3", minimum="2").submit()
        assert "Oil filter is on the list." in page.text
        assert page.form("Add").values["name"] == ""
        assert page.soup.find(id="add-name").has_attr("autofocus")  # type: ignore[union-attr]
        assert page.rows()[0][0] == "Oil filter"

    def test_with_htmx_takes_the_focus_and_lets_the_list_know(self, desk: Browser) -> None:
        form = desk.get(f"{LIST}?add=1").form("Add")
        page = form.fill(name="Oil filter", price_cents="14.99").submit(htmx=True)
        assert page.status == 200
        assert "data-take-focus" in page.html
        assert "parts-changed" in page.headers["HX-Trigger"]
        assert "Oil filter is on the list" in page.text

    def test_shows_what_was_wrong_and_keeps_what_was_typed(self, desk: Browser, filters: dict[str, int]) -> None:
        form = desk.get(f"{LIST}?add=1").form("Add")
        page = form.fill(name="AIR FILTER", price_cents="abc", on_hand="-1").submit()
        assert page.status == 422
        assert page.form("Add").values["price_cents"] == "abc"
        assert page.errors == ["Enter an amount such as 14.99.", "Enter a number from 0 to 1000000."]
        page = page.form("Add").fill(price_cents="-1", on_hand="").submit()
        assert page.errors == ["Enter an amount of zero or more."]
        page = page.form("Add").fill(price_cents="14,99").submit()
        assert page.errors == ["There is a part called Air filter already."]
        assert page.form("Add").values["name"] == "AIR FILTER"

    def test_blanks_are_no_price(self, desk: Browser) -> None:
        page = desk.get(f"{LIST}?add=1").form("Add").fill(name="Oil filter", price_cents="  ").submit()
        assert (page.status, page.errors) == (422, ["Enter a price."])


class TestPart:
    def test_works(self, desk: Browser, filters: dict[str, int]) -> None:
        page = desk.get(LIST).follow("Oil filter")
        assert page.heading == "Oil filter, long"
        assert "$14.90" in page.text
        assert "$9.00" in page.text
        assert "$5.90 40 % of the price" in page.text
        assert page.rows()[0][:2] == ["Received", "Opening stock"]

    def test_a_cost_that_nobody_knows_is_not_nothing(self, desk: Browser) -> None:
        page = desk.get(f"{LIST}?add=1").form("Add").fill(name="Clip", price_cents="2").submit()
        page = page.follow("Clip")
        assert "Cost –" in page.text
        assert "Margin –" in page.text
        assert "100 %" not in page.text

    def test_is_not_there_when_it_is_not(self, desk: Browser) -> None:
        assert desk.get(f"{LIST}/4711").status == 404

    def test_receive_works_and_leaves_a_move(self, desk: Browser, filters: dict[str, int]) -> None:
        form = desk.get(LIST).follow("Air filter").form("Receive")
        page = form.fill(quantity="12", reason="Note 4471").submit()
        assert "Received 12." in page.text
        assert page.rows()[0][:3] == ["Received", "Note 4471", "Ana Desk"]
        assert page.rows()[0][4:] == ["+12", "13"]

    def test_count_and_scrap_swap_shelf_and_moves(self, desk: Browser, filters: dict[str, int]) -> None:
        part_id = filters["Oil filter, long"]
        page = desk.get(f"{LIST}/{part_id}")
        answer = page.form("Set to count").fill(quantity="7").submit(htmx=True)
        assert answer.fragment(f"part-{part_id}-shelf")
        assert answer.fragment(f"part-{part_id}-moves")["data-hx-swap-oob"] == "true"  # type: ignore[index]
        assert answer.rows()[0][4:] == ["−2", "7"]
        answer = page.form("Scrap").fill(quantity="1", reason="Cracked").submit(htmx=True)
        assert answer.rows()[0][:2] == ["Scrapped", "Cracked"]

    def test_scrap_says_why_not_and_keeps_what_was_typed(self, desk: Browser, filters: dict[str, int]) -> None:
        page = desk.get(LIST).follow("Air filter")
        refused = page.form("Scrap").fill(quantity="2", reason="Cracked").submit()
        assert (refused.status, refused.errors) == (422, ["Only 1 on the shelf."])
        assert refused.form("Scrap").values["reason"] == "Cracked"
        assert refused.form("Receive").values["quantity"] == ""
        refused = page.form("Scrap").fill(quantity="1").submit(htmx=True)
        assert (refused.status, refused.errors) == (422, ["Say why it is scrapped."])

    def test_says_who_waits_for_how_many_where_they_are_received(self, desk: Browser) -> None:
        with desk.app.app_context():
            part = make_part(on_hand=1)
            for quantity, status in ((2, Status.APPROVED), (3, Status.IN_PROGRESS), (4, Status.ESTIMATE)):
                make_part_line(make_ticket(status=status), part, quantity=quantity, supply=Supply.WANTED)
            last = make_ticket(status=Status.APPROVED)
            make_part_line(last, part, supply=Supply.RESERVED)
            url, ticket_url = f"{LIST}/{part.id}", f"/desk/tickets/{last.id}"
        page = desk.get(url)
        assert "2 tickets wait for 5 of these: #1001 , #1002 ." in page.text
        assert "On #1003 , #1004 ." in page.text
        assert ticket_url in page.links.values()
        page = page.form("Receive").fill(quantity="5").submit(htmx=True)
        assert "of these: #1001 , #1002 . The shelf has enough." in page.text

    def test_moves_lead_to_their_ticket(self, desk: Browser) -> None:
        with desk.app.app_context():
            part, ticket = make_part(on_hand=3), make_ticket()
            make_part_line(ticket, part)
            url, ticket_url = f"{LIST}/{part.id}", f"/desk/tickets/{ticket.id}"
        assert ticket_url in desk.get(url).links.values()

    def test_edit_works_in_place(self, desk: Browser, filters: dict[str, int]) -> None:
        part_id = filters["Air filter"]
        form = desk.get(f"{LIST}/{part_id}?edit=1", htmx=True).form(f"/inventory/{part_id}")
        answer = form.fill(name="Air filter, wide", price_cents="30").submit(htmx=True)
        assert "$30.00" in answer.text
        assert "changed the part’s name and price" in answer.text
        assert answer.fragment(f"part-{part_id}-head")

    def test_edit_of_an_older_version_shows_both(self, desk: Browser, owner: Browser, filters: dict[str, int]) -> None:
        url = f"{LIST}/{filters['Air filter']}?edit=1"
        mine, theirs = desk.get(url).form("Save"), owner.get(url).form("Save")
        theirs.fill(price_cents="31.00").submit()
        page = mine.fill(price_cents="29.00").submit()
        assert page.status == 409
        assert "29.00" in page.html
        assert "31.00" in page.text
        page = page.form("Save what is chosen").submit()
        assert "$29.00" in page.text

    def test_archive_asks_for_an_empty_shelf(self, desk: Browser, filters: dict[str, int]) -> None:
        page = desk.get(LIST).follow("Air filter").form("Archive the part").submit()
        assert (page.status, page.heading) == (409, "Air filter")
        assert "Count it to zero or scrap what is left first." in page.text
        assert "meanwhile" not in page.text

    def test_archive_and_back(self, desk: Browser, filters: dict[str, int]) -> None:
        page = desk.get(LIST).follow("Brake fluid").form("Archive the part").submit()
        assert "Brake fluid is archived." in page.text
        assert "Brake fluid" not in page.links
        archived = desk.get(f"{LIST}/{filters['Brake fluid']}")
        assert "Archived today" in archived.text
        assert not archived.soup.select(".shelf-form")
        assert "Brake fluid is on the list again." in archived.form("Bring the part back").submit().text

    def test_pages_of_moves_go_on(self, desk: Browser, cast: Cast) -> None:
        with desk.app.app_context():
            part, by = make_part(on_hand=0), cast.account("desk")
            for number in range(30):
                commands.receive(part, quantity=1, reason=f"Box {number}", by=by)
            url = f"{LIST}/{part.id}"
        page = desk.get(url)
        assert len(page.rows()) == 25
        assert page.follow("Older").rows()[-1][1] == "Box 0"

    def test_a_request_is_run_again_when_two_add_the_same_name(self, desk: Browser) -> None:
        mine, theirs = (desk.get(f"{LIST}?add=1").form("Add") for _ in range(2))
        theirs.fill(name="Oil filter", price_cents="1").submit()
        assert mine.fill(name="Oil filter", price_cents="1").submit().status == 422
        with desk.app.app_context():
            assert db.session.query(Part).count() == 1
