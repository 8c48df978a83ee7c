"""The demo shop: what everybody relies on, and that its books agree with themselves and with the real commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.accounts.commands import add_account
from shop.accounts.models import Account
from shop.accounts.passwords import is_right
from shop.audit.models import Event, EventChange
from shop.audit.queries import timeline
from shop.common.clock import local, now, start_of_day, today
from shop.common.roles import Role
from shop.common.stamps import Topic, stamp
from shop.common.transaction import transaction
from shop.config import Settings
from shop.customers.commands import add_customer, add_vehicle
from shop.customers.models import Customer, Vehicle
from shop.customers.vin import is_vin, read_vin
from shop.extensions import db
from shop.inventory import commands as inventory
from shop.inventory.models import Part, StockMove
from shop.mechanics.commands import add_mechanic
from shop.mechanics.models import Mechanic
from shop.ops import checks
from shop.ops.demo import canned, complaints, people, prices, story, vehicles, visits
from shop.ops.demo import parts as shelf
from shop.ops.demo.books import Books
from shop.ops.demo.build import load_demo
from shop.ops.demo.opening_hours import earlier, later
from shop.ops.queries import is_demo
from shop.settings.models import Rates
from shop.settings.queries import present_rates
from shop.tickets import commands as tickets
from shop.tickets import estimate
from shop.tickets.lifecycle import ROAD, Approval, Status
from shop.tickets.models import (
    Assignment,
    CannedJob,
    CannedLine,
    Channel,
    Consent,
    Decision,
    EstimateVersion,
    Job,
    Line,
    LineKind,
    RepairLink,
    Supply,
    Ticket,
)
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import start_afresh
from tests.factories import make_customer


@pytest.fixture(scope="class")
def demo_to_read(shop: Flask, settings: Settings) -> None:
    """The demo shop, loaded once for a class of tests that change nothing."""
    start_afresh(shop, settings)
    with shop.app_context():
        load_demo()


@pytest.fixture
def demo(demo_to_read: None, shop: Flask) -> Iterator[None]:
    """A context with the demo shop in it, to read."""
    with shop.app_context():
        yield
        db.session.rollback()


def count(kind: type) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


class TestLoading:
    def test_fills_an_empty_database(self, context: None) -> None:
        loaded = load_demo()
        assert loaded is not None
        assert (loaded.customers, loaded.vehicles, loaded.tickets, loaded.parts) == (60, 90, 400, 150)
        assert (count(Customer), count(Vehicle), count(Ticket), count(Part), count(Mechanic)) == (60, 90, 400, 150, 6)
        assert is_demo()
        assert all(stamp(topic) for topic in Topic)

    def test_leaves_a_database_that_is_in_use_alone(self, context: None) -> None:
        make_customer()
        assert load_demo() is None
        assert (count(Customer), count(Ticket), is_demo()) == (1, 0, False)

    def test_everybody_signs_in(self, app: Flask) -> None:
        with app.app_context():
            load_demo()
        for person in people.ACCOUNTS:
            assert Browser(app).sign_in(person.email, people.PASSWORD).path != "/login"

    def test_work_goes_on_from_there(self, context: None) -> None:
        """Ids and numbers continue after the demo's on every database."""
        load_demo()
        desk = db.session.get_one(Account, 2)
        customer = add_customer(name="Walks in", by=desk)
        ticket = tickets.open_ticket(customer=customer, complaint="Rattles", by=desk)
        part = inventory.add_part(name="Oil Filter", price_cents=1499, on_hand=3, by=desk)
        tickets.use_part(ticket, part=part, quantity=2, by=desk)
        assert (ticket.number, part.available) == (1401, 1)
        assert customer.id > 60
        assert ticket.id > 400
        assert part.id > 150
        assert checks.problems() == []

    @pytest.mark.single
    def test_the_same_shop_each_time(self) -> None:
        end = datetime(2026, 3, 12, 22, 15, tzinfo=UTC)
        one, two = (story.tell(end, password_hash="-") for _ in range(2))
        assert one.rows == two.rows
        assert [_columns(thing) for thing in _all_things(one)] == [_columns(thing) for thing in _all_things(two)]

    @pytest.mark.single
    @pytest.mark.parametrize(
        "end",
        [
            datetime(2026, 3, 8, 10, 30, tzinfo=UTC),  # the night in which clocks change
            datetime(2026, 3, 12, 22, 15, tzinfo=UTC),
            datetime(2026, 12, 28, 16, 5, tzinfo=UTC),  # Monday, five past eight
            datetime(2028, 2, 29, 7, 59, tzinfo=UTC),
        ],
    )
    def test_any_day_is_a_good_day_to_load_it(self, app: Flask, end: datetime) -> None:
        books = story.tell(end, password_hash="-")
        statuses = Counter(ticket.status for ticket in books.things[Ticket])
        assert set(statuses) == set(Status)
        assert statuses.total() == 400
        assert max(event["at"] for event in books.rows[Event]) <= end
        assert all(move["balance"] >= 0 for move in books.rows[StockMove])
        assert all(0 <= part.reserved <= part.on_hand for part in books.things[Part])
        assert sum(ticket.is_waiting_for_parts for ticket in books.things[Ticket]) == 5
        in_progress = {ticket.id for ticket in books.things[Ticket] if ticket.status is Status.IN_PROGRESS}
        assert in_progress & {row["ticket_id"] for row in books.rows[Assignment] if row["mechanic_id"] == visits.MIA}
        for table in (StockMove, Event):
            times = [row["at"] for row in books.rows[table]]
            assert times == sorted(times), table
        for kind in (Ticket, Job, Line, EstimateVersion, Consent):
            times = [getattr(thing, "at", None) or thing.created_at for thing in books.things[kind]]
            assert times == sorted(times), kind


