"""The Nu HTML checker reads every page as it was sent."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page

from shop.web.errors import WORDS, failure
from tests import services
from tests.chromium.conftest import Open
from tests.chromium.live import LiveShop
from tests.chromium.pages import EVERY_PAGE, REFUSED, PageAs


def test_the_html_of_every_page(open_as: Open, demo_shop: LiveShop, shop: Flask, tmp_path: Path) -> None:
    checker = services.vnu_jar()
    windows = {
        role: open_as(role, java_script_enabled=False) for role in dict.fromkeys(each.role for each in EVERY_PAGE)
    }
    pages = {str(each): windows[each.role].request.get(each.address(demo_shop)).text() for each in EVERY_PAGE}
    for role, path, button in REFUSED:
        pages[f"{role} {path} {button}"] = refused_html(windows[role], PageAs(role, path).address(demo_shop), button)
    pages["somebody saved before"] = stale_html(windows["desk"], demo_shop)
    with shop.test_request_context():
        pages |= {f"error {status}": failure(status).get_data(as_text=True) for status in WORDS}
    found = complaints(checker, pages, tmp_path)
    assert not found, "\n".join(found)


def refused_html(window: Page, address: str, button: str) -> str:
    window.goto(address)
    with window.expect_navigation() as sent:
        window.get_by_role("button", name=button, exact=True).first.click()
    assert sent.value.status == 422, address
    return str(sent.value.text())


def stale_html(window: Page, shop: LiveShop) -> str:
    window.goto(PageAs("desk", "/desk/customers/{customer}?edit=1").address(shop))
    window.locator("[name='version']").evaluate("(field) => { field.value = '99'; }")
    window.get_by_label("Notes").fill("Rings twice.\nHas a dog.")
    with window.expect_navigation() as sent:
        window.get_by_role("button", name="Save", exact=True).click()
    assert sent.value.status == 409
    return str(sent.value.text())


def complaints(checker: list[str], pages: dict[str, str], folder: Path) -> list[str]:
    """What the checker says about these pages, each beginning with the page's name."""
    names = {}
    for number, (name, html) in enumerate(pages.items()):
        file = folder / f"{number}.html"
        file.write_text(html, encoding="utf-8")
        names[file.as_uri().replace("file:///", "file:/")] = name
    told = subprocess.run(
        [*checker, "--errors-only", "--format", "json", *folder.glob("*.html")],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    return [
        f"{names.get(message.get('url', ''), message.get('url'))}: {message['message']} {message.get('extract', '')}"
        for message in json.loads(told.stderr)["messages"]
    ]
