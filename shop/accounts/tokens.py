"""Signed tokens: the API's bearer token, and the links that letters carry. One module, one audience for each."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

import jwt
from flask import current_app

from shop.common.clock import now

ISSUER = "shop"
_ALGORITHM = "HS256"
_CLAIMS = ["iss", "aud", "sub", "iat", "exp", "jti"]


class Audience(StrEnum):
    API = "shop-api"
    SETUP = "shop-setup"
    HALF_SIGN_IN = "shop-half-sign-in"
    REPAIR = "shop-repair"


def issue(audience: Audience, *, subject: int, lifetime: timedelta, jti: str, **claims: Any) -> str:
    """A token for one audience; ``subject`` is the id of the account, or of the ticket, that it opens;
    ``jti`` names the token, so that it can be ended."""
    moment = int(now().timestamp())
    payload = {
        "iss": ISSUER,
        "aud": audience.value,
        "sub": str(subject),
        "iat": moment,
        "exp": moment + int(lifetime.total_seconds()),
        "jti": jti,
        **claims,
    }
    return jwt.encode(payload, current_app.config["TOKEN_KEY"], algorithm=_ALGORITHM)


def read(audience: Audience, token: str) -> dict[str, Any] | None:
    """The claims of a token that this shop issued for this audience and that has not expired; else None."""
    try:
        claims = _signed(current_app.config["TOKEN_KEY"], audience, token)
    except (jwt.PyJWTError, ValueError, OverflowError):
        return None
    if type(claims["exp"]) is not int or claims["exp"] <= now().timestamp():
        return None
    return dict(claims)


@lru_cache(1000)
def _signed(key: bytes, audience: Audience, token: str) -> dict[str, Any]:
    """The claims of a token that was signed with this key, whatever the time: a signature that is good stays good.

    Raises what PyJWT does for any other.
    """
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[_ALGORITHM],
        audience=audience.value,
        issuer=ISSUER,
        options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )
    return claims
