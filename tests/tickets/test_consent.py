"""Estimates, what the customer says to them, and the ceiling that it sets."""

from __future__ import annotations

from typing import Any

import pytest

from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken
from shop.extensions import db
from shop.settings.models import Rates
from shop.tickets import commands, estimate
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import Channel, Consent, EstimateVersion, Job, LineKind, Supply, Ticket
from tests.cast import Cast
from tests.factories import keep, make_customer, make_job, make_part, make_ticket

pytestmark = pytest.mark.usefixtures("context")
YES, NO, LATER = Approval.APPROVED, Approval.DECLINED, Approval.DEFERRED


@pytest.fixture
def ticket(cast: Cast) -> Ticket:
    """Three jobs of $100, $200 and $300."""
    ticket = make_ticket(complaint="Brakes grind.")
    for complaint in ("Oil service", "Wipers"):
        make_job(ticket, complaint=complaint)
    for number, job in enumerate(ticket.jobs, start=1):
        commands.add_labour(job, description="Labour", minutes=60, price_cents=number * 10_000, by=cast.account("desk"))
    return ticket


def say(version: EstimateVersion, *approvals: Approval, **values: object) -> Consent:
    offer = estimate.read(version.content)
    answers = {job.id: approval for job, approval in zip(offer.asked, approvals, strict=True)}
    given = {"name": "Joy Okafor", "channel": Channel.LINK, "address": "203.0.113.9", "agent": "Phone", "by": None}
    return commands.answer(version, answers=answers, **{**given, **values})  # type: ignore[arg-type]


def test_a_version_is_numbered_and_moves_a_draft(cast: Cast, ticket: Ticket) -> None:
    first = commands.write_estimate(ticket, by=cast.account("desk"))
    second = commands.write_estimate(ticket, by=cast.account("desk"))
    assert (first.number, second.number, ticket.status) == (1, 2, Status.ESTIMATE)
    assert (second.total_cents, ticket.latest_version) == (60_000, second)


def test_it_is_answered_job_by_job_and_all_of_it_is_kept(cast: Cast, ticket: Ticket) -> None:
    consent = say(commands.write_estimate(ticket, by=cast.account("desk")), YES, NO, LATER, words="Call me.")
    assert [job.approval for job in ticket.jobs] == [YES, NO, LATER]
    assert (ticket.status, ticket.approved_cents, ticket.total_cents) == (Status.APPROVED, 10_000, 10_000)
    assert (consent.name, consent.words, consent.address, consent.agent) == (
        "Joy Okafor",
        "Call me.",
        "203.0.113.9",
        "Phone",
    )
    assert [(each.approval, each.amount_cents) for each in consent.decisions] == [
        (YES, 10_000),
        (NO, 20_000),
        (LATER, 30_000),
    ]


def test_when_all_is_declined_the_ticket_stays_an_estimate(cast: Cast, ticket: Ticket) -> None:
    say(commands.write_estimate(ticket, by=cast.account("desk")), NO, NO, NO)
    assert (ticket.status, ticket.total_cents) == (Status.ESTIMATE, 0)


def test_declined_jobs_give_their_parts_back_and_approved_ones_get_what_is_there(cast: Cast, ticket: Ticket) -> None:
    desk, pads, discs = cast.account("desk"), make_part(on_hand=5), make_part(on_hand=2)
    declined = commands.use_part(ticket, part=pads, quantity=2, job=ticket.jobs[0], by=desk)
    approved = commands.want_part(ticket, part=discs, quantity=2, job=ticket.jobs[1], by=desk)
    say(commands.write_estimate(ticket, by=desk), NO, YES, NO)
    assert (declined.supply, pads.available) == (Supply.WANTED, 5)
    assert (approved.supply, discs.available) == (Supply.RESERVED, 0)
    commands.ask_again(ticket.jobs[0], by=desk)
    assert (declined.supply, pads.available) == (Supply.RESERVED, 3)


def test_only_the_latest_version_can_be_answered_and_only_once(cast: Cast, ticket: Ticket) -> None:
    desk = cast.account("desk")
    old = commands.write_estimate(ticket, by=desk)
    new = commands.write_estimate(ticket, by=desk)
    with pytest.raises(Conflict, match="has changed this estimate"):
        say(old, YES, YES, YES)
    say(new, YES, YES, YES)
    with pytest.raises(Conflict, match="answered already"):
        say(new, YES, YES, YES)
    assert db.session.query(Consent).count() == 1


