"""What pages are drawn with is sent along, and nothing besides."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict

import pytest
from flask import Flask

from shop.config import ROOT
from shop.web.assets import STAFF_STYLESHEET, STATIC
from tests.browser import Page
from tests.whole_app.test_access import routes
from tests.whole_app.world import STAFF_ACTORS, make_world

pytestmark = pytest.mark.single

ICONS = re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons" / "sprite.svg").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def code() -> str:
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "shop").rglob("*.py")]
    return "".join(path.read_text(encoding="utf-8") for path in files)


def pages(app: Flask) -> list[tuple[str, Page]]:
    """What is seen at every address, by who looks."""
    world = make_world(app)
    found = []
    for actor in ("anonymous", "customer", "mechanic", "owner"):
        browser = world.browser(actor)
        urls = [route.url(world, "customer") for route in routes(app) if route.method == "GET" and not route.is_api]
        found += [(actor, browser.get(url)) for url in urls]
    return [(actor, page) for actor, page in found if page.is_html]


def rules_for_staff(app: Flask) -> dict[str, set[str]]:
    """The selectors of their sheet, with the classes that something must have for them to apply."""
    sheet = app.test_client().get(f"/static/{STAFF_STYLESHEET}").text
    heads = re.findall(r"([^{};]+)\{", re.sub(r"@[^{]+\{", "", sheet))
    selectors = {each.strip() for head in heads for each in re.split(r",(?![^(]*\))", head)}
    return {each: set(re.findall(r"\.(-?[a-z_][\w-]*)", re.sub(r":not\([^)]*\)", "", each))) for each in selectors}


def test_a_class_means_one_thing() -> None:
    """It is styled by itself in one file; others may do so in their surroundings, and on paper."""
    sheets: dict[str, set[str]] = defaultdict(set)
    for path in (STATIC / "css").rglob("*.css"):
        if path.name != "print.css":
            text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            for head in re.findall(r"([^{};]+)\{", text):
                for name in re.findall(r"(?:^|,)\s*\.([\w-]+)\s*(?=,|$)", head):
                    sheets[name].add(path.name)
    assert len(sheets) > 300
    assert {name: files for name, files in sheets.items() if len(files) > 1} == {}


def test_every_icon_is_used(code: str) -> None:
    assert [name for name in ICONS if f'"{name}"' not in code and f"'{name}'" not in code] == []


def test_every_page_has_its_icons_and_its_rules(app: Flask) -> None:
    rules = rules_for_staff(app)
    assert ".board-card" in rules
    wrong = []
    for actor, page in pages(app):
        icons = set(re.findall(r"sprite\.svg[^#\"]*#([^\"]+)", page.html))
        wrong += [f"{page.url} as {actor} wants the icon {name}" for name in icons - set(ICONS)]
        if actor not in STAFF_ACTORS:
            used = {name for tag in page.soup.find_all(class_=True) for name in tag["class"]}
            wrong += [f"{page.url} as {actor} wants {rule} of staff" for rule, wants in rules.items() if wants <= used]
    assert not wrong, "\n".join(wrong)


def test_what_others_made_is_as_they_made_it() -> None:
    folder = STATIC / "vendor"
    lines = (folder / "CHECKSUMS").read_text(encoding="utf-8").splitlines()
    told = {name: digest for digest, name in map(str.split, lines)}
    scripts = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.js")}
    assert scripts == told
