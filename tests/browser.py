"""A browser for tests: pages with their forms, as people use them, and house checks on every page that is opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

TAG = r"""<(?:[^>"']|"[^"]*"|'[^']*')*>"""
UNREAD = r"<!--.*?-->|<(script|style|template)\b.*?</\1>"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Browser:
    """Keeps cookies and follows redirects; ``htmx=True`` asks as htmx does and gets fragments."""

    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.app = app
        self.client = app.test_client()
        self.address = address

    def get(self, url: str, *, htmx: bool = False, follow: bool = True, **headers: str) -> Page:
        return self.send("GET", url, htmx=htmx, follow=follow, headers=headers)

    def post(
        self, url: str, data: dict[str, Any] | None = None, *, htmx: bool = False, follow: bool = True, **headers: str
    ) -> Page:
        """Post with the token that every form of ours carries."""
        data = {"csrf_token": self.token(), **(data or {})}
        return self.send("POST", url, data=data, htmx=htmx, follow=follow, headers=headers)

    def send(
        self,
        method: str,
        url: str,
        *,
        data: dict[str, Any] | None = None,
        htmx: bool = False,
        follow: bool = True,
        headers: dict[str, str] | None = None,
    ) -> Page:
        sent = {**(HTMX if htmx else {}), **(headers or {})}
        for _ in range(5):
            response = self.client.open(
                url, method=method, data=data, headers=sent, environ_overrides={"REMOTE_ADDR": self.address}
            )
            if not follow or response.status_code not in (301, 302, 303):
                break
            url, method, data = urljoin(url, response.headers["Location"]), "GET", None
        page = Page(self, url, response)
        page.check()
        return page

    def sign_in(self, email: str, password: str) -> Page:
        return self.get("/login").form("/login").fill(email=email, password=password).submit()

    def token(self) -> str:
        """A CSRF token for the present session, as any form of ours would carry."""
        with self.client.session_transaction() as kept:
            raw = kept.get("csrf_token")
        with self.app.test_request_context():
            if raw is not None:
                session["csrf_token"] = raw
            token = str(generate_csrf())
            raw = session["csrf_token"]
        with self.client.session_transaction() as kept:
            kept["csrf_token"] = raw
        return token


class Page:
    def __init__(self, browser: Browser, url: str, response: TestResponse) -> None:
        self.browser = browser
        self.url = url
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.is_html = response.mimetype == "text/html"
        self.html = response.get_data(as_text=True) if self.is_html or response.mimetype.startswith("text/") else ""

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.html, "html.parser")

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @cached_property
    def text(self) -> str:
        """What a person reads, blanks collapsed."""
        return text_of(self.html)

    @property
    def title(self) -> str:
        return self._text_in("title")

    @property
    def heading(self) -> str:
        return self._text_in("h1")

    @property
    def links(self) -> dict[str, str]:
        return {" ".join(a.get_text(" ").split()): str(a["href"]) for a in self.soup.find_all("a", href=True)}

    def follow(self, words: str) -> Page:
        """Follow the first link whose text holds these words."""
        for label, href in self.links.items():
            if words in label:
                return self.browser.get(urljoin(self.url, href))
        raise AssertionError(f"No link {words!r} on {self.url}; there are {list(self.links)}")

    def form(self, name: str) -> Form:
        """The form with this action (or the end of it), or with a button that says this."""
        for tag in self._forms_that_may_be(name):
            action = str(tag.get("action") or self.url)
            buttons = [" ".join(button.get_text(" ").split()) for button in tag.find_all("button")]
            buttons += [str(button.get("aria-label", "")) for button in tag.find_all("button")]
            if action.partition("?")[0].endswith(name) or name in buttons:
                return Form(self, tag, button=name if name in buttons else None)
        forms = [str(tag.get("action")) for tag in self.soup.find_all("form")]
        raise AssertionError(f"No form {name!r} on {self.url} ({self.status}); there are {forms}")

    def _forms_that_may_be(self, name: str) -> Iterator[Tag]:
        """A page has dozens of forms; those that hold the words are taken apart, the whole page is not."""
        for form in re.findall(r"<form\b.*?</form>", self.html, re.DOTALL):
            if identity := re.match(r'<form [^>]*?\bid="([^"]*)"', form):  # buttons elsewhere may send it as well
                form += "".join(re.findall(rf'<button [^>]*\bform="{identity[1]}".*?</button>', self.html, re.DOTALL))
            if ' action="' not in form or all(word in unescape(form) for word in name.split()):
                tag = BeautifulSoup(form.replace("</form>", "") + "</form>", "html.parser").form
                if tag and tag.get("method") != "dialog":
                    yield tag

    def _text_in(self, name: str) -> str:
        found = re.search(rf"<{name}\b.*?</{name}>", self.html, re.DOTALL)
        return text_of(found[0]) if found else ""

    def fragment(self, identity: str) -> Tag | None:
        found = self.soup.find(id=identity)
        return found if isinstance(found, Tag) else None

    def rows(self) -> list[list[str]]:
        """The cells of every table row in a tbody, as text."""
        return [
            [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["td", "th"])]
            for row in self.soup.select("tbody tr")
        ]

    @property
    def errors(self) -> list[str]:
        """The messages next to fields and over forms."""
        return [" ".join(tag.get_text(" ").split()) for tag in self.soup.select(".field__error, .error-summary li")]

    def check(self) -> None:
        """House checks: what holds for every page and fragment that we send, told without its whole tree."""
        assert "Content-Security-Policy" in self.headers, self.url
        if not self.is_html or not self.html:
            return
        for inline in ("<script>", "<style", " style=", " onclick=", "javascript:"):
            assert inline not in self.html, f"{inline} on {self.url}"
        ids = re.findall(r'\sid="([^"]*)"', self.html)
        assert len(ids) == len(set(ids)), f"ids twice on {self.url}: {sorted({i for i in ids if ids.count(i) > 1})}"
        for form in re.findall(r'<form [^>]*method="post".*?</form>', self.html, re.DOTALL):
            for name in ("csrf_token", "form_key"):
                assert form.count(f'name="{name}"') == 1, f"{name} on {self.url}: {form.partition('>')[0]}"
        if "<html" in self.html:
            assert re.search(r"<title>[^<]", self.html), f"no title on {self.url}"
            assert len(re.findall(r"<h1\b", self.html)) == 1, f"not one h1 on {self.url}"