class TestFacts:
    """What README, Postman and the tour rely on."""

    def test_five_accounts(self, demo: None) -> None:
        accounts = {account.email: account for account in db.session.scalars(select(Account))}
        assert {email: account.role for email, account in accounts.items()} == {
            "test@example.com": Role.OWNER,
            "desk@example.com": Role.DESK,
            "mechanic@example.com": Role.MECHANIC,
            "customer@example.com": Role.CUSTOMER,
            "other@example.com": Role.CUSTOMER,
        }
        assert is_right("password123", accounts["test@example.com"].password_hash)
        assert len({account.password_hash for account in accounts.values()}) == 1
        assert accounts["mechanic@example.com"].mechanic_id == 1

    def test_first_ticket_mechanic_and_part(self, demo: None) -> None:
        owner = db.session.scalars(select(Account).where(Account.role == Role.OWNER)).one()
        ticket = db.session.get_one(Ticket, 1)
        assert ticket.customer_id == owner.customer_id
        assert ticket.can_take_work
        assert ticket.vehicle
        assert db.session.get_one(Mechanic, 1).name == "Mia Korhonen"
        assert db.session.get_one(Part, 1).available > 10
        assert not db.session.scalar(select(Part).where(Part.name_key == "oil filter"))

    def test_customer_has_two_cars_and_three_repairs(self, demo: None) -> None:
        customer = db.session.scalars(select(Account).where(Account.email == "customer@example.com")).one().customer
        assert customer
        assert len(customer.vehicles) == 2
        statuses = Counter(db.session.scalars(select(Ticket.status).where(Ticket.customer_id == customer.id)))
        assert {Status.IN_PROGRESS, Status.ESTIMATE, Status.READY} <= set(statuses)
        assert statuses[Status.PICKED_UP] >= 3

    def test_the_shop_is_alive(self, demo: None) -> None:
        promised = list(
            db.session.scalars(
                select(Ticket.promised_at).where(Ticket.completed_at.is_(None), Ticket.status != Status.CANCELLED)
            )
        )
        left = [moment - now() for moment in promised if moment]
        assert sum(each < timedelta(0) for each in left) >= 3
        assert sum(timedelta(0) < each < timedelta(hours=2) for each in left) >= 3
        next_working_day = local(later(start_of_day(today() + timedelta(1)), 1)).date()
        assert {local(moment).date() for moment in promised if moment} > {next_working_day}
        assert count(Line) > 400
        assert sum(ticket.is_waiting_for_parts for ticket in db.session.scalars(select(Ticket))) == 5
        parts = list(db.session.scalars(select(Part)))
        assert sum(part.is_low for part in parts) in range(12, 40)
        assert sum(part.available == 0 and part.minimum > 0 for part in parts) in range(5, 25)
        jobs = select(func.count(Ticket.id)).join(Assignment).where(Assignment.mechanic_id == 1)
        assert (db.session.scalar(jobs.where(Ticket.status == Status.IN_PROGRESS)) or 0) >= 1

    def test_sells_jobs(self, demo: None) -> None:
        rates = present_rates()
        assert rates is not None
        assert (rates.labour_cents, rates.part_tax_ppm, rates.supplies_cap_cents) == (13_500, 86_250, 4_500)
        jobs = Counter(len(ticket.jobs) for ticket in db.session.scalars(select(Ticket)))
        assert set(jobs) == {1, 2, 3}
        assert set(db.session.scalars(select(Line.kind))) == set(LineKind)
        assert all(minutes % 6 == 0 for minutes in db.session.scalars(select(Line.minutes)) if minutes)
        assert set(db.session.scalars(select(Job.approval))) == set(Approval)
        assert set(db.session.scalars(select(Consent.channel))) == set(Channel)
        assert db.session.scalar(select(func.count()).where(Job.discount_ppm > 0)) in range(15, 90)
        assert db.session.scalar(select(func.count()).where(Line.core_cents > 0)) in range(10, 90)
        assert count(CannedJob) == 8
        assert count(CannedLine) >= 20

    def test_some_repairs_came_back(self, demo: None) -> None:
        found = list(db.session.scalars(select(Ticket).where(Ticket.completed_at.is_not(None))))
        comebacks = [(ticket, ticket.comeback_of) for ticket in found if ticket.comeback_of]
        assert 0.02 <= len(comebacks) / len(found) <= 0.03
        for ticket, first in comebacks:
            assert first.completed_at
            assert timedelta(0) < ticket.created_at - first.completed_at < timedelta(days=60), ticket.label
            assert ticket.vehicle_id == first.vehicle_id
            assert ticket.minutes > 0
            assert ticket.total_cents == 0

    def test_odometers_go_on_from_visit_to_visit(self, demo: None) -> None:
        visited = select(Ticket).where(Ticket.vehicle_id.is_not(None)).order_by(Ticket.vehicle_id, Ticket.created_at)
        last: dict[int | None, int] = {}
        for ticket in db.session.scalars(visited):
            if ticket.completed_at:
                assert ticket.odometer_in is not None, ticket.label
                assert ticket.odometer_out is not None, ticket.label
                assert ticket.odometer_in < ticket.odometer_out < ticket.odometer_in + 10
            for reading in (ticket.odometer_in, ticket.odometer_out):
                if reading is not None:
                    assert reading >= last.get(ticket.vehicle_id, 0), ticket.label
                    last[ticket.vehicle_id] = reading
        vehicles_read = db.session.scalars(select(Vehicle).where(Vehicle.id.in_(last)))
        assert {vehicle.id: vehicle.odometer for vehicle in vehicles_read} == last

    def test_joy_has_an_estimate_with_three_jobs_to_answer(self, demo: None) -> None:
        joys = select(Ticket).where(Ticket.customer_id == 2, Ticket.status == Status.ESTIMATE)
        ticket = db.session.scalars(joys).one()
        version = ticket.latest_version
        assert version is not None
        assert version.consents == []
        assert len(ticket.undecided_jobs) == 3
        assert [job.id for job in estimate.read(version.content).asked] == [job.id for job in ticket.jobs]
        assert version.total_cents == ticket.total_cents > 0

    def test_consent_was_asked_once_more_and_once_too_seldom(self, demo: None) -> None:
        found = list(db.session.scalars(select(Ticket)))
        assert sum(len(ticket.versions) > 1 for ticket in found) >= 5
        over = [ticket for ticket in found if ticket.status is Status.IN_PROGRESS and ticket.over_cents > 0]
        assert len(over) == 1
        assert db.session.get_one(Ticket, 1).over_cents == 0


