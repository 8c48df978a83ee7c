"""Which rows are measured, and beside which K."""

from __future__ import annotations

from email.message import Message

import pytest

from bench.servers import App
from bench.sitting import constant_like
from bench.targets import Form, Target, Who, grows, is_chosen, is_group_chosen
from bench.visitor import Answer

pytestmark = pytest.mark.single


@pytest.mark.parametrize(
    ("title", "only", "chosen"),
    [
        ("tickets: in full", [], True),
        ("tickets: in full", ["tickets"], True),
        ("tickets: in full", ["ticket"], False),
        ("tickets: in full", ["search", "tickets: in full"], True),
        ("tickets: in full", ["tickets: in"], True),
        ("ranking: in full, week", ["ranking: in full"], True),
        ("tickets: in full", ["tickets: deep"], False),
    ],
)
def test_rows_are_chosen_by_their_group_or_by_whole_words_of_their_title(
    title: str, only: list[str], chosen: bool
) -> None:
    assert is_chosen(title, only) is chosen


def test_a_group_is_measured_for_any_of_its_rows() -> None:
    assert is_group_chosen("writes", [])
    assert is_group_chosen("writes", ["tickets", "writes: add a part"])
    assert not is_group_chosen("writes", ["tickets", "write"])


def test_only_what_is_read_in_full_can_grow() -> None:
    in_full = Target("tickets", "in full", ("/desk/tickets",))
    kept = Target("tickets", "nothing changed", ("/desk/tickets",), app=App.SHOP)
    floor = Target("floor", "rows", ("/tickets",), Who.NOBODY, app=App.FLOOR)
    assert [grows(target) for target in (in_full, kept, floor)] == [True, False, False]


@pytest.mark.parametrize(
    ("form", "size", "path"),
    [
        (Form.PAGE, 19_876, "/html/20000"),
        (Form.JSON, 8_449, "/json/8400"),
        (Form.FRAGMENT, 388, "/html/390"),
        (Form.JSON, 3, "/json/3"),
    ],
)
def test_k_is_about_as_large(form: Form, size: int, path: str) -> None:
    target = Target("tickets", "in full", ("/",), form=form)
    assert constant_like(target, Answer(200, Message(), b"x" * size)) == path


@pytest.mark.parametrize(
    ("form", "is_again", "status"), [(Form.PAGE, False, 200), (Form.PAGE, True, 204), (Form.JSON, True, 304)]
)
def test_what_has_not_changed_is_answered_without_a_body(form: Form, is_again: bool, status: int) -> None:
    assert Target("board", "poll", ("/",), form=form, is_again=is_again).expected == status
