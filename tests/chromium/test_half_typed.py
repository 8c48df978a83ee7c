"""What is half typed in one form is there yet when another one has been saved."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, Route, expect

from tests.chromium.conftest import Open
from tests.chromium.live import LiveShop

SAY = """
from shop.accounts.models import Account
from shop.extensions import db
from shop.tickets import commands
from shop.tickets.models import Ticket

job = db.session.get_one(Ticket, int(word)).jobs[0]
commands.edit_job(job, correction="Somebody else's words.", by=db.session.get_one(Account, 2))
"""
SAY_MORE = """
from shop.accounts.models import Account
from shop.extensions import db
from shop.tickets import commands
from shop.tickets.models import Ticket

desk, ticket = db.session.get_one(Account, 2), db.session.get_one(Ticket, int(word))
commands.edit_job(ticket.jobs[0], correction="Somebody else's words.", by=desk)
commands.edit_ticket(ticket, complaint="Somebody else's complaint.", by=desk)
"""
TWO_JOBS = """
from shop.accounts.models import Account
from shop.extensions import db
from shop.tickets import commands
from shop.tickets.models import Ticket

desk, ticket = db.session.get_one(Account, 2), db.session.get_one(Ticket, int(word))
commands.add_job(ticket, complaint="Look at the wipers", by=desk)
"""
GROWN = """
from shop.accounts.models import Account
from shop.extensions import db
from shop.inventory.models import Part
from shop.tickets import commands
from shop.tickets.models import Ticket

desk, ticket = db.session.get_one(Account, 2), db.session.get_one(Ticket, int(word))
commands.add_job(ticket, complaint="Look at the wipers", by=desk)
commands.want_part(ticket, part=db.session.get_one(Part, 1), quantity=1, by=desk)
"""


def test_a_line_while_a_job_is_added(open_as: Open, queued: int) -> None:
    page = open_as("desk")
    page.goto(f"/desk/tickets/{queued}")
    job = page.locator(".job").first
    job.locator("summary", has_text="Labour, fee or sublet").click()
    job.get_by_label("Description").fill("Torque the wheels")
    job.get_by_label("Hours").fill("0.3")
    page.get_by_label("What is to be done?").fill("Wipers")
    page.get_by_role("button", name="Add a job").click()
    expect(page.locator(".job")).to_have_count(2)
    expect(job.get_by_label("Description")).to_have_value("Torque the wheels")
    expect(job.get_by_label("Hours")).to_have_value("0.3")
    expect(job.get_by_label("Hours")).to_be_visible()
    expect(page.get_by_label("What is to be done?")).to_have_value("")
    page.get_by_label("What is to be done?").fill("Lamp")
    page.get_by_role("button", name="Add a job").click()
    expect(page.locator(".job")).to_have_count(3)
    expect(page.get_by_label("Who said it")).to_be_hidden()  # nobody has typed there


def test_what_was_done_is_kept_with_saying_so(open_as: Open, queued: int) -> None:
    page = open_as("mechanic")
    page.goto(f"/floor/tickets/{queued}")
    page.get_by_role("button", name="Start work", exact=True).click()
    expect(page.locator(".job-page .pill")).to_have_text("In progress")
    page.locator("summary", has_text="Write down what was found and done").click()
    page.get_by_label("What was done").fill("Torqued to spec.")
    page.get_by_role("button", name="It is done").first.click()
    expect(page.get_by_role("button", name="It is done")).to_have_count(0)
    expect(page.locator(".job__findings")).to_contain_text("Torqued to spec.")


def test_what_was_done_while_that_is_turned_down(open_as: Open, demo_shop: LiveShop, queued: int) -> None:
    page = open_as("mechanic")
    page.goto(f"/floor/tickets/{queued}")
    page.get_by_role("button", name="Start work", exact=True).click()
    expect(page.locator(".job-page .pill").first).to_have_text("In progress")
    demo_shop.run(GROWN, str(queued))
    job, other = page.locator(".job").first, page.locator(".job").nth(1)
    job.locator("summary").click()
    job.get_by_label("What was done").fill("Torqued to spec.")
    job.get_by_role("button", name="It is done").click()
    expect(page.locator(".notice").first).to_be_visible()
    expect(job.get_by_label("What was done")).to_be_visible()
    expect(job.get_by_label("What was done")).to_have_value("Torqued to spec.")
    other.locator("summary").click()
    other.get_by_label("What was found").fill("Nothing.")
    other.get_by_role("button", name="Save").click()
    expect(other.locator(".job__findings")).to_contain_text("Nothing.")
    expect(job.get_by_label("What was done")).to_be_visible()
    expect(job.get_by_label("What was done")).to_have_value("Torqued to spec.")
    job.get_by_role("button", name="Save").click()
    expect(job.locator(".job__findings")).to_contain_text("Torqued to spec.")
    expect(job.get_by_label("What was done")).to_be_hidden()


def test_what_somebody_else_has_saved_meanwhile_is_not_overwritten(
    open_as: Open, demo_shop: LiveShop, queued: int
) -> None:
    demo_shop.run(TWO_JOBS, str(queued))
    page = open_as("mechanic")
    page.goto(f"/floor/tickets/{queued}")
    job, other = page.locator(".job").first, page.locator(".job").nth(1)
    for each, words in ((job, "Mine."), (other, "The other one.")):
        each.locator("summary").click()
        each.get_by_label("What was done").fill(words)
    demo_shop.run(SAY, str(queued))
    other.get_by_label("What was found").fill("Nothing.")
    other.get_by_role("button", name="Save").click()
    expect(other.locator(".job__findings")).to_contain_text("The other one.")
    other.locator("summary").click()
    other.get_by_label("What was done").fill("Half typed.")
    job.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Somebody saved this before you")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Somebody else's words.")
    page.get_by_role("button", name="Save what is chosen").click()
    expect(job.locator(".job__findings")).to_contain_text("Mine.")
    expect(other.get_by_label("What was done")).to_have_value("Half typed.")


def test_the_details_while_work_begins(open_as: Open, queued: int) -> None:
    page = open_as("desk")
    page.goto(f"/desk/tickets/{queued}/details")
    complaint = page.get_by_role("textbox", name="Complaint")
    complaint.fill("Squeaks and hums.")
    page.get_by_role("button", name="Start work").click()
    expect(page.locator(".ticket-head .pill").first).to_have_text("In progress")
    expect(complaint).to_have_value("Squeaks and hums.")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.locator(".complaint")).to_have_text("Squeaks and hums.")


def half_corrected(page: Page, ticket_id: int) -> Locator:
    """The field of a job's editor, with words that are not saved."""
    page.goto(f"/desk/tickets/{ticket_id}")
    page.goto(page.locator("a", has_text="Cause, correction, discount").first.get_attribute("href") or "")
    correction = page.get_by_label("Correction")
    correction.fill("Typed here.")
    return correction


