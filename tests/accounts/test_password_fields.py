"""Where passwords are typed, and that they are taken exactly as they were."""

from __future__ import annotations

import pytest
from bs4 import Tag
from flask import Flask
from sqlalchemy import update

from shop.accounts import passwords
from shop.accounts.models import MAX_PASSWORD_BYTES, Account, LoginSession
from shop.common.transaction import transaction
from shop.extensions import db
from tests.accounts.test_links import reset_link
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.clients import Api

pytestmark = pytest.mark.single

#: Blanks around, capitals, a letter that could be composed, and more than 72 bytes.
EXACTLY = "  Zwölf Schräubchen, e\u0301té — " + "and a long tail of words that goes on " * 3
ALMOST = (EXACTLY.strip(), EXACTLY.lower(), EXACTLY[:72], EXACTLY[:-1], EXACTLY.replace("e\u0301", "\u00e9"))


@pytest.fixture
def asking(cast: Cast, desk: Browser, visitor: Browser) -> list[Page]:
    """The pages that ask for a password."""
    pages = [visitor.get("/login"), visitor.get(reset_link(cast)), desk.get("/account")]
    with cast.app.app_context(), transaction():
        db.session.execute(update(LoginSession).values(proved_at=None))
    return [*pages, desk.get("/account/second-factor")]


def fields_of(page: Page) -> list[Tag]:
    return [tag for tag in page.soup.find_all("input") if "password" in f"{tag.get('id')} {tag.get('autocomplete')}"]


def test_are_masked_and_open_to_password_managers(asking: list[Page]) -> None:
    for page, count in zip(asking, (1, 2, 3, 1), strict=True):
        fields = [tag for tag in fields_of(page) if tag["type"] != "hidden"]
        assert len(fields) == count, page.url
        for field in fields:
            assert field["type"] == "password"
            assert field["autocomplete"] in ("current-password", "new-password")
            assert not {"readonly", "disabled", "onpaste"} & set(field.attrs)
            assert int(str(field["maxlength"])) == MAX_PASSWORD_BYTES
            form = field.find_parent("form")
            assert isinstance(form, Tag)
            assert form["method"] == "post"  # so it never stands in an address
            assert form.find("input", {"autocomplete": "username"}), page.url


def test_there_is_no_hint_and_no_secret_question(asking: list[Page], visitor: Browser) -> None:
    """A password, a code or a letter to the known address lets somebody in, and nothing that others may know."""
    asked = {
        str(field["name"])
        for page in (*asking[:2], visitor.get("/forgot-password"))
        for form in page.soup.find_all("form", method="post")
        for field in form.find_all(["input", "select", "textarea"])
    }
    assert asked == {"csrf_token", "form_key", "username", "email", "password", "again"}
    assert not [column.name for column in Account.__table__.columns if "hint" in column.name or "quest" in column.name]


def test_are_taken_exactly_as_typed(cast: Cast, app: Flask, visitor: Browser, api: Api) -> None:
    with app.app_context(), transaction():
        hashed = passwords.hashed(EXACTLY)
        db.session.execute(update(Account).where(Account.id == cast.account_id("desk")).values(password_hash=hashed))
    for almost in ALMOST[:3]:
        assert visitor.sign_in("desk@example.com", almost).status == 422
    for almost in ALMOST[3:]:
        assert api.nobody.post("/customers/login", {"email": "desk@example.com", "password": almost}).status_code == 401
    assert visitor.sign_in("desk@example.com", EXACTLY).path == "/desk/"
    assert api.nobody.post("/customers/login", {"email": "desk@example.com", "password": EXACTLY}).status_code == 200


def test_tokens_are_not_read_from_an_address(api: Api, visitor: Browser) -> None:
    token = api.as_("desk").token
    for name in ("token", "access_token", "key"):
        assert api.nobody.get(f"/customers/my-tickets?{name}={token}").status_code == 401
        assert visitor.get(f"/account?{name}={token}", follow=False).status == 303
