"""What can't be used in a setting is refused when the shop is opened, in words that say what can."""

from __future__ import annotations

import pytest

from shop.config import SettingRefused, read_settings

pytestmark = pytest.mark.single


@pytest.mark.parametrize("url", ["127.0.0.1:6379", "http://127.0.0.1", "redis//127.0.0.1"])
def test_redis_is_named_by_its_address(url: str) -> None:
    with pytest.raises(SettingRefused, match="REDIS_URL begins with redis://"):
        read_settings(REDIS_URL=url)


def test_the_currency_has_cents() -> None:
    assert read_settings(SHOP_CURRENCY="eur").currency == "EUR"
    for code in ("JPY", "KRW", "KWD"):
        with pytest.raises(SettingRefused, match=f"SHOP_CURRENCY {code} can't be used"):
            read_settings(SHOP_CURRENCY=code)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:6379/0", "rediss://cache.example.com", "unix:///run/redis.sock"])
def test_redis_may_be_anywhere(url: str) -> None:
    assert read_settings(REDIS_URL=url).redis_url == url
