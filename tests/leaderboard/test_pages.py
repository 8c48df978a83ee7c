"""The ranking on the floor and on the wall."""

from __future__ import annotations

from itertools import chain

import pytest

from shop.accounts.models import Account
from shop.common.clock import Period, now
from shop.common.stamps import Topic, touch
from shop.common.transaction import transaction
from shop.extensions import db
from shop.mechanics import commands as roster
from shop.mechanics.models import Mechanic
from shop.tickets import commands
from shop.tickets.lifecycle import Status
from shop.tickets.models import EVER, FIRST_NUMBER, Tally, Ticket
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.clients import Api
from tests.factories import keep, make_mechanic, make_ticket
from tests.statements import counted

PAGE, WALL = "/floor/ranking", "/floor/wall"


@pytest.fixture
def work(mechanic: Browser, cast: Cast) -> None:
    """Mia completed three, Rui (who asks) two, Jo one, Ann none."""
    with mechanic.app.app_context():
        rui = db.session.get_one(Mechanic, cast.account("mechanic").mechanic_id)
        mia, jo, _ = (make_mechanic(name=name) for name in ("Mia Korhonen", "Jo Park", "Ann Lee"))
        for mechanics in ([mia, rui, jo], [mia, rui], [mia]):
            make_ticket(status=Status.READY, mechanics=mechanics, complaint="Squeals when braking.\nWorse in the wet.")


class TestRanking:
    def test_works(self, mechanic: Browser, work: None) -> None:
        page = mechanic.get(PAGE)
        assert page.heading == "Ranking"
        assert "Tickets that first became ready this month" in page.text
        podium = [place.get_text(" ", strip=True) for place in page.soup.select(".podium__place")]
        assert [place.split(" completed")[0] for place in podium] == [
            "1 Mia Korhonen 3",
            "2 Rui Mechanic you 2",
            "3 Jo Park 1",
        ]
        assert page.rows()[0][:5] == ["4", "AL Ann Lee", "0", "0", "0"]
        assert len(page.soup.select("svg.sparkline")) == 4

    def test_needs_sign_in(self, visitor: Browser) -> None:
        assert visitor.get(PAGE).path == "/login"

    @pytest.mark.parametrize(("who", "status"), [("owner", 200), ("desk", 200), ("customer", 403)])
    def test_is_for_staff(self, cast: Cast, who: str, status: int) -> None:
        for url in (PAGE, WALL):
            assert cast.browser(who).get(url).status == status

    @pytest.mark.parametrize("period", ["week", "month", "quarter", "year", "all"])
    def test_every_period_is_a_tab(self, mechanic: Browser, work: None, period: str) -> None:
        page = mechanic.get(f"{PAGE}?period={period}")
        (tab,) = page.soup.select(".tabs [aria-current=page]")
        assert tab["href"] == f"{PAGE}?period={period}"

    @pytest.mark.parametrize("url", [f"{PAGE}?period=decade", f"{WALL}?period=", f"{PAGE}?period=WEEK"])
    def test_another_period_is_said_plainly(self, mechanic: Browser, url: str) -> None:
        page = mechanic.get(url)
        assert page.status == 422
        assert "week, month, quarter, year and all" in page.text

    def test_htmx_gets_the_ranking_alone(self, mechanic: Browser, work: None) -> None:
        page = mechanic.get(f"{PAGE}?period=all", htmx=True)
        assert page.fragment("ranking")
        assert "<html" not in page.html

    def test_a_tie_that_does_not_fit_stays_off_the_podium(self, mechanic: Browser) -> None:
        with mechanic.app.app_context():
            first, *others = (make_mechanic(name=f"M{number}") for number in range(5))
            make_ticket(status=Status.READY, mechanics=[first, *others])
            make_ticket(status=Status.READY, mechanics=[first])
        page = mechanic.get(PAGE)
        assert len(page.soup.select(".podium__place")) == 1
        assert [row[0] for row in page.rows()] == ["2", "2", "2", "2", "6"]

    def test_who_left_is_marked(self, mechanic: Browser, work: None, cast: Cast) -> None:
        with mechanic.app.app_context():
            mia = db.session.scalars(db.select(Mechanic).where(Mechanic.name == "Mia Korhonen")).one()
            roster.archive_mechanic(mia, by=cast.account("owner"))
        assert "Mia Korhonen (left)" in mechanic.get(PAGE).text

    def test_every_number_leads_to_its_tickets(self, mechanic: Browser, work: None) -> None:
        page = mechanic.get(PAGE)
        numbers = page.soup.select(".podium__value, .podium__note a, td.is-number a")
        assert len(numbers) == 12
        for link in numbers:
            behind = mechanic.get(str(link["href"]))
            assert len(behind.rows()) == int(link.get_text(" ", strip=True).split()[0])

    def test_what_came_back_stands_beside(self, mechanic: Browser, work: None, cast: Cast) -> None:
        with mechanic.app.app_context():
            first = db.session.scalars(db.select(Ticket).order_by(Ticket.id)).first()
            assert first
            commands.open_comeback(first, by=cast.account("desk"))
        page = mechanic.get(PAGE)
        podium = [place.get_text(" ", strip=True) for place in page.soup.select(".podium__place")]
        assert [place.split(" worked on ")[1] for place in podium] == [
            "1 came back 33.3 %",
            "1 came back 50 %",
            "1 came back 100 %",
        ]
        behind = page.follow("1 came back")
        assert "came back since for the same complaint" in behind.text
        assert [row[0] for row in behind.rows()] == [str(FIRST_NUMBER)]

    def test_nobody_yet_is_said(self, desk: Browser) -> None:
        assert "Nobody is on the roster yet" in desk.get(PAGE).text
        assert "Nobody is on the roster yet" in desk.get(WALL).text


