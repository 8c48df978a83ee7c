"""The demo shop's vehicles: which models drive around here, and what their plates and VINs look like."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple


class DemoModel(NamedTuple):
    """``vin`` is what its VINs begin with: the maker and the model, eight characters."""

    make: str
    model: str
    first_year: int
    last_year: int
    vin: str


#: The owner's project, which is vehicle 1. Volkswagens of that year have a chassis number and no VIN.
PROJECT_CAR: dict[str, Any] = {
    "make": "Volkswagen",
    "model": "Beetle",
    "year": 1967,
    "plate": "BUG 67",
    "odometer": 88_214,
}

CARS = tuple(
    DemoModel(*row)
    for row in (
        ("Honda", "Civic", 2016, 2021, "2HGFC2F6"),
        ("Honda", "CR-V", 2017, 2022, "2HKRW2H8"),
        ("Honda", "Odyssey", 2011, 2017, "5FNRL5H6"),
        ("Honda", "Fit", 2009, 2013, "JHMGE8H3"),
        ("Acura", "MDX", 2014, 2020, "5FRYD4H5"),
        ("Toyota", "Corolla", 2014, 2019, "2T1BURHE"),
        ("Toyota", "Camry", 2018, 2023, "4T1B11HK"),
        ("Toyota", "RAV4", 2019, 2024, "2T3P1RFV"),
        ("Toyota", "Prius", 2016, 2022, "JTDKARFU"),
        ("Toyota", "Tacoma", 2016, 2023, "3TMCZ5AN"),
        ("Toyota", "4Runner", 2010, 2022, "JTEBU5JR"),
        ("Lexus", "RX 350", 2016, 2022, "2T2BZMCA"),
        ("Ford", "F-150", 2015, 2020, "1FTEW1EP"),
        ("Ford", "Focus", 2012, 2018, "1FADP3F2"),
        ("Ford", "Escape", 2013, 2019, "1FMCU9GD"),
        ("Ford", "Mustang", 2015, 2022, "1FA6P8CF"),
        ("Chevrolet", "Silverado 1500", 2014, 2018, "3GCUKREC"),
        ("Chevrolet", "Malibu", 2016, 2022, "1G1ZD5ST"),
        ("GMC", "Sierra 1500", 2014, 2018, "3GTU2NEC"),
        ("Ram", "1500", 2013, 2018, "1C6RR7LT"),
        ("Jeep", "Wrangler", 2013, 2018, "1C4BJWDG"),
        ("Jeep", "Grand Cherokee", 2014, 2021, "1C4RJFBG"),
        ("Subaru", "Outback", 2015, 2019, "4S4BSANC"),
        ("Subaru", "Forester", 2019, 2024, "JF2SKAEC"),
        ("Nissan", "Altima", 2019, 2023, "1N4BL4BV"),
        ("Nissan", "Rogue", 2014, 2020, "5N1AT2MV"),
        ("Mazda", "3", 2014, 2018, "3MZBM1V7"),
        ("Mazda", "CX-5", 2017, 2023, "JM3KFBDM"),
        ("Hyundai", "Elantra", 2017, 2020, "5NPD84LF"),
        ("Hyundai", "Tucson", 2016, 2021, "KM8J33A4"),
        ("Kia", "Soul", 2014, 2019, "KNDJP3A5"),
        ("Volkswagen", "Jetta", 2015, 2018, "3VWD17AJ"),
        ("Volkswagen", "Tiguan", 2018, 2023, "3VV2B7AX"),
        ("Audi", "A4", 2017, 2022, "WAUENAF4"),
        ("BMW", "330i", 2017, 2021, "WBA8B9G5"),
        ("Mercedes-Benz", "C 300", 2015, 2021, "55SWF4JB"),
        ("Volvo", "V60", 2019, 2023, "YV1102EK"),
        ("MINI", "Cooper", 2014, 2020, "WMWXP5C5"),
    )
)

VANS = tuple(
    DemoModel(*row)
    for row in (
        ("Ford", "Transit 250", 2015, 2022, "1FTYR2ZM"),
        ("Ford", "Transit Connect", 2014, 2021, "NM0LS7F7"),
        ("Ram", "ProMaster 2500", 2014, 2021, "3C6TRVDG"),
        ("Mercedes-Benz", "Sprinter 2500", 2014, 2018, "WD3PE7CD"),
        ("Chevrolet", "Express 2500", 2012, 2022, "1GCWGAFG"),
        ("Nissan", "NV200", 2013, 2020, "3N6CM0KN"),
    )
)

#: Bought in Europe: their VINs carry no check digit.
EUROPEANS = tuple(
    DemoModel(*row)
    for row in (
        ("Volkswagen", "Golf Variant", 2013, 2019, "WVWZZZAU"),
        ("Volkswagen", "Transporter", 2010, 2019, "WV2ZZZ7H"),
        ("Škoda", "Octavia Combi", 2010, 2018, "TMBZZZ5E"),
        ("Audi", "A6 Avant", 2011, 2018, "WAUZZZ4G"),
        ("Opel", "Astra Sports Tourer", 2012, 2019, "W0LPE8EK"),
        ("Peugeot", "308 SW", 2014, 2020, "VF3LCBHZ"),
    )
)

_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"  # 1980 is A; the row begins again in 2010
_VALUES = {letter: value for value, letter in enumerate("ABCDEFGH", 1)}
_VALUES |= {letter: value for value, letter in enumerate("JKLMN", 1)}
_VALUES |= {"P": 7, "R": 9} | {letter: value for value, letter in enumerate("STUVWXYZ", 2)}
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_PLATE_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def vin(model: DemoModel, year: int, serial: int) -> str:
    """A VIN of 17 characters: in North America the ninth is the check digit of 49 CFR 565.15, in Europe a filler."""
    end = f"{_YEARS[(year - 1980) % 30]}{'HLNPSWU'[serial % 7]}{serial:06}"
    if model in EUROPEANS:
        return f"{model.vin}Z{end}"
    return f"{model.vin}{check_digit(f'{model.vin}0{end}')}{end}"


def check_digit(text: str) -> str:
    """The check digit of a VIN; its ninth character is not looked at."""
    digits = (int(character) if character.isdigit() else _VALUES[character] for character in text)
    return "0123456789X"[sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11]


def plate(random: Random, phone: str | None, *, is_van: bool) -> str:
    """A plate from where the owner's telephone is: California, unless it says otherwise."""
    letters = "".join(random.choices(_PLATE_LETTERS, k=3))
    number = random.randint(100, 999)
    match (phone or "").split()[:2]:
        case ["+49", area]:
            return f"{'HH' if area == '40' else 'M'}-{letters[:2]} {number * 7}"
        case ["+358", _]:
            return f"{letters}-{number}"
        case ["+1", "808"]:
            return f"{letters} {number}"
        case ["+1", "928"]:
            return f"{letters}{number * 7}"
    if is_van:
        return f"{number * 73:05}{letters[0]}{number % 3 + 1}"
    return f"{random.randint(6, 9)}{letters}{number}"
