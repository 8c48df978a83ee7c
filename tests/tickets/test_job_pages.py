"""Jobs, lines, estimates and consents on the desk's ticket page."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from shop.accounts.models import Account, Letter
from shop.common.transaction import transaction
from shop.extensions import db
from shop.settings.models import Rates
from shop.tickets import commands
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import CannedJob, Channel, Job, Line, Supply, Ticket
from tests.browser import Browser, Page
from tests.factories import (
    keep,
    make_canned_job,
    make_customer,
    make_job,
    make_part,
    make_part_line,
    make_ticket,
    make_vehicle,
)

both_ways = pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])


@pytest.fixture
def golf(desk: Browser) -> int:
    """The id of a draft of one job."""
    with desk.app.app_context(), transaction():
        keep(Rates(labour_cents=12_000))
        customer = make_customer(name="Joy Tanaka", email="joy@example.net")
        rates = db.session.query(Rates).one()
        return make_ticket(vehicle=make_vehicle(customer), complaint="Brakes grind.", rates_id=rates.id).id


def job_of(browser: Browser, ticket_id: int, number: int = 0) -> Job:
    return db.session.get_one(Ticket, ticket_id).jobs[number]


def job_id(browser: Browser, ticket_id: int) -> int:
    with browser.app.app_context():
        return job_of(browser, ticket_id).id


def add_labour(desk: Browser, golf: int, *, htmx: bool = False, **values: str) -> Page:
    form = desk.get(f"/desk/tickets/{golf}").form(f"/jobs/{job_id(desk, golf)}/lines")
    return form.fill(**{"kind": "labour", "description": "Pads, replace", "minutes": "1.5", **values}).submit(htmx=htmx)


@both_ways
@pytest.mark.parametrize("field", ["minutes", "price_cents"])
def test_what_a_line_must_have_is_not_emptied(desk: Browser, golf: int, field: str, htmx: bool) -> None:
    add_labour(desk, golf)
    page = desk.get(f"/desk/tickets/{golf}").follow("Change Pads").form("Save").fill(**{field: ""}).submit(htmx=htmx)
    assert page.status == 422
    assert ("Enter the hours." if field == "minutes" else "Enter the price.") in page.text


@both_ways
def test_an_emptied_cost_is_none(desk: Browser, golf: int, htmx: bool) -> None:
    fee = {"kind": "fee", "description": "Waste", "price_cents": "60", "cost_cents": "20"}
    desk.get(f"/desk/tickets/{golf}").form(f"/jobs/{job_id(desk, golf)}/lines").fill(**fee).submit()
    desk.get(f"/desk/tickets/{golf}").follow("Change Waste").form("Save").fill(cost_cents="").submit(htmx=htmx)
    with desk.app.app_context():
        (line,) = db.session.get_one(Ticket, golf).jobs[0].lines
        assert (line.price_cents, line.cost_cents) == (6_000, 0)


@both_ways
def test_labour_is_added_at_the_shops_rate(desk: Browser, golf: int, htmx: bool) -> None:
    page = add_labour(desk, golf, htmx=htmx)
    assert "Pads, replace" in page.text
    assert "$180.00" in page.text
    if htmx:
        assert page.fragment(f"ticket-{golf}-money")
        assert page.fragment(f"ticket-{golf}-estimate")


def test_what_changed_of_lines_and_discounts_is_told_with_what_it_was(desk: Browser, owner: Browser, golf: int) -> None:
    with desk.app.app_context():
        make_part_line(
            db.session.get_one(Ticket, golf),
            make_part(name="Oil pan gasket", price_cents=3490),
            quantity=3,
            supply=Supply.WANTED,
        )
        job, line = (each.id for each in (job_of(desk, golf), job_of(desk, golf).lines[0]))
    about = f"/desk/tickets/{golf}"
    desk.get(f"{about}/lines/{line}").form(f"/lines/{line}").fill(price_cents="50", quantity="2").submit()
    desk.get(f"{about}/jobs/{job}").form(f"/jobs/{job}").fill(discount="10 %").submit()
    for page in (desk.get(about), owner.get(f"/desk/audit?about=ticket-{golf}")):
        assert "changed the quantity and price of Oil pan gasket" in page.text
        assert "Quantity: 3 → 2; Price: 34.90 → 50.00" in page.text
        assert "Discount: nothing → 10 %" in page.text


@both_ways
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"minutes": ""}, "Enter the hours."),
        ({"quantity": "4"}, "Labour is counted in hours alone."),
        ({"cost_cents": "77"}, "Labour has no cost of its own."),
        ({"core_cents": "5"}, "Labour has no core charge."),
        ({"kind": "fee", "price_cents": "60"}, "Labour alone is counted in hours."),
        ({"minutes": "soon"}, "Enter hours such as 1.2 or 1:12."),
        ({"description": ""}, "Say what it is."),
        ({"kind": "fee", "minutes": "", "price_cents": ""}, "Enter the price."),
        ({"kind": "fee", "minutes": "", "price_cents": "a lot"}, "Enter an amount such as 14.99."),
    ],
)
def test_what_will_not_do_is_said_and_kept(
    desk: Browser, golf: int, htmx: bool, values: dict[str, str], words: str
) -> None:
    page = add_labour(desk, golf, htmx=htmx, **values)
    assert (page.status, page.errors) == (422, [words])
    form = page.form(f"/jobs/{job_id(desk, golf)}/lines")
    for name, value in values.items():
        assert form.values[name] == value


@both_ways
def test_a_line_is_changed_in_place(desk: Browser, golf: int, htmx: bool) -> None:
    page = add_labour(desk, golf)
    page = page.follow("Change Pads, replace")
    form = page.form("Save")
    assert (form.values["minutes"], form.values["price_cents"]) == ("1.5", "120.00")
    page = form.fill(minutes="2:15").submit(htmx=htmx)
    assert "$270.00" in page.text


@both_ways
def test_two_desks_on_one_line_see_both_versions(desk: Browser, owner: Browser, golf: int, htmx: bool) -> None:
    add_labour(desk, golf)
    mine, theirs = (each.get(f"/desk/tickets/{golf}").follow("Change Pads").form("Save") for each in (desk, owner))
    theirs.fill(minutes="2").submit()
    page = mine.fill(minutes="3").submit(htmx=htmx)
    assert page.status == 409
    assert page.form("Save what is chosen").values["minutes"] == "3"
    page.form("Save what is chosen").submit()
    with desk.app.app_context():
        assert db.session.query(Line).one().minutes == 180


@both_ways
def test_a_line_is_taken_off_and_put_back(desk: Browser, golf: int, htmx: bool) -> None:
    page = add_labour(desk, golf).form("Remove Pads, replace").submit(htmx=htmx)
    assert "Pads, replace is off the ticket." in page.text
    page = page.form("Undo").submit()
    assert page.rows()[0][0].endswith("Pads, replace")


@both_ways
def test_a_job_is_added_written_up_and_discounted(desk: Browser, golf: int, htmx: bool) -> None:
    add_labour(desk, golf)
    page = desk.get(f"/desk/tickets/{golf}").form("Add a job").fill(complaint="Wipers streak").submit(htmx=htmx)
    assert "Wipers streak" in page.text
    page = desk.get(f"/desk/tickets/{golf}/jobs/{job_id(desk, golf)}")
    page = page.form("Save").fill(cause="Worn", correction="Replaced", discount="10 %").submit(htmx=htmx)
    assert "Worn" in page.text
    assert "Discount 10 %" in page.text
    assert "$162.00" in page.text
    page = desk.get(f"/desk/tickets/{golf}/jobs/{job_id(desk, golf)}")
    assert page.form("Save").values["discount"] == "10 %"


@both_ways
@pytest.mark.parametrize("discount", ["101 %", "ten", "-5"])
def test_a_discount_that_can_not_be_read_is_said(desk: Browser, golf: int, htmx: bool, discount: str) -> None:
    page = desk.get(f"/desk/tickets/{golf}").follow("Cause, correction, discount")
    page = page.form("Save").fill(discount=discount).submit(htmx=htmx)
    assert page.status == 422
    assert page.form("Save").values["discount"] == discount


def test_jobs_change_places_and_are_taken_off_and_put_back(desk: Browser, golf: int) -> None:
    desk.get(f"/desk/tickets/{golf}").form("Add a job").fill(complaint="Wipers streak").submit()
    page = desk.get(f"/desk/tickets/{golf}").form("Move down").submit()
    assert page.text.index("Wipers streak") < page.text.index("Brakes grind.", page.text.index("Jobs"))
    page = page.form("Remove the job").submit()
    assert "Wipers streak is off the ticket." in page.text
    assert "Wipers streak" in page.form("Undo").submit().soup.select_one(".job__title").text


def test_a_canned_job_is_kept_and_inserted(desk: Browser, golf: int) -> None:
    page = add_labour(desk, golf).form("Keep it").fill(name="Front pads").submit()
    with desk.app.app_context():
        canned = db.session.query(CannedJob).one().id
        other = make_ticket().id
    page = desk.get(f"/desk/tickets/{other}").form("Insert").fill(canned=str(canned)).submit()
    assert "Front pads" in page.text
    assert "$180.00" in page.text


def handed_over(page: Page) -> str:
    """The link that is shown this once, beside the button that copies it."""
    link, button = page.soup.select_one(".handed-over code"), page.soup.select_one(".handed-over button")
    assert link is not None
    assert button is not None
    assert button["data-copy"] == link["id"]
    return link.get_text()


@both_ways
def test_without_a_mail_server_the_estimate_is_not_on_its_way(desk: Browser, golf: int, htmx: bool) -> None:
    add_labour(desk, golf)
    page = desk.get(f"/desk/tickets/{golf}").form("Send the estimate").submit(htmx=htmx)
    assert "On its way" not in page.text
    assert "Nothing was sent to joy@example.net: the shop has no mail server yet." in page.text
    assert page.soup.select_one(".notice--done") is None
    assert handed_over(page).startswith("http://localhost/repair/")


@both_ways
@pytest.mark.usefixtures("mail_server")
def test_the_estimate_is_sent_with_a_letter_and_a_link(desk: Browser, golf: int, htmx: bool) -> None:
    add_labour(desk, golf)
    page = desk.get(f"/desk/tickets/{golf}").form("Send the estimate").submit(htmx=htmx)
    assert "On its way to joy@example.net." in page.text
    assert "/repair/" in handed_over(page)
    with desk.app.app_context():
        assert "/repair/" in db.session.query(Letter).one().body
        assert db.session.get_one(Ticket, golf).status is Status.ESTIMATE
    version = desk.get(f"/desk/tickets/{golf}").follow("Estimate 1")
    assert "$180.00" in version.text


def test_one_thing_is_next(desk: Browser, golf: int) -> None:
    add_labour(desk, golf)

    def next_things(page: Page) -> list[str]:
        return [" ".join(button.get_text(" ").split()) for button in page.soup.select("main .button--primary")]

    page = desk.get(f"/desk/tickets/{golf}")
    assert next_things(page) == ["Write the estimate"]
    page = page.form("Write the estimate").submit()
    assert next_things(page) == ["Send the estimate"]
    page = page.form("Send the estimate").submit()
    assert next_things(page) == ["Mark as approved"]


def test_who_said_it_is_the_customer_unless_somebody_else_did(desk: Browser, golf: int) -> None:
    add_labour(desk, golf)
    form = desk.get(f"/desk/tickets/{golf}").form("Note it")
    assert form.values["name"] == "Joy Tanaka"
    assert "Joy Tanaka answered by telephone" in form.submit().text


def test_the_desks_copy_of_an_estimate_is_a_paper_to_print(desk: Browser, golf: int) -> None:
    with desk.app.app_context(), transaction():
        ticket = db.session.get_one(Ticket, golf)
        ticket.odometer_in, ticket.customer.phone = 84_295, "+1 555 0142"
        car = ticket.vehicle.label
    add_labour(desk, golf)
    page = desk.get(f"/desk/tickets/{golf}").form("Send the estimate").submit().follow("Estimate 1")
    assert page.heading == "Estimate 1 for #1001"
    paper = page.soup.select_one(".paper")
    assert paper
    words = " ".join(paper.get_text(" ").split())
    for each in ("Joy Tanaka", "+1 555 0142", car, "84,295", "Brakes grind.", "Pads, replace", "$180.00"):
        assert each in words
    assert paper.select_one("button[data-print]")


@both_ways
def test_what_was_said_on_the_telephone_is_noted_job_by_job(desk: Browser, golf: int, htmx: bool) -> None:
    add_labour(desk, golf)
    with desk.app.app_context():
        second = make_job(db.session.get_one(Ticket, golf), complaint="Wipers streak").id
    form = desk.get(f"/desk/tickets/{golf}").form("Note it")
    page = form.fill(name="").submit(htmx=htmx)
    assert (page.status, page.errors) == (422, ["Write down who said it."])
    page = (
        page.form("Note it").fill(**{"name": "Joy", "channel": "phone", f"job-{second}": "declined"}).submit(htmx=htmx)
    )
    assert page.status == 200
    with desk.app.app_context():
        ticket = db.session.get_one(Ticket, golf)
        assert [job.approval for job in ticket.jobs] == [Approval.APPROVED, Approval.DECLINED]
        (consent,) = ticket.versions[0].consents
        assert (consent.name, consent.channel, consent.by_id) == ("Joy", Channel.PHONE, consent.by_id)
        assert ticket.status is Status.APPROVED
    version = desk.get(f"/desk/tickets/{golf}").follow("Estimate 1").text
    assert "Wipers streak Declined" in version
    assert "Joy, by telephone, " in version
    assert "noted by Ana Desk" in version


@both_ways
@pytest.mark.parametrize("meanwhile", ["a job", "a line"])
def test_nothing_is_approved_that_nobody_was_asked_about(desk: Browser, golf: int, htmx: bool, meanwhile: str) -> None:
    add_labour(desk, golf)
    form = desk.get(f"/desk/tickets/{golf}").form("Note it").fill(name="Joy", channel="phone", words="Go on.")
    with desk.app.app_context():
        by = db.session.scalars(select(Account)).first()
        assert by is not None
        job = job_of(desk, golf)
        if meanwhile == "a job":
            job = commands.add_job(job.ticket, complaint="New engine", by=by)
        commands.add_labour(job, description="Engine", minutes=6000, price_cents=10_000, by=by)
    page = form.submit(htmx=htmx)
    assert page.status == 409
    assert "meanwhile" in page.text
    assert page.form("Note it").values["words"] == "Go on."
    with desk.app.app_context():
        ticket = db.session.get_one(Ticket, golf)
        assert {job.approval for job in ticket.jobs} == {Approval.PENDING}
        assert ticket.versions == []
    assert page.form("Note it").submit(htmx=htmx).status in (200, 303)


def test_a_job_without_a_price_is_pointed_out_before_it_is_offered(desk: Browser, golf: int) -> None:
    assert (
        "“Brakes grind.” has nothing on it yet"
        in desk.get(f"/desk/tickets/{golf}").fragment(f"ticket-{golf}-estimate").text
    )
    assert "nothing on it yet" not in add_labour(desk, golf).text


def test_a_no_to_everything_shows_and_is_no_yes(desk: Browser, golf: int) -> None:
    desk.get(f"/desk/tickets/{golf}").form("Send the estimate").submit()
    answer = {f"job-{job_id(desk, golf)}": "declined"}
    page = desk.get(f"/desk/tickets/{golf}").form("Note it").fill(name="Joy", channel="phone", **answer).submit()
    assert "nothing approved" in page.text
    assert "Mark as approved" not in page.text
    page = desk.post(f"/desk/tickets/{golf}/moves", {"to": Status.APPROVED.value})
    assert (page.status, "wants none of it done" in page.text) == (409, True)
    with desk.app.app_context():
        assert db.session.get_one(Ticket, golf).status is Status.ESTIMATE


def test_what_they_have_is_what_they_answer(desk: Browser, golf: int) -> None:
    add_labour(desk, golf)
    desk.get(f"/desk/tickets/{golf}").form("Send the estimate").submit()
    with desk.app.app_context():
        keep(Rates(labour_cents=12_000, labour_tax_ppm=500_000))
    desk.get(f"/desk/tickets/{golf}").form("Mark as approved").submit()
    with desk.app.app_context():
        ticket = db.session.get_one(Ticket, golf)
        assert [version.number for version in ticket.versions] == [1]
        assert ticket.approved_cents == ticket.versions[0].total_cents == ticket.total_cents


@both_ways
def test_more_than_was_approved_is_told_and_stops_the_work(desk: Browser, golf: int, htmx: bool) -> None:
    add_labour(desk, golf)
    desk.get(f"/desk/tickets/{golf}").form("Approve at the counter").submit()
    page = add_labour(desk, golf, minutes="0.5", htmx=htmx)
    assert "$60.00 over what the customer approved" in page.text
    page = desk.get(f"/desk/tickets/{golf}").form("Start work").submit(htmx=htmx)
    assert page.status == 409
    assert "60.00 over what the customer approved" in page.text
    desk.get(f"/desk/tickets/{golf}").form("Note it").fill(name="Joy").submit()
    assert "In progress" in desk.get(f"/desk/tickets/{golf}").form("Start work").submit().text


@both_ways
def test_tax_alone_over_what_was_approved_is_told_and_sent_again(desk: Browser, golf: int, htmx: bool) -> None:
    with desk.app.app_context(), transaction():
        db.session.get_one(Ticket, golf).rates = Rates(labour_cents=12_000, fee_tax_ppm=88_750)
    add_labour(desk, golf)
    desk.get(f"/desk/tickets/{golf}").form("Approve at the counter").submit()
    page = desk.get(f"/desk/tickets/{golf}").follow("Change Pads").form("Save").fill(price_cents="80").submit(htmx=htmx)
    assert "over what the customer approved" not in page.text
    fee = {"kind": "fee", "description": "Waste", "price_cents": "60"}
    page = desk.get(f"/desk/tickets/{golf}").form(f"/jobs/{job_id(desk, golf)}/lines").fill(**fee).submit(htmx=htmx)
    assert "$5.33 over what the customer approved in all, with tax and shop supplies." in page.text
    page = desk.get(f"/desk/tickets/{golf}").form("Send it again").submit(htmx=htmx)
    assert page.status == 200
    with desk.app.app_context():
        ticket = db.session.get_one(Ticket, golf)
        assert [version.total_cents for version in ticket.versions] == [18_000, 18_533]
    customers = Browser(desk.app).get(urlsplit(handed_over(page)).path)
    assert "said “approved” to $180.00 . Since then the sum of it all has grown." in customers.text
    assert "If you approve it $185.33" in customers.text
    desk.get(f"/desk/tickets/{golf}").form("Note it").fill(name="Joy").submit()
    page = desk.get(f"/desk/tickets/{golf}")
    assert "over what the customer approved" not in page.text
    assert "In progress" in page.form("Start work").submit().text


@both_ways
@pytest.mark.parametrize(
    ("status", "button"),
    [
        (Status.APPROVED, "Start work"),
        (Status.IN_PROGRESS, "Fit Pads"),
        (Status.IN_PROGRESS, "It is done"),
        (Status.READY, "Mark as invoiced"),
    ],
    ids=["start", "fit", "finish", "invoice"],
)
def test_above_what_was_approved_nothing_goes_on(desk: Browser, status: Status, button: str, htmx: bool) -> None:
    with desk.app.app_context():
        ticket = make_ticket(status=status)
        make_part_line(ticket, make_part(name="Pads"), supply=Supply.RESERVED)
        golf, done_at = ticket.id, ticket.jobs[0].done_at
    add_labour(desk, golf, minutes="0.5", price_cents="100")
    page = desk.get(f"/desk/tickets/{golf}").form(button).submit(htmx=htmx)
    assert page.status == 409
    assert "50.00 over what the customer approved" in page.text
    with desk.app.app_context():
        ticket = db.session.get_one(Ticket, golf)
        (job,) = ticket.jobs
        assert (ticket.status, job.done_at, job.lines[0].supply) == (status, done_at, Supply.RESERVED)


@both_ways
def test_a_part_that_was_fitted_by_mistake_is_taken_out_again(desk: Browser, htmx: bool) -> None:
    with desk.app.app_context():
        ticket = make_ticket(status=Status.IN_PROGRESS)
        make_part_line(ticket, make_part(name="Pads"), supply=Supply.RESERVED)
        golf = ticket.id
    for door in (f"/desk/tickets/{golf}", f"/floor/tickets/{golf}"):
        fit, take_out = ("Fit Pads", "Take Pads out again") if "desk" in door else ("Fit it", "Take it out")
        page = desk.get(door).form(fit).submit(htmx=htmx)
        assert page.form(take_out).submit(htmx=htmx).form(fit)
    assert "took 1 × Pads out of the vehicle again" in desk.get(f"/desk/tickets/{golf}").text


def test_the_last_finished_job_sends_the_ticket_on(desk: Browser, golf: int) -> None:
    for button in ("Approve at the counter", "Start work", "It is done"):
        page = desk.get(f"/desk/tickets/{golf}").form(button).submit()
    assert "moved it from in progress to quality check" in page.text


def test_a_repair_that_did_not_hold_comes_back_in_one_click(desk: Browser) -> None:
    with desk.app.app_context():
        first = make_ticket(status=Status.PICKED_UP, vehicle=make_vehicle()).id
    page = desk.get(f"/desk/tickets/{first}").form("It came back").submit()
    assert "Comeback of #1001 : labour is free." in page.text
    assert "Came back as #1002" in desk.get(f"/desk/tickets/{first}").text


def test_what_was_declined_before_is_offered_again(desk: Browser) -> None:
    with desk.app.app_context():
        vehicle = make_vehicle()
        make_job(make_ticket(vehicle=vehicle), approval=Approval.DECLINED, complaint="Shocks leak")
        ticket = make_ticket(vehicle=vehicle).id
    page = desk.get(f"/desk/tickets/{ticket}")
    assert "Declined on earlier visits Shocks leak" in page.text
    page = page.form("Offer again").submit()
    assert "Declined on earlier visits" not in page.text
    assert "Shocks leak" in page.text


def test_of_another_ticket_nothing_is_there(desk: Browser, golf: int) -> None:
    with desk.app.app_context():
        strange = make_ticket().jobs[0].id
    for url in (f"jobs/{strange}/remove", f"jobs/{strange}/finish", f"jobs/{strange}/lines", f"jobs/{strange}"):
        assert desk.post(f"/desk/tickets/{golf}/{url}").status == 404


class TestCannedJobs:
    def test_are_listed_with_what_they_take(self, desk: Browser) -> None:
        assert "No job is kept yet" in desk.get("/desk/canned-jobs").text
        with desk.app.app_context():
            make_canned_job(make_part(name="Pads"), name="Front brakes")
        page = desk.get("/desk/canned-jobs")
        assert page.rows()[0][:2] == ["Front brakes", "Replace them (1 h), Pads, Disposal × 2"]

    @both_ways
    def test_one_is_taken_off_the_list(self, desk: Browser, golf: int, htmx: bool) -> None:
        with desk.app.app_context():
            make_canned_job(make_part(), name="Front brakes")
        assert "Front brakes" in desk.get(f"/desk/tickets/{golf}").text
        desk.get("/desk/canned-jobs").form("Take “Front brakes” off the list").submit(htmx=htmx)
        assert "No job is kept yet" in desk.get("/desk/canned-jobs").text
        assert "Front brakes" not in desk.get(f"/desk/tickets/{golf}").text