def text_of(html: str) -> str:
    """What a person reads of this, blanks collapsed."""
    return " ".join(unescape(re.sub(TAG, " ", re.sub(UNREAD, " ", html, flags=re.DOTALL))).split())


@dataclass
class Form:
    page: Page
    tag: Tag
    button: str | None = None  # by whose text it was found

    def __post_init__(self) -> None:
        self.values: dict[str, Any] = {}
        for control in self.tag.find_all(["input", "select", "textarea"]):
            self._read(control)

    def fill(self, **values: Any) -> Form:
        for name, value in values.items():
            assert name in self.names, f"no field {name!r} in {self.action}; there are {sorted(self.names)}"
            self.values[name] = value
        return self

    def submit(self, button: str | None = None, *, htmx: bool = False, follow: bool = True) -> Page:
        """Send it as a browser does; ``button`` is the text of the button pressed, for forms with several."""
        data, button = dict(self.values), button or self.button
        for tag in self.tag.find_all("button"):
            if tag.get("name") and (button is None or button == " ".join(tag.get_text(" ").split())):
                data[str(tag["name"])] = str(tag.get("value", ""))
                break
        url = urljoin(self.page.url, self.action)
        if str(self.tag.get("method", "get")).lower() == "post":
            return self.page.browser.send("POST", url, data=data, htmx=htmx, follow=follow)
        query = "&".join(f"{name}={value}" for name, value in data.items())
        return self.page.browser.get(f"{url.partition('?')[0]}?{query}", htmx=htmx, follow=follow)

    @property
    def action(self) -> str:
        return str(self.tag.get("action") or self.page.url)

    @property
    def names(self) -> set[str]:
        return {
            str(control["name"])
            for control in self.tag.find_all(["input", "select", "textarea"])
            if control.get("name")
        }

    def _read(self, control: Tag) -> None:
        name = control.get("name")
        if not name or control.has_attr("disabled"):
            return
        if control.name == "select":
            chosen = control.find("option", selected=True) or control.find("option")
            self.values[str(name)] = str(chosen.get("value", chosen.get_text())) if isinstance(chosen, Tag) else ""
        elif control.name == "textarea":
            self.values[str(name)] = control.get_text().replace("\r\n", "\n").removeprefix("\n")
        elif control.get("type") in ("checkbox", "radio"):
            if control.has_attr("checked"):
                self.values[str(name)] = str(control.get("value", "on"))
        elif control.get("type") != "submit":
            self.values[str(name)] = str(control.get("value", ""))
