"""Which passwords are good enough, and that hashing can't be abused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from shop.accounts import passwords
from shop.accounts.models import MIN_PASSWORD, MIN_STAFF_PASSWORD, Account
from shop.common.errors import RuleBroken
from shop.common.roles import Role

pytestmark = pytest.mark.single


@pytest.fixture(autouse=True)
def named_shop(shop: Flask) -> Iterator[None]:
    with shop.app_context():
        yield


def check(password: str, role: Role = Role.CUSTOMER) -> None:
    person = Account(name="Bernadette Okonkwo", email="bernie.ok@example.com", role=role)
    passwords.check_is_good(password, account=person, field="new")


@pytest.mark.parametrize(
    ("password", "role", "words"),
    [
        ("short", Role.CUSTOMER, "at least 12"),
        ("fourteen chars", Role.DESK, "at least 15"),
        ("a" * 20, Role.OWNER, "easy to guess"),
        ("aBcDe " * 400, Role.OWNER, "too long"),
        ("password1234", Role.CUSTOMER, "easy to guess"),
        ("Password123!!", Role.CUSTOMER, "easy to guess"),
        ("p4ssw0rdp4ssw0rd", Role.DESK, "easy to guess"),
        ("qwertyuiop12345", Role.DESK, "easy to guess"),
        ("iloveyouiloveyou", Role.DESK, "easy to guess"),
        ("1234567890123456", Role.DESK, "easy to guess"),
        ("Test Garage 2026", Role.OWNER, "easy to guess"),  # the shop's name
        ("testgarage123456", Role.OWNER, "easy to guess"),
        ("Bernadette Okonkwo", Role.OWNER, "easy to guess"),
        ("bernie.ok@example.com", Role.OWNER, "easy to guess"),
        ("OkonkwoOkonkwo1!", Role.OWNER, "easy to guess"),
    ],
)
def test_refuses(password: str, role: Role, words: str) -> None:
    with pytest.raises(RuleBroken, match=words) as refused:
        check(password, role)
    assert refused.value.field == "new"


@pytest.mark.parametrize("least", [MIN_PASSWORD, MIN_STAFF_PASSWORD])
def test_knows_the_three_thousand_most_used_that_are_long_enough(least: int) -> None:
    assert sum(len(password) >= least for password in passwords.common_passwords()) >= 3000


def test_refuses_what_many_use_though_it_looks_hard_to_guess() -> None:
    for password in ("23WKoa0FP78dk", "perasperaadastra", "PerAsperaAdAstra", "gjgeufqhjvfyfzif", "hd764nw5d7e1vbv"):
        with pytest.raises(RuleBroken, match="many people use it"):
            check(password)


def test_accepts_a_sentence_in_any_script() -> None:
    check("zwölf Schrauben", Role.OWNER)
    check("正しい馬の電池とホッチキスの針", Role.OWNER)
    check("correct horse battery", Role.OWNER)
    check("the car was red " * 10, Role.OWNER)


def test_hash_is_argon2id_with_the_owasp_profile() -> None:
    assert passwords.hashed("some password").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_password_of_nobody_takes_as_long_to_verify() -> None:
    assert not passwords._hasher.check_needs_rehash(passwords._NOBODY)


def test_checks() -> None:
    kept = passwords.hashed("some password")
    assert passwords.is_right("some password", kept)
    assert not passwords.is_right("another password", kept)
    assert not passwords.is_right("some password", None)
    assert not passwords.is_right("\ud800", kept)
    assert not passwords.is_right("x" * 2000, kept)
