"""A customer answers an estimate on the page of their repair, by the link they were sent or signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import func, select

from shop.accounts.models import Account
from shop.audit.models import Event
from shop.common.base import Base
from shop.extensions import db
from shop.settings.models import Rates
from shop.tickets import commands
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import Channel, Consent, Decision, EstimateVersion, LineKind, Ticket
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.factories import keep, make_mechanic, make_part, make_ticket, make_vehicle
from tests.statements import counted

SEND = "Send my answer"
ADDRESS = "203.0.113.7"


@dataclass
class Offered:
    """Joy's ticket with an estimate of three jobs, the page that shows it, and a browser on its way there."""

    cast: Cast
    browser: Browser
    ticket_id: int
    job_ids: list[int]
    home: str
    channel: Channel

    def page(self) -> Page:
        return self.browser.get(self.home)

    def answer(self, *answers: str, page: Page | None = None, htmx: bool = False, **typed: str) -> Page:
        """Fill the form with an answer to each job and a name, and send it."""
        form = (page or self.page()).form(SEND)
        chosen = {f"job-{job_id}": answer for job_id, answer in zip(self.job_ids, answers, strict=False)}
        return form.fill(**{**chosen, "name": "Joy C.", **typed}).submit(htmx=htmx)

    def do(self, command: Callable[..., Any], **values: Any) -> Any:
        """Ana does something with the ticket."""
        with self.cast.app.app_context():
            return command(db.session.get_one(Ticket, self.ticket_id), by=self.cast.account("desk"), **values)

    def send_again(self) -> None:
        self.do(lambda ticket, by: commands.send_estimate(ticket, by=by) and None)

    def look(self, read: Callable[[Ticket], Any]) -> Any:
        with self.cast.app.app_context():
            return read(db.session.get_one(Ticket, self.ticket_id))

    def approvals(self) -> list[str]:
        return self.look(lambda ticket: [job.approval.value for job in ticket.jobs])  # type: ignore[no-any-return]

    def count(self, table: type[Base]) -> int:
        return self.look(lambda ticket: db.session.scalar(select(func.count()).select_from(table)))  # type: ignore[no-any-return]


@pytest.fixture(params=["link", "account"])
def offered(request: pytest.FixtureRequest, cast: Cast) -> Offered:
    cast.account_id("desk")
    cast.account_id("customer")
    with cast.app.app_context():
        desk, joy = cast.account("desk"), cast.account("customer").customer
        keep(Rates(labour_cents=10_000, labour_tax_ppm=100_000, part_tax_ppm=100_000, supplies_ppm=50_000))
        ticket = make_ticket(vehicle=make_vehicle(joy, plate="JOY 1", make="Fiat", model="500"), mechanics=[])
        brakes, pads = ticket.jobs[0], make_part(name="Brake pads", price_cents=8000, cost_cents=5551, on_hand=4)
        commands.edit_job(brakes, complaint="Brakes grind", cause="Pads are worn.", by=desk)
        commands.add_labour(brakes, description="Change the pads", minutes=90, price_cents=10_000, by=desk)
        commands.use_part(ticket, part=pads, quantity=2, job=brakes, by=desk)
        wipers = commands.add_job(ticket, complaint="Wipers streak", by=desk)
        commands.use_part(ticket, part=make_part(name="Wipers", price_cents=3000), quantity=1, job=wipers, by=desk)
        commands.edit_job(wipers, discount_ppm=100_000, by=desk)
        lamp = commands.add_job(ticket, complaint="Rear lamp", by=desk)
        commands.add_item(lamp, kind=LineKind.PART, description="Bulb", price_cents=700, quantity=1, by=desk)
        path = urlsplit(commands.send_estimate(ticket, by=desk).link).path
        ticket_id, job_ids = ticket.id, [job.id for job in ticket.jobs]
    if request.param == "link":
        return Offered(cast, Browser(cast.app, ADDRESS), ticket_id, job_ids, path, Channel.LINK)
    browser = cast.browser("customer")
    browser.address = ADDRESS
    return Offered(cast, browser, ticket_id, job_ids, f"/my/tickets/{ticket_id}", Channel.ACCOUNT)