@pytest.mark.parametrize(
    ("values", "field"), [({"name": " "}, "name"), ({"name": "x" * 121}, "name"), ({"words": "x" * 1001}, "words")]
)
def test_what_will_not_do_is_said(cast: Cast, ticket: Ticket, values: dict[str, str], field: str) -> None:
    version = commands.write_estimate(ticket, by=cast.account("desk"))
    with pytest.raises(RuleBroken) as refusal:
        say(version, YES, YES, YES, **values)
    assert (refusal.value.field, ticket.status) == (field, Status.ESTIMATE)


def test_every_job_wants_an_answer(cast: Cast, ticket: Ticket) -> None:
    version = commands.write_estimate(ticket, by=cast.account("desk"))
    first, second, third = ticket.jobs
    with pytest.raises(RuleBroken) as refusal:
        commands.answer(version, answers={first.id: YES, third.id: YES}, name="Joy", channel=Channel.LINK, by=None)
    assert refusal.value.field == f"job-{second.id}"
    assert [job.approval for job in ticket.jobs] == [Approval.PENDING] * 3


class TestCeiling:
    @pytest.fixture
    def approved(self, cast: Cast, ticket: Ticket) -> Ticket:
        say(commands.write_estimate(ticket, by=cast.account("desk")), YES, NO, NO)
        return ticket

    def grow(self, cast: Cast, job: Job) -> None:
        commands.add_labour(job, description="More", minutes=30, price_cents=10_000, by=cast.account("desk"))

    def test_work_does_not_start_above_it(self, cast: Cast, approved: Ticket) -> None:
        self.grow(cast, approved.jobs[0])
        assert approved.over_cents == 5_000
        with pytest.raises(Conflict, match=r"is \$50\.00 over what the customer approved"):
            commands.move(approved, to=Status.IN_PROGRESS, by=cast.account("desk"))

    def test_nor_is_it_invoiced(self, cast: Cast, approved: Ticket) -> None:
        desk = cast.account("desk")
        for to in (Status.IN_PROGRESS, Status.QUALITY_CHECK, Status.READY):
            commands.move(approved, to=to, by=desk)
        self.grow(cast, approved.jobs[0])
        with pytest.raises(Conflict, match="over what the customer approved"):
            commands.move(approved, to=Status.INVOICED, by=desk)
        say(commands.write_estimate(approved, by=desk), YES)
        commands.move(approved, to=Status.INVOICED, by=desk)
        assert approved.approved_cents == 15_000

    def test_one_job_does_not_pay_for_another(self, cast: Cast, ticket: Ticket) -> None:
        desk = cast.account("desk")
        say(commands.write_estimate(ticket, by=desk), YES, YES, NO)
        self.grow(cast, ticket.jobs[0])
        commands.edit_line(ticket.jobs[1].lines[0], price_cents=0, by=desk)
        assert (ticket.over_cents, ticket.total_cents < ticket.approved_cents) == (5_000, True)

    @pytest.mark.parametrize(
        ("rates", "kind", "over"),
        [
            ({"fee_tax_ppm": 88_750}, LineKind.FEE, 444),
            ({"supplies_ppm": 50_000, "supplies_on_labour": False}, LineKind.PART, 250),
        ],
    )
    def test_tax_and_supplies_alone_can_go_above_it(
        self, cast: Cast, ticket: Ticket, rates: dict[str, Any], kind: LineKind, over: int
    ) -> None:
        """Half of the first job's labour becomes something that costs as much, and on which there is more to pay."""
        desk = cast.account("desk")
        keep(Rates(**rates))
        say(commands.write_estimate(ticket, by=desk), YES, YES, NO)
        first, second, _ = ticket.jobs
        commands.edit_line(first.lines[0], price_cents=5_000, by=desk)
        commands.add_item(first, kind=kind, description="Gasket", price_cents=5_000, quantity=1, by=desk)
        assert ([job.over_cents for job in ticket.jobs], ticket.over_cents) == ([0, 0, 0], over)
        with pytest.raises(Conflict, match=rf"is \${over // 100}\.{over % 100} over what the customer approved"):
            commands.move(ticket, to=Status.IN_PROGRESS, by=desk)
        assert ticket.undecided_jobs == [first, second]
        say(commands.write_estimate(ticket, by=desk), YES, YES)
        assert (ticket.approved_cents, ticket.over_cents, ticket.undecided_jobs) == (30_000 + over, 0, [])
        commands.move(ticket, to=Status.IN_PROGRESS, by=desk)

    def test_a_declined_raise_is_a_declined_job(self, cast: Cast, approved: Ticket) -> None:
        self.grow(cast, approved.jobs[0])
        say(commands.write_estimate(approved, by=cast.account("desk")), NO)
        assert (approved.jobs[0].approval, approved.approved_cents) == (NO, 0)

    def test_what_was_agreed_at_the_counter_is_kept_as_well(self, cast: Cast, ticket: Ticket) -> None:
        commands.move(ticket, to=Status.APPROVED, by=cast.account("desk"))
        (version,) = ticket.versions
        (consent,) = version.consents
        assert (consent.channel, consent.name, consent.by) == (
            Channel.COUNTER,
            ticket.customer.name,
            cast.account("desk"),
        )
        assert (ticket.approved_cents, ticket.over_cents) == (60_000, 0)

    def test_reopening_a_cancelled_ticket_asks_anew(self, cast: Cast, approved: Ticket) -> None:
        desk = cast.account("desk")
        commands.move(approved, to=Status.CANCELLED, reason="Sold it.", by=desk)
        commands.move(approved, to=Status.DRAFT, by=desk)
        assert ([job.approval for job in approved.jobs], approved.approved_cents) == ([Approval.PENDING] * 3, 0)


