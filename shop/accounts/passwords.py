"""Passwords: argon2id with the OWASP profile, and which ones are good enough."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

from shop.accounts.models import MAX_PASSWORD_BYTES, MIN_PASSWORD, MIN_STAFF_PASSWORD, Account
from shop.common.errors import RuleBroken
from shop.common.roles import STAFF, Role

#: What zxcvbn calls very hard to guess, its highest mark.
MIN_GUESSES = 10**10
MOST_LOOKED_AT = 72

#: The 3,000 most used passwords of 12 characters or more, and the 3,000 most used of 15 or more, in small letters: from
#: Mark Burnett's ten million, which are in the public domain. A third of them looks hard to guess and is not.
_COMMON = Path(__file__).with_name("common_passwords.txt.gz")

#: OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_one_at_a_time = threading.Semaphore(2)  # 19 MiB each: a storm of sign-ins must not fill the memory
#: A hash as the hasher makes them, of a password that nobody has: to verify where there is no account.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$yN4akpwnKxN537PkwqNSRw$a2VmuZp9Yf+jrgSxU/F3iylL7Fx1v5ofVarR0Nk+OGo"


def hashed(password: str) -> str:
    """The hash to keep. Takes about 20 ms: do it before a transaction, not inside one."""
    with _one_at_a_time:
        return _hasher.hash(password)


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether the password fits. Takes as long when there is no hash to compare with."""
    if len(password.encode(errors="surrogatepass")) > MAX_PASSWORD_BYTES:
        return False
    with _one_at_a_time:
        try:
            _hasher.verify(password_hash or _NOBODY, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    return _hasher.check_needs_rehash(password_hash)


def least_characters(role: Role) -> int:
    return MIN_STAFF_PASSWORD if role in STAFF else MIN_PASSWORD


def check_is_good(password: str, *, account: Account, field: str = "password") -> None:
    """Raises RuleBroken on ``field`` for a password that is too short, too long or too easy to guess.

    Easy are those that many people have, keys that lie side by side, repeats and years, the names of the shop and of
    the person, and what is made of these by a few more signs.
    """
    least = least_characters(account.role)
    if len(password) < least:
        raise RuleBroken(f"Use at least {least} characters; a sentence is easy to remember.", field=field)
    if len(password.encode(errors="surrogatepass")) > MAX_PASSWORD_BYTES:
        raise RuleBroken("This is too long. Use at most 1,000 characters.", field=field)
    if password.casefold() in common_passwords() or _guesses(password, account) < MIN_GUESSES:
        raise RuleBroken(
            "This is too easy to guess: many people use it, or it is made of names, years or neighbouring keys. "
            "A few words that do not belong together are better.",
            field=field,
        )


def common_passwords() -> set[str]:
    """Read anew for each who chooses a password, in two milliseconds; so few do that nothing of it is kept."""
    return set(gzip.decompress(_COMMON.read_bytes()).decode("utf-8").split("\n"))


def _guesses(password: str, account: Account) -> float:
    """How many guesses a clever guesser needs, by zxcvbn; what comes after its first 72 characters is not needed."""
    from zxcvbn import zxcvbn  # 14 MB that only those need who choose a password

    shop_name = str(current_app.config["SETTINGS"].shop_name)
    texts = [shop_name, account.name, account.email, account.email.partition("@")[0]]
    words = {*texts, *(text.replace(" ", "") for text in texts), *" ".join(texts).replace("@", " ").split()}
    return float(zxcvbn(password[:MOST_LOOKED_AT], sorted(words))["guesses"])
