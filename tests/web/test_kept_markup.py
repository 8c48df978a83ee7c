"""Pieces of pages that are drawn once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, render_template_string
from markupsafe import Markup

from shop.inventory.forms import PartForm
from shop.web import kept_markup
from shop.web.kept_markup import KeptMarkup, state_of
from tests.browser import Browser


def count_and_draw(drawn: list[int]) -> Any:
    def draw() -> Markup:
        drawn.append(1)
        return Markup(f"<b>{len(drawn)}</b>")

    return draw


def test_draws_once_for_a_key() -> None:
    pieces, drawn = KeptMarkup(), []
    draw = count_and_draw(drawn)
    assert pieces("row", 1, caller=draw) == pieces("row", 1, caller=draw) == "<b>1</b>"
    assert pieces("row", 2, caller=draw) == "<b>2</b>"
    assert pieces("other", 1, caller=draw) == "<b>3</b>"


def test_holds_so_much_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_markup, "MOST_CHARACTERS", 5 * len("<b>1</b>"))
    pieces, drawn = KeptMarkup(), []
    draw = count_and_draw(drawn)
    for number in range(6):
        pieces("row", number, caller=draw)
    pieces("row", 5, caller=draw)
    assert len(drawn) == 6
    pieces("row", 0, caller=draw)  # it made room for the last one
    assert len(drawn) == 7


def test_what_is_inside_stays_escaped(app: Flask) -> None:
    words = "<script>alert(1)</script>"
    with app.test_request_context("/"):
        for _ in range(2):
            drawn = render_template_string("{% call draw_once('words', w) %}{{ w }}{% endcall %}", w=words)
    assert drawn == "&lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.mark.single
def test_a_key_that_lacks_something_is_found_out(app: Flask) -> None:
    """So every test of a page proves that the keys of its pieces are whole."""
    template = "{% call draw_once('lacking') %}{{ number }}{% endcall %}"
    with app.test_request_context("/"):
        render_template_string(template, number=1)
        with pytest.raises(AssertionError, match="lacking"):
            render_template_string(template, number=2)


def test_of_a_field_nothing_is_kept_that_was_just_typed(app: Flask) -> None:
    with app.test_request_context("/", method="POST", data={"name": "Oil filter"}):
        assert state_of(PartForm(meta={"csrf": False}).name) is None
        assert state_of(PartForm.blank().name) == state_of(PartForm.blank().name) is not None
        assert state_of(PartForm.blank().name) != state_of(PartForm.blank(name="Oil filter").name)


def test_the_same_page_twice_is_drawn_alike(desk: Browser) -> None:
    for path in ("/desk/tickets", "/desk/tickets?status=ready&q=brake", "/desk/customers", "/desk/inventory", "/desk/"):
        first, second = desk.get(path), desk.get(path)
        assert first.status == second.status == 200
