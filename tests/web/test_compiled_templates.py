"""Templates are compiled once for all starts, until anything changes that they are made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from shop.web.templates import CompiledTemplates

pytestmark = pytest.mark.single


def drawn(folder: Path, *, made_by: str = "this code", text: str = "{{ 1|price }}", currency: str = "$") -> str:
    environment = Environment(
        loader=DictLoader({"page": text}), autoescape=True, bytecode_cache=CompiledTemplates(folder, made_by)
    )
    environment.filters["price"] = lambda amount: f"{currency}{amount}"
    return environment.get_template("page").render()


def test_are_kept_and_hold_what_filters_made_of_their_text(tmp_path: Path) -> None:
    assert drawn(tmp_path / "compiled") == "$1"
    assert drawn(tmp_path / "compiled", currency="€") == "$1", "it is compiled anew though nothing was said to differ"


def test_are_made_anew_by_other_code_or_settings(tmp_path: Path) -> None:
    drawn(tmp_path / "compiled")
    assert drawn(tmp_path / "compiled", currency="€", made_by="other code") == "€1"


def test_are_made_anew_from_another_text(tmp_path: Path) -> None:
    drawn(tmp_path / "compiled")
    assert drawn(tmp_path / "compiled", text="{{ 2|price }}") == "$2"
    assert len(list((tmp_path / "compiled").iterdir())) == 1, "what nobody reads again is left there"


def test_pages_are_drawn_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "compiled").write_text("a file, where the folder should be")
    assert drawn(tmp_path / "compiled") == "$1"


def test_pages_are_drawn_from_half_a_file(tmp_path: Path) -> None:
    drawn(tmp_path / "compiled")
    (kept,) = (tmp_path / "compiled").iterdir()
    kept.write_bytes(kept.read_bytes()[:-20])
    assert drawn(tmp_path / "compiled") == "$1"


def test_nobody_else_may_write_them(tmp_path: Path) -> None:
    drawn(tmp_path / "compiled")
    assert (tmp_path / "compiled").stat().st_mode & 0o777 == 0o700
