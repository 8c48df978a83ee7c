"""Links that set a password: once only, for a while, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.accounts import commands, letters, links
from shop.accounts.links import LinkEnded
from shop.accounts.models import Account, Attempt, Letter, LetterKind
from shop.accounts.sign_in import Whereabouts, sign_in_by_link
from shop.common.clock import at_moment, now
from shop.common.roles import Role
from shop.extensions import db
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.statements import counted

GOOD = "a wholly new password"


def link_in(letter: Letter) -> str:
    """The path of the link that a letter carries."""
    found = next(word for word in letter.body.split() if "/set-password/" in word)
    return found[found.index("/set-password/") :]


@pytest.fixture
def invited(cast: Cast) -> str:
    """The link of somebody who was invited to the desk."""
    cast.account_id("owner")
    with cast.app.app_context():
        boss = cast.account("owner")
        nia = commands.add_account(name="Nia New", email="nia@example.com", role=Role.DESK, by=boss)
        return link_in(commands.send_invitation(nia, by=boss))


def reset_link(cast: Cast, who: str = "desk") -> str:
    cast.account_id(who)
    with cast.app.app_context():
        commands.send_reset(cast.email(who))
        letters = select(Letter).where(Letter.kind == LetterKind.RESET).order_by(Letter.id.desc())
        return link_in(db.session.scalars(letters).first())  # type: ignore[arg-type]


def choose(browser: Browser, link: str, password: str = GOOD) -> Any:
    return browser.get(link).form("Keep it and sign in").fill(password=password, again=password).submit()


class TestPage:
    def test_says_whose_account_it_is(self, visitor: Browser, invited: str) -> None:
        page = visitor.get(invited)
        assert page.heading == "Choose a password"
        assert "Nia New" in page.text
        assert "nia@example.com" in page.text

    def test_sets_the_password_and_signs_in(self, visitor: Browser, invited: str) -> None:
        assert choose(visitor, invited).path == "/desk/"
        visitor.post("/logout")
        assert visitor.sign_in("nia@example.com", GOOD).path == "/desk/"

    def test_nobody_signs_in_before(self, visitor: Browser, invited: str) -> None:
        assert visitor.sign_in("nia@example.com", "").status == 422
        assert visitor.sign_in("nia@example.com", GOOD).status == 422

    def test_shows_what_was_wrong(self, visitor: Browser, invited: str) -> None:
        form = visitor.get(invited).form("Keep it and sign in")
        page = form.fill(password="too short", again="too short").submit()
        assert page.status == 422
        assert page.errors == ["Use at least 15 characters; a sentence is easy to remember."]
        page = page.form("Keep it and sign in").fill(password=GOOD, again=GOOD + "!").submit()
        assert page.errors == ["The two are not the same."]
        assert choose(visitor, invited).path == "/desk/"

    def test_tells_no_other_page_its_address(self, visitor: Browser, invited: str) -> None:
        assert visitor.get(invited).headers["Referrer-Policy"] == "no-referrer"
        assert visitor.get("/set-password/forged").headers["Referrer-Policy"] == "no-referrer"
        assert visitor.get(invited).headers["Cache-Control"] == "no-store"

    def test_stays_out_of_the_log(self, visitor: Browser, invited: str, capsys: pytest.CaptureFixture[str]) -> None:
        visitor.get(invited)
        visitor.get(f"{invited}/more")
        logged = capsys.readouterr().err
        assert logged.count("/set-password/\\u2026") >= 2
        assert invited.rpartition("/")[2] not in logged

    def test_ends_every_other_sign_in(self, cast: Cast, desk: Browser, visitor: Browser) -> None:
        choose(visitor, reset_link(cast))
        assert desk.get("/account", follow=False).status == 303
        assert visitor.get("/account").status == 200


class TestOnce:
    def is_ended(self, browser: Browser, link: str) -> bool:
        page = browser.get(link)
        assert page.status in (200, 404)
        if page.status == 404:
            assert page.heading == "This link has ended"
            assert browser.post(link, {"password": GOOD, "again": GOOD}).status == 404
        return page.status == 404

    def test_works_once(self, visitor: Browser, invited: str) -> None:
        choose(visitor, invited)
        assert self.is_ended(visitor, invited)

    def test_looking_does_not_use_it_up(self, visitor: Browser, invited: str) -> None:
        for _ in range(3):
            assert not self.is_ended(visitor, invited)

    def test_of_two_at_once_one_gets_through(self, cast: Cast, invited: str) -> None:
        with cast.app.app_context():
            first = links.open_link(invited.rpartition("/")[2])
            with cast.app.app_context():
                second = links.open_link(invited.rpartition("/")[2])
                sign_in_by_link(second, password=GOOD, here=Whereabouts("", ""))
            with pytest.raises(LinkEnded):
                sign_in_by_link(first, password=GOOD, here=Whereabouts("", ""))

    def test_invitations_last_a_day(self, visitor: Browser, invited: str) -> None:
        with at_moment(now() + timedelta(hours=23, minutes=59)):
            assert not self.is_ended(visitor, invited)
        with at_moment(now() + timedelta(hours=24, minutes=1)):
            assert self.is_ended(visitor, invited)

    def test_resets_last_an_hour(self, cast: Cast, visitor: Browser) -> None:
        link = reset_link(cast)
        with at_moment(now() + timedelta(minutes=59)):
            assert not self.is_ended(visitor, link)
        with at_moment(now() + timedelta(minutes=61)):
            assert self.is_ended(visitor, link)

    @pytest.mark.parametrize("forged", ["x", "a.b.c", "e30.e30.e30", "%00", "ÿ", "x" * 3000])
    def test_forged(self, visitor: Browser, forged: str) -> None:
        assert self.is_ended(visitor, f"/set-password/{forged}")

    def test_changed_by_one_letter(self, visitor: Browser, invited: str) -> None:
        assert self.is_ended(visitor, invited[:-2] + ("AA" if invited[-2:] != "AA" else "BB"))

    def test_an_api_token_is_no_link(self, cast: Cast, api: Any, visitor: Browser) -> None:
        assert self.is_ended(visitor, f"/set-password/{api.as_('desk').token}")

    def test_a_new_password_ends_the_links_on_their_way(self, cast: Cast, visitor: Browser) -> None:
        link = reset_link(cast)
        with cast.app.app_context():
            ana = cast.account("desk")
            commands.change_password(ana, present=PASSWORD, new=GOOD, keep=None, by=ana)
        assert self.is_ended(visitor, link)

    def test_another_address_ends_them_too(self, cast: Cast, visitor: Browser) -> None:
        link = reset_link(cast)
        with cast.app.app_context():
            ana = cast.account("desk")
            commands.edit_account(ana, by=ana, email="new@example.com")
        assert self.is_ended(visitor, link)

    def test_disabling_ends_them_for_good(self, cast: Cast, visitor: Browser) -> None:
        cast.account_id("owner")
        link = reset_link(cast)
        with cast.app.app_context():
            ana, boss = cast.account("desk"), cast.account("owner")
            commands.disable_account(ana, by=boss)
            commands.enable_account(ana, by=boss)
        assert self.is_ended(visitor, link)


def test_where_no_mail_goes_nobody_waits_for_a_letter(cast: Cast, visitor: Browser) -> None:
    pages = [
        visitor.get("/forgot-password").form("Send me the link").fill(email=email).submit()
        for email in ("desk@example.com", "nobody@example.com")
    ]
    assert {page.heading for page in pages} == {"No letter can reach you yet"}
    assert not any("on its way" in page.text for page in pages)


@pytest.mark.usefixtures("mail_server")
class TestForgotten:
    def ask(self, browser: Browser, email: str) -> Any:
        return browser.get("/forgot-password").form("Send me the link").fill(email=email).submit()

    def letters(self, cast: Cast) -> list[Letter]:
        with cast.app.app_context():
            return list(db.session.scalars(select(Letter).order_by(Letter.id)))

    def test_sends_a_letter(self, cast: Cast, visitor: Browser) -> None:
        cast.account_id("desk")
        assert self.ask(visitor, "desk@example.com").heading == "Look at your mail"
        (letter,) = self.letters(cast)
        assert (letter.to, letter.kind) == ("desk@example.com", LetterKind.RESET)
        assert "Ana Desk" in letter.body
        assert letter.due_at is not None

    def test_says_the_same_to_everybody(self, cast: Cast, visitor: Browser) -> None:
        cast.account_id("desk")
        known = self.ask(visitor, "desk@example.com")
        unknown = self.ask(visitor, "nobody@example.com")
        assert known.status == unknown.status == 200
        assert known.text.replace("desk@", "nobody@") == unknown.text
        assert len(self.letters(cast)) == 1

    def test_writes_to_the_address_on_file(self, cast: Cast, visitor: Browser) -> None:
        """Whoever types a look-alike of an address gets no letter about it."""
        cast.account_id("desk")
        self.ask(visitor, "DESK@EXAMPLE.COM")
        self.ask(visitor, "deşk@example.com")
        assert [letter.to for letter in self.letters(cast)] == ["desk@example.com"]

    def test_not_to_the_disabled(self, cast: Cast, visitor: Browser) -> None:
        cast.account_id("owner")
        cast.account_id("desk")
        with cast.app.app_context():
            commands.disable_account(cast.account("desk"), by=cast.account("owner"))
        assert self.ask(visitor, "desk@example.com").heading == "Look at your mail"
        assert self.letters(cast) == []

    def test_no_more_than_three_an_hour(self, cast: Cast, visitor: Browser) -> None:
        cast.account_id("desk")
        for _ in range(5):
            assert self.ask(visitor, "desk@example.com").heading == "Look at your mail"
        assert len(self.letters(cast)) == 3
        with at_moment(now() + timedelta(minutes=61)):
            self.ask(visitor, "desk@example.com")
        assert len(self.letters(cast)) == 4

    def test_no_more_than_ten_an_hour_from_one_place(self, visitor: Browser) -> None:
        for number in range(10):
            self.ask(visitor, f"somebody{number}@example.com")
        page = self.ask(visitor, "somebody@example.com")
        assert page.status == 429
        assert int(page.headers["Retry-After"]) > 0

    def test_from_one_place_in_all_processes_together(
        self, app: Flask, another_process: Callable[..., Flask], visitor: Browser
    ) -> None:
        others = Browser(another_process()), Browser(another_process())
        answers = [
            self.ask((visitor, *others)[number % 3], f"somebody{number}@example.com").status for number in range(12)
        ]
        assert answers == [200] * 10 + [429] * 2

    def test_each_is_counted_for_all_to_see_before_its_letter_is_written(
        self, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def seen_by_others() -> int:
            with cast.app.app_context():
                return db.session.scalar(select(func.count()).select_from(Attempt)) or 0

        def write_and_look(account: Account) -> Letter:
            with ThreadPoolExecutor() as another:
                seen.append(another.submit(seen_by_others).result())
            return write(account)

        cast.account_id("desk")
        write, seen = letters.write_reset, []
        monkeypatch.setattr(letters, "write_reset", write_and_look)
        with cast.app.app_context():
            for _ in range(4):
                commands.send_reset("desk@example.com")
        assert seen == [1, 2, 3]

    def test_takes_the_same_steps_whoever_has_the_address(self, cast: Cast) -> None:
        for who in ("owner", "desk", "mechanic"):
            cast.account_id(who)
        with cast.app.app_context():
            commands.disable_account(cast.account("mechanic"), by=cast.account("owner"))
            steps: dict[int, set[tuple[str, ...]]] = {}
            for email in ("desk@example.com", "nobody@example.com", "mechanic@example.com"):
                for time in range(4):
                    db.session.rollback()
                    with counted(cast.app) as seen:
                        commands.send_reset(email)
                    steps.setdefault(time, set()).add(tuple(statement.split()[0] for statement in seen))
        assert [len(of_all) for of_all in steps.values()] == [1, 1, 1, 1]
        assert "INSERT" in next(iter(steps[2]))
        assert "INSERT" not in next(iter(steps[3]))

    @pytest.mark.parametrize(
        ("host", "address"),
        [
            ("127.0.0.1", "http://127.0.0.1:5001"),
            ("0.0.0.0", "http://127.0.0.1:5001"),
            ("::", "http://[::1]:5001"),
            ("shop.lan", "http://shop.lan:5001"),
        ],
    )
    def test_a_host_made_up_by_a_stranger_does_not_get_into_a_letter(
        self, cast: Cast, visitor: Browser, monkeypatch: pytest.MonkeyPatch, host: str, address: str
    ) -> None:
        cast.account_id("desk")
        settings = replace(cast.app.config["SETTINGS"], host=host, port=5001, base_url=None)
        monkeypatch.setitem(cast.app.config, "SETTINGS", settings)
        form = visitor.get("/forgot-password").form("Send me the link").fill(email="desk@example.com")
        seal = visitor.client.get_cookie("session")
        headers = {"Host": "evil.example", "Cookie": f"session={seal.value if seal else ''}"}
        answer = cast.app.test_client(use_cookies=False).post("/forgot-password", data=form.values, headers=headers)
        assert answer.status_code == 200
        (letter,) = self.letters(cast)
        assert f"{address}/set-password/" in letter.body
        assert "evil.example" not in letter.body
