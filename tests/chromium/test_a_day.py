"""A whole repair at the desk, by the keyboard alone and by the mouse without script; both tell what it took.

``pytest -rP --capture=sys tests/chromium/test_a_day.py 2> /dev/null`` shows it, step by step.
"""

from __future__ import annotations

import json
from collections import Counter

from playwright.sync_api import Locator, Page, expect

from shop.tickets.lifecycle import Status
from tests import day
from tests.chromium.conftest import Open
from tests.chromium.live import LiveShop
from tests.day import Evening, Props, live_through

SET_THE_SCENE = """
import json
from dataclasses import asdict
from tests import day

print(json.dumps(asdict(day.prepare(word))))
"""
MOST_TABS = 4  # in a row, to get from one thing to the next


class AtTheDesk:
    """Somebody with the board open, and what they have seen and spent."""

    def __init__(self, page: Page, shop: LiveShop, mark: str) -> None:
        self.page = page
        self.shop = shop
        self.props = Props(**json.loads(shop.run(SET_THE_SCENE, mark)))
        self.spent: Counter[str] = Counter()
        self.jobs = page.locator("section.job")
        page.goto("/desk/")
        page.on("domcontentloaded", lambda _: self.spent.update({"page loads": 1}))

    def write(self, words: str) -> None:
        self.page.keyboard.type(words)
        self.spent["letters"] += len(words)

    def sees(self, status: Status) -> None:
        expect(self.page.locator(".ticket-head .pill")).to_have_text(status.title)

    def evening(self) -> Evening:
        ticket = f"SELECT total_cents FROM ticket WHERE vehicle_id = {self.props.vehicle}"
        return Evening(self.shop.number(ticket), self._shelf(self.props.pads), self._shelf(self.props.filter))

    def _shelf(self, part: int) -> tuple[int, int]:
        on_hand, reserved = (
            self.shop.number(f"SELECT {column} FROM part WHERE id = {part}") for column in ("on_hand", "reserved")
        )
        return on_hand, on_hand - reserved


class ByKeyboard(AtTheDesk):
    """No hand on the mouse: keys alone, and each of them goes where the focus is."""

    def press(self, *keys: str) -> None:
        for key in keys:
            if key.endswith("Enter"):  # sooner than any hand, before htmx has looked at a form that has just come
                expect(self.page.locator("form[data-hx-post]:not([data-htmx-powered])")).to_have_count(0)
            self.page.keyboard.press(key)
        self.spent["keys"] += len(keys)

    def tab_to(self, thing: Locator) -> None:
        for _ in range(MOST_TABS):
            self.press("Tab")
            if thing.evaluate("thing => thing === document.activeElement"):
                return
        raise AssertionError(f"{thing} is more than {MOST_TABS} tabs away")

    def go_on(self) -> None:
        self.press("g", "Enter")

    def open_the_ticket(self) -> None:
        self.press("n")
        expect(self.page.get_by_label("Name, telephone or plate")).to_be_focused()
        self.write(self.props.plate)
        choice = self.page.locator("#new-ticket-matches input").first
        expect(choice).to_be_visible()
        self.tab_to(choice)
        self.press("Space")
        self.tab_to(self.page.get_by_label("What is wrong?"))
        self.write(day.COMPLAINT)
        self.press("Control+Enter")
        expect(self.page.locator(".complaint")).to_have_text(day.COMPLAINT)

    def insert_a_canned_job(self) -> None:
        choice = self.page.locator("select[data-figures] option", has_text=self.props.canned_name)
        figure = choice.inner_text().removesuffix(")")[-1]
        self.press("c", figure)
        expect(self.jobs.nth(1).get_by_role("heading")).to_have_text(self.props.canned_name)
        expect(self.jobs.nth(1).get_by_label("Search a part to add")).to_be_focused()

    def type_a_job(self) -> None:
        self.press("Escape", "a")
        self.write(day.TYPED)
        self.press("Enter")
        job = self.jobs.nth(2)
        search = job.get_by_label("Search a part to add")
        expect(search).to_be_focused()
        self.write(self.props.pads_name)
        quantity = job.get_by_label("Quantity of")
        expect(quantity).to_be_visible()
        self.tab_to(quantity)
        self.press("Enter")
        expect(job.locator("tbody tr")).to_have_count(1)
        expect(search).to_be_focused()
        self.press("Escape", "l")
        self.write(day.LABOUR)
        self.tab_to(job.get_by_label("Hours"))
        self.write(day.HOURS)
        self.press("Enter")
        expect(job.locator("tbody tr")).to_have_count(2)
        expect(search).to_be_focused()

    def send_the_estimate(self) -> None:
        self.press("Escape", "e", "Enter")
        expect(self.page.get_by_label("The customer’s link").get_by_role("button", name="Copy")).to_be_focused()

    def note_the_answer(self) -> None:
        self.press("s", "Tab", "ArrowDown")
        expect(self.page.get_by_role("group", name=self.props.canned_name).get_by_label("Declined")).to_be_checked()
        self.tab_to(self.page.get_by_label("Who said it"))
        self.write(day.WHO)
        self.press("Enter")

    def put_a_mechanic_on(self) -> None:
        self.press("m")
        self.write(self.props.mechanic_name.partition(" ")[0])
        self.press("Control+Enter")
        expect(self.page.locator("[id$='-mechanics']").get_by_text(self.props.mechanic_name).first).to_be_visible()

    def start_the_work(self) -> None:
        self.press("Escape")
        self.go_on()

    def fit_the_part(self) -> None:
        self.press("f", "Enter")
        expect(self.jobs.nth(2).get_by_text("fitted")).to_be_visible()

    def write_down_the_correction(self) -> None:
        self.press("w")
        expect(self.jobs.nth(2).get_by_label("Complaint")).to_be_focused()
        self.tab_to(self.page.get_by_label("Correction"))
        self.write(day.CORRECTION)
        self.press("Control+Enter")
        expect(self.jobs.nth(2).get_by_text(day.CORRECTION)).to_be_visible()

    def finish_the_job(self) -> None:
        self.press("d", "Enter")
        expect(self.jobs.nth(2).get_by_text("done", exact=True)).to_be_visible()

    def send_it_to_the_check(self) -> None:
        """The first job has not been marked as done: that is asked about."""
        self.go_on()
        expect(self.page.get_by_role("dialog")).to_be_visible()
        self.press("Tab", "Enter")

    find_it_ready = invoice_it = hand_over_the_keys = go_on