def test_evidence_is_never_altered(cast: Cast, ticket: Ticket) -> None:
    version = commands.write_estimate(ticket, by=cast.account("desk"))
    consent = say(version, YES, YES, YES)
    for thing, field, value in (
        (version, "total_cents", 1),
        (consent, "name", "Somebody"),
        (consent.decisions[0], "amount_cents", 1),
    ):
        setattr(thing, field, value)
        with pytest.raises(RuntimeError, match="evidence"):
            db.session.flush()
        db.session.rollback()
    db.session.delete(db.session.get_one(Consent, consent.id))
    with pytest.raises(RuntimeError, match="evidence"):
        db.session.flush()
    db.session.rollback()


def test_a_version_stays_what_it_was(cast: Cast, ticket: Ticket) -> None:
    desk = cast.account("desk")
    version = commands.write_estimate(ticket, by=desk)
    before = estimate.read(version.content)
    for number in range(10):
        commands.edit_job(ticket.jobs[0], complaint=f"Other {number}", by=desk)
        commands.edit_line(ticket.jobs[0].lines[0], price_cents=number, by=desk)
    commands.remove_job(ticket.jobs[1], by=desk)
    db.session.expire_all()
    assert estimate.read(version.content) == before
    assert before.bill.total == version.total_cents == 60_000


class TestWorkThatIsBegun:
    """Its parts are in the vehicle, or it is done: an answer can't undo that."""

    @pytest.fixture
    def brakes(self, cast: Cast, ticket: Ticket) -> Job:
        """One of the jobs is approved with a part, and done."""
        job, desk = ticket.jobs[0], cast.account("desk")
        commands.use_part(ticket, part=make_part(on_hand=5, price_cents=5_000), quantity=1, job=job, by=desk)
        say(commands.write_estimate(ticket, by=desk), YES, NO, NO)
        commands.move(ticket, to=Status.IN_PROGRESS, by=desk)
        commands.finish_job(job, by=desk)
        return job

    def test_who_declines_turns_down_what_it_has_grown_by(self, cast: Cast, ticket: Ticket, brakes: Job) -> None:
        desk, (line,) = cast.account("desk"), ticket.part_lines
        fee = commands.add_item(brakes, kind=LineKind.FEE, description="Disposal", price_cents=100, by=desk)
        consent = say(commands.write_estimate(ticket, by=desk), NO)
        assert consent.decisions[0].approval is NO
        assert (brakes.approval, brakes.approved_cents, brakes.is_done) == (YES, 15_000, True)
        assert (line.supply, line.stocked.on_hand) == (Supply.FITTED, 4)
        assert (ticket.approved_cents, ticket.over_cents, ticket.total_cents) == (15_000, 100, 15_100)
        commands.remove_line(fee, by=desk)
        assert ticket.over_cents == 0
        commands.move(ticket, to=Status.READY, by=desk)
        commands.move(ticket, to=Status.INVOICED, by=desk)

    def test_beside_it_another_job_may_be_approved(self, cast: Cast, ticket: Ticket, brakes: Job) -> None:
        desk, oil = cast.account("desk"), ticket.jobs[1]
        commands.add_item(brakes, kind=LineKind.FEE, description="Disposal", price_cents=100, by=desk)
        commands.ask_again(oil, by=desk)
        say(commands.write_estimate(ticket, by=desk), NO, YES)
        assert (brakes.approval, oil.approval) == (YES, YES)
        assert (ticket.approved_cents, ticket.over_cents) == (15_000 + 20_000, 100)

    def test_the_customer_reads_what_they_said(self, cast: Cast, ticket: Ticket, brakes: Job) -> None:
        desk = cast.account("desk")
        commands.add_item(brakes, kind=LineKind.FEE, description="Disposal", price_cents=100, by=desk)
        say(commands.write_estimate(ticket, by=desk), NO)
        said = estimate.standing_answers(ticket)[brakes.id]
        assert (said.approval, said.amount_cents, said.turns_growth_down) == (NO, 15_100, True)


