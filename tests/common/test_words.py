"""How the words are spelt by which things are found."""

from __future__ import annotations

import pytest

from shop.common.words import MAX_ASKED, MAX_WORD, MOST_WORDS, asked, spelt, spelt_code, spelt_tails, words_of

pytestmark = pytest.mark.single


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Joy Tanaka", ["joy", "tanaka"]),
        ("Dvořák", ["dvorak"]),
        ("Küßnacht", ["kussnacht"]),
        ("Østergård Łódź Þór Æsir", ["ostergard", "lodz", "thor", "aesir"]),
        ("Nguyễn", ["nguyen"]),
        ("Müller-Lüdenscheidt", ["mullerludenscheidt", "ludenscheidt"]),
        ("O’Brien can't", ["obrien", "cant"]),
        ("won`t A/C", ["wont", "t", "ac", "c"]),
        ("joy@example.net", ["joyexamplenet", "examplenet", "net"]),
        ("Иван", ["u0438u0432u0430u043d"]),
        ("車検", ["u8ecau691c", "u691c"]),
        ('"brake" OR -(oil*) & %_\\ 😀', ["brake", "or", "oil"]),
        (" \n ", []),
    ],
)
def test_text_is_spelt(text: str, words: list[str]) -> None:
    assert list(spelt(text)) == words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("7ABC 123", ["7abc123", "abc123", "123"]),
        ("HH-RK 42", ["hhrk42", "rk42", "42"]),
        ("BRK_280", ["brk280", "280"]),
        (None, []),
    ],
)
def test_a_code_is_spelt_from_every_place_where_a_blank_may_be(code: str | None, words: list[str]) -> None:
    assert list(spelt_code(code)) == words


def test_a_number_is_spelt_from_every_place() -> None:
    assert list(spelt_tails("12345", least=3)) == ["12345", "2345", "345"]
    assert list(spelt_tails("12", least=3)) == list(spelt_tails(None, least=3)) == []


@pytest.mark.parametrize(
    ("q", "words"),
    [
        ("Brake  OIL", ["zzbrake", "zzoil"]),
        ("#1042", ["zz1042"]),
        ("jo", ["kkjo"]),
        ("7abc-123", ["zz7abc123"]),
        ("joy@exam", ["zzjoyexam"]),
        ("% * & \" ' \\ 😀 #", []),
        ("Д", ["zzu0434"]),
    ],
)
def test_what_was_typed_is_spelt_alike(q: str, words: list[str]) -> None:
    assert asked(q) == words


def test_there_is_an_end_to_it() -> None:
    assert len(asked("a b c d e f g h")) == MAX_ASKED
    assert {len(word) for word in (*spelt("x" * 500), *spelt("車" * 50))} == {MAX_WORD} | {5 * n for n in range(1, 16)}
    assert len(words_of(names=[], others=[str(number) for number in range(2000)]).split()) == MOST_WORDS


def test_the_beginnings_of_names_are_kept_besides_and_everything_once() -> None:
    assert words_of(names=["joy", "jo"], others=["brake", "joy", "brake", "at"]) == " kkj kkjo zzjoy zzbrake"