class TestTexts:
    def test_vehicles_look_real(self, demo: None) -> None:
        numbers = list(db.session.scalars(select(Vehicle.vin).where(Vehicle.vin.is_not(None))))
        assert all(is_vin(number or "") for number in numbers)
        assert not any(facts.is_doubtful for facts in map(read_vin, numbers) if facts)
        assert sum((number or "").startswith(("W", "T", "V")) for number in numbers) >= 5
        assert count(Vehicle) == len(set(db.session.scalars(select(Vehicle.plate_key))))

    def test_check_digit_of_the_rules_own_example(self) -> None:
        assert vehicles.check_digit("11111111111111111") == "1"
        assert vehicles.check_digit("1M8GDM9A_KP042788".replace("_", "X")) == "X"

    def test_names_that_pages_must_bear(self) -> None:
        names = [person.name for person in people.CUSTOMERS]
        assert any("'" in name for name in names)
        assert any("ß" in name for name in names)
        assert max(map(len, names)) > 40
        assert len(set(names)) == len(names)

    def test_complaints_name_parts_that_there_are(self) -> None:
        skus = [part.sku for part in shelf.PARTS]
        for work in (*complaints.COMPLAINTS, *complaints.FOUND, complaints.PROJECT, complaints.PROJECT_LATER):
            for sku, quantity in work.parts:
                assert quantity > 0
                assert any(each.startswith(sku) for each in skus), f"{work.complaint}: {sku}"
        for sku in (sku for job in canned.CANNED for sku, _ in job.parts):
            assert sku in skus
        for sku in (*(charge.sku for charge in prices.CHARGES), *prices.CORES):
            assert any(each.startswith(sku) for each in skus), sku
        assert set(shelf.SHORT) <= set(skus)
        assert set(shelf.SHORT) >= visits.HELD_UP


