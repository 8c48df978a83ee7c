"""What a vehicle identification number says about itself, read offline."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vininfo import Vin

from shop.common.text import squeezed

_SHAPE = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_NORTH_AMERICAN = re.compile(r"[1-5]")


@dataclass(frozen=True, slots=True)
class VinFacts:
    """``maker`` and ``country`` are empty when the number does not tell."""

    maker: str
    country: str
    is_doubtful: bool


def is_vin(text: str) -> bool:
    """17 letters and digits, without I, O and Q."""
    return _SHAPE.fullmatch(squeezed(text)) is not None


def read_vin(text: str) -> VinFacts | None:
    """What a VIN says; None for anything that is not one.

    ``is_doubtful`` is a failing check digit where the law asks for one, in North America (49 CFR 565.15). It is a
    likely slip of the pen and no proof of one, so it is never a reason to refuse.
    """
    if not is_vin(text):
        return None
    vin = Vin(squeezed(text))
    maker = vin.manufacturer if vin.manufacturer != "UnsupportedBrand" else ""
    is_checked = _NORTH_AMERICAN.match(vin.num) is not None
    return VinFacts(maker, vin.country or "", is_doubtful=is_checked and not vin.verify_checksum(check_year=False))
