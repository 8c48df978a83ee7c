"""Pictures of the pages, to be looked at: ``python -m tests.chromium.screenshots FOLDER [WORD …]``.

Every page is taken at the width of a phone, a tablet and a desk, light and dark; words narrow it to the pages whose
role and address hold one of them.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests import services
from tests.chromium.conftest import ARGUMENTS, EMAILS, sign_in
from tests.chromium.live import LiveShop, live_shop
from tests.chromium.pages import EVERY_PAGE, PageAs

WIDTHS = {390: 844, 820: 1180, 1440: 900}
LIGHTS = ("light", "dark")


def main(folder: Path, words: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [each for each in EVERY_PAGE if not words or any(word in str(each) for word in words)]
    with (
        tempfile.TemporaryDirectory() as data,
        live_shop(Path(data), demo=True) as shop,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=services.chromium(), args=ARGUMENTS) as browser,
    ):
        for role in dict.fromkeys(each.role for each in chosen):
            take(browser, shop, role, [each for each in chosen if each.role == role], folder)


def take(browser: Browser, shop: LiveShop, role: str, pages: list[PageAs], folder: Path) -> None:
    state = sign_in(browser, shop.url, EMAILS[role]) if role in EMAILS else None
    window = browser.new_context(base_url=shop.url, storage_state=state, reduced_motion="reduce").new_page()
    for each in pages:
        address = each.address(shop)
        for width, height in WIDTHS.items():
            window.set_viewport_size({"width": width, "height": height})
            window.goto(address)
            for light in LIGHTS:
                window.emulate_media(color_scheme=light)
                name = re.sub(r"\W+", "-", f"{role} {each.path}").strip("-")
                window.screenshot(path=folder / f"{name}-{width}-{light}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