class TestAsking:
    def test_shows_what_there_is_to_decide(self, offered: Offered) -> None:
        page = offered.page()
        assert page.heading == "Your estimate is ready."
        for words in ("May we go ahead?", "Brakes grind", "Pads are worn.", "$310.00", "Wipers streak", "$27.00"):
            assert words in page.text, words
        for words in (
            "1.5 h at $100.00 an hour",
            "2 at $80.00",
            "Discount \N{MINUS SIGN}$3.00",
            "Shop supplies $17.20",
        ):
            assert words in page.text, words
        # 344.00 after the discount; 5 % of it for supplies, which bear no tax, and 10 % of it for tax
        assert "Tax 10 % $34.40" in page.text
        assert "If you approve everything $395.60" in page.text

    def test_sums_up_what_is_chosen_by_now(self, offered: Offered) -> None:
        brakes, wipers, lamp = (f"job-{job_id}" for job_id in offered.job_ids)

        def told(chosen: dict[str, str]) -> str:
            return offered.browser.get(f"{offered.home}?{urlencode(chosen)}", htmx=True).text

        assert told({}).endswith("If you approve everything $395.60")
        assert told({brakes: "approved"}).endswith("What you approve so far $356.50")
        assert told({brakes: "declined"}) == "What you approve so far $0.00"
        assert told({brakes: "approved", wipers: "deferred", lamp: "declined"}).endswith("What you approve $356.50")
        assert told({brakes: "anything", "job-99999": "approved"}) == "What you approve so far $0.00"
        offered.send_again()
        changed = "The shop has changed this estimate meanwhile."
        assert changed in told({brakes: "approved", "version": "1"})
        assert told({brakes: "approved", "version": "2"}).endswith("What you approve so far $356.50")
        assert offered.approvals() == ["pending"] * 3

    def test_sums_up_an_answer_that_was_refused(self, offered: Offered) -> None:
        assert "What you approve $356.50" in offered.answer("approved", "declined", "declined", name="").text
        page = offered.answer("declined", "declined", "declined", name="")
        assert "What you approve $0.00" in page.text
        assert "The sum at the end has tax and shop supplies in it." in page.text
        summary = [link["href"] for link in offered.answer(name="").soup.select(".error-summary a")]
        assert summary == [*(f"#job-{job_id}" for job_id in offered.job_ids), "#name"]

    def test_an_address_chooses_nothing(self, offered: Offered) -> None:
        page = offered.browser.get(f"{offered.home}?job-{offered.job_ids[0]}=declined")
        assert "If you approve everything $395.60" in page.text

    def test_nothing_is_chosen_and_no_name_is_there(self, offered: Offered) -> None:
        form = offered.page().form(SEND)
        assert {name for name in form.values if name.startswith("job-")} == set()
        assert form.values["name"] == ""
        assert form.names >= {f"job-{job_id}" for job_id in offered.job_ids}

    def test_has_one_button_that_stands_out(self, offered: Offered) -> None:
        assert len(offered.page().soup.select(".button--primary")) == 1

    def test_shows_nothing_that_is_the_shops_own(self, offered: Offered) -> None:
        for url in (offered.home, f"{offered.home}/estimates/1"):
            html = offered.browser.get(url).html
            for canary in ("55.51", "111.02", "argin", "Ana Desk"):
                assert canary not in html, canary

    def test_shows_what_was_written_down_and_not_what_is_there_now(self, offered: Offered) -> None:
        before = offered.page().fragment(f"repair-{offered.ticket_id}-approval")
        offered.do(_change_everything)
        after = offered.page().fragment(f"repair-{offered.ticket_id}-approval")
        assert before
        assert after
        assert before.get_text() == after.get_text()

    def test_says_when_prices_hold_their_tax(self, offered: Offered) -> None:
        offered.do(lambda ticket, by: keep(Rates(includes_tax=True, part_tax_ppm=250_000)))
        offered.send_again()
        assert "Includes $38.80 tax at 25 %." in offered.page().text

    def test_costs_the_same_however_many_jobs_there_are(self, offered: Offered) -> None:
        def cost() -> int:
            offered.send_again()
            with counted(offered.cast.app) as statements:
                assert offered.page().status == 200
            return len(statements)

        cost()  # whether this is the demo is asked once
        before = cost()
        for number in range(10):
            offered.do(lambda ticket, by, number=number: _add_job_with_part(ticket, f"Job {number}", by))
        assert cost() == before


