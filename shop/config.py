"""Every setting of the shop, read once from the environment and ``.env``; all are optional."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import get_currency_precision
from dotenv import dotenv_values
from sqlalchemy.engine import URL
from tzlocal import get_localzone_name

from shop.common.database import engine_options, normal_url
from shop.common.money import DECIMALS
from shop.common.roles import Role

VERSION = "1.0"

ROOT = Path(__file__).resolve().parent.parent

_SAMPLE_SECRETS = {"changeme", "secret", "dev", "your-secret-key", "super-secret", "super secret secrets"}
_MIN_SECRET_BYTES = 32
_REDIS_SECONDS = 0.5


class SettingRefused(Exception):
    """A setting can't be used; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class Settings:
    host: str
    port: int
    data: Path
    database_url: URL
    redis_url: str | None
    secret_key: str
    trusted_proxies: int
    base_url: str | None
    smtp_url: str | None
    mail_from: str | None
    metrics_token: str | None
    shop_name: str
    shop_phone: str
    shop_address: str
    timezone: str
    currency: str
    demo: bool | None
    second_factor_for: frozenset[Role] | None
    is_patient: bool = False  # for work that no person waits for

    @property
    def demo_wanted(self) -> bool:
        """Whether an empty database gets the demo shop: by itself only on loopback with the built-in database."""
        if self.demo is not None:
            return self.demo
        return self.host in ("127.0.0.1", "localhost", "::1") and self.database_url.get_backend_name() == "sqlite"

    @property
    def backups(self) -> Path:
        return self.data / "backups"

    @property
    def mark(self) -> str:
        """What the keys of this shop begin with in a Redis that several share: another for each secret and database."""
        database = self.database_url.render_as_string()  # without its password
        return f"shop:{derived_key(self.secret_key, f'mark of {database}').hex()[:16]}"

    @property
    def for_flask(self) -> dict[str, Any]:
        return {
            "SETTINGS": self,
            "SECRET_KEY": self.secret_key,
            "TOKEN_KEY": derived_key(self.secret_key, "tokens"),
            "FACTOR_KEY": derived_key(self.secret_key, "second factors"),
            "HANDLED_KEY": derived_key(self.secret_key, "handled"),
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": engine_options(self.database_url, patient=self.is_patient),
            "MAX_CONTENT_LENGTH": 1024 * 1024,
            "MAX_FORM_MEMORY_SIZE": 512 * 1024,
            "MAX_FORM_PARTS": 500,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_REFRESH_EACH_REQUEST": False,  # set once, at sign-in; the row says how long it lives
            "WTF_CSRF_TIME_LIMIT": None,  # a form may lie open on the counter all day
            "WTF_CSRF_SSL_STRICT": False,  # Referrer-Policy and SameSite do this; proxies may drop Referer
            "CACHE_TYPE": "RedisCache" if self.redis_url else "SimpleCache",
            "CACHE_REDIS_URL": self.redis_url,
            "CACHE_OPTIONS": self._for_redis,
            "CACHE_KEY_PREFIX": f"{self.mark}:{code_mark()}:",
            "CACHE_DEFAULT_TIMEOUT": 3600,
            "CACHE_THRESHOLD": 500,
            "RATELIMIT_STORAGE_URI": self.redis_url or "memory://",
            "RATELIMIT_STORAGE_OPTIONS": self._for_redis,
            "RATELIMIT_STRATEGY": "moving-window",
            "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
            "RATELIMIT_HEADERS_ENABLED": False,
            "RATELIMIT_KEY_PREFIX": self.mark,
        }

    @property
    def _for_redis(self) -> dict[str, Any]:
        """Nobody waits for Redis, which is there to be quick: one that says nothing is as good as none."""
        if self.redis_url is None:
            return {}
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        patience = {"socket_timeout": _REDIS_SECONDS, "socket_connect_timeout": _REDIS_SECONDS}
        return {**patience, "retry": Retry(NoBackoff(), 0)}


@cache
def code_mark() -> str:
    """Another one for each state of the shop's code.

    What is kept outlives an update in Redis, and the code before it may have given its rows another shape.
    """
    content = hashlib.sha256()
    for path in sorted((ROOT / "shop").rglob("*.py")):
        content.update(path.read_bytes())
    return content.hexdigest()[:10]


