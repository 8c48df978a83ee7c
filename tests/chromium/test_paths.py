"""Each door's main path, walked in Chromium: once with htmx, where the page stays, and once without script."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.chromium.conftest import PHONE, Open
from tests.chromium.live import LiveShop
from tests.chromium.pages import PageAs

with_and_without_script = pytest.mark.parametrize("script", [True, False], ids=["htmx", "no script"])
numbers = count(1)


class Person:
    """Somebody at a window. With script a search answers while one types; without, its button is pressed."""

    def __init__(self, page: Page, *, script: bool) -> None:
        self.page = page
        self.script = script

    def press(self, name: str, within: Page | Locator | None = None) -> None:
        (within or self.page).get_by_role("button", name=name, exact=True).first.click()

    def choose(self, menu: str, name: str) -> None:
        """Open a menu and press a button in it."""
        self.page.locator("summary:visible", has_text=menu).first.click()
        self.press(name)

    def search(self, label: str, words: str, button: str = "Show") -> None:
        field = self.page.get_by_label(label, exact=True)
        field.fill(words)
        if not self.script:
            self.press(button, self.page.locator("form", has=field))

    def is_led_to(self, field: Locator) -> None:
        """What was wrong has the focus; without script its message is all there is."""
        if self.script:
            expect(field).to_be_focused()

    def stays(self, do: Callable[[], None], shows: Locator) -> None:
        """Do something and see its outcome; with script the page is not loaded again for it."""
        if self.script:
            self.page.evaluate("window.stayed = true")
        do()
        expect(shows).to_be_visible()
        if self.script:
            assert self.page.evaluate("window.stayed === true"), "the page was loaded again"


@with_and_without_script
class TestTheDesk:
    def test_a_ticket_from_the_call_to_the_keys(self, open_as: Open, script: bool) -> None:
        page = open_as("desk", java_script_enabled=script)
        dana = Person(page, script=script)
        complaint = f"Whistles above 90, path {next(numbers)} {script}"

        page.goto("/desk/")
        page.get_by_role("link", name="New ticket").click()
        dana.search("Name, telephone or plate", "Joy", "Find")
        page.locator("#new-ticket-matches input[type=radio]").first.check()
        page.get_by_label("What is wrong?").fill(complaint)
        dana.press("Open the ticket")
        expect(page.locator(".complaint")).to_have_text(complaint)
        people = page.locator("section", has=page.get_by_role("heading", name="Mechanics", exact=True))
        jobs = page.locator("section[id$='-jobs']")

        people.get_by_label("Put on the ticket").select_option(index=1)
        dana.stays(lambda: dana.press("Assign"), people.locator(".people-list li"))
        dana.stays(people.get_by_role("button", name="Take").first.click, people.get_by_text("Nobody is on it yet."))

        dana.stays(lambda: dana.search("Search a part to add", "wiper"), page.locator(".picks li").first)
        page.locator(".picks").get_by_label("Quantity of").first.fill("9999")
        dana.stays(lambda: dana.press("Add", page.locator(".picks")), page.locator(".picks .field__error"))
        quantity = page.locator(".picks [aria-invalid='true']")
        expect(quantity).to_have_value("9999")
        dana.is_led_to(quantity)
        quantity.fill("1")
        lines = jobs.locator("tbody tr")
        dana.stays(lambda: dana.press("Add", page.locator(".picks")), lines.first)
        if script:
            expect(page.get_by_label("Search a part to add")).to_be_focused()
        dana.stays(jobs.get_by_role("button", name="Remove Wiper").first.click, jobs.get_by_role("button", name="Undo"))
        expect(lines).to_have_count(0)
        dana.stays(lambda: dana.press("Undo"), lines.first)
        dana.stays(jobs.get_by_role("link", name="Change Wiper").first.click, jobs.get_by_label("Price").first)
        jobs.get_by_label("Price").first.fill("20.00")
        dana.stays(lambda: dana.press("Save", jobs), lines.get_by_text("$20.00").first)

        dana.stays(
            lambda: page.get_by_role("link", name="Change", exact=True).click(),
            page.get_by_role("textbox", name="Complaint"),
        )
        page.get_by_role("textbox", name="Complaint").fill("")
        dana.stays(lambda: dana.press("Save"), page.locator("[aria-invalid='true']"))
        dana.is_led_to(page.locator("[aria-invalid='true']"))
        page.get_by_role("textbox", name="Complaint").fill(complaint + " And hums.")
        page.get_by_label("Promised for").fill("2031-05-06T15:10")
        dana.stays(lambda: dana.press("Save"), page.locator(".complaint"))
        expect(page.locator(".complaint")).to_have_text(complaint + " And hums.")

        status = page.locator(".ticket-head .pill")

        def approve() -> None:
            dana.choose("More", "Approve at the counter")
            if script:  # it stands for the customer's consent, so it asks
                dana.press("Approve at the counter", page.locator("#confirm"))

        dana.stays(approve, status.get_by_text("Approved"))
        for button, words in (
            ("Start work", "In progress"),
            ("Send to quality check", "Quality check"),
            ("Mark as ready", "Ready"),
            ("Mark as invoiced", "Invoiced"),
            ("Hand over the keys", "Picked up"),
        ):
            dana.stays(lambda button=button: dana.press(button), status.get_by_text(words))  # type: ignore[misc]
        expect(page.locator("#timeline").get_by_text("moved it from invoiced to picked up")).to_be_visible()

    def test_the_board_and_the_list(self, open_as: Open, script: bool) -> None:
        page = open_as("desk", java_script_enabled=script)
        dana = Person(page, script=script)
        page.goto("/desk/")
        card = (
            page.locator(".board-column", has=page.get_by_role("heading", name="Not approved"))
            .locator(".board-card")
            .first
        )
        identity = card.get_attribute("id")
        moved = page.locator(".board-column", has=page.get_by_role("heading", name=re.compile("Approved|Waiting")))
        card.locator("summary").click()
        card.get_by_role("button", name=re.compile("pprove")).click()
        if script:  # it stands for the customer's consent, so it asks
            dana.press(re.compile("pprove"), page.locator("#confirm"))  # type: ignore[arg-type]
        expect(page.get_by_text("moved to Approved.").first).to_be_visible()
        expect(moved.locator(f"#{identity}").or_(moved.locator(".board-column__more")).first).to_be_visible()

        page.goto("/desk/tickets?status=all")
        first = page.locator("#tickets-list tbody tr").first
        plate = first.locator(".plate").inner_text()
        dana.stays(lambda: dana.search("Search tickets", plate), page.locator("#tickets-list tbody tr").first)
        expect(page.locator("#tickets-list tbody .plate").first).to_have_text(plate)
        expect(page).to_have_url(re.compile("[?&]q="))
        page.reload()
        expect(page.get_by_label("Search tickets", exact=True)).to_have_value(plate)

    def test_a_part_comes_is_counted_and_goes(self, open_as: Open, script: bool) -> None:
        page = open_as("desk", java_script_enabled=script)
        dana = Person(page, script=script)
        name = f"Path clip {next(numbers)} {'htmx' if script else 'plain'}"
        page.goto("/desk/inventory?add=1")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Price").fill("a lot")
        dana.stays(lambda: dana.press("Add"), page.locator("[aria-invalid='true']"))
        page.get_by_label("Price").fill("2.49")
        dana.stays(lambda: dana.press("Add"), page.get_by_text(f"{name} is on the list").first)
        if script:
            expect(page.get_by_label("Name")).to_be_focused()
            expect(page.get_by_label("Name")).to_have_value("")
        dana.search("Search parts", name)
        page.get_by_role("link", name=name).click()

        on_hand = page.locator(".shelf-now__count")
        page.get_by_label("Receive").fill("12")
        dana.stays(lambda: dana.press("Receive"), on_hand.get_by_text("12"))
        page.get_by_label("Count", exact=True).fill("10")
        dana.stays(lambda: dana.press("Set to count"), on_hand.get_by_text("10"))
        page.get_by_label("Scrap", exact=True).fill("11")
        page.locator("#scrap-reason").fill("Broken")
        dana.stays(lambda: dana.press("Scrap"), page.locator("[aria-invalid='true']"))
        expect(page.locator("#scrap-quantity")).to_have_value("11")
        page.get_by_label("Scrap", exact=True).fill("1")
        dana.stays(lambda: dana.press("Scrap"), on_hand.get_by_text("9", exact=True))
        expect(page.locator("[id$='-moves'] tbody tr")).to_have_count(3)

    def test_a_customer_who_was_written_down_twice(self, open_as: Open, script: bool) -> None:
        page = open_as("desk", java_script_enabled=script)
        dana = Person(page, script=script)
        name, twin = (f"{first} Path {next(numbers)} {'htmx' if script else 'plain'}" for first in ("Petra", "Peter"))
        for each in (name, twin):
            page.goto("/desk/customers/new")
            page.get_by_label("Name", exact=True).fill(each)
            page.get_by_label("Notes").fill(f"Note about {each}")
            dana.press("Add the customer")
        page.locator("summary:visible", has_text="More").first.click()
        page.get_by_role("link", name="Same person as…").click()
        found = page.locator("#same-found").get_by_role("link", name=name)
        dana.stays(lambda: dana.search("Find the other one", name), found)
        found.click()
        older, newer = page.get_by_role("radio", name=f"Keep {name}"), page.get_by_role("radio", name=f"Keep {twin}")
        expect(older).to_be_checked()
        newer.focus()
        newer.press("Space")
        expect(newer).to_be_checked()
        dana.press("Make them one customer")
        expect(page.get_by_role("heading", name=twin, level=1)).to_be_visible()
        expect(page.locator("#customer-facts").get_by_text(f"Note about {name}")).to_be_visible()
        page.locator("#customer-facts").get_by_role("link", name=name).click()
        expect(page.get_by_text(f"Merged into {twin}")).to_be_visible()

    def test_two_desks_and_one_complaint(self, open_as: Open, demo_shop: LiveShop, script: bool) -> None:
        late = demo_shop.number("SELECT max(id) FROM ticket WHERE status = 'estimate'")
        read = str(900_001 - script)
        mine, theirs = open_as("desk", java_script_enabled=script), open_as("owner", java_script_enabled=script)
        for page, words in ((mine, f"What I heard {script}"), (theirs, f"What they heard {script}")):
            page.goto(f"/desk/tickets/{late}/details")
            page.get_by_role("textbox", name="Complaint").fill(words)
        theirs.get_by_label("Odometer on arrival").fill(read)
        theirs.get_by_role("button", name="Save", exact=True).click()
        expect(theirs.locator(".complaint")).to_have_text(f"What they heard {script}")
        mine.get_by_role("button", name="Save", exact=True).click()
        expect(mine.get_by_role("heading", name="Somebody saved this before you")).to_be_visible()
        expect(mine.get_by_text(f"What they heard {script}")).to_be_visible()
        complaint, odometer = mine.get_by_role("group", name="Complaint"), mine.get_by_role("group", name="Odometer")
        expect(complaint.get_by_role("radio", name="Mine")).to_be_checked()
        expect(odometer.get_by_role("radio", name=f"There now {read}")).to_be_checked()
        complaint.get_by_role("radio", name="Mine").press("ArrowDown")
        expect(complaint.get_by_role("radio", name="There now")).to_be_checked()
        complaint.get_by_role("textbox").fill(f"What we heard {script}")
        if script:  # whoever corrects what they typed wants to keep it
            expect(complaint.get_by_role("radio", name="Mine")).to_be_checked()
        else:
            complaint.get_by_role("radio", name="Mine").check()
        mine.get_by_role("button", name="Save what is chosen").click()
        expect(mine.locator(".complaint")).to_have_text(f"What we heard {script}")
        mine.goto(f"/desk/tickets/{late}/details")
        expect(mine.get_by_label("Odometer on arrival")).to_have_value(read)


@with_and_without_script
def test_the_workshop(open_as: Open, queued: int, script: bool) -> None:
    page = open_as("mechanic", java_script_enabled=script)
    rui = Person(page, script=script)
    page.goto("/floor/")
    page.locator(f"a[href='/floor/tickets/{queued}']").click()
    status = page.locator(".job-page .pill")
    rui.stays(lambda: rui.press("Start work"), status.get_by_text("In progress"))

    lines = page.locator("[id$='-parts'] .people-list li")
    before = lines.count()
    rui.stays(lambda: rui.search("Search a part to take", "washer fluid"), page.locator(".picks li").first)
    rui.stays(lambda: rui.press("Take", page.locator(".picks")), lines.nth(before))
    name = lines.filter(has_text="Washer fluid").first.locator("button").last
    name.click()
    if script:
        rui.press("Give back " + name.inner_text().removeprefix("Give back "), page.locator("#confirm"))
    expect(lines).to_have_count(before)

    rui.stays(lambda: rui.press("Send to quality check"), status.get_by_text("Quality check"))
    rui.stays(lambda: rui.press("Back to work"), status.get_by_text("In progress"))
    page.get_by_role("link", name="Ranking").click()
    rui.stays(
        lambda: page.get_by_role("link", name="All time").click(),
        page.locator("[aria-label='Period'] [aria-current]", has_text="All time"),
    )
    page.get_by_role("link", name="On the wall").click()
    expect(page.locator(".wall__row").first).to_be_visible()
    expect(page.locator(".main-nav")).to_have_count(0)


@with_and_without_script
def test_the_customer(open_as: Open, script: bool) -> None:
    page = open_as("customer", java_script_enabled=script, viewport=PHONE)
    joy = Person(page, script=script)
    page.goto("/")
    expect(page).to_have_url(re.compile("/my/$"))
    expect(page.locator(".repair__sentence").first).to_be_visible()
    page.get_by_role("link", name="All about this repair").first.click()
    expect(page.get_by_role("heading", name="What you told us")).to_be_visible()
    expect(page.locator("[aria-current='step']")).to_be_visible()

    page.get_by_role("link", name="My vehicles").first.click()
    page.locator("main .row-link").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    page.get_by_role("link", name="Profile").first.click()
    page.get_by_label("Name").fill("")
    joy.stays(lambda: joy.press("Save"), page.locator("[aria-invalid='true']"))
    joy.is_led_to(page.locator("[aria-invalid='true']"))
    page.get_by_label("Name").fill("Joy Tanaka")
    joy.stays(lambda: joy.press("Save"), page.get_by_text("Saved").first)


@with_and_without_script
def test_what_an_answer_comes_to(open_as: Open, demo_shop: LiveShop, script: bool) -> None:
    page = open_as("visitor", java_script_enabled=script, viewport=PHONE)
    page.goto(PageAs("visitor", "/repair/{link}").address(demo_shop))
    total = page.locator(".approval__sum .money-lines__total")
    expect(total).to_contain_text("If you approve")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    slow = {"offline": False, "latency": 600, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    for answer in ("Approve", "Decline"):  # quicker than it is answered
        for job in page.locator(".verdict").all():
            job.get_by_text(answer).click()
    expect(total).to_have_text("What you approve$0.00" if script else re.compile("If you approve"))
    assert not [url for url in asked if "token" in url or "name=" in url], "what is typed stays out of addresses"


@with_and_without_script
def test_in_and_out(open_window: Open, demo_shop: LiveShop, script: bool) -> None:
    page = open_window(demo_shop, java_script_enabled=script)
    page.goto("/desk/tickets")
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    page.get_by_label("E-mail").fill("other@example.com")
    page.get_by_label("Password").fill("a wrong one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("The e-mail address or the password is wrong.").first).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("other@example.com")
    page.get_by_label("Password").fill("password123")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.locator(".customer__head summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    page.goto("/my/")
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