class TestAnswering:
    def test_works(self, offered: Offered) -> None:
        page = offered.answer("approved", "deferred", "declined", words="Keep the old pads.")
        assert (page.status, page.path) == (200, offered.home)
        assert "Thank you. We have your answer." in page.text
        assert page.heading == "Approved. The work starts soon."
        assert "What you decided Brakes grind Approved $310.00 Wipers streak Later $27.00" in page.text
        assert f"Joy C., {offered.channel.words}, today" in page.text
        assert "Keep the old pads." in page.text
        assert "Approved in all, with tax $356.50" in page.text
        assert offered.approvals() == ["approved", "deferred", "declined"]

    def test_is_asked_no_more(self, offered: Offered) -> None:
        offered.answer("approved", "approved", "approved")
        page = offered.page()
        assert "May we go ahead?" not in page.text
        assert SEND not in page.text

    def test_with_htmx_one_part_is_swapped(self, offered: Offered) -> None:
        page = offered.answer("approved", "declined", "declined", htmx=True)
        assert page.status == 200
        assert "<html" not in page.html
        root, *others = page.soup.find_all(recursive=False)
        assert root["id"] == f"repair-{offered.ticket_id}-approval"
        assert "What you decided" in root.get_text()
        assert all(other["data-hx-swap-oob"] == "true" for other in others)
        assert "Approved. The work starts soon." in page.text

    def test_leaves_evidence(self, offered: Offered) -> None:
        agent = {"User-Agent": "Pocket Browser/1.0"}
        form = offered.page().form(SEND)
        form.fill(name="Joy C.", words="Go on.", **{f"job-{job_id}": "approved" for job_id in offered.job_ids})
        offered.browser.post(form.action, form.values, **agent)

        def check(ticket: Ticket) -> None:
            (consent,) = db.session.scalars(select(Consent))
            assert consent.version is ticket.latest_version
            assert (consent.name, consent.words, consent.channel) == ("Joy C.", "Go on.", offered.channel)
            assert (consent.address, consent.agent) == (ADDRESS, "Pocket Browser/1.0")
            assert consent.by_id == (None if offered.channel is Channel.LINK else offered.cast.account_id("customer"))
            said = [(decision.job_id, decision.amount_cents) for decision in consent.decisions]
            assert said == list(zip(offered.job_ids, [31_000, 2700, 700], strict=True))
            assert ticket.approved_cents == 39_560
            (event,) = db.session.scalars(select(Event).where(Event.action == "ticket.consent_given"))
            assert event.facts["answer"] == "3 approved"
            assert event.by_id == consent.by_id

        offered.look(check)

    def test_whoever_is_signed_in_besides_does_not_answer_by_the_link(self, offered: Offered) -> None:
        if offered.channel is Channel.LINK:
            offered.browser = offered.cast.browser("desk")
        offered.answer("approved", "approved", "approved")
        by_id = offered.look(lambda ticket: ticket.versions[0].consents[0].by_id)
        assert by_id == (None if offered.channel is Channel.LINK else offered.cast.account_id("customer"))

    def test_declined_and_deferred_jobs_give_their_parts_back(self, offered: Offered) -> None:
        def reserved(ticket: Ticket) -> list[int]:
            return [line.stocked.reserved for line in ticket.part_lines]

        assert offered.look(reserved) == [2, 1]
        offered.answer("declined", "deferred", "approved")
        assert offered.look(reserved) == [0, 0]
        assert "Brake pads" not in offered.page().text

    def test_nothing_approved(self, offered: Offered) -> None:
        page = offered.answer("declined", "deferred", "declined")
        assert page.heading == "We have your answer."
        assert "Approved in all" not in page.text
        assert offered.look(lambda ticket: ticket.status) is Status.ESTIMATE

    @pytest.mark.parametrize("htmx", [False, True])
    def test_twice_sent_has_one_effect(self, offered: Offered, htmx: bool) -> None:
        page = offered.page()
        first = offered.answer("approved", "declined", "declined", page=page, htmx=htmx)
        second = offered.answer("approved", "declined", "declined", page=page, htmx=htmx)
        assert (first.status, second.status) == (200, 204 if htmx else 200)  # 204: the page is drawn anew
        assert htmx or second.heading == first.heading
        assert offered.count(Consent) == 1
        assert offered.count(Decision) == 3

    def test_what_has_grown_is_asked_about_again(self, offered: Offered) -> None:
        offered.answer("approved", "declined", "declined")
        offered.do(_add_hour)
        assert "May we go ahead?" not in offered.page().text  # not before the shop asks
        offered.send_again()
        page = offered.page()
        assert "Joy C. said “approved” to $310.00 . Since then it has grown." in page.text
        assert "Decided before Wipers streak Declined" in page.text
        assert page.form(SEND).names & {f"job-{job_id}" for job_id in offered.job_ids} == {f"job-{offered.job_ids[0]}"}
        page = offered.answer("approved", page=page)
        assert "Brakes grind Approved $410.00" in page.text
        assert "$310.00" not in page.text