def read_settings(**given: str) -> Settings:
    """Settings from ``.env``, the environment and ``given`` (later ones win); raises SettingRefused.

    What is set to nothing in either of the first two is left out.
    """
    values = {key: value for key, value in dotenv_values(ROOT / ".env").items() if value}
    values |= {key: value for key, value in os.environ.items() if value}
    values |= given

    data = Path(values.get("SHOP_DATA", "instance"))
    data = data if data.is_absolute() else ROOT / data
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        database_url = normal_url(values.get("DATABASE_URL") or f"sqlite:///{data / 'shop.db'}")
    except Exception as error:
        raise SettingRefused(f"DATABASE_URL can't be used: {error}") from error
    timezone = values.get("SHOP_TIMEZONE") or get_localzone_name()
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingRefused(f"SHOP_TIMEZONE {timezone!r} is not a time zone such as Europe/Berlin.") from error
    currency = values.get("SHOP_CURRENCY", "USD").upper()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise SettingRefused("SHOP_CURRENCY is three letters, such as USD or EUR.")
    if get_currency_precision(currency) != DECIMALS:
        raise SettingRefused(f"SHOP_CURRENCY {currency} can't be used: the shop reckons in hundredths, such as cents.")
    base_url = (values.get("BASE_URL") or "").rstrip("/") or None
    if base_url and not (urlsplit(base_url).scheme in ("http", "https") and urlsplit(base_url).hostname):
        raise SettingRefused(f"BASE_URL is an address such as https://shop.example.com, not {base_url!r}.")
    redis_url = values.get("REDIS_URL") or None
    if redis_url and urlsplit(redis_url).scheme not in ("redis", "rediss", "unix"):
        raise SettingRefused("REDIS_URL begins with redis://, rediss:// or unix://, such as redis://127.0.0.1:6379/0.")
    smtp_url = values.get("SMTP_URL") or None
    if smtp_url and urlsplit(smtp_url).scheme not in ("smtp", "smtps"):
        raise SettingRefused(
            "SMTP_URL begins with smtp:// or smtps://, such as smtp://user:password@mail.example.com:587."
        )
    if smtp_url and not (base_url and values.get("MAIL_FROM")):
        raise SettingRefused("SMTP_URL needs MAIL_FROM, and BASE_URL so that the links in letters lead to this shop.")
    return Settings(
        host=values.get("HOST", "127.0.0.1"),
        port=_number(values, "PORT", 5001, 1, 65535),
        data=data,
        database_url=database_url,
        redis_url=redis_url,
        secret_key=_checked_secret(values.get("SECRET_KEY") or _kept_secret(data)),
        trusted_proxies=_number(values, "TRUSTED_PROXIES", 0, 0, 10),
        base_url=base_url,
        smtp_url=smtp_url,
        mail_from=values.get("MAIL_FROM") or None,
        metrics_token=_checked_token(values.get("METRICS_TOKEN") or None),
        shop_name=values.get("SHOP_NAME", "Corner Garage"),
        shop_phone=values.get("SHOP_PHONE", ""),
        shop_address=values.get("SHOP_ADDRESS", ""),
        timezone=timezone,
        currency=currency,
        demo=_yes_or_no(values, "SHOP_DEMO"),
        second_factor_for=_roles(values, "SECOND_FACTOR_FOR"),
    )


def derived_key(secret: str, purpose: str) -> bytes:
    """A 32-byte key of its own for each purpose, so that what is signed for one never passes for another."""
    return hmac.new(secret.encode(), f"shop:{purpose}".encode(), hashlib.sha256).digest()


def _number(values: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    text = values.get(name, str(default))
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise SettingRefused(f"{name} is a whole number from {least} to {most}, not {text!r}.")
    return int(text)


def _yes_or_no(values: dict[str, str], name: str) -> bool | None:
    """``1`` or ``0``; None where nothing is said."""
    text = values.get(name, "")
    if text not in ("1", "0", ""):
        raise SettingRefused(f"{name} is 1 or 0, not {text!r}.")
    return text == "1" if text else None


def _roles(values: dict[str, str], name: str) -> frozenset[Role] | None:
    """``owner,desk`` or ``nobody``; None where nothing is said."""
    words = {word.strip().lower() for word in values.get(name, "").split(",")} - {""}
    if not words:
        return None
    roles = {role for role in Role if role.value in words}
    if words not in ({role.value for role in roles}, {"nobody"}):
        known = ", ".join(role.value for role in Role)
        raise SettingRefused(f"{name} is nobody, or some of {known} with commas between them.")
    return frozenset(roles)


def _checked_secret(secret: str) -> str:
    if secret.lower() in _SAMPLE_SECRETS or len(secret.encode()) < _MIN_SECRET_BYTES:
        raise SettingRefused(
            "SECRET_KEY is a sample or shorter than 32 characters. Leave it out and one is made, or use the output of: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    return secret


def _checked_token(token: str | None) -> str | None:
    if token is not None and len(token.encode()) < _MIN_SECRET_BYTES:
        raise SettingRefused("METRICS_TOKEN is shorter than 32 characters. Leave it out, and no figures are told.")
    return token


def _kept_secret(data: Path) -> str:
    """The secret in the data folder, made on the first start; processes that start at once agree on one."""
    path = data / "secret.key"
    for _ in range(2):
        if path.exists():
            return path.read_text(encoding="ascii").strip()
        draft = data / f".secret.{os.getpid()}.{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # whole or not at all, and never over another process's key
        except FileExistsError:
            pass
        except OSError:
            draft.replace(path)
            continue
        draft.unlink()
    return path.read_text(encoding="ascii").strip()
