"""The codes of a second factor: those that an app makes anew every half minute, and those that help without it.

The database keeps no secret of an app. It keeps a random seed; the secret is made of it and the key of the shop, so
that a copy of the database alone opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from itertools import groupby

import pyotp
import segno
from flask import current_app
from pyotp.exceptions import OTPVerificationError

from shop.accounts.models import Account
from shop.common.clock import now
from shop.config import Settings

RECOVERY_CODES = 10
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # without l, o, 0 and 1, which are taken for one another
_GROUPS, _GROUP = 3, 5  # 75 bits: a plain hash of them is never guessed
_SLACK = 1  # steps of half a minute by which a phone's clock may differ
_QUIET = 4  # modules left free around a QR code, as readers want it


def new_seed() -> str:
    return secrets.token_urlsafe(32)


def secret_of(seed: str) -> str:
    """The secret that the app is given: 160 bits, as RFC 4226 recommends, in the letters that apps take."""
    key: bytes = current_app.config["FACTOR_KEY"]
    return base64.b32encode(hmac.new(key, seed.encode(), hashlib.sha256).digest()[:20]).decode("ascii")


def step_of(seed: str, code: str) -> int | None:
    """The time step that this code of the app belongs to, now or just before or after; None for a wrong one."""
    try:
        return pyotp.TOTP(secret_of(seed)).verify_and_get_timecode(code, for_time=now(), valid_window=_SLACK)
    except OTPVerificationError:
        return None


def app_address(account: Account, seed: str) -> str:
    """What the QR code says: the secret, with the names that the app shows beside its codes."""
    settings: Settings = current_app.config["SETTINGS"]
    return pyotp.TOTP(secret_of(seed)).provisioning_uri(name=account.email, issuer_name=settings.shop_name)


def qr_code(text: str) -> tuple[str, int]:
    """The QR code of a text as the path of an SVG, one module to a unit, and the length of its sides."""
    code = segno.make(text, micro=False)
    path = ""
    for y, row in enumerate(code.matrix, start=_QUIET):
        x = _QUIET
        for is_dark, modules in groupby(row):
            length = len(list(modules))
            path += f"M{x} {y}.5h{length}" if is_dark else ""
            x += length
    return path, len(code.matrix) + 2 * _QUIET


def new_recovery_codes() -> list[str]:
    return [_new_recovery_code() for _ in range(RECOVERY_CODES)]


def tidy(code: str) -> str:
    """A code as it was meant, however its groups were set apart."""
    return "".join(character for character in code.lower() if character.isalnum())


def hash_of(recovery_code: str) -> str:
    return hashlib.sha256(tidy(recovery_code).encode(errors="surrogatepass")).hexdigest()


def _new_recovery_code() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