class TestRefusals:
    def test_what_is_less_than_was_approved_is_told(self, offered: Offered) -> None:
        offered.answer("approved", "declined", "deferred")
        assert "by now" not in offered.page().text

        def change(ticket: Ticket, by: Account) -> None:
            pads = next(line for line in ticket.jobs[0].lines if line.part_id)
            commands.remove_line(pads, by=by)
            commands.ask_again(ticket.jobs[1], by=by)
            commands.send_estimate(ticket, by=by)

        offered.do(change)
        assert "Brakes grind $150.00 by now Approved $310.00" in offered.page().text

    def test_a_name_is_needed(self, offered: Offered) -> None:
        page = offered.answer("approved", "deferred", "declined", name="  ", words="Soon, please.")
        assert page.status == 422
        assert "Type your name: it stands for your signature." in page.errors
        form = page.form(SEND)
        assert [form.values[f"job-{job_id}"] for job_id in offered.job_ids] == ["approved", "deferred", "declined"]
        assert form.values["words"] == "Soon, please."
        assert offered.count(Consent) == 0
        assert offered.answer(page=page).status == 200

    def test_every_job_needs_an_answer(self, offered: Offered) -> None:
        page = offered.answer("approved")
        assert page.status == 422
        assert page.errors.count("Choose what to do about “Rear lamp”.") == 2  # above, and at its place
        assert "Choose what to do about “Brakes grind”." not in page.errors
        form = page.form(SEND)
        assert form.values[f"job-{offered.job_ids[0]}"] == "approved"
        assert form.values["name"] == "Joy C."
        assert offered.approvals() == ["pending"] * 3

    @pytest.mark.parametrize("nonsense", ["", "pending", "yes", "APPROVED"])
    def test_no_other_answer_is_taken(self, offered: Offered, nonsense: str) -> None:
        page = offered.answer("approved", "declined", nonsense)
        assert page.status == 422
        assert "Choose what to do about “Rear lamp”." in page.errors

    @pytest.mark.parametrize(("field", "most"), [("name", 120), ("words", 1000)])
    def test_too_long(self, offered: Offered, field: str, most: int) -> None:
        page = offered.answer("approved", "approved", "approved", **{field: "x" * (most + 1)})
        assert page.status == 422
        assert f"Use at most {most:,} characters." in page.errors
        assert page.form(SEND).values[field] == "x" * (most + 1)

    def test_with_htmx_the_part_comes_back(self, offered: Offered) -> None:
        page = offered.answer("approved", htmx=True)
        assert page.status == 422
        assert "<html" not in page.html
        assert page.fragment(f"repair-{offered.ticket_id}-approval")
        assert len(page.soup.find_all(recursive=False)) == 1

    def test_answers_to_jobs_that_were_not_asked_about_are_left_alone(self, offered: Offered) -> None:
        other = offered.do(lambda ticket, by: make_ticket().jobs[0].id)
        form = offered.page().form(SEND).fill(name="Joy C.")
        data = {**form.values, **{f"job-{job_id}": "approved" for job_id in (*offered.job_ids, other)}}
        assert offered.browser.post(form.action, data).status == 200
        assert offered.count(Decision) == 3

    @pytest.mark.parametrize("htmx", [False, True])
    def test_an_older_version_is_not_answered(self, offered: Offered, htmx: bool) -> None:
        page = offered.page()
        offered.do(_add_hour)
        offered.send_again()
        page = offered.answer("approved", "approved", "approved", page=page, words="Hurry.", htmx=htmx)
        assert page.status == 409
        assert "The shop has changed this estimate meanwhile. Please look at the new one." in page.text
        assert "$410.00" in page.text
        form = page.form(SEND)
        assert (form.values["name"], form.values["words"], form.values["version"]) == ("Joy C.", "Hurry.", "2")
        assert not {name for name in form.values if name.startswith("job-")}
        assert offered.count(Consent) == 0
        assert offered.answer("approved", "approved", "approved", page=page).status == 200

    def test_what_is_answered_stays_so(self, offered: Offered) -> None:
        page = offered.page()
        offered.answer("approved", "approved", "approved")
        another = offered.browser.get(offered.home)
        assert SEND not in another.text
        page.form(SEND)
        page.soup.find("input", {"name": "form_key"})["value"] = "another-key"  # type: ignore[index]
        again = offered.answer("declined", "declined", "declined", page=page)
        assert again.status == 409
        assert "This estimate has been answered already." in again.text
        assert "Brakes grind Approved" in again.text
        assert offered.approvals() == ["approved"] * 3

    def test_a_closed_repair_asks_nothing(self, offered: Offered) -> None:
        page = offered.page()
        offered.do(commands.move, to=Status.CANCELLED, reason="Sold")
        assert SEND not in offered.page().text
        again = offered.answer("approved", "approved", "approved", page=page)
        assert again.status == 409
        assert offered.count(Consent) == 0

    def test_without_an_estimate_there_is_nothing_to_answer(self, cast: Cast, customer: Browser) -> None:
        with cast.app.app_context():
            ticket_id = make_ticket(customer=cast.account("customer").customer).id
        assert customer.post(f"/my/tickets/{ticket_id}/answers", {"version": "1", "name": "Joy"}).status == 404

    def test_needs_the_token_of_the_form(self, offered: Offered) -> None:
        form = offered.page().form(SEND).fill(name="Joy C.")
        values = {name: value for name, value in form.values.items() if name != "csrf_token"}
        assert offered.browser.send("POST", form.action, data=values).status == 400

    def test_hides_it_from_a_stranger(self, offered: Offered, stranger: Browser) -> None:
        url = f"/my/tickets/{offered.ticket_id}"
        answers = {f"job-{job_id}": "approved" for job_id in offered.job_ids}
        assert stranger.post(f"{url}/answers", {"name": "Tom", "version": "1", **answers}).status == 404
        assert stranger.get(f"{url}/estimates/1").status == 404
        assert offered.count(Consent) == 0

    def test_needs_sign_in(self, offered: Offered, visitor: Browser) -> None:
        url = f"/my/tickets/{offered.ticket_id}"
        assert visitor.post(f"{url}/answers").path == "/login"
        assert visitor.get(f"{url}/estimates/1").path == "/login"


