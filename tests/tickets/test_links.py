"""Links to a repair: for one ticket, for a while, until the shop ends them, and a key that is kept to ourselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import delete, func, select

from shop.accounts import tokens
from shop.accounts.chores import send_due_letters
from shop.accounts.models import Letter, LetterKind
from shop.accounts.tokens import Audience
from shop.audit.models import Event
from shop.common.clock import at_moment, now
from shop.common.errors import Conflict, RuleBroken
from shop.common.transaction import transaction
from shop.extensions import db
from shop.settings.models import ShopRules
from shop.tickets import commands
from shop.tickets.chores import forget_old_links
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.links import LinkEnded, make_link, open_link
from shop.tickets.models import Channel, RepairLink, Ticket
from tests.browser import Browser
from tests.cast import Cast
from tests.factories import keep, make_customer, make_job, make_ticket, make_vehicle


@dataclass
class Repair:
    """Joy's ticket; ``do`` lets Ana do something with it."""

    cast: Cast
    ticket_id: int

    def do(self, command: Callable[..., Any], **values: Any) -> Any:
        with self.cast.app.app_context():
            return command(db.session.get_one(Ticket, self.ticket_id), by=self.cast.account("desk"), **values)

    def link(self) -> str:
        return path_of(self.do(commands.give_link))

    def estimate(self) -> str:
        """Send one; answers the whole link."""
        return str(self.do(lambda ticket, by: commands.send_estimate(ticket, by=by).link))


def path_of(link: str) -> str:
    return urlsplit(link).path


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


@pytest.fixture
def repair(cast: Cast) -> Repair:
    cast.account_id("desk")
    with cast.app.app_context():
        return Repair(cast, repair_of_joy().id)


@pytest.fixture
def ticket(context: None) -> Ticket:
    """The same, for tests that call commands themselves."""
    return repair_of_joy()


@pytest.fixture
def link(repair: Repair) -> str:
    return repair.link()


def repair_of_joy() -> Ticket:
    joy = make_customer(name="Joy Customer", email="joy@example.com")
    return make_ticket(vehicle=make_vehicle(joy, plate="JOY 1", make="Fiat", model="500"))


def is_ended(browser: Browser, link: str) -> bool:
    page = browser.get(link)
    assert page.status in (200, 404)
    if page.status == 404:
        assert page.heading == "This link has ended"
        assert "+1 555 010 0100" in page.text
        assert "JOY 1" not in page.html
        assert browser.get(f"{link}/estimates/1").status == 404
        assert browser.post(f"{link}/answers", {"name": "Joy", "version": "1"}).status == 404
    return page.status == 404


def signed(repair: Repair, audience: Audience, subject: int) -> str:
    """A token of our own with the name of the one link that there is."""
    with repair.cast.app.app_context():
        name = db.session.scalars(select(RepairLink.token_id)).one()
        return tokens.issue(audience, subject=subject, lifetime=timedelta(days=1), jti=name)


class TestLink:
    def test_opens_its_ticket(self, ticket: Ticket, cast: Cast) -> None:
        link = commands.give_link(ticket, by=cast.account("desk"))
        assert open_link(token_of(link)) is ticket

    def test_shows_the_repair_to_whoever_has_it(self, visitor: Browser, link: str) -> None:
        page = visitor.get(link)
        assert page.heading == "We have noted your request."
        for words in ("JOY 1", "2014 Fiat 500", "Grinding from the front left", "+1 555 010 0100"):
            assert words in page.text
        assert "Joy Customer" not in page.text
        assert not page.soup.select("nav")

    def test_several_go_on_working(self, repair: Repair, link: str, visitor: Browser) -> None:
        another = repair.link()
        assert another != link
        assert not is_ended(visitor, link)
        assert not is_ended(visitor, another)

    def test_leaves_an_event(self, link: str, context: None) -> None:
        said = db.session.scalars(select(Event.action).where(Event.subject_kind == "ticket")).all()
        assert said == ["ticket.link_made"]

    def test_lasts_as_long_as_the_shop_says(self, repair: Repair, visitor: Browser) -> None:
        repair.do(lambda ticket, by: keep(ShopRules(id=1, link_days=7)))
        link = repair.link()
        with at_moment(now() + timedelta(days=7, minutes=-1)):
            assert not is_ended(visitor, link)
        with at_moment(now() + timedelta(days=7, minutes=1)):
            assert is_ended(visitor, link)

    def test_follows_the_repair_to_its_end(self, repair: Repair, link: str, visitor: Browser) -> None:
        repair.do(commands.move, to=Status.CANCELLED, reason="Canary")
        page = visitor.get(link)
        assert page.heading == "This repair was cancelled."
        assert "Canary" not in page.html


