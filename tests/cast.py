"""The people of the tests. Ana works the desk, Olga owns the shop, Rui repairs, Joy and Tom are customers."""

from __future__ import annotations

from flask import Flask, session

from shop.accounts.identity import open_cookie, token_for
from shop.accounts.models import Account
from shop.accounts.passwords import hashed
from shop.accounts.sign_in import Started, Whereabouts, begin
from shop.common.roles import Role
from shop.common.transaction import transaction
from shop.extensions import db
from shop.web.guards import Carrier
from tests import factories
from tests.browser import Browser

PASSWORD = "a long password for tests"
_HASH = hashed(PASSWORD)

PEOPLE = {
    "owner": ("Olga Owner", Role.OWNER),
    "desk": ("Ana Desk", Role.DESK),
    "mechanic": ("Rui Mechanic", Role.MECHANIC),
    "customer": ("Joy Customer", Role.CUSTOMER),
    "stranger": ("Tom Stranger", Role.CUSTOMER),
}


class Cast:
    """Makes each person's account, and the customer or mechanic they are, when first asked for."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._ids: dict[str, int] = {}
        self._browsers: dict[str, Browser] = {}

    def account_id(self, who: str) -> int:
        if who not in self._ids:
            self._ids[who] = self._make(who)
        return self._ids[who]

    def account(self, who: str) -> Account:
        """The account, in the running application context."""
        account_id = self.account_id(who)
        db.session.rollback()  # a reader that began before the account was made would not see it
        return db.session.get_one(Account, account_id)

    def email(self, who: str) -> str:
        return f"{who}@example.com"

    def browser(self, who: str) -> Browser:
        """Their browser, signed in, without the tenth of a second that it takes to type and check a password."""
        if who not in self._browsers:
            browser = Browser(self.app)
            with self.app.test_request_context():
                open_cookie(*self._begin(who, Carrier.COOKIE))
                kept = dict(session)
            with browser.client.session_transaction() as cookie:
                cookie.update(kept)
            self._browsers[who] = browser
        return self._browsers[who]

    def token(self, who: str) -> str:
        """A bearer token of theirs."""
        with self.app.app_context():
            return token_for(*self._begin(who, Carrier.BEARER))

    def _begin(self, who: str, carrier: Carrier) -> Started:
        account = self.account(who)
        with transaction():
            return begin(account, carrier, Whereabouts("127.0.0.1", "tests"))

    def _make(self, who: str) -> int:
        name, role = PEOPLE[who]
        with self.app.app_context(), transaction():
            customer = factories.make_customer(name=name, email=self.email(who)) if role is Role.CUSTOMER else None
            mechanic = factories.make_mechanic(name=name, email=self.email(who)) if role is Role.MECHANIC else None
            account = Account(
                name=name,
                email=self.email(who),
                role=role,
                password_hash=_HASH,
                customer_id=customer.id if customer else None,
                mechanic_id=mechanic.id if mechanic else None,
            )
            factories.keep(account)
            return account.id
