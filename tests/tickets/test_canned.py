"""Canned jobs are changed in their place; tickets that one was used on stay as they are."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete

from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.extensions import db
from shop.settings.models import Rates
from shop.tickets import commands
from shop.tickets.models import CannedJob, CannedLine, LineKind
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.factories import keep, make_canned_job, make_part, make_ticket

both_ways = pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])


@pytest.mark.usefixtures("context")
class TestCommands:
    @pytest.fixture
    def canned(self, context: None) -> CannedJob:
        return make_canned_job(make_part(name="Pads", price_cents=4_000, on_hand=9), name="Front brakes")

    def test_tickets_before_stay_and_tickets_after_have_it(self, cast: Cast, canned: CannedJob) -> None:
        desk = cast.account("desk")
        before = commands.add_canned(make_ticket(), canned=canned, by=desk)
        labour, pads, fee = canned.lines
        commands.rename_canned(canned, name="Front brakes, all of it", by=desk)
        commands.edit_canned_line(labour, minutes=90, description="Replace and bed in", by=desk)
        commands.edit_canned_line(pads, quantity=2, by=desk)
        commands.remove_canned_line(fee, by=desk)
        commands.add_canned_part(canned, part=make_part(name="Pins", price_cents=500, on_hand=4), quantity=2, by=desk)
        after = commands.add_canned(make_ticket(), canned=canned, by=desk)
        assert before.complaint == "Front brakes"
        assert [(line.description, line.total_cents) for line in before.lines] == [
            ("Replace them", 12_000),
            ("Pads", 5_000),
            ("Disposal", 900),
        ]
        assert after.complaint == "Front brakes, all of it"
        assert [(line.description, line.total_cents) for line in after.lines] == [
            ("Replace and bed in", 18_000),
            ("Pads", 10_000),
            ("Pins", 1_000),
        ]

    def test_nobody_saves_over_what_another_one_wrote(self, cast: Cast, canned: CannedJob) -> None:
        desk = cast.account("desk")
        commands.rename_canned(canned, name="Brakes", version=1, by=desk)
        commands.edit_canned_line(canned.lines[0], minutes=30, version=1, by=desk)
        with pytest.raises(StaleEdit):
            commands.rename_canned(canned, name="Discs", version=1, by=desk)
        with pytest.raises(StaleEdit):
            commands.edit_canned_line(canned.lines[0], minutes=40, version=1, by=desk)
        assert (canned.name, canned.lines[0].minutes) == ("Brakes", 30)

    def test_a_name_that_another_one_has_is_refused_and_its_own_is_not(self, cast: Cast, canned: CannedJob) -> None:
        desk = cast.account("desk")
        make_canned_job(make_part(), name="Oil service")
        with pytest.raises(RuleBroken, match="is called so") as broken:
            commands.rename_canned(canned, name=" OIL  service", by=desk)
        assert broken.value.field == "name"
        assert commands.rename_canned(canned, name="FRONT brakes", by=desk).name == "FRONT brakes"

    def test_off_the_list_it_is_not_changed(self, cast: Cast, canned: CannedJob) -> None:
        desk = cast.account("desk")
        commands.archive_canned(canned, by=desk)
        with pytest.raises(Conflict, match="no longer on the list"):
            commands.rename_canned(canned, name="Brakes", by=desk)
        with pytest.raises(Conflict, match="no longer on the list"):
            commands.edit_canned_line(canned.lines[0], minutes=90, by=desk)
        with pytest.raises(Conflict, match="no longer on the list"):
            commands.add_canned_line(canned, kind=LineKind.FEE, description="Waste", price_cents=100, by=desk)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"kind": LineKind.FEE, "description": " "}, "description"),
            ({"kind": LineKind.FEE, "description": "Waste", "quantity": 0}, "quantity"),
            ({"kind": LineKind.FEE, "description": "Waste", "price_cents": -1}, "price_cents"),
            ({"kind": LineKind.FEE, "description": "Waste", "core_cents": 1}, "core_cents"),
            ({"kind": LineKind.LABOUR, "description": "Work"}, "minutes"),
        ],
    )
    def test_what_no_ticket_would_take_is_refused(
        self, cast: Cast, canned: CannedJob, values: dict[str, object], field: str
    ) -> None:
        with pytest.raises(RuleBroken) as broken:
            commands.add_canned_line(canned, by=cast.account("desk"), **values)  # type: ignore[arg-type]
        assert broken.value.field == field


class TestPages:
    @pytest.fixture
    def brakes(self, desk: Browser) -> str:
        """The address of one: an hour of labour, a part from the shelf, and a fee."""
        with desk.app.app_context():
            keep(Rates(labour_cents=12_000))
            part = make_part(name="Pads", price_cents=4_000, on_hand=9)
            return f"/desk/canned-jobs/{make_canned_job(part, name='Front brakes').id}"

    def change(self, desk: Browser, brakes: str, what: str, *, htmx: bool, **values: str) -> Page:
        return desk.get(brakes).follow(f"Change {what}").form("Save").fill(**values).submit(htmx=htmx)

    def test_it_is_opened_from_the_list(self, desk: Browser, brakes: str) -> None:
        page = desk.get("/desk/canned-jobs").follow("Front brakes")
        assert page.path == brakes
        assert [row[:3] for row in page.rows()] == [
            ["Replace them", "1 h", "$120.00"],
            ["Pads with $10.00 core charge each", "1", "$40.00"],
            ["Disposal", "2", "$4.50"],
        ]

    @both_ways
    def test_each_kind_of_line_is_changed_in_its_place(self, desk: Browser, brakes: str, htmx: bool) -> None:
        self.change(desk, brakes, "Replace them", htmx=htmx, minutes="1:30", description="Replace and bed in")
        self.change(desk, brakes, "Pads", htmx=htmx, quantity="2", core_cents="")
        page = self.change(desk, brakes, "Disposal", htmx=htmx, price_cents="6")
        assert "changed the price of Disposal on the canned job" in page.text
        assert "Price: 4.50 → 6.00" in page.text
        assert [row[:3] for row in desk.get(brakes).rows()] == [
            ["Replace and bed in", "1.5 h", "$120.00"],
            ["Pads", "2", "$40.00"],
            ["Disposal", "2", "$6.00"],
        ]

    @both_ways
    @pytest.mark.parametrize(
        ("what", "values", "words"),
        [
            ("Replace them", {"minutes": ""}, "Enter the hours."),
            ("Replace them", {"description": ""}, "Say what it is."),
            ("Pads", {"quantity": "many"}, "Enter a whole number."),
            ("Disposal", {"price_cents": ""}, "Enter the price."),
        ],
    )
    def test_what_will_not_do_is_said_and_kept(
        self, desk: Browser, brakes: str, what: str, values: dict[str, str], words: str, htmx: bool
    ) -> None:
        page = self.change(desk, brakes, what, htmx=htmx, **values)
        assert (page.status, page.errors) == (422, [words])
        assert values.items() <= page.form("Save").values.items()

    @both_ways
    def test_of_two_who_save_a_line_the_second_sees_both(self, desk: Browser, brakes: str, htmx: bool) -> None:
        form = desk.get(brakes).follow("Change Disposal").form("Save")
        self.change(desk, brakes, "Disposal", htmx=False, price_cents="6")
        page = form.fill(price_cents="7").submit(htmx=htmx)
        assert page.status == 409
        assert "6.00" in page.text
        assert 'value="7"' in page.html

    @both_ways
    def test_of_two_who_rename_it_the_second_sees_both(self, desk: Browser, brakes: str, htmx: bool) -> None:
        form = desk.get(brakes).form("Save the name")
        desk.get(brakes).form("Save the name").fill(name="Brakes").submit()
        page = form.fill(name="Discs").submit(htmx=htmx)
        assert page.status == 409
        assert "Brakes" in page.text
        assert 'value="Discs"' in page.html

    @both_ways
    def test_it_is_renamed(self, desk: Browser, brakes: str, htmx: bool) -> None:
        desk.get(brakes).form("Save the name").fill(name="Brakes, front").submit(htmx=htmx)
        page = desk.get(brakes)
        assert page.heading == "Brakes, front"
        assert "Name: Front brakes → Brakes, front" in page.text

    @both_ways
    def test_a_name_that_is_taken_is_said_and_kept(self, desk: Browser, brakes: str, htmx: bool) -> None:
        with desk.app.app_context():
            make_canned_job(make_part(), name="Oil service")
        page = desk.get(brakes).form("Save the name").fill(name="oil service").submit(htmx=htmx)
        assert (page.status, page.errors) == (422, ["Another canned job is called so."])
        assert page.form("Save the name").values["name"] == "oil service"

    @both_ways
    def test_a_part_is_searched_and_added(self, desk: Browser, brakes: str, htmx: bool) -> None:
        with desk.app.app_context():
            make_part(name="Wear sensor", price_cents=1_250)
        desk.get(f"{brakes}/parts?q=wear", htmx=htmx).form("Add").fill(quantity="2").submit(htmx=htmx)
        assert ["Wear sensor", "2", "$12.50"] in [row[:3] for row in desk.get(brakes).rows()]
        refused = desk.get(f"{brakes}/parts?q=wear").form("Add").fill(quantity="0").submit(htmx=htmx)
        assert (refused.status, refused.errors) == (422, ["Enter a number from 1 to 1000000."])

    @both_ways
    def test_labour_and_fees_are_added(self, desk: Browser, brakes: str, htmx: bool) -> None:
        labour = {"kind": "labour", "description": "Test drive", "minutes": "0.5"}
        desk.get(brakes).form("Add the line").fill(**labour).submit(htmx=htmx)
        fee = {"kind": "fee", "description": "Waste", "price_cents": "3"}
        desk.get(brakes).form("Add the line").fill(**fee).submit(htmx=htmx)
        rows = [row[:3] for row in desk.get(brakes).rows()]
        assert rows[-2:] == [["Test drive", "0.5 h", "$120.00"], ["Waste", "1", "$3.00"]]
        page = desk.get(brakes).form("Add the line").fill(**labour, price_cents="90").submit(htmx=htmx)
        assert (page.status, page.errors) == (422, ["Labour is charged at the rate of the day."])
        assert page.form("Add the line").values["price_cents"] == "90"

    @both_ways
    def test_a_line_is_taken_off_once(self, desk: Browser, brakes: str, htmx: bool) -> None:
        form = desk.get(brakes).form("Take Disposal off")
        page = form.submit(htmx=htmx)
        assert "took Disposal off the canned job" in page.text
        assert len(desk.get(brakes).rows()) == 2
        assert desk.post(form.action, htmx=htmx).status == 404

    @both_ways
    def test_a_line_that_is_taken_off_while_it_is_changed_is_told(
        self, desk: Browser, brakes: str, htmx: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        form = desk.get(brakes).follow("Change Disposal").form("Save").fill(description="Oil")
        change = commands.edit_canned_line

        def be_late(line: CannedLine, **values: Any) -> CannedLine:
            db.session.execute(
                delete(CannedLine).where(CannedLine.id == line.id).execution_options(synchronize_session=False)
            )
            return change(line, **values)

        monkeypatch.setattr(commands, "edit_canned_line", be_late)
        page = form.submit(htmx=htmx)
        assert page.status == 409
        assert "has already been taken off the canned job" in page.text

    def test_off_the_list_it_is_shown_and_not_changed(self, desk: Browser, brakes: str) -> None:
        line = desk.get(brakes).follow("Change Disposal").form("Save")
        name = desk.get(brakes).form("Save the name")
        desk.get(brakes).form("Take it off the list").submit()
        page = desk.get(brakes)
        assert "Off the list since" in page.text
        assert "Save the name" not in page.text
        for form in (line, name):
            refused = form.submit()
            assert refused.status == 409
            assert "This canned job is no longer on the list." in refused.text

    def test_a_line_of_another_one_is_not_there(self, desk: Browser, brakes: str) -> None:
        with desk.app.app_context():
            strange = make_canned_job(make_part()).lines[0].id
        assert desk.get(f"{brakes}/lines/{strange}").status == 404
        assert desk.post(f"{brakes}/lines/{strange}/remove").status == 404

    def test_mechanics_do_not_come_here(self, mechanic: Browser, brakes: str) -> None:
        assert mechanic.get(brakes).status == 403
