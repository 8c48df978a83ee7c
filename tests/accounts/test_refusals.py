"""Who was turned away stands in the history, and however often it happens, that does not fill the disk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.accounts import refusals
from shop.accounts.models import Refusal
from shop.accounts.refusals import MOST_APART, WINDOW, Why, note, tell_the_rest
from shop.audit.models import Event, EventChange
from shop.audit.queries import timeline
from shop.common.clock import at_moment, now
from shop.extensions import db
from tests.accounts.test_sign_in import guess_wrong, statements
from tests.browser import Browser
from tests.cast import Cast
from tests.clients import Api

REFUSED = select(Event).where(Event.action == "account.refused").order_by(Event.id)


def refused() -> list[tuple[int, str, int | None]]:
    """Whom it was about, why, and how many more times."""
    db.session.rollback()
    return [(each.subject_id, each.facts["why"], each.facts.get("more")) for each in db.session.scalars(REFUSED)]


def addresses() -> list[str | None]:
    return list(
        db.session.scalars(select(EventChange.after).join(EventChange.event).where(Event.action == "account.refused"))
    )


@pytest.mark.usefixtures("context")
class TestNoting:
    def test_a_wrong_password_is_noted_once_and_then_counted(self, cast: Cast) -> None:
        desk = cast.account_id("desk")
        guess_wrong("desk@example.com", 4)
        assert refused() == [(desk, "password", None)]
        assert addresses() == ["203.0.113.9"]
        assert tell_the_rest() == 0
        with at_moment(now() + WINDOW):
            assert tell_the_rest() == 1
        assert refused() == [(desk, "password", None), (desk, "password", 3)]
        assert db.session.scalar(select(func.count(Refusal.id))) == 0

    def test_one_alone_needs_no_second_event(self, cast: Cast) -> None:
        cast.account_id("desk")
        guess_wrong("desk@example.com")
        with at_moment(now() + WINDOW):
            tell_the_rest()
        assert len(refused()) == 1

    def test_without_the_background_process_the_next_hour_tells_of_the_last(self, cast: Cast) -> None:
        desk = cast.account_id("desk")
        guess_wrong("desk@example.com", 2)
        with at_moment(now() + WINDOW + timedelta(minutes=1)):
            guess_wrong("desk@example.com")
        assert refused() == [(desk, "password", None), (desk, "password", 1), (desk, "password", None)]

    def test_whom_nobody_knows_costs_the_same_and_is_noted_without_what_was_typed(self, cast: Cast) -> None:
        cast.account_id("desk")
        guess_wrong("first@example.com")  # so that nothing is done for the first time
        with statements() as known:
            guess_wrong("desk@example.com")
        with statements() as unknown:
            guess_wrong("nobody@example.com")
        assert known == unknown
        assert refused()[-1] == (0, "password", None)
        assert "nobody" not in str([(each.facts, each.changes) for each in db.session.scalars(REFUSED)])

    def test_a_flood_leaves_few_events(self) -> None:
        for number in range(MOST_APART + 30):
            note(Why.PASSWORD, f"{number}@example.com", account_id=None, address=f"2001:db8::{number}")
        assert len(refused()) == MOST_APART + 1
        assert refused()[-1] == (0, "many", None)
        assert db.session.scalar(select(func.count(Refusal.id))) == MOST_APART + 1
        with at_moment(now() + WINDOW):
            while tell_the_rest():
                pass
        assert refused()[-1] == (0, "many", 29)

    def test_who_was_the_first_at_the_same_moment_does_not_matter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        note(Why.CODE, "somebody", account_id=None, address="")
        seen = iter([False, True])
        counted = refusals._counted
        monkeypatch.setattr(refusals, "_counted", lambda bucket: next(seen) and counted(bucket))
        note(Why.CODE, "somebody", account_id=None, address="")
        assert len(refused()) == 1
        assert db.session.scalar(select(Refusal.more)) == 1


class TestWhere:
    def test_too_many_tries(self, cast: Cast, visitor: Browser, context: None) -> None:
        desk = cast.account_id("desk")
        for _ in range(11):
            page = visitor.sign_in("desk@example.com", "wrong")
        assert page.status == 429
        assert refused() == [(desk, "password", None), (desk, "too_many", None)]

    @pytest.mark.parametrize(
        ("who", "path"), [("mechanic", "/desk/staff"), ("customer", "/floor/"), ("desk", "/desk/settings")]
    )
    def test_a_role_that_may_not(self, cast: Cast, who: str, path: str, context: None) -> None:
        browser = cast.browser(who)
        assert [browser.get(path).status for _ in range(3)] == [403, 403, 403]
        assert refused() == [(cast.account_id(who), "role", None)]
        (entry,) = (each for each in timeline(cast.account(who)) if each.action.name == "REFUSED")
        assert (entry.who, entry.sentence) == (cast.account(who).name, f"was turned away from {path}")
        assert entry.note == "From 127.0.0.1"

    def test_a_program_as_well(self, api: Api, cast: Cast, context: None) -> None:
        assert api.as_("customer").get("/mechanics/").status_code == 403
        assert api.as_("customer").post("/customers/", {"name": "Joy"}).status_code == 403
        assert refused() == [(cast.account_id("customer"), "role", None)]

    def test_a_wrong_password_of_somebody_who_is_signed_in(self, desk: Browser, cast: Cast, context: None) -> None:
        desk.post("/account/prove", {"own_password": "wrong"})
        assert refused() == [(cast.account_id("desk"), "password", None)]

    def test_what_is_not_there_for_somebody_is_no_refusal(self, customer: Browser, context: None) -> None:
        assert customer.get("/my/tickets/1").status == 404
        assert refused() == []


def test_signing_in_says_from_where(desk: Browser, cast: Cast, context: None) -> None:
    (entry,) = (each for each in timeline(cast.account("desk")) if each.action.name == "SIGNED_IN")
    assert (entry.sentence, entry.note) == ("signed in", "From 127.0.0.1")


@pytest.mark.single
def test_no_secret_and_no_whole_vin_is_in_the_history_or_the_log(
    app: Flask, desk: Browser, visitor: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    """Not the password that was typed, be it right or wrong, and not in the place of an e-mail address either."""
    app.logger.propagate = True  # so that what is logged is seen here
    vin = "1HGCM82633A004352"
    try:
        visitor.sign_in("desk@example.com", "a SECRET password")
        visitor.sign_in("SECRETpassword@example.com", "wrong")
        page = desk.get("/desk/customers/new").form("Add the customer").fill(name="Joy Park").submit()
        page = page.form("/vehicles").fill(make="Honda", vin=vin).submit()
        assert vin in page.html
        page = desk.post("/account/password", {"password": "a SECRET of mine to keep", "own_password": "SECRET"})
    finally:
        app.logger.propagate = False
    with app.app_context():
        told: list[Any] = [(each.facts, each.action) for each in db.session.scalars(select(Event))]
        told += [(each.before, each.after) for each in db.session.scalars(select(EventChange))]
    assert (None, "…004352") in told
    for text in (str(told), caplog.text):
        assert "SECRET" not in text
        assert vin not in text
    assert caplog.text
