"""Text as it is kept: what is seen stays, what is not seen goes."""

from __future__ import annotations

import pytest

from shop.common.text import clean

pytestmark = pytest.mark.single


@pytest.mark.parametrize(
    "text",
    [
        "Jürgen Groß-Weißenbäck",
        "Äyräpää, Yrjö Øst",
        "Zoë O’Neill",
        "می‌خواهم",  # Persian: the non-joiner is part of the spelling
        "خانه‌ها",
        "क्‍ष",  # Hindi: half a letter
        "ന്‍",  # Malayalam: the joiner at the end makes the letter
        "שָׁלוֹם",
        "Việt Nam",
        "한국어",
        "日本語",
        "葛󠄀",  # a form of the character
        "👨‍👩‍👧‍👦",
        "👩🏽‍🔧 Ana",
        "🏳️‍🌈",
        "❤️‍🔥",
        "1️⃣",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "٣ ٪",
        "\u0600١٢",
    ],
)
def test_what_people_write_is_kept(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Dampf\u00adschiff", "Dampfschiff"),
        ("Auf\u200clage", "Auflage"),
        ("Al\u200dice", "Alice"),
        ("Иван\u200d Петров", "Иван Петров"),
        ("Joy\u200b", "Joy"),
        ("\ufeffJoy", "Joy"),
        ("Joy\u2060 \u200bTanaka", "Joy Tanaka"),
        ("Joy\u202e\u2066Tanaka\u2069", "JoyTanaka"),
        ("Joy\ufe0f", "Joy"),
        ("Joy\U000e0041\U000e0042", "Joy"),
        ("e\u200b\u0301", "é"),
        ("سلام\u200f", "سلام"),
        ("خانه\u200c", "خانه"),
        ("می\u200c\u200cخواهم", "می‌خواهم"),
    ],
)
def test_what_nobody_sees_is_left_out(typed: str, kept: str) -> None:
    assert clean(typed) == kept


@pytest.mark.parametrize(
    "text",
    [
        "\u200b",
        "\u200b \u200d",
        "\u202e",
        "\u2066\u2069",
        "\ufeff",
        "\u00ad",
        "\u3164",
        "\ufe0f",
        "\u0301",
        " \t\u2003",
    ],
)
def test_a_text_in_which_nothing_is_seen_is_none(text: str) -> None:
    assert clean(text) == ""


@pytest.mark.parametrize("text", ["a\0b", "a\x1bb", "a\ud800b", "a\x85b"])
def test_what_can_not_be_kept_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="can't be kept"):
        clean(text)


def test_lines_stay_lines() -> None:
    assert clean(" one\r\ntwo \u200b\n", multiline=True) == "one\ntwo"
    assert clean("one\ntwo\tthree") == "one two three"