class TestBooks:
    def test_books_agree(self, demo: None) -> None:
        assert checks.problems() == []

    def test_who_answered_by_a_link_had_one(self, demo: None) -> None:
        answered = (
            select(EstimateVersion.ticket_id, Consent.at)
            .join(Consent, Consent.version_id == EstimateVersion.id)
            .where(Consent.channel == Channel.LINK)
        )
        for ticket_id, at in db.session.execute(answered):
            links = db.session.scalars(select(RepairLink).where(RepairLink.ticket_id == ticket_id))
            assert any(link.created_at <= at <= link.expires_at for link in links)

    def test_every_event_can_be_told(self, demo: None) -> None:
        kinds = (Account, Customer, Vehicle, Mechanic, Part, Ticket, CannedJob)
        subjects = [thing for kind in kinds for thing in db.session.scalars(select(kind))]
        told = timeline(*subjects, limit=100_000)
        assert len(told) == count(Event)
        sentences = {entry.sentence for entry in told}
        assert {"opened the ticket", "put Mia Korhonen on it", "added the customer"} <= sentences
        assert not [sentence for sentence in sentences if "{" in sentence or "None" in sentence]

    def test_those_who_wait_for_a_part_came_for_a_job_that_takes_it(self, demo: None) -> None:
        works = {work.complaint: work for work in (*complaints.COMPLAINTS, *complaints.FOUND)}
        missing = [line for ticket in db.session.scalars(select(Ticket)) for line in ticket.missing_parts]
        assert {line.stocked.sku for line in missing} >= visits.HELD_UP
        for line in missing:
            assert works[line.job.complaint].takes(line.stocked.sku or "")

    def test_nothing_that_the_commands_would_refuse(self, demo: None) -> None:
        """Work was approved before it was done, done before it was invoiced, and what was put off holds no parts."""
        for ticket in db.session.scalars(select(Ticket)):
            place = ROAD.index(ticket.status) if ticket.status in ROAD else 0
            if place >= ROAD.index(Status.APPROVED):
                assert any(job.is_approved for job in ticket.jobs), ticket.label
            if place >= ROAD.index(Status.QUALITY_CHECK):
                assert ticket.is_every_job_done, ticket.label
                assert ticket.undecided_jobs == [], ticket.label
                assert ticket.over_cents == 0, ticket.label
                assert all(job.correction for job in ticket.jobs if job.is_approved), ticket.label
            for job in ticket.jobs:
                supplies = {line.supply for line in job.lines if line.part_id}
                assert job.is_charged or supplies <= {Supply.WANTED}, ticket.label
                was_fitted = job.is_done and ticket.status is not Status.CANCELLED
                assert not was_fitted or supplies <= {Supply.FITTED}, ticket.label


