"""The outbox: what is in a letter, who may read it, and how it goes out exactly once."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.accounts import chores, commands
from shop.accounts.chores import forget_old_sign_ins, send_due_letters
from shop.accounts.models import Attempt, Letter, LetterKind, LoginSession
from shop.common.clock import at_moment, now
from shop.common.roles import Role
from shop.config import SettingRefused, read_settings
from shop.extensions import db
from shop.ops.models import ShopFact
from tests.browser import Browser
from tests.cast import Cast
from tests.factories import keep


@pytest.fixture
def letter(cast: Cast) -> int:
    """An invitation in the outbox."""
    cast.account_id("owner")
    with cast.app.app_context():
        boss = cast.account("owner")
        nia = commands.add_account(name="Nia {New}", email="nia@example.com", role=Role.DESK, by=boss)
        return commands.send_invitation(nia, by=boss).id


@pytest.fixture
def posted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A mail server that takes everything; what it took."""
    taken: list[Any] = []

    class Server:
        def __init__(self, host: str, port: int, timeout: float) -> None:
            self.place = (host, port)

        def __enter__(self) -> Server:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def ehlo(self) -> None:
            pass

        def has_extn(self, name: str) -> bool:
            return name == "starttls"

        def starttls(self) -> None:
            pass

        def login(self, user: str, password: str) -> None:
            self.user = (user, password)

        def send_message(self, message: Any) -> None:
            taken.append(message)

    monkeypatch.setattr(smtplib, "SMTP", Server)
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(
        before,
        smtp_url="smtp://user:p%40ss@mail.example.com:587",
        mail_from="Garage <shop@example.com>",
        base_url="https://shop.example.com",
    )
    yield taken
    app.config["SETTINGS"] = before


def stored(letter_id: int) -> Letter:
    db.session.rollback()
    return db.session.get_one(Letter, letter_id)


def fail(message: Any) -> None:
    raise smtplib.SMTPServerDisconnected("The line is dead.")


