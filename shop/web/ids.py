"""Ids in URLs: ASCII digits without leading zeros, within what every database can hold; anything else is a 404."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter

from shop.common.base import MAX_ID


def numbers_up_to(most: int) -> str:
    """A pattern for the whole numbers from 1 to ``most``."""
    digits = str(most)
    ways = [digits, f"[1-9][0-9]{{0,{len(digits) - 2}}}"]
    for place, digit in enumerate(digits):
        least = 0 if place else 1
        if int(digit) > least:
            rest = f"[0-9]{{{len(digits) - place - 1}}}"
            ways.append(f"{digits[:place]}[{least}-{int(digit) - 1}]{rest}")
    return f"(?:{'|'.join(ways)})"


class IdConverter(BaseConverter):
    # The bound is in the pattern: a number that is refused only when it is read would be answered 405 by routes that
    # share their path with other methods.
    regex = numbers_up_to(MAX_ID)

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


def install_ids(app: Flask) -> None:
    app.url_map.converters["id"] = IdConverter