class TestVersionPage:
    def test_shows_the_estimate_and_its_answer(self, offered: Offered) -> None:
        offered.answer("approved", "deferred", "declined", words="Keep the old pads.")
        page = offered.page().follow("Estimate 1")
        assert page.heading == f"Estimate 1 for #{offered.look(lambda ticket: ticket.number)}"
        for words in ("JOY 1 2014 Fiat 500", "Brakes grind", "Change the pads", "Total $395.60", "Rear lamp Declined"):
            assert words in page.text, words
        assert f"Joy C., {offered.channel.words}, " in page.text
        assert "Keep the old pads." in page.text
        assert "Approved in all, with tax $356.50" in page.text

    def test_keeps_to_itself_who_noted_an_answer(self, offered: Offered) -> None:
        def note(ticket: Ticket, by: Account) -> None:
            answers = {job.id: Approval.APPROVED for job in ticket.jobs}
            commands.note_consent(ticket, answers=answers, name="Joy", channel=Channel.PHONE, by=by)

        offered.do(note)
        text = offered.browser.get(f"{offered.home}/estimates/1").text
        assert "Joy, by telephone, " in text
        assert "Ana Desk" not in text

    def test_is_the_same_after_everything_else_has_changed(self, offered: Offered) -> None:
        offered.answer("approved", "deferred", "declined")
        own, desks = f"{offered.home}/estimates/1", f"/desk/tickets/{offered.ticket_id}/estimates/1"
        desk = offered.cast.browser("desk")
        before = offered.browser.get(own).text, desk.get(desks).text
        offered.do(_change_everything)
        offered.send_again()
        assert (offered.browser.get(own).text, desk.get(desks).text) == before

    def test_every_version_stays(self, offered: Offered) -> None:
        offered.do(_add_hour)
        offered.send_again()
        page = offered.page()
        assert "$310.00" in page.follow("Estimate 1").text
        assert "$410.00" in page.follow("Estimate 2").text
        assert offered.browser.get(f"{offered.home}/estimates/3").status == 404
        assert offered.count(EstimateVersion) == 2