class TestSending:
    def test_goes_out_once(self, context: None, posted: list[Any], letter: int) -> None:
        assert send_due_letters() == 1
        assert send_due_letters() == 0
        (message,) = posted
        assert message["To"] == "nia@example.com"
        assert message["From"] == "Garage <shop@example.com>"
        assert message["Subject"] == "Your account at Test Garage"
        assert message.get_content().startswith("Hello Nia {New},\n\nYou have an account for the front desk")
        assert message.get_content().endswith("\nTest Garage\n+1 555 010 0100\n")
        assert stored(letter).sent_at is not None

    def test_links_lead_to_the_shop(self, cast: Cast, context: None, posted: list[Any]) -> None:
        cast.account_id("desk")
        with cast.app.test_request_context(headers={"Host": "evil.example"}):
            commands.send_reset("desk@example.com")
        send_due_letters()
        content = posted[0].get_content()
        assert "https://shop.example.com/set-password/" in content
        assert "evil.example" not in content

    def test_several_workers_send_one_once(self, app: Flask, posted: list[Any], letter: int) -> None:
        def work(_: int) -> int:
            with app.app_context():
                return send_due_letters()

        with ThreadPoolExecutor(6) as workers:
            assert sum(workers.map(work, range(6))) == 1
        assert len(posted) == 1

    def test_a_claim_that_somebody_else_has_is_left_alone(self, context: None, posted: list[Any], letter: int) -> None:
        assert chores._claim(letter, 0)
        assert not chores._claim(letter, 0)
        assert send_due_letters() == 0
        with at_moment(now() + timedelta(minutes=11)):  # its worker died
            assert send_due_letters() == 1

    def test_is_tried_again_with_growing_pauses(
        self, context: None, posted: list[Any], letter: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(smtplib.SMTP, "send_message", lambda self, message: fail(message))
        written, pauses, moment = stored(letter).created_at, [], now()
        while stored(letter).due_at is not None:
            with at_moment(moment):
                assert send_due_letters() == 0
            due = stored(letter).due_at
            if due is not None:
                pauses.append(due - moment)
                moment = due
        assert pauses == sorted(pauses)
        assert pauses[0] == timedelta(minutes=1)
        assert max(pauses) == timedelta(hours=4)
        assert timedelta(hours=19) < moment - written <= timedelta(days=1)
        assert stored(letter).failure == "SMTPServerDisconnected: The line is dead."
        assert stored(letter).sent_at is None

    def test_arrives_after_a_failure(
        self, context: None, posted: list[Any], letter: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(smtplib.SMTP, "send_message", lambda self, message: fail(message))
            send_due_letters()
        with at_moment(now() + timedelta(minutes=2)):
            assert send_due_letters() == 1
        assert stored(letter).failure == ""

    def test_no_password_goes_over_an_open_line(
        self, context: None, posted: list[Any], letter: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(smtplib.SMTP, "has_extn", lambda self, name: False)
        assert send_due_letters() == 0
        assert posted == []
        assert "no encryption" in stored(letter).failure

    def test_waits_without_a_mail_server(self, context: None, letter: int) -> None:
        assert send_due_letters() == 0
        assert stored(letter).tries == 0

    def test_the_demo_prints(self, app: Flask, context: None, letter: int, capsys: pytest.CaptureFixture[str]) -> None:
        keep(ShopFact(name="demo", value="1"))
        app.extensions.pop("shop_is_demo", None)
        assert send_due_letters() == 1
        printed = capsys.readouterr().out
        assert "To: nia@example.com" in printed
        assert "/set-password/" in printed
        assert send_due_letters() == 0

    @pytest.mark.parametrize(("is_demo", "end"), [(False, "Test Garage\n"), (True, "Test Garage\n+1 555 010 0199\n")])
    def test_without_a_telephone_the_demo_alone_invents_one(
        self, cast: Cast, context: None, monkeypatch: pytest.MonkeyPatch, is_demo: bool, end: str
    ) -> None:
        monkeypatch.setitem(cast.app.config, "SETTINGS", replace(cast.app.config["SETTINGS"], shop_phone=""))
        cast.account_id("desk")
        if is_demo:
            keep(ShopFact(name="demo", value="1"))
        cast.app.extensions.pop("shop_is_demo", None)
        commands.send_reset("desk@example.com")
        body = db.session.scalars(select(Letter.body)).one()
        assert "\n\nSomebody, most likely you," in body
        assert body.endswith(end)


class TestSettings:
    @pytest.mark.parametrize(
        "given",
        [
            {"SMTP_URL": "mail.example.com", "MAIL_FROM": "a@example.com", "BASE_URL": "https://a.example"},
            {"SMTP_URL": "smtp://mail.example.com", "BASE_URL": "https://a.example"},
            {"SMTP_URL": "smtp://mail.example.com", "MAIL_FROM": "a@example.com"},
        ],
    )
    def test_refuses_half_a_mail_server(self, tmp_path: Any, given: dict[str, str]) -> None:
        with pytest.raises(SettingRefused):
            read_settings(SHOP_DATA=str(tmp_path), **given)

    @pytest.mark.parametrize("address", ["shop.example.com", "shop.example.com:443", "https://", "//shop.example.com"])
    def test_refuses_an_address_that_nobody_can_follow(self, tmp_path: Any, address: str) -> None:
        with pytest.raises(SettingRefused, match="BASE_URL is an address such as"):
            read_settings(SHOP_DATA=str(tmp_path), BASE_URL=address)


class TestOutboxPage:
    def test_needs_the_desk(self, visitor: Browser, mechanic: Browser, customer: Browser) -> None:
        assert visitor.get("/desk/outbox").path == "/login"
        assert mechanic.get("/desk/outbox").status == 403
        assert customer.get("/desk/outbox").status == 403

    def test_says_what_to_do_when_empty(self, desk: Browser) -> None:
        assert "No letters yet" in desk.get("/desk/outbox").text

    def test_without_a_mail_server_says_how_to_send(self, desk: Browser, letter: int) -> None:
        page = desk.get("/desk/outbox")
        assert "SMTP_URL" in page.text
        assert "Your account at Test Garage waiting" in page.text

    def test_the_desk_does_not_read_keys(self, cast: Cast, desk: Browser, letter: int) -> None:
        with cast.app.app_context():
            commands.send_reset("owner@example.com")
        page = desk.get("/desk/outbox")
        assert "owner@example.com" in page.text
        assert "/set-password/" not in page.html

    def test_the_owner_hands_over_invitations_where_no_mail_goes(
        self, cast: Cast, owner: Browser, letter: int, visitor: Browser
    ) -> None:
        with cast.app.app_context():
            commands.send_reset("owner@example.com")
        links = [href for href in owner.get("/desk/outbox").links.values() if "/set-password/" in href]
        assert len(links) == 1
        assert "Nia {New}" in visitor.get(links[0]).text

    def test_a_link_is_handed_over_as_the_owner_has_found_the_shop(self, owner: Browser, letter: int) -> None:
        cookie = owner.client.get_cookie("session")
        for host in ("192.168.1.5:5001", "garage.lan"):
            headers = {"Host": host, "Cookie": f"session={cookie.value if cookie else ''}"}
            page = owner.app.test_client(use_cookies=False).get("/desk/outbox", headers=headers)
            assert f'href="http://{host}/set-password/' in page.get_data(as_text=True)

    def test_nobody_reads_keys_where_mail_goes(self, owner: Browser, letter: int, posted: list[Any]) -> None:
        assert "/set-password/" not in owner.get("/desk/outbox").html

    def test_the_demo_shows_every_link(self, cast: Cast, desk: Browser, letter: int, visitor: Browser) -> None:
        with cast.app.app_context():
            keep(ShopFact(name="demo", value="1"))
            cast.app.extensions.pop("shop_is_demo", None)
            commands.send_reset("desk@example.com")
            send_due_letters()
        page = desk.get("/desk/outbox")
        assert [flag.get_text(strip=True) for flag in page.soup.select(".letter .flag")] == ["not sent (demo)"] * 2
        assert "sent today" not in page.text
        links = [tag["href"] for tag in page.soup.select(".letter__body a")]
        assert len(links) == 2
        assert visitor.get(str(links[0])).heading == "Choose a password"

    def test_shows_failures_to_the_owner(
        self,
        cast: Cast,
        owner: Browser,
        desk: Browser,
        letter: int,
        posted: list[Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(smtplib.SMTP, "send_message", lambda self, message: fail(message))
        with cast.app.app_context():
            send_due_letters()
        assert "trying again" in desk.get("/desk/outbox").text
        assert "The line is dead." not in desk.get("/desk/outbox").text
        assert "The line is dead." in owner.get("/desk/outbox").text

    def test_goes_on_after_25(self, desk: Browser, context: None) -> None:
        keep(
            *(
                Letter(kind=LetterKind.RESET, to=f"{number}@example.com", subject="A letter", body="Text")
                for number in range(30)
            )
        )
        page = desk.get("/desk/outbox")
        assert len(page.soup.select(".letter")) == 25
        assert len(page.follow("Older").soup.select(".letter")) == 5


def test_a_shop_that_shouts_in_a_name_can_not_break_out_of_a_letter(cast: Cast, context: None) -> None:
    cast.account_id("owner")
    boss = cast.account("owner")
    nia = commands.add_account(name="{link} {0.__class__}", email="nia@example.com", role=Role.OWNER, by=boss)
    assert "Hello {link} {0.__class__}," in commands.send_invitation(nia, by=boss).body


def test_old_sign_ins_are_forgotten(cast: Cast, desk: Browser, context: None) -> None:
    def counts() -> tuple[int, int]:
        db.session.rollback()
        return len(db.session.scalars(select(LoginSession)).all()), len(db.session.scalars(select(Attempt)).all())

    Browser(cast.app).sign_in("desk@example.com", "wrong")
    assert counts() == (1, 2)  # one for the address it came from, one for the account
    assert forget_old_sign_ins() == 0
    with at_moment(now() + timedelta(days=2)):
        assert forget_old_sign_ins() == 2
    assert counts() == (1, 0)
    with at_moment(now() + timedelta(days=62)):
        forget_old_sign_ins()
    assert counts() == (0, 0)


@pytest.fixture(autouse=True)
def no_demo_left_over(app: Flask) -> Iterator[None]:
    yield
    app.extensions.pop("shop_is_demo", None)
