"""What is kept for one shop is never another's, however alike the two are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from shop import config
from shop.common.stamps import Topic, kept, stamp
from shop.config import Settings, read_settings
from shop.customers.models import Customer
from shop.extensions import db
from shop.ops import search_words
from tests.conftest import empty_database
from tests.factories import make_customer

SECRET = "a secret for tests alone, long enough"


def names() -> list[str]:
    build = lambda: list(db.session.scalars(select(Customer.name).order_by(Customer.id)))  # noqa: E731
    return kept(Topic.CUSTOMERS, "names", build=build)


def another_database() -> None:
    """A new one in the place of the present one, with the cache as it is."""
    db.session.remove()
    empty_database()


def test_a_new_database_shows_nothing_of_the_one_before(context: None) -> None:
    make_customer(name="First")
    assert names() == ["First"]
    another_database()
    assert names() == []
    make_customer(name="Second")
    assert names() == ["Second"]


def test_nothing_is_kept_before_the_first_change(context: None) -> None:
    assert stamp(Topic.CUSTOMERS) == ""
    assert names() == []
    db.session.add(Customer(name="Added without a word"))
    db.session.commit()
    assert names() == ["Added without a word"]
    search_words.rebuild()


def test_what_did_not_change_is_read_once(context: None) -> None:
    make_customer(name="First")
    assert names() == ["First"]
    kept(Topic.CUSTOMERS, "names", build=lambda: pytest.fail("It was read again."))


class TestMark:
    def test_is_the_same_in_every_process_of_a_shop(self, tmp_path: Path) -> None:
        url = "postgresql://shop:{}@db.example.net/shop"
        assert mark(tmp_path, url.format("old")) == mark(tmp_path, url.format("new"))

    @pytest.mark.parametrize(
        "another",
        [
            {"DATABASE_URL": "postgresql://shop@db.example.net/other"},
            {"DATABASE_URL": "postgresql://shop@db.example.net/shop?options=-csearch_path%3Dother"},
            {"SECRET_KEY": f"{SECRET}er"},
        ],
    )
    def test_is_another_for_another_shop(self, tmp_path: Path, another: dict[str, str]) -> None:
        present = {"DATABASE_URL": "postgresql://shop@db.example.net/shop", **another}
        assert mark(tmp_path, "postgresql://shop@db.example.net/shop") != mark(tmp_path, **present)

    def test_begins_the_keys_of_rows_and_of_limits(self, settings: Settings) -> None:
        assert settings.for_flask["CACHE_KEY_PREFIX"].startswith(settings.mark)
        assert settings.for_flask["RATELIMIT_KEY_PREFIX"] == settings.mark


def mark(data: Path, database: str = "", **given: str) -> str:
    return read_settings(**{"SHOP_DATA": str(data), "SECRET_KEY": SECRET, "DATABASE_URL": database, **given}).mark


class TestCode:
    def test_rows_that_other_code_kept_are_not_found(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings
    ) -> None:
        """Redis keeps them through an update, and they may have had another shape."""
        module = tmp_path / "shop" / "lists.py"
        module.parent.mkdir()
        monkeypatch.setattr(config, "ROOT", tmp_path)
        in_redis = replace(settings, redis_url="redis://127.0.0.1:6379/9")
        monkeypatch.setattr(config, "code_mark", config.code_mark.__wrapped__)  # asked anew each time
        prefixes = []
        for content in ("rows = 1", "rows = 2", "rows = 2"):
            module.write_text(content, "utf-8")
            prefixes.append(in_redis.for_flask["CACHE_KEY_PREFIX"])
        assert prefixes[0] != prefixes[1] == prefixes[2]
