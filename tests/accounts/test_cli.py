"""Making the first owner from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from shop import create_app
from shop.accounts.models import Account
from shop.common.roles import Role
from shop.config import read_settings
from shop.extensions import db
from tests.browser import Browser
from tests.cast import Cast


def create_owner(app: Flask, name: str = "Olga Owner", email: str = "olga@example.com") -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["create-owner", "--name", name, "--email", email])
    return result.exit_code, result.output


def test_prints_a_link_that_works_once(app: Flask, visitor: Browser) -> None:
    code, output = create_owner(app)
    assert code == 0, output
    link = output.split()[-1]
    assert link.startswith("http://127.0.0.1:5001/set-password/")
    path = link.removeprefix("http://127.0.0.1:5001")
    form = visitor.get(path).form("Keep it and sign in")
    assert form.fill(password="a password for the owner", again="a password for the owner").submit().path == "/desk/"
    assert visitor.get(path).status == 404
    with app.app_context():
        assert db.session.scalars(select(Account.role)).all() == [Role.OWNER]


def test_says_so_when_the_address_is_taken(cast: Cast, app: Flask) -> None:
    cast.account_id("desk")
    code, output = create_owner(app, email="DESK@example.com")
    assert code == 1
    assert "This e-mail address belongs to another account." in output


@pytest.mark.parametrize(("name", "email"), [("", "a@example.com"), ("x" * 121, "a@example.com"), ("Olga", "olga")])
def test_refuses_in_plain_words(app: Flask, name: str, email: str) -> None:
    code, output = create_owner(app, name, email)
    assert code == 1
    assert "Traceback" not in output


@pytest.mark.single
def test_works_on_an_empty_database(tmp_path: Path) -> None:
    empty = create_app(read_settings(SHOP_DATA=str(tmp_path), DATABASE_URL=f"sqlite:///{tmp_path / 'shop.db'}"))
    code, output = create_owner(empty)
    assert code == 0, output
    assert "/set-password/" in output
    with empty.app_context():
        db.engine.dispose()
