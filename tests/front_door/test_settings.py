"""What a line of ``.env`` sets to nothing is as if it were not there, for the front door and for the shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from shop import config
from tools.front_door import settings as front_door

pytestmark = pytest.mark.single

_SETTINGS = ("HOST", "PORT", "WEB_PROCESSES", "SHOP_DATA", "DATABASE_URL", "SHOP_NAME", "SHOP_CURRENCY", "SHOP_DEMO")


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The ``.env`` of a shop of its own; the environment says nothing."""
    for name in _SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for module in (config, front_door):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path / ".env"


def test_what_is_set_to_nothing_is_left_out(env_file: Path) -> None:
    at_the_door, in_the_shop = front_door.read_settings(), config.read_settings()
    env_file.write_text("".join(f"{name}=\n" for name in _SETTINGS), encoding="utf-8")
    assert front_door.read_settings() == at_the_door
    assert config.read_settings() == in_the_shop