def test_consent_at_the_counter_is_to_what_the_page_showed(cast: Cast) -> None:
    """New rates come with the next estimate that is sent, not between the page and its button."""
    desk = cast.account("desk")
    keep(Rates(labour_cents=10_000, labour_tax_ppm=100_000))
    ticket = commands.open_ticket(customer=make_customer(), complaint="Brakes grind.", by=desk)
    commands.add_labour(ticket.jobs[0], description="Pads", minutes=60, by=desk)
    keep(Rates(labour_cents=10_000, labour_tax_ppm=200_000))
    commands.move(ticket, to=Status.APPROVED, total=11_000, by=desk)
    assert (ticket.approved_cents, ticket.total_cents) == (11_000, 11_000)


def test_a_job_that_is_put_back_after_a_newer_answer_is_asked_about_again(cast: Cast, ticket: Ticket) -> None:
    desk, (brakes, oil, wipers) = cast.account("desk"), ticket.jobs
    say(commands.write_estimate(ticket, by=desk), YES, YES, NO)
    commands.remove_job(oil, by=desk)
    commands.restore_job(oil, by=desk)
    assert oil.approval is YES  # nobody has said anything meanwhile
    commands.remove_job(oil, by=desk)
    commands.ask_again(wipers, by=desk)
    say(commands.write_estimate(ticket, by=desk), YES)
    commands.restore_job(oil, by=desk)
    assert (oil.approval, ticket.over_cents, ticket.approved_cents) == (Approval.PENDING, 0, 40_000)
    assert ticket.undecided_jobs == [oil]
    assert brakes.approval is YES


def test_growth_that_is_turned_down_is_off_the_approved_sum_with_its_tax(cast: Cast) -> None:
    desk = cast.account("desk")
    keep(Rates(id=1, labour_cents=1, fee_tax_ppm=100_000))
    ticket = make_ticket()
    begun = ticket.jobs[0]
    commands.add_item(begun, kind=LineKind.FEE, description="Tow", price_cents=10_000, by=desk)
    say(commands.write_estimate(ticket, by=desk), YES)
    ticket.status = Status.IN_PROGRESS
    commands.finish_job(begun, by=desk)
    commands.reopen_job(begun, by=desk)
    begun.done_at = now()
    commands.add_item(begun, kind=LineKind.FEE, description="Winch", price_cents=5_000, by=desk)
    more = commands.add_job(ticket, complaint="Wipers", by=desk)
    commands.add_item(more, kind=LineKind.FEE, description="Fetch them", price_cents=1_000, by=desk)
    say(commands.write_estimate(ticket, by=desk), NO, YES)
    assert ticket.approved_cents == 11_000 + 1_100
    assert ticket.over_cents == 5_500


def test_what_begins_anew_has_nothing_approved_among_what_was_taken_off_either(cast: Cast) -> None:
    desk = cast.account("desk")
    ticket = make_ticket(status=Status.READY)
    removed = make_job(ticket, approval=YES, done_at=now())
    commands.remove_job(removed, by=desk)
    commands.move(ticket, to=Status.CANCELLED, reason="They sold it.", by=desk)
    commands.move(ticket, to=Status.DRAFT, by=desk)
    commands.restore_job(removed, by=desk)
    assert {(job.approval, job.done_at) for job in ticket.jobs} == {(Approval.PENDING, None)}
