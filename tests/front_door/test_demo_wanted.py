"""Accounts whose password is known to everybody are made in the demo alone, and never where strangers come in."""

from __future__ import annotations

from pathlib import Path

import pytest

from shop.config import SettingRefused, read_settings

pytestmark = pytest.mark.single


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"HOST": "127.0.0.1"}, True),
        ({"HOST": "0.0.0.0"}, False),
        ({"HOST": "::"}, False),
        ({"HOST": "192.168.1.5"}, False),
        ({"HOST": "shop.example.net"}, False),
        ({"HOST": "127.0.0.1", "DATABASE_URL": "postgresql://shop@db.example/shop"}, False),
        ({"HOST": "127.0.0.1", "SHOP_DEMO": "0"}, False),
        ({"HOST": "127.0.0.1", "SHOP_DEMO": ""}, True),
        ({"HOST": "0.0.0.0", "SHOP_DEMO": "1"}, True),  # said aloud
    ],
)
def test_only_on_this_machine_or_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], wanted: bool
) -> None:
    for name in ("DATABASE_URL", "SHOP_DEMO"):
        monkeypatch.delenv(name, raising=False)
    assert read_settings(SHOP_DATA=str(tmp_path), **given).demo_wanted is wanted


@pytest.mark.parametrize("said", ["no", "false", "off", "yes", "true", "2"])
def test_what_is_neither_yes_nor_no_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(SettingRefused, match=f"SHOP_DEMO is 1 or 0, not '{said}'."):
        read_settings(SHOP_DATA=str(tmp_path), SHOP_DEMO=said)
