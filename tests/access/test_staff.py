"""The owner's pages about the staff."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import event, select

from shop.access.commands import add_staff, edit_staff
from shop.accounts import commands
from shop.accounts.models import Account, Letter
from shop.audit.models import Event
from shop.common.errors import RuleBroken, StaleEdit
from shop.common.roles import Role
from shop.extensions import db
from shop.mechanics.models import Mechanic
from tests.browser import Browser, Page
from tests.cast import PASSWORD, Cast
from tests.factories import keep, make_mechanic

LAST = "This is the last owner. Make somebody else an owner first."


def page_of(owner: Browser, cast: Cast, who: str) -> Page:
    return owner.get(f"/desk/staff/{cast.account_id(who)}")


def add(owner: Browser, **values: str) -> Page:
    given = {"name": "Nia New", "email": "nia@example.com", "role": "desk", **values}
    return owner.get("/desk/staff/new").form("Invite them").fill(**given).submit()


def find(cast: Cast, email: str = "nia@example.com") -> Account:
    return db.session.scalars(select(Account).where(Account.email == email)).one()


def second_owner(cast: Cast, email: str = "second@example.com") -> int:
    with cast.app.app_context():
        model = cast.account("owner")
        account = Account(name="Second Owner", email=email, role=Role.OWNER, password_hash=model.password_hash)
        keep(account)
        return account.id


class TestDoor:
    PATHS = ("/desk/staff", "/desk/staff/new", "/desk/staff/1")

    @pytest.mark.parametrize("path", PATHS)
    def test_needs_sign_in(self, visitor: Browser, path: str) -> None:
        assert visitor.get(path).path == "/login"

    @pytest.mark.parametrize("who", ["desk", "mechanic", "customer"])
    def test_keeps_the_wrong_role_out(self, cast: Cast, who: str) -> None:
        browser = cast.browser(who)
        for path in self.PATHS:
            assert browser.get(path).status == 403
        for action in ("", "/invite", "/disable", "/enable", "/sign-out"):
            assert browser.post(f"/desk/staff/{cast.account_id('owner')}{action}").status == 403

    def test_customers_are_not_staff(self, cast: Cast, owner: Browser) -> None:
        assert page_of(owner, cast, "customer").status == 404
        assert owner.post(f"/desk/staff/{cast.account_id('customer')}/disable").status == 404

    def test_is_in_the_owners_menu_alone(self, owner: Browser, desk: Browser) -> None:
        assert "/desk/staff" in owner.get("/account").links.values()
        assert "/desk/staff" not in desk.get("/account").links.values()


class TestList:
    def test_works(self, cast: Cast, owner: Browser, desk: Browser) -> None:
        cast.account_id("mechanic")
        add(owner)
        rows = {row[0]: row[1:] for row in owner.get("/desk/staff").rows()}
        assert rows["Olga Owner"][0] == "Owner"
        assert rows["Rui Mechanic"][:3] == ["Mechanic", "mechanic@example.com", "Rui Mechanic"]
        assert rows["Rui Mechanic"][3] == "never"
        assert rows["Nia New"][4] == "invited"

    def test_leaves_customers_out(self, owner: Browser, customer: Browser) -> None:
        assert "Joy Customer" not in owner.get("/desk/staff").text

    def test_takes_the_same_statements_for_many(self, cast: Cast, owner: Browser) -> None:
        def count() -> int:
            seen: list[str] = []
            owner.get("/desk/staff")  # the counts in the menu are kept from now on
            with cast.app.app_context():
                engine = db.engine

            def see(connection: object, cursor: object, statement: str, *rest: object) -> None:
                seen.append(statement)

            event.listen(engine, "before_cursor_execute", see)
            owner.get("/desk/staff")
            event.remove(engine, "before_cursor_execute", see)
            return len(seen)

        few = count()
        with cast.app.app_context():
            for number in range(8):
                mechanic = make_mechanic()
                keep(
                    Account(
                        name=f"M {number}", email=f"m{number}@example.com", role=Role.MECHANIC, mechanic_id=mechanic.id
                    )
                )
        assert count() == few


class TestAdding:
    def test_invites_them(self, cast: Cast, owner: Browser, visitor: Browser) -> None:
        page = add(owner)
        assert page.path == "/desk/staff"
        assert "Nia New is invited." in page.text
        with cast.app.app_context():
            letter = db.session.scalars(select(Letter)).one()
            assert letter.to == "nia@example.com"
            assert "front desk" in letter.body
            actions = set(db.session.scalars(select(Event.action)))
            assert {"account.created", "account.invited"} <= actions

    def test_a_mechanic_is_put_on_the_roster(self, cast: Cast, owner: Browser) -> None:
        add(owner, role="mechanic", mechanic="new")
        with cast.app.app_context():
            mechanic = find(cast).mechanic
            assert mechanic is not None
            assert (mechanic.name, mechanic.email) == ("Nia New", "nia@example.com")

    def test_a_mechanic_on_the_roster_is_chosen(self, cast: Cast, owner: Browser) -> None:
        with cast.app.app_context():
            known = make_mechanic(name="Nia on the roster").id
        add(owner, role="mechanic", mechanic=str(known))
        with cast.app.app_context():
            assert find(cast).mechanic_id == known
        assert "Nia on the roster" not in owner.get("/desk/staff/new").text

    def test_a_mechanic_needs_a_place_on_the_roster(self, owner: Browser) -> None:
        page = add(owner, role="mechanic", mechanic="")
        assert page.status == 422
        assert "Choose who this is in the workshop, or add a new mechanic." in page.errors
        assert page.form("Invite them").values["name"] == "Nia New"

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"name": ""}, "Enter a name."),
            ({"email": ""}, "Enter an e-mail address."),
            ({"email": "nia"}, "Enter an e-mail address such as name@example.com."),
            ({"email": "nia@example.com\nBcc: x@example.com"}, "Enter an e-mail address such as name@example.com."),
            ({"email": "OWNER@example.com"}, "This e-mail address belongs to another account."),
            ({"role": "customer"}, "Choose one of these."),
            ({"role": "king"}, "Choose one of these."),
            ({"mechanic": "999"}, "Choose one of these."),
        ],
    )
    def test_shows_what_was_wrong_and_keeps_what_was_typed(
        self, owner: Browser, values: dict[str, str], words: str
    ) -> None:
        page = add(owner, **values)
        assert page.status == 422
        assert words in page.errors
        typed = {"name": "Nia New", "email": "nia@example.com", **values}
        assert page.form("Invite them").values["name"] == typed["name"]

    def test_nothing_is_kept_of_what_was_refused(self, cast: Cast, owner: Browser) -> None:
        add(owner, email="owner@example.com", role="mechanic", mechanic="new")
        with cast.app.app_context():
            assert db.session.scalar(select(Mechanic)) is None
            assert db.session.scalar(select(Letter)) is None

    def test_only_staff_are_made_here(self, cast: Cast, context: None) -> None:
        boss = cast.account("owner")
        with pytest.raises(RuleBroken):
            add_staff(name="Nia", email="nia@example.com", role=Role.CUSTOMER, by=boss)


class TestEditing:
    def test_works(self, cast: Cast, owner: Browser) -> None:
        page = page_of(owner, cast, "desk").form("Save").fill(name="Ana Maria").submit()
        assert page.heading == "Ana Maria"
        assert "changed the account’s name" in page.text

    def test_works_with_htmx(self, cast: Cast, owner: Browser) -> None:
        page = page_of(owner, cast, "desk").form("Save").fill(name="Ana Maria").submit(htmx=True)
        for part in ("staff-member", "staff-head", "staff-way-in", "timeline"):
            assert page.fragment(part) is not None

    def test_another_role_ends_the_sign_ins(self, cast: Cast, owner: Browser, desk: Browser) -> None:
        page_of(owner, cast, "desk").form("Save").fill(role="mechanic", mechanic="new").submit()
        assert desk.get("/account", follow=False).status == 303
        assert desk.sign_in("desk@example.com", PASSWORD).path == "/floor/"

    def test_the_same_role_does_not(self, cast: Cast, owner: Browser, desk: Browser) -> None:
        page_of(owner, cast, "desk").form("Save").fill(name="Ana Maria").submit()
        assert desk.get("/account", follow=False).status == 200

    def test_two_at_once(self, cast: Cast, owner: Browser) -> None:
        mine, theirs = page_of(owner, cast, "desk"), page_of(owner, cast, "desk")
        theirs.form("Save").fill(name="Theirs").submit()
        page = mine.form("Save").fill(name="Mine").submit()
        assert page.status == 409
        assert "Mine" in page.html
        assert "Theirs" in page.html
        assert page.form("Save what is chosen").submit().heading == "Mine"

    def test_nothing_changed_is_no_event(self, cast: Cast, owner: Browser) -> None:
        page_of(owner, cast, "desk").form("Save").submit()
        with cast.app.app_context():
            assert "account.changed" not in set(db.session.scalars(select(Event.action)))
            assert cast.account("desk").version == 1

    def test_a_stale_version(self, cast: Cast, context: None) -> None:
        cast.account_id("desk")
        boss, ana = cast.account("owner"), cast.account("desk")
        with pytest.raises(StaleEdit):
            edit_staff(ana, name="A", email=ana.email, role=ana.role, version=7, by=boss)


class TestWayIn:
    def press(self, owner: Browser, cast: Cast, who: str, button: str, *, htmx: bool = False) -> Page:
        return page_of(owner, cast, who).form(button).submit(htmx=htmx)

    def test_disabling_ends_everything_at_once(self, cast: Cast, owner: Browser, desk: Browser) -> None:
        page = self.press(owner, cast, "desk", "Disable")
        assert "Ana Desk can no longer come in." in page.text
        assert desk.get("/account", follow=False).status == 303
        assert desk.sign_in("desk@example.com", PASSWORD).status == 422
        assert "disabled the account" in page.text

    def test_a_form_that_lies_open_can_still_be_saved(self, cast: Cast, owner: Browser) -> None:
        page = page_of(owner, cast, "desk")
        page.form("Disable").submit(htmx=True)
        assert page.form("Save").fill(name="Ana Maria").submit().heading == "Ana Maria"

    def test_letting_in_again(self, cast: Cast, owner: Browser, desk: Browser) -> None:
        self.press(owner, cast, "desk", "Disable", htmx=True)
        self.press(owner, cast, "desk", "Let in again", htmx=True)
        assert desk.sign_in("desk@example.com", PASSWORD).path == "/desk/"

    def test_signing_them_out(self, cast: Cast, owner: Browser, desk: Browser) -> None:
        page = self.press(owner, cast, "desk", "Sign out everywhere", htmx=True)
        assert page.fragment("staff-way-in") is not None
        assert desk.get("/account", follow=False).status == 303

    def test_sending_the_invitation_again(self, cast: Cast, owner: Browser) -> None:
        add(owner)
        page = owner.get("/desk/staff").follow("Nia New").form("Send the invitation again").submit()
        assert "The invitation waits in the outbox." in page.text
        assert "Outbox , for you to hand its link over." in page.text
        with cast.app.app_context():
            assert len(db.session.scalars(select(Letter)).all()) == 2

    def test_nobody_who_has_a_password_is_invited(self, cast: Cast, owner: Browser) -> None:
        page = owner.post(f"/desk/staff/{cast.account_id('desk')}/invite")
        assert page.status == 409
        assert "Ana Desk has chosen a password already." in page.text


class TestLastOwner:
    @pytest.mark.parametrize("htmx", [True, False])
    def test_is_not_disabled(self, cast: Cast, owner: Browser, htmx: bool) -> None:
        page = page_of(owner, cast, "owner").form("Disable").submit(htmx=htmx)
        assert page.status == 409
        notice = page.soup.select_one("#staff-way-in .notice")
        assert notice
        assert LAST in notice.text
        assert ("<html" in page.html) is not htmx

    def test_is_not_demoted(self, cast: Cast, owner: Browser) -> None:
        page = page_of(owner, cast, "owner").form("Save").fill(role="desk").submit()
        assert page.status == 422
        assert LAST in page.errors
        assert owner.get("/desk/staff").status == 200

    def test_one_of_two_is(self, cast: Cast, owner: Browser) -> None:
        other = second_owner(cast)
        assert owner.post(f"/desk/staff/{other}/disable").status == 200
        assert owner.post(f"/desk/staff/{cast.account_id('owner')}/disable").status == 409

    def test_one_who_never_signed_in_does_not_count(self, cast: Cast, owner: Browser) -> None:
        """An owner who has not followed the invitation could not let anybody in."""
        add(owner, role="owner")
        page = page_of(owner, cast, "owner").form("Disable").submit()
        assert (page.status, LAST in page.text) == (409, True)

    def test_two_who_demote_each_other_at_once(self, app: Flask, cast: Cast) -> None:
        ids = [cast.account_id("owner"), second_owner(cast)]

        def demote(by_id: int, account_id: int) -> str:
            with app.app_context():
                by, account = db.session.get_one(Account, by_id), db.session.get_one(Account, account_id)
                db.session.commit()
                try:
                    commands.edit_account(account, by=by, role=Role.DESK)
                except RuleBroken as broken:
                    return broken.message
                return "demoted"

        with ThreadPoolExecutor(2) as both:
            results = list(both.map(demote, ids, reversed(ids)))
        assert sorted(results) == sorted(["demoted", LAST])
        with app.app_context():
            assert len(db.session.scalars(select(Account).where(Account.role == Role.OWNER)).all()) == 1
