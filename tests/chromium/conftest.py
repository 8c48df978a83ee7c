"""Real pages in a real browser: the demo shop is served, Chromium looks at it as each of its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from tests import services
from tests.chromium.live import PASSWORD, LiveShop, live_shop
from tests.chromium.watch import Watch

SLOW = 20_000  # milliseconds: a machine that does other things as well is slow, not wrong
expect.set_options(timeout=SLOW)

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 10_000  # milliseconds
EMAILS = {
    "owner": "test@example.com",
    "desk": "desk@example.com",
    "mechanic": "mechanic@example.com",
    "customer": "customer@example.com",
}

QUEUED = """
from shop.accounts.models import Account
from shop.customers.models import Vehicle
from shop.extensions import db
from shop.mechanics.models import Mechanic
from shop.tickets import commands
from shop.tickets.lifecycle import Status

desk, car = db.session.get_one(Account, 2), db.session.get_one(Vehicle, int(word))
ticket = commands.open_ticket(
    customer=car.customer,
    vehicle=car,
    complaint="Squeaks",
    mechanics=[db.session.get_one(Mechanic, 1)],
    by=desk,
)
print(commands.move(ticket, to=Status.APPROVED, by=desk).id)
"""

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The kind of database makes no difference to what a browser sees."""
    for item in items:
        if item.path.parent.name == "chromium":
            item.add_marker(pytest.mark.single)


@pytest.fixture(scope="session")
def demo_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    with live_shop(tmp_path_factory.mktemp("demo"), demo=True) as shop:
        yield shop


@pytest.fixture(scope="session")
def empty_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    with live_shop(tmp_path_factory.mktemp("empty"), demo=False) as shop:
        yield shop


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = services.chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(chromium: Browser, demo_shop: LiveShop) -> Callable[[str], StorageState | None]:
    """The cookies of each role, who signs in once: an address has only so many tries."""
    kept: dict[str, StorageState | None] = {"visitor": None}

    def cookies_of(role: str) -> StorageState | None:
        if role not in kept:
            kept[role] = sign_in(chromium, demo_shop.url, EMAILS[role])
        return kept[role]

    return cookies_of


@pytest.fixture
def queued(demo_shop: LiveShop) -> int:
    """A job of the mechanic's whose work has not begun."""
    return int(demo_shop.run(QUEUED, "7"))


@pytest.fixture
def open_window(chromium: Browser) -> Iterator[Open]:
    """A window of a browser of its own, watched: what it complains about fails the test at its end."""
    watched: list[tuple[BrowserContext, Watch]] = []

    def open_window(shop: LiveShop, cookies: StorageState | None = None, **options: Any) -> Page:
        options = {"viewport": DESKTOP, "reduced_motion": "reduce", **options}
        context = chromium.new_context(base_url=shop.url, storage_state=cookies, **options)
        context.set_default_timeout(PATIENCE)
        watched.append((context, Watch(context)))
        return context.new_page()

    yield open_window
    complaints = [complaint for _, watch in watched for complaint in watch.complaints()]
    for context, _ in watched:
        context.close()
    assert complaints == []


@pytest.fixture
def open_as(open_window: Open, demo_shop: LiveShop, signed_in: Callable[[str], StorageState | None]) -> Open:
    """A window on the demo shop, with somebody signed in: ``open_as("desk", java_script_enabled=False)``."""

    def open_as(role: str, **options: Any) -> Page:
        return open_window(demo_shop, signed_in(role), **options)

    return open_as


def sign_in(chromium: Browser, url: str, email: str, password: str = PASSWORD) -> StorageState:
    context = chromium.new_context(base_url=url)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Main").first.wait_for()
    state = context.storage_state()
    context.close()
    return state