class TestManyMechanics:
    """Sixty of them, in ties of three at 20, 19, 18 … tickets; Rui, who asks, completed none and is the last."""

    @pytest.fixture
    def names(self, mechanic: Browser) -> list[str]:
        with mechanic.app.app_context(), transaction():
            names = [f"M{number:02}" for number in range(60)]
            for number, name in enumerate(names):
                tally = {"period": Period.ALL, "starts_on": EVER, "completed": 20 - number // 3}
                keep(Tally(mechanic_id=make_mechanic(name=name).id, unfinished=0, came_back=0, **tally))
        return names

    def places(self, page: Page) -> list[tuple[int, str]]:
        """Rank and name, as the page tells them one after the other."""
        podium = [tag.get_text(" ", strip=True).split()[:2] for tag in page.soup.select(".podium__place")]
        table = [row[:2] for row in page.rows()]
        return [(int(rank), name.removesuffix(" you").split()[-1]) for rank, name in (*podium, *table)]

    def test_each_is_on_one_page_with_the_true_rank(self, desk: Browser, names: list[str]) -> None:
        page = desk.get(f"{PAGE}?period=all")
        seen = [self.places(page)]
        assert "1–25 of 61 mechanics" in page.text
        while "More" in page.links:
            page = page.follow("More")
            seen.append(self.places(page))
        assert [len(places) for places in seen] == [25, 25, 11]
        expected = [(number // 3 * 3 + 1, name) for number, name in enumerate(names)]
        assert list(chain(*seen)) == [*expected, (61, "Mechanic")]
        assert "51–61 of 61 mechanics" in page.text
        assert self.places(page.follow("Back")) == seen[1]
        assert page.follow("Back").follow("Back").url == f"{PAGE}?period=all"

    def test_ones_own_place_is_on_every_page(self, mechanic: Browser, names: list[str]) -> None:
        for number, length in ((1, 26), (2, 26), (3, 11)):
            page = mechanic.get(f"{PAGE}?period=all&page={number}")
            places = self.places(page)
            assert (len(places), places[-1]) == (length, (61, "Mechanic"))
            (own,) = page.soup.select("tr.is-own")
            assert ("is-apart" in own["class"]) == (number < 3)

    def test_ones_own_place_before_the_page_comes_first(self, mechanic: Browser, names: list[str], cast: Cast) -> None:
        with mechanic.app.app_context(), transaction():
            rui = db.session.get_one(Mechanic, db.session.scalar(db.select(Account.mechanic_id)))
            tally = {"period": Period.ALL, "starts_on": EVER, "completed": 15}
            keep(Tally(mechanic_id=rui.id, unfinished=0, came_back=0, **tally))
        places = self.places(mechanic.get(f"{PAGE}?period=all&page=2"))
        assert places[:3] == [(16, "Mechanic"), (26, "M24"), (26, "M25")]
        assert not mechanic.get(f"{PAGE}?period=all&page=2").soup.select(".podium")
        assert [tag.get_text() for tag in mechanic.get(f"{PAGE}?period=all").soup.select("tr.is-own .rank")] == ["16"]

    @pytest.mark.parametrize("number", ["0", "-1", "4", "x", "", "1.5", "9" * 5000, "%00"])
    def test_another_page_is_said_plainly(self, mechanic: Browser, names: list[str], number: str) -> None:
        page = mechanic.get(f"{PAGE}?period=all&page={number}")
        assert page.status == 422
        assert "The ranking has no such page." in page.text

    def test_a_tab_leads_to_the_first_page(self, mechanic: Browser, names: list[str]) -> None:
        page = mechanic.get(f"{PAGE}?period=all&page=2")
        assert page.links["This week"] == f"{PAGE}?period=week"
        assert mechanic.get(page.url, htmx=True).fragment("ranking")

    def test_programs_get_everybody(self, api: Api, names: list[str]) -> None:
        assert len(api.as_("mechanic").get("/mechanics/leaderboard").json) == 61


class TestTickets:
    def test_show_what_and_when_and_no_customer(self, mechanic: Browser, work: None) -> None:
        page = mechanic.get(PAGE).follow("1 completed")
        assert page.heading == "Jo Park, this month"
        (row,) = page.rows()
        assert row[2:4] == ["Squeals when braking.", "Ready"]
        assert "Customer" not in page.text
        assert page.follow("100").status == 200

    def test_of_nobody_are_not_there(self, mechanic: Browser) -> None:
        assert mechanic.get(f"{PAGE}/4711").status == 404

    def test_odd_counts_are_said_plainly(self, mechanic: Browser, work: None) -> None:
        url = str(mechanic.get(PAGE).soup.select_one(".podium__value")["href"])  # type: ignore[index]
        assert mechanic.get(url.replace("completed", "hours")).status == 422
        assert mechanic.get(f"{url}&after=nonsense").status == 422


class TestWall:
    def test_works_without_chrome_and_without_script(self, mechanic: Browser, work: None) -> None:
        page = mechanic.get(WALL)
        assert not page.soup.find("nav")
        assert page.soup.select(".wall__row")[0].get_text(" ", strip=True) == "1 Mia Korhonen 3"
        assert page.soup.select_one("noscript meta[http-equiv=refresh]")

    def test_shows_ten_at_most(self, mechanic: Browser) -> None:
        with mechanic.app.app_context():
            others = [make_mechanic() for _ in range(12)]
        page = mechanic.get(WALL)
        assert len(page.soup.select(".wall__row")) == 10
        assert "more on place" not in page.text, "where nobody has finished anything"
        with mechanic.app.app_context():
            make_ticket(status=Status.READY, mechanics=[db.session.merge(each) for each in others])
        assert "And 2 more on place 1, with 1 each." in mechanic.get(WALL).text

    def test_says_of_nobody_who_shares_no_place_with_them_that_they_follow(self, mechanic: Browser) -> None:
        with mechanic.app.app_context():
            for number in range(12):
                tally = {"period": Period.ALL, "starts_on": EVER, "completed": 20 - number}
                keep(Tally(mechanic_id=make_mechanic().id, unfinished=0, came_back=0, **tally))
        page = mechanic.get(f"{WALL}?period=all")
        assert len(page.soup.select(".wall__row")) == 10
        assert "more on place" not in page.text

    def test_gives_the_places_that_the_ranking_gives(self, mechanic: Browser, work: None) -> None:
        """Whoever left keeps theirs there, so nobody moves up on the wall alone."""
        with mechanic.app.app_context(), transaction():
            db.session.scalars(db.select(Mechanic).where(Mechanic.name == "Mia Korhonen")).one().archived_at = now()
            touch(Topic.MECHANICS)
        first, second = mechanic.get(WALL).soup.select(".wall__row")[:2]
        assert first.get_text(" ", strip=True) == "1 Mia Korhonen (left) 3"
        assert second.select_one(".rank").get_text() == "2"  # type: ignore[union-attr]

    def test_asks_again_and_is_told_when_nothing_is_new(self, mechanic: Browser, work: None, cast: Cast) -> None:
        again = str(mechanic.get(WALL).fragment("wall")["data-hx-get"])  # type: ignore[index]
        with counted(mechanic.app) as statements:
            assert mechanic.get(again, htmx=True).status == 204
        assert len(statements) <= 3
        with mechanic.app.app_context():
            ann = db.session.scalars(db.select(Mechanic).where(Mechanic.name == "Ann Lee")).one()
            ticket = make_ticket(status=Status.QUALITY_CHECK, mechanics=[ann], created_at=now())
            commands.move(ticket, to=Status.READY, by=cast.account("owner"))
        page = mechanic.get(again, htmx=True)
        assert "Ann Lee" in page.text
        assert page.fragment("wall")["data-hx-get"] != again  # type: ignore[index]