class TestEnded:
    def test_by_the_shop(self, repair: Repair, link: str, visitor: Browser) -> None:
        assert repair.do(commands.take_links_back) == 1
        assert is_ended(visitor, link)
        assert repair.do(commands.take_links_back) == 0
        with repair.cast.app.app_context():
            ends = select(func.count()).select_from(Event).where(Event.action == "ticket.links_ended")
            assert db.session.scalar(ends) == 1

    def test_when_the_ticket_is_archived(self, repair: Repair, link: str, visitor: Browser) -> None:
        repair.do(commands.archive_ticket)
        assert is_ended(visitor, link)
        repair.do(commands.restore_ticket)
        assert is_ended(visitor, link)

    def test_with_its_row(self, repair: Repair, link: str, visitor: Browser) -> None:
        repair.do(lambda ticket, by: _forget_links())
        assert is_ended(visitor, link)

    @pytest.mark.parametrize("forged", ["x", "a.b.c", "e30.e30.e30", "%00", "ÿ", "x" * 3000])
    def test_forged(self, visitor: Browser, forged: str) -> None:
        assert is_ended(visitor, f"/repair/{forged}")

    def test_changed_by_one_letter(self, visitor: Browser, link: str) -> None:
        assert is_ended(visitor, link[:-2] + ("AA" if link[-2:] != "AA" else "BB"))

    def test_for_another_ticket(self, repair: Repair, link: str, visitor: Browser) -> None:
        """A token with the name of one ticket's link and the id of another, signed with our own key, opens neither."""
        other = repair.do(lambda ticket, by: make_ticket().id)
        assert is_ended(visitor, f"/repair/{signed(repair, Audience.REPAIR, other)}")
        assert not is_ended(visitor, f"/repair/{signed(repair, Audience.REPAIR, repair.ticket_id)}")

    @pytest.mark.parametrize("audience", sorted(set(Audience) - {Audience.REPAIR}))
    def test_tokens_of_another_kind(self, repair: Repair, link: str, visitor: Browser, audience: Audience) -> None:
        assert is_ended(visitor, f"/repair/{signed(repair, audience, repair.ticket_id)}")

    def test_a_link_to_a_repair_opens_nothing_else(self, link: str, visitor: Browser) -> None:
        assert visitor.get(f"/set-password/{token_of(link)}").status == 404
        headers = {"Authorization": f"Bearer {token_of(link)}"}
        assert visitor.get("/customers/my-tickets", **headers).status == 401

    def test_htmx_is_told_so_without_losing_the_page(self, visitor: Browser) -> None:
        page = visitor.post("/repair/x/answers", htmx=True)
        assert page.status == 404
        assert page.headers["HX-Retarget"] == "#flash"
        assert "This link has ended. Please call us." in page.text

    def test_nobody_is_told_why(self, ticket: Ticket, cast: Cast) -> None:
        link = commands.give_link(ticket, by=cast.account("desk"))
        with pytest.raises(LinkEnded) as forged:
            open_link("x")
        commands.take_links_back(ticket, by=cast.account("desk"))
        with pytest.raises(LinkEnded) as ended:
            open_link(token_of(link))
        assert str(forged.value) == str(ended.value) == ""


class TestKeptToOurselves:
    @pytest.mark.parametrize("path", ["", "/estimates/1", "/estimates/99", "/answers"])
    @pytest.mark.parametrize("known", [True, False])
    def test_headers(self, repair: Repair, visitor: Browser, path: str, known: bool) -> None:
        address = path_of(repair.estimate()) if known else "/repair/no-such-link"
        page = (visitor.post if path == "/answers" else visitor.get)(address + path)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"

    def test_has_nothing_from_elsewhere(self, visitor: Browser, link: str) -> None:
        page = visitor.get(link)
        for tag in page.soup.select("[src], link[href], form[action], a[href]"):
            address = str(tag.get("src") or tag.get("href") or tag.get("action"))
            assert address.startswith(("/", "#", "tel:")), address

    def test_stays_out_of_the_log(self, visitor: Browser, link: str, caplog: pytest.LogCaptureFixture) -> None:
        visitor.get(link)
        visitor.post(f"{link}/answers")
        assert token_of(link) not in caplog.text

    @pytest.mark.parametrize("who", ["owner", "desk", "mechanic", "customer", "stranger"])
    def test_cookies_make_no_difference(self, cast: Cast, visitor: Browser, link: str, who: str) -> None:
        def body(browser: Browser) -> str:
            soup = browser.get(link).soup
            for hidden in soup.select("input[type=hidden]"):
                hidden.decompose()
            return str(soup)

        assert body(cast.browser(who)) == body(visitor)