def test_events_and_rows_are_those_of_the_commands(context: None, cast: Cast) -> None:
    """The same story, told by the commands and by the demo's books, leaves the same events and the same rows."""
    owner = cast.account("owner")
    last = db.session.scalar(select(func.max(Event.id))) or 0
    with transaction():
        db.session.add(Rates(**prices.RATES))
    _tell_by_commands(owner)
    told = [_plain(event) for event in db.session.scalars(select(Event).where(Event.id > last).order_by(Event.id))]
    books = Books()
    books.set_rules()
    books.set_rates(**prices.RATES, at=now(), by=1)
    _tell_by_books(books)
    books.close()
    assert [_plain_row(books, event) for event in books.rows[Event]] == told
    db.session.expire_all()
    about_tickets = (Ticket, Job, Line, EstimateVersion, Consent, Decision, RepairLink)
    for kind in (Vehicle, Part, *about_tickets, CannedJob, CannedLine):
        there = [_columns(thing, plain=True) for thing in db.session.scalars(select(kind).order_by(kind.id))]
        assert [_columns(thing, plain=True) for thing in books.things[kind]] == there, kind


PROMISED = datetime(2030, 5, 17, 22, 30, tzinfo=UTC)
LATER = datetime(2030, 5, 18, 22, 30, tzinfo=UTC)
PERSON = {"name": "Joy Okafor", "email": "joy@example.net", "phone": None, "notes": ""}
CAR = {"plate": "7ABC123", "vin": None, "make": "Honda", "model": "Fit", "year": 2009, "odometer": 100_000}
PAD = {"name": "Pad", "sku": "P-1", "price_cents": 1000, "cost_cents": 400, "minimum": 2, "location": "B1"}
DISC = {"name": "Disc", "sku": "D-1", "price_cents": 6490, "cost_cents": 3380, "minimum": 0, "location": ""}
FEE = {"kind": LineKind.FEE, "description": "Tire disposal", "quantity": 2, "price_cents": 350, "cost_cents": 175}
ALIGNMENT = {"kind": LineKind.SUBLET, "description": "Wheel alignment", "price_cents": 11_900, "cost_cents": 8_400}
SAID = {
    "name": "Joy Okafor",
    "words": "Not the wipers.",
    "channel": Channel.LINK,
    "address": "203.0.113.7",
    "agent": "x",
}