class ByMouse(AtTheDesk):
    """A hand on the mouse, in a browser without script; text is typed where the mouse has clicked."""

    def click(self, thing: Locator) -> None:
        thing.click()
        self.spent["clicks"] += 1

    def press(self, name: str, within: Page | Locator | None = None) -> None:
        self.click((within or self.page).get_by_role("button", name=name, exact=True))

    def fill(self, field: Locator, words: str) -> None:
        self.click(field)
        self.write(words)

    def choose(self, menu: Locator, option: str) -> None:
        menu.select_option(label=option)
        self.spent["clicks"] += 2  # one opens it, one takes it

    def open_the_ticket(self) -> None:
        self.click(self.page.get_by_role("link", name="New ticket"))
        expect(self.page.get_by_label("Name, telephone or plate")).to_be_focused()
        self.write(self.props.plate)
        self.press("Find")
        self.click(self.page.locator("#new-ticket-matches input").first)
        self.fill(self.page.get_by_label("What is wrong?"), day.COMPLAINT)
        self.press("Open the ticket")

    def insert_a_canned_job(self) -> None:
        menu = self.page.locator("select[data-figures]")
        self.choose(menu, menu.locator("option", has_text=self.props.canned_name).inner_text())
        self.press("Insert")

    def type_a_job(self) -> None:
        self.fill(self.page.locator("input[id$='-jobs-new']"), day.TYPED)
        self.press("Add a job")
        job = self.jobs.nth(2)
        self.fill(job.get_by_label("Search a part to add"), self.props.pads_name)
        self.press("Show", job)
        self.press("Add", job)
        self.click(job.locator("summary", has_text="Labour, fee or sublet"))
        self.fill(job.get_by_label("Description"), day.LABOUR)
        self.fill(job.get_by_label("Hours"), day.HOURS)
        self.press("Add the line", job)

    def send_the_estimate(self) -> None:
        self.press("Send the estimate")

    def note_the_answer(self) -> None:
        self.click(self.page.locator("summary", has_text="Note what they said"))
        self.click(self.page.get_by_role("group", name=self.props.canned_name).get_by_label("Declined"))
        self.fill(self.page.get_by_label("Who said it"), day.WHO)
        self.press("Note it")

    def put_a_mechanic_on(self) -> None:
        self.choose(self.page.get_by_label("Put on the ticket"), self.props.mechanic_name)
        self.press("Assign")

    def start_the_work(self) -> None:
        self.press("Start work")

    def fit_the_part(self) -> None:
        self.press(f"Fit {self.props.pads_name}")

    def write_down_the_correction(self) -> None:
        self._open_menu()
        self.click(self.jobs.nth(2).get_by_role("link", name="Cause, correction, discount"))
        self.fill(self.page.get_by_label("Correction"), day.CORRECTION)
        self.press("Save")

    def finish_the_job(self) -> None:
        self._open_menu()
        self.press("It is done", self.jobs.nth(2))

    def send_it_to_the_check(self) -> None:
        self.press("Send to quality check")

    def find_it_ready(self) -> None:
        self.press("Mark as ready")

    def invoice_it(self) -> None:
        self.press("Mark as invoiced")

    def hand_over_the_keys(self) -> None:
        self.press("Hand over the keys")

    def _open_menu(self) -> None:
        self.click(self.jobs.nth(2).locator("summary", has_text="Change this job"))


def test_by_keyboard_alone(open_as: Open, demo_shop: LiveShop) -> None:
    person = ByKeyboard(open_as("desk"), demo_shop, "KEYS")
    live_through(person)
    assert person.spent["page loads"] == 2  # the new ticket's form, and the ticket


def test_by_mouse_without_script(open_as: Open, demo_shop: LiveShop) -> None:
    live_through(ByMouse(open_as("desk", java_script_enabled=False), demo_shop, "MOUSE"))
