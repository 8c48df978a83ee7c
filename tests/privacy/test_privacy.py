"""A customer is told everything that is known, and is forgotten so that nothing of it can be found any more."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select, text

from shop.accounts.commands import add_account
from shop.accounts.models import Account, Letter, LetterKind
from shop.audit import sealing
from shop.audit.models import EventChange
from shop.common.base import Base
from shop.common.clock import now
from shop.common.errors import Conflict
from shop.common.roles import Role
from shop.common.transaction import transaction
from shop.customers import commands as customers
from shop.customers.models import Customer
from shop.extensions import db
from shop.merging.commands import merge_customers
from shop.ops import checks
from shop.privacy import export
from shop.privacy.erasure import ERASED, ERASED_WORDS, erase_customer
from shop.tickets import commands as tickets
from shop.tickets import estimate
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import Channel, Job, LineKind, Ticket
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.clients import Api
from tests.factories import make_customer, make_job, make_mechanic, make_part, make_ticket, make_vehicle

NAME, EMAIL, FORMER_EMAIL = "Joy Customer", "customer@example.com", "joy.before@example.org"
OTHER_EMAIL = "tanaka@example.org"
PHONE, PLATE, VIN = "+1 555 010 4477", "ZQX 4711", "1HGBH41JXMN109186"
COMPLAINT, CAUSE, WORDS = "Ring Joyce at home: it squeals.", "Joyce drove through the river", "Tell Joyce first"
LOOK, FOR_HER, PADS = "Look at what Joyce hears", "Filter that Joyce ordered", "Front pads, replace"
ADDRESS, AGENT = "203.0.113.77", "Joyphone 9"
_RANDOM = re.compile("[A-Za-z0-9_-]{22,}")
#: What must not be anywhere afterwards.
TRACES = (
    *("Joy", "joyce", EMAIL, FORMER_EMAIL, PHONE, "15550104477", "0104477"),
    *(PLATE, "ZQX4711", VIN, VIN[-6:], "squeals", "river", "hears", FOR_HER, ADDRESS, AGENT),
)


@pytest.fixture
def joy(cast: Cast) -> int:
    """The id of a customer of long standing: a repair that was invoiced, one that was cancelled, letters, a sign-in."""
    desk_id = cast.account_id("desk")
    customer_id = _live(cast, desk_id)
    browser = cast.browser("customer")
    browser.get("/my/profile").form("/my/profile").fill(phone=PHONE).submit()
    return customer_id


def _live(cast: Cast, desk_id: int) -> int:
    with cast.app.app_context():
        desk, account = db.session.get_one(Account, desk_id), cast.account("customer")
        joy = db.session.get_one(Customer, account.customer_id)
        customers.edit_customer(joy, email=FORMER_EMAIL, notes="Has Joy's dog with her", by=desk)
        customers.edit_customer(joy, email=EMAIL, by=desk)
        car = customers.add_vehicle(joy, plate=PLATE, vin=VIN, make="Honda", model="Civic", by=desk)
        done = tickets.open_ticket(customer=joy, vehicle=car, complaint=COMPLAINT, by=desk)
        tickets.add_labour(done.jobs[0], description=PADS, minutes=60, by=desk)
        sent = tickets.send_estimate(done, by=desk)
        tickets.answer(
            sent.version,
            answers={job.id: Approval.APPROVED for job in done.jobs},
            name=NAME,
            words=WORDS,
            channel=Channel.LINK,
            address=ADDRESS,
            agent=AGENT,
            by=None,
        )
        for status in (Status.IN_PROGRESS, Status.QUALITY_CHECK, Status.READY, Status.INVOICED, Status.PICKED_UP):
            tickets.move(done, to=status, by=desk)
        dropped = tickets.open_ticket(customer=joy, vehicle=car, complaint=COMPLAINT, by=desk)
        with transaction():
            job = make_job(dropped, cause=CAUSE)
        _tell_lines(job, by=desk)
        tickets.send_estimate(dropped, by=desk)
        tickets.move(dropped, to=Status.CANCELLED, reason="Joy sold it", by=desk)
        return joy.id


def _tell_lines(job: Job, *, by: Account) -> None:
    """Everything that is done to lines, in words that tell of her."""
    look = tickets.add_labour(job, description=LOOK, minutes=30, by=by)
    tickets.edit_line(look, minutes=60, by=by)
    tickets.remove_line(look, by=by)
    tickets.restore_line(look, by=by)
    part = tickets.use_part(job.ticket, job=job, part=make_part(on_hand=3), quantity=1, by=by)
    tickets.edit_line(part, description=FOR_HER, by=by)
    tickets.remove_line(part, by=by)


def erased(cast: Cast, customer_id: int) -> None:
    with cast.app.app_context():
        erase_customer(db.session.get_one(Customer, customer_id), name=NAME.upper(), by=cast.account("desk"))


def told_of_tickets() -> list[tuple[object, ...]]:
    tickets = db.session.scalars(select(Ticket).order_by(Ticket.id))
    return [
        (each.number, each.status, each.total_cents, [line.total_cents for job in each.every_job for line in job.lines])
        for each in tickets
    ]


def everything(cast: Cast) -> str:
    """All that the database holds, but keys, marks and other random texts, in which any three letters may stand."""
    with cast.app.app_context():
        tables = [table.name for table in Base.metadata.sorted_tables]
        rows = [(name, db.session.execute(text(f"SELECT * FROM {name}")).all()) for name in tables]
        db.session.rollback()
    return _RANDOM.sub("…", repr(rows)).casefold()


class TestErasure:
    def test_leaves_no_trace(self, cast: Cast, joy: int) -> None:
        before = everything(cast)
        assert [trace for trace in TRACES if trace.casefold() not in before] == []
        erased(cast, joy)
        after = everything(cast)
        found = {trace: after.index(trace.casefold()) for trace in TRACES if trace.casefold() in after}
        assert {trace: after[place - 200 : place + 50] for trace, place in found.items()} == {}

    def test_keeps_the_books(self, cast: Cast, joy: int) -> None:
        with cast.app.app_context():
            before = told_of_tickets()
        erased(cast, joy)
        with cast.app.app_context():
            assert checks.problems() == []
            assert told_of_tickets() == before
            assert db.session.get_one(Customer, joy).name == ERASED

    def test_keeps_the_words_of_what_was_invoiced_alone(self, cast: Cast, joy: int) -> None:
        erased(cast, joy)
        with cast.app.app_context():
            done, dropped = db.session.scalars(select(Ticket).order_by(Ticket.id))
            of_the_second = [line.description for job in dropped.every_job for line in job.every_line]
            offered = [estimate.read(version.content) for each in (done, dropped) for version in each.versions]
            assert [line.description for job in done.jobs for line in job.lines] == [PADS]
            assert of_the_second == [ERASED_WORDS, ERASED_WORDS]
            assert [line.description for offer in offered for job in offer.jobs for line in job.lines] == [
                PADS,
                ERASED_WORDS,
            ]

    def test_breaks_no_seal(self, cast: Cast, joy: int) -> None:
        with cast.app.app_context():
            sealer = sealing.Sealer()
            sealer()
            assert sealer() > 0
        erased(cast, joy)
        with cast.app.app_context():
            left = db.session.scalars(select(EventChange).where(EventChange.digest.is_not(None))).all()
            assert len(left) > 10
            with checks.one_moment() as connection:
                assert sealing.verify(connection).problems == []

    def test_every_page_goes_on(self, cast: Cast, owner: Browser, joy: int) -> None:
        erased(cast, joy)
        with cast.app.app_context():
            ticket, dropped = db.session.scalars(select(Ticket.id).order_by(Ticket.id))
        for path in (
            f"/desk/customers/{joy}",
            f"/desk/customers/{joy}/data",
            f"/desk/customers/{joy}/tickets",
            "/desk/tickets?status=all",
            f"/desk/tickets/{ticket}",
            f"/desk/tickets/{ticket}/estimates/1",
            f"/desk/tickets/{dropped}",
            f"/desk/tickets/{dropped}/estimates/1",
            "/desk/audit",
            "/desk/",
        ):
            page = owner.get(path)
            assert page.status == 200, path
            assert "nothing → nothing" not in page.text

    def test_is_refused_while_a_repair_is_open(self, cast: Cast, desk: Browser, joy: int) -> None:
        with cast.app.app_context():
            number = make_ticket(customer=db.session.get_one(Customer, joy)).number
        page = desk.get(f"/desk/customers/{joy}/data")
        assert f"has to wait until the open repair is done: #{number}" in page.text
        answer = desk.post(f"/desk/customers/{joy}/erase", {"name": NAME})
        assert (answer.status, f"Ticket #{number} is still open." in answer.text) == (409, True)
        assert "joy customer" in everything(cast)

    def test_of_somebody_who_works_here_is_refused(self, cast: Cast) -> None:
        with cast.app.app_context():
            customer = make_customer(name="Rui")
            mechanic = cast.account("mechanic")
            with transaction():
                mechanic.customer_id = customer.id
            with pytest.raises(Conflict, match="works here"):
                erase_customer(customer, name="Rui", by=cast.account("desk"))

    def test_covers_what_was_written_before_a_ticket_became_another_ones(self, cast: Cast) -> None:
        with cast.app.app_context():
            desk, joyce = cast.account("desk"), make_customer(name="Joyce")
            ticket = tickets.open_ticket(customer=joyce, complaint="Ring Joyce.", by=desk)
            tickets.edit_ticket(ticket, complaint="Ring Joyce at home.", by=desk)
            new = {"new_customer": {"name": "Mira"}, "new_vehicle": None}
            tickets.hand_over(ticket, customer=None, vehicle=None, by=desk, **new)
            tickets.add_job(ticket, complaint="Wipers", by=desk)
            tickets.edit_job(ticket.jobs[0], complaint="Brakes", by=desk)
            tickets.edit_ticket(ticket, complaint="Ring Mira.", by=desk)
            tickets.edit_ticket(ticket, complaint="Ring Mira at home.", by=desk)
            erase_customer(joyce, name="Joyce", by=desk)
            values = [
                value for row in db.session.execute(select(EventChange.before, EventChange.after)) for value in row
            ]
            assert not [value for value in values if value and "Joyce" in value]
            assert "Ring Mira at home." in values
            assert checks.problems() == []

    @pytest.mark.parametrize("is_kept", [True, False])
    def test_covers_whoever_was_written_down_twice(self, cast: Cast, joy: int, is_kept: bool) -> None:
        """What was written of her the other time goes as well, and so does the account that was closed."""
        with cast.app.app_context():
            desk = cast.account("desk")
            twin = customers.add_customer(name=NAME, by=desk)
            customers.edit_customer(twin, phone="555 998877", email=OTHER_EMAIL, notes="Joyce again", by=desk)
            customers.edit_customer(twin, email=None, by=desk)
            car = customers.add_vehicle(twin, plate="TWIN 22", by=desk)
            opened = tickets.open_ticket(customer=twin, vehicle=car, complaint="It twitters", by=desk)
            strange = tickets.open_ticket(customer=twin, complaint="Joyce says it chirps", by=desk)
            new = {"new_customer": {"name": "Mira"}, "new_vehicle": None}
            tickets.hand_over(strange, customer=None, vehicle=None, by=desk, **new)
            tickets.edit_ticket(strange, complaint="It clicks", by=desk)
            tickets.edit_job(strange.jobs[0], complaint="Clicks", by=desk)
            db.session.add(Letter(kind=LetterKind.ESTIMATE, to=OTHER_EMAIL, body="", subject="Joy"))
            account = add_account(name="Joy", email="twin@example.net", role=Role.CUSTOMER, customer=twin, by=desk)
            tickets.move(opened, to=Status.CANCELLED, reason="No", by=desk)
            own = db.session.get_one(Customer, joy)
            kept, other = (own, twin) if is_kept else (twin, own)
            merge_customers(kept=kept, other=other, by=desk)
            kept_id, other_id, account_id = kept.id, other.id, account.id
            with pytest.raises(Conflict, match="was merged into"):
                erase_customer(other, name=NAME, by=desk)
        before = everything(cast)
        traces = (*TRACES, "998877", OTHER_EMAIL, "twin", "twitters")
        assert [trace for trace in traces if trace.casefold() not in before] == []
        erased(cast, kept_id)
        after = everything(cast)
        found = {trace: after.index(trace.casefold()) for trace in traces if trace.casefold() in after}
        assert {trace: after[place - 200 : place + 50] for trace, place in found.items()} == {}
        assert "it clicks" in after
        with cast.app.app_context():
            assert {db.session.get_one(Customer, each).name for each in (kept_id, other_id)} == {ERASED}
            assert db.session.get_one(Account, account_id).password_hash is None
            assert checks.problems() == []
        desk_browser = cast.browser("desk")
        assert "Erased" in desk_browser.get(f"/desk/customers/{other_id}").text
        assert "is erased" in desk_browser.get(f"/desk/customers/{other_id}/data").text

    def test_can_not_be_undone(self, cast: Cast, desk: Browser, joy: int) -> None:
        erased(cast, joy)
        page = desk.get(f"/desk/customers/{joy}")
        assert "Bring the customer back" not in page.text
        assert desk.post(f"/desk/customers/{joy}/restore").status == 409

    def test_leaves_other_customers_alone(self, cast: Cast, joy: int) -> None:
        with cast.app.app_context():
            tom = make_customer(name="Tom Other", phone="555 0199")
            make_ticket(customer=tom, vehicle=make_vehicle(tom, plate="TOM 1"), complaint="Toms car rattles.")
        erased(cast, joy)
        after = everything(cast)
        assert [word for word in ("tom other", "555 0199", "tom 1", "toms car") if word not in after] == []

    def test_leaves_what_waits_for_whoever_has_a_former_address_now(self, cast: Cast, joy: int) -> None:
        with cast.app.app_context(), transaction():
            make_customer(name="Tom Other", email=FORMER_EMAIL)
            letter = {"kind": LetterKind.ESTIMATE, "to": FORMER_EMAIL, "body": ""}
            sent, waiting = Letter(**letter, subject="Went to Joy"), Letter(**letter, subject="Waits for Tom")
            db.session.add_all([sent, waiting])
            db.session.flush()
            sent.due_at, sent.sent_at = None, now()
        erased(cast, joy)
        with cast.app.app_context():
            left = db.session.scalars(select(Letter.subject).where(Letter.to == FORMER_EMAIL)).all()
        assert left == ["Waits for Tom"]

    def test_programs_are_not_told_again(self, cast: Cast, api: Api, joy: int) -> None:
        row = {"name": NAME, "phone": PHONE}
        assert api.as_("desk").put(f"/customers/{joy}", row, Idempotency_Key="a-1").status_code == 200
        erased(cast, joy)
        answer = api.as_("desk").put(f"/customers/{joy}", row, Idempotency_Key="a-1")
        assert (answer.status_code, NAME in answer.text) == (409, False)
        assert "is not told again" in answer.text


class TestAtTheDesk:
    def test_wants_the_name(self, cast: Cast, desk: Browser, joy: int) -> None:
        form = desk.get(f"/desk/customers/{joy}/data").form("Erase for good")
        page = form.fill(name="Joy").submit()
        assert page.status == 422
        assert "Type the name as it is written here: Joy Customer." in page.text
        assert page.form("Erase for good").values["name"] == "Joy"
        page = page.form("Erase for good").fill(name="joy customer").submit()
        assert (page.path, page.heading) == (f"/desk/customers/{joy}", ERASED)
        assert "is erased" in page.text

    def test_hands_everything_over(self, cast: Cast, desk: Browser, joy: int) -> None:
        answer = desk.get(f"/desk/customers/{joy}/data").form("Download everything").submit().response
        assert answer.headers["Content-Disposition"] == f'attachment; filename="customer-{joy}.json"'
        told = json.loads(answer.data)
        assert (told["customer"]["name"], told["customer"]["phone"]) == (NAME, PHONE)
        assert "dog" in told["customer"]["notes"]
        assert "took along everything" in desk.get(f"/desk/customers/{joy}").text

    def test_of_whoever_was_written_down_twice_all_is_in_one_place(self, cast: Cast, desk: Browser, joy: int) -> None:
        with cast.app.app_context():
            by = cast.account("desk")
            twin = customers.add_customer(name="Yoi", phone="555 998877", notes="A cat", by=by)
            twin_id = twin.id
            add_account(name="Yoi", email="twin@example.net", role=Role.CUSTOMER, customer=twin, by=by)
            db.session.add(Letter(kind=LetterKind.INVITATION, to="twin@example.net", body="", subject="Welcome"))
            merge_customers(kept=db.session.get_one(Customer, joy), other=twin, by=by)
        page = desk.get(f"/desk/customers/{twin_id}/data")
        assert "Yoi was merged into Joy Customer." in page.text
        assert desk.post(f"/desk/customers/{twin_id}/export").status == 409
        assert desk.post(f"/desk/customers/{twin_id}/erase", {"name": "Yoi"}).status == 409
        answer = page.follow("the data of Joy Customer").form("Download everything").submit().response
        told = json.loads(answer.data)
        (former,) = told["formerly"]
        assert (former["name"], former["phone"], former["notes"]) == ("Yoi", "555 998877", "A cat")
        assert former["account"]["email"].startswith("closed-")
        assert "Welcome" in {letter["subject"] for letter in told["letters"]}
        assert "merged the customer into another one" in {event["what"] for event in told["history"]}

    def test_asks_for_the_password(self, cast: Cast, joy: int) -> None:
        late = cast.browser("desk")
        with cast.app.app_context():
            db.session.execute(text("UPDATE login_session SET proved_at = NULL"))
            db.session.commit()
        assert late.get(f"/desk/customers/{joy}/data").status == 403
        assert late.post(f"/desk/customers/{joy}/export").status == 403
        assert late.post(f"/desk/customers/{joy}/erase", {"name": NAME}).status == 403
        assert "joy customer" in everything(cast)


class TestOnesOwn:
    def test_is_erased_and_signed_out(self, cast: Cast, joy: int) -> None:
        customer = cast.browser("customer")
        page = customer.get("/my/profile").follow("All that the shop knows about you")
        page = page.form("Erase for good").fill(name=NAME).submit()
        assert page.path == "/login"
        assert "your account is closed" in page.text
        assert customer.get("/my/").path == "/login"
        assert "is wrong" in customer.sign_in(EMAIL, PASSWORD).text
        assert "joy" not in everything(cast)

    def test_is_taken_along(self, cast: Cast, joy: int) -> None:
        told = json.loads(cast.browser("customer").get("/my/data").form("Download everything").submit().response.data)
        assert told["tickets"][0]["estimates"][0]["answers"][0]["words"] == WORDS
        assert told["vehicles"][0]["vin"] == VIN
        assert told["account"]["sign_ins"]
        assert "dog" not in json.dumps(told)  # the desk's own notes

    def test_is_nobody_elses(self, cast: Cast, stranger: Browser, joy: int) -> None:
        told = json.loads(stranger.get("/my/data").form("Download everything").submit().response.data)
        assert "Joy" not in json.dumps(told)


@pytest.mark.single
class TestExport:
    def test_holds_every_kind_of_thing(self, cast: Cast, joy: int) -> None:
        with cast.app.app_context():
            told = export.everything_about(db.session.get_one(Customer, joy), with_notes=True)
        assert [ticket["status"] for ticket in told["tickets"]] == ["picked_up", "cancelled"]
        assert told["tickets"][1]["jobs"][1]["cause"] == CAUSE
        assert {letter["to"] for letter in told["letters"]} == {EMAIL}
        assert any("opened the ticket" in entry["what"] for entry in told["history"])
        json.dumps(told)

    def test_opens_no_door_and_tells_nothing_of_the_shops_own(self, cast: Cast, joy: int) -> None:
        with cast.app.app_context():
            told = export.everything_about(db.session.get_one(Customer, joy), with_notes=True)
            letters = [letter.body for letter in db.session.scalars(select(Letter))]
        names = _names(told)
        assert not [name for name in names if any(word in name for word in ("hash", "seed", "token", "key", "cost"))]
        assert letters
        assert not [body for body in letters if body in json.dumps(told)]

    def test_tells_neither_costs_nor_whose_work_it_was(self, cast: Cast, joy: int) -> None:
        with cast.app.app_context():
            desk, customer = cast.account("desk"), db.session.get_one(Customer, joy)
            ticket = tickets.open_ticket(customer=customer, complaint="It rattles", by=desk)
            bolt = {"description": "Bolt", "price_cents": 5_00, "cost_cents": 1_11}
            line = tickets.add_item(ticket.jobs[0], kind=LineKind.PART, **bolt, by=desk)
            work = tickets.add_labour(ticket.jobs[0], description="Labour", minutes=30, by=desk)
            tickets.edit_line(line, price_cents=6_00, cost_cents=2_22, by=desk)
            rui = make_mechanic(name="Rui Mechanic")
            tickets.edit_line(work, mechanic=rui, by=desk)
            tickets.change_mechanics(ticket, add=[rui], by=desk)
            history = export.everything_about(customer, with_notes=True)["history"]
        told = {entry["what"]: entry["note"] for entry in history}
        assert told["changed the price of Bolt"] == "Price: 5.00 → 6.00"
        assert told["changed the details of Labour"] is None
        assert "put a mechanic on it" in told
        assert not [word for word in ("2.22", "Rui") if word in json.dumps(history)]


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {*value, *(name for each in value.values() for name in _names(each))}
    return {name for each in value for name in _names(each)} if isinstance(value, list) else set()