def _tell_by_commands(by: Account) -> None:
    customer = add_customer(**PERSON, by=by)
    vehicle = add_vehicle(customer, **CAR, by=by)
    mechanic = add_mechanic(name="Mia", email=None, by=by)
    add_account(name="Mia", email="mia@example.net", role=Role.MECHANIC, mechanic=mechanic, by=by)
    pad = inventory.add_part(**PAD, on_hand=5, by=by)
    disc = inventory.add_part(**DISC, on_hand=0, by=by)
    inventory.edit_part(pad, price_cents=1100, by=by)
    inventory.receive(pad, quantity=4, reason="Delivery", by=by)
    inventory.scrap(pad, quantity=1, reason="Cracked", by=by)
    inventory.count(pad, quantity=8, reason="Yearly count", by=by)

    ticket = tickets.open_ticket(customer=customer, vehicle=vehicle, complaint="Rattles", promised_at=PROMISED, by=by)
    tickets.edit_ticket(ticket, promised_at=LATER, by=by)
    tickets.edit_ticket(ticket, odometer_in=100_200, by=by)
    (first,) = ticket.jobs
    tickets.edit_job(first, cause="Loose shield", by=by)
    wipers = tickets.add_job(ticket, complaint="Wipers streak", by=by)
    later_job = tickets.add_job(ticket, complaint="Oil seeps", by=by)
    tickets.add_labour(first, description="Refit", minutes=42, mechanic=mechanic, by=by)
    tickets.add_labour(later_job, description="Reseal", minutes=90, by=by)
    tickets.add_item(first, **FEE, by=by)
    tickets.add_item(first, **ALIGNMENT, by=by)
    tickets.edit_job(first, discount_ppm=100_000, by=by)
    tickets.use_part(ticket, job=first, part=pad, quantity=2, core_cents=500, by=by)
    tickets.use_part(ticket, job=wipers, part=pad, quantity=1, core_cents=300, by=by)
    wanted = tickets.want_part(ticket, job=first, part=disc, quantity=3, by=by)
    listed = tickets.want_part(ticket, job=first, part=pad, quantity=1, by=by)
    tickets.save_canned(wipers, name="Wipers", by=by)
    version = tickets.write_estimate(ticket, by=by)
    tickets.give_link(ticket, by=by)
    answers = {first.id: Approval.APPROVED, wipers.id: Approval.DECLINED, later_job.id: Approval.DEFERRED}
    tickets.answer(version, answers=answers, **SAID, by=None)
    tickets.change_mechanics(ticket, add=[mechanic], by=by)
    inventory.receive(disc, quantity=5, reason="Ordered", by=by)
    tickets.take_wanted(wanted, by=by)
    tickets.move(ticket, to=Status.IN_PROGRESS, by=by)
    tickets.fit_part(listed, by=by)
    tickets.remove_line(listed, by=by)
    tickets.use_part(ticket, job=first, part=pad, quantity=1, by=by)
    more = tickets.add_job(ticket, complaint="Bolt is seized", by=by)
    tickets.add_labour(more, description="Drill out", minutes=30, by=by)
    second = tickets.write_estimate(ticket, by=by)
    tickets.answer(second, answers={more.id: Approval.APPROVED}, name="Joy", channel=Channel.PHONE, by=by)
    tickets.edit_job(first, correction="Refitted", by=by)
    tickets.finish_job(first, by=by)
    tickets.finish_job(more, by=by)
    tickets.move(ticket, to=Status.IN_PROGRESS, by=by)
    tickets.move(ticket, to=Status.QUALITY_CHECK, by=by)
    tickets.edit_ticket(ticket, odometer_out=100_204, by=by)
    tickets.move(ticket, to=Status.READY, by=by)
    back = tickets.open_comeback(ticket, by=by)
    tickets.add_labour(back.jobs[0], description="Refit again", minutes=30, by=by)

    other = tickets.open_ticket(customer=customer, vehicle=vehicle, complaint="Squeaks\nAt night", by=by)
    (job,) = other.jobs
    tickets.use_part(other, part=pad, quantity=1, by=by)
    tickets.move(other, to=Status.APPROVED, by=by)
    tickets.move(other, to=Status.IN_PROGRESS, by=by)
    tickets.move(other, to=Status.QUALITY_CHECK, by=by)
    tickets.add_labour(job, description="Look for it", minutes=60, by=by)
    tickets.use_part(other, part=disc, quantity=1, by=by)
    tickets.move(other, to=Status.CANCELLED, reason="Sold the car", by=by)