def _add_hour(ticket: Ticket, by: Any) -> None:
    commands.add_labour(ticket.jobs[0], description="A seized bolt", minutes=60, price_cents=10_000, by=by)


def _add_job_with_part(ticket: Ticket, complaint: str, by: Any) -> None:
    job = commands.add_job(ticket, complaint=complaint, by=by)
    commands.use_part(ticket, part=make_part(), quantity=1, job=job, by=by)


def _change_everything(ticket: Ticket, by: Any) -> None:
    """Ten edits of all that an estimate shows."""
    brakes, wipers, lamp = ticket.jobs
    commands.edit_ticket(ticket, complaint="Something else.", by=by)
    commands.edit_ticket(ticket, vehicle=make_vehicle(ticket.customer, plate="NEW 1", model="Panda"), by=by)
    commands.change_mechanics(ticket, add=[make_mechanic()], by=by)
    commands.edit_job(brakes, complaint="Another job", cause="Another cause", discount_cents=500, by=by)
    commands.edit_line(brakes.lines[0], description="Other work", minutes=30, by=by)
    commands.remove_line(brakes.lines[1], by=by)
    commands.move_job(lamp, up=True, by=by)
    commands.edit_job(wipers, complaint="Not these", by=by)
    keep(Rates(labour_cents=99_900, labour_tax_ppm=200_000, includes_tax=True))
    commands.add_job(ticket, complaint="One more", by=by)


def test_the_desk_is_told_when_the_ticket_says_something_else(offered: Offered, desk: Browser) -> None:
    page = desk.get(f"/desk/tickets/{offered.ticket_id}")
    assert "by now" not in page.text
    grown = {"description": "A seized bolt", "minutes": 60, "price_cents": 10_000}
    offered.do(lambda ticket, by: commands.add_labour(ticket.jobs[0], **grown, by=by) and None)
    page = desk.get(f"/desk/tickets/{offered.ticket_id}")
    # an hour at 100.00, 5 % of it for supplies and 10 % for tax on what the jobs came to: 395.60 before
    assert "The ticket comes to $510.60 by now, $115.00 more than estimate 1." in page.text
    offered.send_again()
    assert "by now" not in desk.get(f"/desk/tickets/{offered.ticket_id}").text