def test_a_job_while_another_one_is_added(open_as: Open, queued: int) -> None:
    page = open_as("desk")
    correction = half_corrected(page, queued)
    page.get_by_label("What is to be done?").fill("Lamp")
    page.get_by_role("button", name="Add a job").click()
    expect(page.locator(".job")).to_have_count(2)
    expect(correction).to_have_value("Typed here.")
    page.get_by_role("link", name="Leave it").first.click()
    expect(correction).to_have_count(0)


def test_an_editor_that_is_opened_again_leaves_the_focus_where_somebody_types(open_as: Open, queued: int) -> None:
    page = open_as("desk")
    correction = half_corrected(page, queued)
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    page.route(re.compile(r"/jobs/\d+$"), hold)
    new_job = page.get_by_label("What is to be done?")
    new_job.fill("Lamp")
    with page.expect_request(re.compile(r"/jobs/\d+$")):
        page.get_by_role("button", name="Add a job").click()
    new_job.focus()
    page.keyboard.type("Next")
    asked[0].continue_()
    expect(correction).to_have_value("Typed here.")
    expect(new_job).to_be_focused()
    page.keyboard.type(" one")
    expect(new_job).to_have_value("Next one")


def test_two_parts_that_are_out_of_date_are_told_apart(open_as: Open, demo_shop: LiveShop, queued: int) -> None:
    page = open_as("desk")
    half_corrected(page, queued)
    page.locator(".panel", has_text="Complaint").first.get_by_role("link", name="Change").click()
    page.locator("[name='complaint'][rows='3']").fill("Typed here as well.")
    demo_shop.run(SAY_MORE, str(queued))
    for count in (1, 2):
        page.locator("main").get_by_role("button", name="Save", exact=True).first.click()
        expect(page.locator(".stale")).to_have_count(count)
    ids = page.locator("[id]").evaluate_all("all => all.map(({ id }) => id)")
    assert len(ids) == len(set(ids))


