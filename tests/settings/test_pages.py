"""The owner's page about prices, taxes and what the shop insists on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from shop.audit.models import Event
from shop.extensions import db
from shop.settings.models import Rates
from shop.settings.queries import latest_rates, present_rates, shop_rules
from tests.browser import Browser, Form, Page
from tests.cast import PASSWORD, Cast
from tests.statements import counted

PATH = "/desk/settings"
PRICES, RULES = f"{PATH}/rates", f"{PATH}/rules"


def prices(owner: Browser) -> Form:
    return owner.get(PATH).form(PRICES)


def rules(owner: Browser) -> Form:
    return owner.get(PATH).form(RULES)


def stored(app: Flask) -> Rates | None:
    with app.app_context():
        return present_rates()


def told(page: Page) -> str:
    history = page.fragment("timeline")
    assert history is not None
    return " ".join(history.get_text(" ").split())


class TestDoor:
    def test_needs_sign_in(self, visitor: Browser) -> None:
        assert visitor.get(PATH).path == "/login"

    @pytest.mark.parametrize("who", ["desk", "mechanic", "customer"])
    def test_keeps_the_wrong_role_out(self, cast: Cast, who: str) -> None:
        browser = cast.browser(who)
        assert browser.get(PATH).status == 403
        for path in (PRICES, RULES):
            assert browser.post(path, {"labour_cents": "1", "version": "0"}).status == 403

    def test_is_in_the_owners_menu_alone(self, owner: Browser, desk: Browser) -> None:
        assert owner.get("/account").links["Settings"] == PATH
        assert PATH not in desk.get("/account").links.values()


def test_every_number_out_of_its_limits_is_told_at_once(owner: Browser) -> None:
    page = prices(owner).fill(labour_cents="-5", part_tax_ppm="150", supplies_cap_cents="much").submit()
    assert page.status == 422
    assert page.errors == [
        "Enter an amount of zero or more.",
        "Enter a percentage from 0 to 100.",
        "Enter an amount such as 14.99.",
    ]
    page = rules(owner).fill(tolerance_cents="-1", link_days="soon").submit()
    assert page.errors == ["Enter an amount of zero or more.", "Enter a whole number."]


class TestPage:
    def test_shows_the_standard_ones_of_a_shop_that_has_set_nothing(self, owner: Browser) -> None:
        page = owner.get(PATH)
        assert page.heading == "Settings"
        assert page.form(PRICES).values["labour_cents"] == "120.00"
        assert page.form(PRICES).values["part_tax_ppm"] == "0"
        assert "includes_tax" not in page.form(PRICES).values
        assert page.form(RULES).values["untouched_hours"] == "24"
        assert "Nothing has happened yet." in told(page)

    def test_says_that_tickets_keep_theirs(self, owner: Browser) -> None:
        assert "A ticket keeps the prices and taxes of the day it was opened" in owner.get(PATH).text

    def test_tells_who_changed_what(self, owner: Browser) -> None:
        prices(owner).fill(labour_cents="130").submit()
        rules(owner).fill(link_days="14").submit()
        history = told(prices(owner).fill(labour_cents="135").submit())
        assert history.count("Olga Owner") == 3
        assert history.index("130.00 → 135.00") < history.index("30 → 14") < history.index("120.00 → 130.00")

    def test_costs_the_same_after_many_changes(self, owner: Browser) -> None:
        def change(*labour: int) -> None:
            for each in labour:
                prices(owner).fill(labour_cents=str(each)).submit()

        change(130, 131)
        with counted(owner.app) as few:
            owner.get(PATH)
        change(132, 133, 134, 135)
        with counted(owner.app) as many:
            owner.get(PATH)
        assert len(few) == len(many)


class TestPrices:
    @pytest.mark.parametrize(("typed", "percent"), [("7,25 %", "7.25"), ("8.875", "8.875"), ("9,9750 %", "9.975")])
    def test_works_without_script(self, owner: Browser, typed: str, percent: str) -> None:
        form = prices(owner).fill(labour_cents="135", part_tax_ppm=typed, supplies_cap_cents="35", includes_tax="y")
        page = form.submit()
        assert (page.path, page.status) == (PATH, 200)
        assert "Saved." in page.text
        kept = page.form(PRICES).values
        assert (kept["labour_cents"], kept["part_tax_ppm"], kept["supplies_cap_cents"]) == ("135.00", percent, "35.00")
        assert kept["includes_tax"]
        assert f"Tax on parts: 0 % → {percent} %" in told(page)

    def test_works_with_htmx(self, owner: Browser) -> None:
        page = prices(owner).fill(labour_cents="135").submit(htmx=True)
        assert page.status == 200
        assert "<html" not in page.html
        assert page.fragment("settings-rules") is None
        assert "Labour rate: 120.00 → 135.00" in told(page)
        again = page.form(PRICES).fill(labour_cents="140").submit(htmx=True)
        assert again.form(PRICES).values["labour_cents"] == "140.00"

    def test_what_is_left_empty_is_nothing(self, app: Flask, owner: Browser) -> None:
        prices(owner).fill(part_tax_ppm="19", supplies_cap_cents="35").submit()
        prices(owner).fill(part_tax_ppm=" ", supplies_cap_cents="").submit()
        rates = stored(app)
        assert rates
        assert (rates.part_tax_ppm, rates.supplies_cap_cents) == (0, None)

    def test_a_box_without_its_tick_is_a_no(self, app: Flask, owner: Browser) -> None:
        form = prices(owner)
        del form.values["supplies_on_parts"]
        form.submit()
        rates = stored(app)
        assert rates
        assert (rates.supplies_on_labour, rates.supplies_on_parts) == (True, False)

    @pytest.mark.parametrize("htmx", [False, True])
    @pytest.mark.parametrize(
        ("field", "typed", "words"),
        [
            ("labour_cents", "", "Enter what an hour of labour costs."),
            ("labour_cents", "  ", "Enter what an hour of labour costs."),
            ("labour_cents", "much", "Enter an amount such as 14.99."),
            ("labour_cents", "-1", "Enter an amount of zero or more."),
            ("supplies_cap_cents", "-0.01", "Enter an amount of zero or more."),
            ("part_tax_ppm", "8.87501", "Use at most four decimals."),
            ("part_tax_ppm", "seven", "Enter a percentage such as 7.25."),
            ("part_tax_ppm", "1e2", "Enter a percentage such as 7.25."),
            ("part_tax_ppm", "٧", "Enter a percentage such as 7.25."),
            ("labour_tax_ppm", "100.0001", "Enter a percentage from 0 to 100."),
            ("fee_tax_ppm", "-1", "Enter a percentage from 0 to 100."),
        ],
    )
    def test_shows_what_was_wrong_and_keeps_what_was_typed(
        self, app: Flask, owner: Browser, field: str, typed: str, words: str, htmx: bool
    ) -> None:
        page = prices(owner).fill(sublet_tax_ppm="5", **{field: typed}).submit(htmx=htmx)
        assert (page.status, page.errors) == (422, [words])
        assert page.form(PRICES).values[field] == typed.strip()
        assert page.form(PRICES).values["sublet_tax_ppm"] == "5"
        wrong = page.fragment(field)
        assert wrong is not None
        assert wrong["aria-invalid"] == "true"
        assert stored(app) is None

    def test_nothing_changed_is_no_event(self, app: Flask, owner: Browser) -> None:
        prices(owner).fill(labour_cents="130").submit()
        before = told(owner.get(PATH))
        assert prices(owner).submit().status == 200
        assert told(owner.get(PATH)) == before


class TestRules:
    def test_works_without_script(self, app: Flask, owner: Browser) -> None:
        page = rules(owner).fill(tolerance_cents="50", needs_odometer_in="y", link_days="14").submit()
        assert page.path == PATH
        assert "Odometer before work starts: no → yes" in told(page)
        with app.app_context():
            kept = shop_rules()
            assert (kept.tolerance_cents, kept.needs_odometer_in, kept.link_days) == (5_000, True, 14)

    def test_works_with_htmx(self, owner: Browser) -> None:
        page = rules(owner).fill(link_days="14").submit(htmx=True)
        assert page.fragment("settings-rates") is None
        again = page.form(RULES).fill(link_days="7").submit(htmx=True)
        assert "Days a customer’s link works: 14 → 7" in told(again)

    @pytest.mark.parametrize(
        ("field", "typed", "words"),
        [
            ("tolerance_cents", "-5", "Enter an amount of zero or more."),
            ("untouched_hours", "", "Enter how many hours."),
            ("untouched_hours", " ", "Enter how many hours."),
            ("untouched_hours", "0", "Enter a number from 1 to 8760."),
            ("link_days", "366", "Enter a number from 1 to 365."),
            ("link_days", "1.5", "Enter a whole number."),
        ],
    )
    def test_shows_what_was_wrong_and_keeps_what_was_typed(
        self, owner: Browser, field: str, typed: str, words: str
    ) -> None:
        page = rules(owner).fill(needs_mechanic="y", **{field: typed}).submit()
        assert (page.status, page.errors) == (422, [words])
        assert page.form(RULES).values[field] == typed.strip()
        assert page.form(RULES).values["needs_mechanic"] == "y"


class TestTwoOwners:
    @pytest.mark.parametrize(
        ("path", "field", "mine", "theirs"),
        [(PRICES, "labour_cents", "140", "130"), (RULES, "link_days", "14", "7")],
    )
    def test_the_second_sees_both(self, owner: Browser, path: str, field: str, mine: str, theirs: str) -> None:
        first, second = owner.get(PATH).form(path), owner.get(PATH).form(path)
        first.fill(**{field: theirs}).submit()
        for htmx in (True, False):
            page = second.fill(**{field: mine}).submit(htmx=htmx)
            assert page.status == 409
            assert page.form("Save what is chosen").values[field] == mine
            assert page.form("Save what is chosen").values[f"theirs-{field}"].startswith(theirs)
        done = page.form("Save what is chosen").submit()
        assert (done.path, done.status) == (PATH, 200)
        assert done.form(path).values[field].startswith(mine)

    @pytest.mark.parametrize(("path", "field"), [(PRICES, "labour_cents"), (RULES, "link_days")])
    def test_at_the_same_moment(self, app: Flask, cast: Cast, path: str, field: str) -> None:
        """Even in a shop that has set nothing, where there is no row to wait for."""
        cast.account_id("owner")
        browsers = [Browser(app), Browser(app)]
        for browser in browsers:
            browser.sign_in(cast.email("owner"), PASSWORD)
        forms = [
            browser.get(PATH).form(path).fill(**{field: str(number)}) for number, browser in enumerate(browsers, 50)
        ]
        with ThreadPoolExecutor(2) as both:
            answers = list(both.map(lambda form: form.submit(follow=False).status, forms))
        assert sorted(answers) == [303, 409]
        with app.app_context():
            assert len(latest_rates(5)) == (path == PRICES)
            changed = select(Event.id).where(Event.action.in_(("rates.changed", "shop_rules.changed")))
            assert len(db.session.scalars(changed).all()) == 1
