"""One way to read text, and one way to compare it."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from unicodedata import category

NO_PHONE = "Enter a telephone number such as +1 555 010 0142."
_LEAST_DIGITS = 3  # of a telephone number, as short as those of one house are

_ALLOWED_CONTROLS = "\n\t"

#: ZERO WIDTH NON-JOINER and JOINER: spelling in Persian, Indic scripts and emoji, a trick everywhere else.
_JOINERS = "\u200c\u200d"
#: From Hebrew on. Latin, Greek, Cyrillic and Armenian letters have nothing to join.
_FIRST_OF_JOINING_SCRIPTS = "\u0590"
#: Signs before numbers and the like in Arabic, Syriac and Kaithi, which are seen although they format.
_SEEN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
#: Hangul fillers: letters by name, nothing to the eye.
_FILLERS = "\u115f\u1160\u3164\uffa0"
#: The flags of England, Scotland and Wales are spelt with these.
_BLACK_FLAG, _TAGS = "\U0001f3f4", range(0xE0020, 0xE0080)
#: Say that a sign is to be drawn in colour, and which form of a Chinese character is meant.
_VARIANTS = frozenset((*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))


def clean(text: str, *, multiline: bool = False) -> str:
    """NFC text without surrounding blanks and without characters that nobody sees.

    So two names that look alike are alike, and a name that looks empty is empty. Raises ValueError on NUL, control
    and surrogate characters.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for character in text:
        if category(character) == "Cs" or (category(character) == "Cc" and character not in _ALLOWED_CONTROLS):
            raise ValueError("Some characters in this text can't be kept.")
    if not text.isascii():
        text = unicodedata.normalize("NFC", _visible(text))
    if not multiline:
        text = " ".join(text.split())
    return text.strip()


def folded(text: str) -> str:
    """The key under which two spellings are the same name: NFC, casefolded, blanks collapsed."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).split())


def email_key(address: str) -> str:
    """The key under which two spellings are the same mailbox.

    NFKC and casefold make full-width and upper-case twins equal; the domain is compared in its ASCII form, so a
    look-alike in another script stays a different address.
    """
    local, _, domain = unicodedata.normalize("NFKC", address.strip()).casefold().rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{local}@{domain}"


def squeezed(text: str) -> str:
    """Letters and digits alone, upper case: the key of plates, VINs and SKUs."""
    return "".join(character for character in unicodedata.normalize("NFKC", text).upper() if character.isalnum())


def is_phone(text: str) -> bool:
    """Whether a telephone could be called by what somebody wrote; words may stand beside its figures."""
    return len(digits(text)) >= _LEAST_DIGITS


def digits(text: str) -> str:
    """The ASCII digits alone: the key of telephone numbers."""
    return "".join(character for character in unicodedata.normalize("NFKC", text) if character in "0123456789")


def initials(name: str) -> str:
    """``MK`` for Mia Korhonen: the first letters of the first two words."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def like_prefix(key: str) -> str:
    """A LIKE pattern (escape character ``\\``) for keys that begin with ``key``."""
    return f"{_escaped(key)}%"


def _visible(text: str) -> str:
    """The text without format characters, but for those that change what is seen; empty when nothing is seen."""
    kept: list[str] = []
    for place, character in enumerate(text):
        if _changes_what_is_seen(character, before="".join(kept[-1:]), after=text[place + 1 : place + 2]):
            kept.append(character)
    is_seen = any(category(character)[0] in "LNPS" or category(character) in ("Co", "Cn") for character in kept)
    return "".join(kept) if is_seen else ""


def _changes_what_is_seen(character: str, *, before: str, after: str) -> bool:
    if character in _JOINERS:
        return _joins(before) and (_joins(after) or category(before) in ("Mn", "Mc"))
    if ord(character) in _TAGS:
        return before == _BLACK_FLAG or (bool(before) and ord(before) in _TAGS)
    if ord(character) in _VARIANTS:
        return bool(before.strip()) and not (before.isalpha() and before < _FIRST_OF_JOINING_SCRIPTS)
    return character not in _FILLERS and (category(character) != "Cf" or character in _SEEN)


def _joins(character: str) -> bool:
    return character >= _FIRST_OF_JOINING_SCRIPTS and category(character)[0] in "LMS"


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