def test_the_focus_comes_to_what_was_chosen_and_saved(open_as: Open) -> None:
    pages = [open_as("desk") for _ in range(2)]
    for page, make in zip(pages, ("Theirs", "Mine"), strict=True):
        page.goto("/desk/vehicles/11?edit=1")
        page.get_by_label("Make").fill(make)
    for page in pages:
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator("#vehicle-facts [name='make']")).to_have_count(0)
    pages[1].get_by_role("button", name="Save what is chosen").click()
    expect(pages[1].locator("#vehicle-facts")).to_contain_text("Mine")
    expect(pages[1].locator("#vehicle-facts")).to_be_focused()


def test_what_is_typed_for_one_car_does_not_come_to_another(open_as: Open) -> None:
    page = open_as("desk")
    page.goto("/desk/customers/2")
    page.locator("summary", has_text="Add a vehicle").click()
    page.get_by_label("Make").fill("Newmake")
    page.get_by_role("link", name="Edit").first.click()
    make = page.locator(".row-edit [name='make']")
    expect(make).to_be_visible()
    expect(make).not_to_have_value("Newmake")


def test_a_message_is_not_lost_when_what_is_typed_elsewhere_waits(open_as: Open, queued: int) -> None:
    page = open_as("desk")
    correction = half_corrected(page, queued)
    page.get_by_role("button", name="Add a job").click()
    expect(page.locator(".field__error", has_text="Say what the job is.")).to_be_visible()
    page.get_by_label("What is to be done?").fill("Lamp")
    page.get_by_role("button", name="Add a job").click()
    expect(page.locator(".job")).to_have_count(2)
    expect(correction).to_have_value("Typed here.")


def test_a_new_customer_in_the_place_of_a_chosen_one(open_as: Open, queued: int) -> None:
    page = open_as("desk")
    page.goto("/desk/tickets/new")
    page.get_by_label("Name, telephone or plate").fill("a")
    choices = page.locator("#new-ticket-matches [name='whose']")
    choices.first.check()
    page.locator("summary", has_text="A new customer").click()
    page.get_by_label("Name", exact=True).fill("Somebody New")
    expect(page.get_by_label("Somebody else: a new customer")).to_be_checked()
    page.get_by_label("What is wrong?").fill("Rattles.")
    page.get_by_role("button", name="Open the ticket").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("#")
    page.locator("main summary", has_text="More").first.click()
    page.get_by_role("link", name="Another customer or car").click()
    expect(page.get_by_text("Now it is Somebody New’s")).to_be_visible()
    page.locator("summary", has_text="A new customer").click()
    page.get_by_label("Name", exact=True).fill("Somebody Newer")
    for words in ("a", "an"):
        with page.expect_response(lambda response: "/whose?" in response.url):
            page.get_by_label("Name, telephone or plate").fill(words)
        expect(page.get_by_label("Somebody else: a new customer")).to_be_checked()
    page.get_by_role("button", name="Put this name on it").click()
    expect(page.locator("#flash")).to_contain_text("is Somebody Newer’s")


def test_a_day_without_its_time_is_not_sent_as_no_promise(open_as: Open) -> None:
    page = open_as("desk")
    page.goto("/desk/tickets/new")
    page.locator("summary", has_text="A new customer").click()
    page.get_by_label("Name", exact=True).fill("Half Typed")
    page.get_by_label("What is wrong?").fill("Rattles.")
    promised = page.locator("[name='promised_at']")
    promised.focus()
    page.keyboard.type("12312030")
    page.get_by_role("button", name="Open the ticket").click()
    expect(promised).to_be_focused()
    assert page.url.endswith("/desk/tickets/new")
    promised.evaluate("field => { field.value = '2030-12-31T10:00' }")
    page.get_by_role("button", name="Open the ticket").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("#")