def _tell_by_books(books: Books) -> None:
    who: dict[str, Any] = {"at": now(), "by": 1}
    customer = books.add_customer(**PERSON, **who)
    vehicle = books.add_vehicle(customer, **CAR, **who)
    mechanic = books.add_mechanic(name="Mia", email=None, **who)
    links = {"mechanic": "Mia"}
    books.add_account(name="Mia", email="mia@example.net", role=Role.MECHANIC, mechanic_id=1, links=links, **who)
    pad = books.add_part(**PAD, on_hand=5, **who)
    disc = books.add_part(**DISC, on_hand=0, **who)
    books.change_price(pad, 1100, **who)
    books.receive(pad, 4, reason="Delivery", **who)
    books.scrap(pad, 1, reason="Cracked", **who)
    books.count(pad, 8, reason="Yearly count", **who)

    ticket = books.open_ticket(vehicle, complaint="Rattles", promised_at=PROMISED, **who)
    books.edit_ticket(ticket, promised_at=LATER, **who)
    books.edit_ticket(ticket, odometer_in=100_200, **who)
    (first,) = ticket.jobs
    books.edit_job(first, cause="Loose shield", **who)
    wipers = books.add_job(ticket, "Wipers streak", **who)
    later_job = books.add_job(ticket, "Oil seeps", **who)
    books.add_labour(first, description="Refit", minutes=42, mechanic=mechanic, **who)
    books.add_labour(later_job, description="Reseal", minutes=90, **who)
    books.add_item(first, **FEE, **who)
    books.add_item(first, **ALIGNMENT, **who)
    books.edit_job(first, discount_ppm=100_000, **who)
    books.use_part(first, pad, 2, core_cents=500, **who)
    books.use_part(wipers, pad, 1, core_cents=300, **who)
    wanted = books.want_part(first, disc, 3, **who)
    listed = books.want_part(first, pad, 1, **who)
    line = {"kind": LineKind.PART, "description": "Pad", "quantity": 1, "part_id": 1}
    books.save_canned("Wipers", [{**line, "price_cents": 1100, "cost_cents": 400, "core_cents": 300}], **who)
    version = books.write_estimate(ticket, **who)
    books.give_link(ticket, **who)
    answers = {first.id: Approval.APPROVED, wipers.id: Approval.DECLINED, later_job.id: Approval.DEFERRED}
    books.answer(version, answers=answers, **SAID, at=who["at"], by=None)
    books.assign(ticket, mechanic, **who)
    books.receive(disc, 5, reason="Ordered", **who)
    books.take_wanted(wanted, **who)
    books.move(ticket, Status.IN_PROGRESS, **who)
    books.fit_part(listed, **who)
    books.remove_line(listed, **who)
    books.use_part(first, pad, 1, **who)
    more = books.add_job(ticket, "Bolt is seized", **who)
    books.add_labour(more, description="Drill out", minutes=30, **who)
    second = books.write_estimate(ticket, **who)
    books.answer(second, answers={more.id: Approval.APPROVED}, name="Joy", channel=Channel.PHONE, **who)
    books.edit_job(first, correction="Refitted", **who)
    books.finish_job(first, **who)
    books.finish_job(more, **who)
    books.move(ticket, Status.IN_PROGRESS, **who)
    books.move(ticket, Status.QUALITY_CHECK, **who)
    books.edit_ticket(ticket, odometer_out=100_204, **who)
    books.move(ticket, Status.READY, **who)
    back = books.open_comeback(ticket, **who)
    books.add_labour(back.jobs[0], description="Refit again", minutes=30, **who)

    other = books.open_ticket(vehicle, complaint="Squeaks\nAt night", promised_at=None, **who)
    (job,) = other.jobs
    books.use_part(job, pad, 1, **who)
    books.move(other, Status.APPROVED, **who)
    books.move(other, Status.IN_PROGRESS, **who)
    books.move(other, Status.QUALITY_CHECK, **who)
    books.add_labour(job, description="Look for it", minutes=60, **who)
    books.use_part(job, disc, 1, **who)
    books.move(other, Status.CANCELLED, reason="Sold the car", **who)


def _all_things(books: Books) -> list[Any]:
    return [thing for things in books.things.values() for thing in things]


def _columns(thing: Any, *, plain: bool = False) -> dict[str, Any]:
    """What is stored of it; ``plain`` without ids, numbers and moments, which depend on what was there before."""
    values = {column.key: getattr(thing, column.key) for column in thing.__table__.columns if not column.computed}
    if plain:
        moments = {name: name.endswith("_at") and value is not None for name, value in values.items()}
        values = {
            name: "…" if moments[name] or _is_id(name) else _without_any_id(value) for name, value in values.items()
        }
    return values


def _is_id(name: str) -> bool:
    return name in ("id", "at", "number") or name.endswith("_id")


def _without_any_id(value: Any) -> Any:
    """What an estimate wrote down names its jobs by their ids."""
    if isinstance(value, dict):
        return {name: _without_any_id(each) for name, each in value.items() if name != "id"}
    return [_without_any_id(each) for each in value] if isinstance(value, list) else value


def _plain(event: Event) -> tuple[object, ...]:
    changes = [(change.field, change.before, change.after) for change in event.changes]
    return event.action, event.subject_kind, _without_ids(event.facts), sorted(changes)


def _plain_row(books: Books, event: dict[str, object]) -> tuple[object, ...]:
    changes = [
        (row["field"], row["before"], row["after"]) for row in books.rows[EventChange] if row["event_id"] == event["id"]
    ]
    return event["action"], event["subject_kind"], _without_ids(event["facts"]), sorted(changes)


def _without_ids(facts: object) -> dict[str, object]:
    """Ids and ticket numbers depend on what was there before."""
    assert isinstance(facts, dict)
    return {name: value if not name.endswith("_id") and name != "number" else "…" for name, value in facts.items()}


@pytest.mark.parametrize("step", [later, earlier])
def test_working_hours(app: Flask, step: Callable[[datetime, float], datetime]) -> None:
    saturday = datetime(2026, 3, 14, 23, 0, tzinfo=UTC)  # 4 pm in Los Angeles
    moment = local(step(saturday, 13))
    assert (moment.isoweekday(), moment.hour) == {later: (2, 9), earlier: (5, 13)}[step]