class TestSending:
    def test_writes_the_estimate_the_link_and_the_letter(self, ticket: Ticket, cast: Cast) -> None:
        sent = commands.send_estimate(ticket, by=cast.account("desk"))
        assert sent.version is ticket.latest_version
        assert ticket.status is Status.ESTIMATE
        assert open_link(token_of(sent.link)) is ticket
        assert sent.letter
        assert (sent.letter.kind, sent.letter.to) == (LetterKind.ESTIMATE, "joy@example.com")
        assert sent.letter.subject == "Estimate 1 for your 2014 Fiat 500"
        for words in ("Hello Joy Customer,", sent.link, "30 days", "Test Garage", "+1 555 010 0100"):
            assert words in sent.letter.body
        assert sent.letter.due_at

    def test_without_an_address_there_is_no_letter(self, cast: Cast, context: None) -> None:
        ticket = make_ticket(customer=make_customer(email=None))
        sent = commands.send_estimate(ticket, by=cast.account("desk"))
        assert sent.letter is None
        assert sent.link
        assert db.session.scalar(select(func.count()).select_from(Letter)) == 0

    def test_what_people_are_called_is_no_template(self, cast: Cast, context: None) -> None:
        customer = make_customer(name="{link} {0}", email="odd@example.com")
        ticket = make_ticket(vehicle=make_vehicle(customer, make="{shop}", model="{}"))
        letter = commands.send_estimate(ticket, by=cast.account("desk")).letter
        assert letter
        assert letter.subject == "Estimate 1 for your 2014 {shop} {}"
        assert "Hello {link} {0}," in letter.body

    def test_is_all_or_nothing(self, ticket: Ticket, cast: Cast) -> None:
        desk = cast.account("desk")
        commands.move(ticket, to=Status.APPROVED, by=desk)
        with pytest.raises(RuleBroken, match="Everything on this ticket has been decided"):
            commands.send_estimate(ticket, by=desk)
        closed = make_ticket(status=Status.PICKED_UP)
        with pytest.raises(Conflict):
            commands.send_estimate(closed, by=desk)
        for table in (RepairLink, Letter):
            assert db.session.scalar(select(func.count()).select_from(table)) == 0

    def test_each_version_is_asked_about_anew(self, ticket: Ticket, cast: Cast) -> None:
        desk = cast.account("desk")
        commands.send_estimate(ticket, by=desk)
        make_job(ticket, complaint="Wipers streak")
        assert commands.send_estimate(ticket, by=desk).version.number == 2

    def test_the_demo_prints_the_letter_and_the_desk_can_read_it(
        self, repair: Repair, desk: Browser, capsys: pytest.CaptureFixture[str]
    ) -> None:
        link = repair.estimate()
        repair.cast.app.extensions["shop_is_demo"] = True
        assert repair.do(lambda ticket, by: send_due_letters()) == 1
        assert link in capsys.readouterr().out
        page = desk.get("/desk/outbox")
        assert "Estimate to joy@example.com" in page.text
        assert urlsplit(link).path in {urlsplit(each).path for each in page.links.values()}

    def test_without_a_mail_server_the_desk_hands_the_link_over(self, repair: Repair, desk: Browser) -> None:
        link = repair.estimate()
        page = desk.get("/desk/outbox")
        assert "hand over the links of estimates yourself" in page.text
        assert urlsplit(link).path in {urlsplit(each).path for each in page.links.values()}

    def test_a_link_of_a_transaction_that_failed_was_never_there(self, ticket: Ticket) -> None:

        def fail() -> str:
            with transaction():
                made = make_link(ticket)
                db.session.flush()
                raise RuleBroken(made)

        with pytest.raises(RuleBroken) as refused:
            fail()
        with pytest.raises(LinkEnded):
            open_link(token_of(refused.value.message))


def _forget_links() -> None:
    with transaction():
        db.session.execute(delete(RepairLink))


class TestForgetting:
    def forgotten_after(self, days: int) -> int:
        with at_moment(now() + timedelta(days=days)):
            return forget_old_links()

    def test_old_links_are_deleted(self, ticket: Ticket, cast: Cast) -> None:
        commands.give_link(ticket, by=cast.account("desk"))  # works for 30 days
        assert [self.forgotten_after(days) for days in (29, 89, 91, 91)] == [0, 0, 1, 0]

    def test_so_are_those_that_were_taken_back(self, ticket: Ticket, cast: Cast) -> None:
        commands.give_link(ticket, by=cast.account("desk"))
        commands.take_links_back(ticket, by=cast.account("desk"))
        assert [self.forgotten_after(days) for days in (59, 61, 61)] == [0, 1, 0]

    @pytest.mark.parametrize(("channel", "stays"), [(Channel.LINK, True), (Channel.PHONE, False)])
    @pytest.mark.parametrize("is_taken_back", [False, True])
    def test_what_an_answer_came_by_stays(
        self, ticket: Ticket, cast: Cast, channel: Channel, stays: bool, is_taken_back: bool
    ) -> None:
        """Beside it go the link that had ended before, the one that was made later, and that of another ticket."""
        desk, start = cast.account("desk"), now()
        commands.give_link(ticket, by=desk)
        commands.take_links_back(ticket, by=desk)
        with at_moment(start + timedelta(days=1)):
            version = commands.send_estimate(ticket, by=desk).version
            used = db.session.scalars(select(RepairLink.id).where(RepairLink.ended_at.is_(None))).one()
            commands.give_link(make_ticket(), by=desk)
        with at_moment(start + timedelta(days=2)):
            answers = {ticket.jobs[0].id: Approval.APPROVED}
            commands.answer(version, answers=answers, name="Joy", channel=channel, by=None)
        with at_moment(start + timedelta(days=3)):
            commands.give_link(ticket, by=desk)
            if is_taken_back:
                commands.take_links_back(ticket, by=desk)
        assert self.forgotten_after(400) == (3 if stays else 4)
        assert list(db.session.scalars(select(RepairLink.id))) == ([used] if stays else [])
