"""What is half typed in one form is there yet when another one has been saved."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.chromium.conftest import Open


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
