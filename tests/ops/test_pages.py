"""Health, and the patterns page."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import column, table, update

from shop import revisions
from shop.common.transaction import transaction
from shop.extensions import db
from tests.browser import Browser


def test_healthz_and_readyz_need_no_sign_in(visitor: Browser) -> None:
    assert (visitor.get("/healthz").status, visitor.get("/readyz").status) == (200, 200)


def test_readyz_says_when_the_schema_is_another(app: Flask, visitor: Browser) -> None:
    with app.app_context():
        newest = revisions.newest_revision()
    _set_revision(app, "0000")
    try:
        page = visitor.get("/readyz")
        assert page.status == 503
        assert visitor.get("/healthz").status == 200
    finally:
        _set_revision(app, newest)


class TestPatterns:
    def test_works(self, desk: Browser) -> None:
        page = desk.get("/desk/patterns")
        assert page.status == 200
        assert "Enter the name of the part." in page.text
        assert "Enter a whole number." in page.text

    def test_needs_sign_in(self, visitor: Browser) -> None:
        assert visitor.get("/desk/patterns").path == "/login"

    def test_keeps_the_wrong_role_out(self, mechanic: Browser, customer: Browser) -> None:
        assert (mechanic.get("/desk/patterns").status, customer.get("/desk/patterns").status) == (403, 403)


def _set_revision(app: Flask, revision: str) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(table("alembic_version", column("version_num"))).values(version_num=revision))
