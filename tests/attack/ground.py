"""The demo shop, opened as it is shipped, to be attacked by each role."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from flask import session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import delete, make_url, select

from shop.accounts import identity
from shop.accounts import links as account_links
from shop.accounts.models import Account, Attempt
from shop.common.clock import at_moment
from shop.common.transaction import transaction
from shop.extensions import db
from shop.ops.demo import people
from shop.ops.demo.build import load_demo
from shop.tickets import links as ticket_links
from shop.tickets.models import Ticket
from shop.web.guards import Carrier
from tests.attack.surface import Surface, look_around
from tests.browser import Browser
from tests.faults.caller import SignedIn
from tests.faults.server import Server, served
from tests.faults.shop import FaultShop, fault_shop

#: From who may least to who may most, so that nobody has been dismissed before their turn.
ROLES = ("nobody", "customer", "mechanic", "desk", "owner")
#: Together they see every page: the owner has the desk's as well.
WATCHERS = ("nobody", "customer", "mechanic", "owner")
EMAILS = {
    "customer": "customer@example.com",
    "mechanic": "mechanic@example.com",
    "desk": "desk@example.com",
    "owner": "test@example.com",
}
#: The demo shop ends now; this one ends at the same moment on each database, and so it is the same.
MOMENT = datetime.now(UTC)
_DEMO = {account.email: account for account in people.ACCOUNTS}
_LINK_LIFETIME = timedelta(days=1)


class Attacked:
    """A shop that is open, and the keys to it."""

    def __init__(self, shop: FaultShop, server: Server) -> None:
        self.shop, self.server = shop, server
        self.app = shop.loaded()
        logging.getLogger("shop").setLevel(logging.ERROR)  # what is asked in this process is told to nobody
        with self.app.app_context():
            accounts = db.session.execute(select(Account.email, Account.id)).tuples()
            self._accounts = dict(accounts.all())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def sign_in(self, who: str, scheme: str = "http") -> SignedIn:
        """A new sign-in, straight from the database: no limit counts it, and whatever befell the account is undone."""
        with self.app.test_request_context(base_url=f"{scheme}://127.0.0.1"):
            token = self._open(who) if who in EMAILS else ""
            seal = generate_csrf()
            interface: Any = self.app.session_interface
            kept = interface.get_signing_serializer(self.app).dumps(dict(session))
            return SignedIn(token, f"{interface.get_cookie_name(self.app)}={kept}", seal)

    def browser(self, who: str) -> Browser:
        """A browser of theirs inside of this process."""
        browser = Browser(self.app)
        name, _, value = self.sign_in(who).cookie.partition("=")
        browser.client.set_cookie(name, value)
        return browser

    def look_around(self, watchers: Iterable[str], samples: int = 2) -> Surface:
        """What they are shown at the moment at which the demo ends."""
        with at_moment(MOMENT):
            return look_around({who: self.browser(who) for who in watchers}, self.new_links(), samples)

    def new_links(self) -> dict[str, str]:
        """What letters lead to: the token of a repair and that of a new password, by the rule that takes it."""
        with self.app.test_request_context(), transaction():
            ticket = db.session.get_one(Ticket, 1)
            account = db.session.get_one(Account, self._accounts[people.ACCOUNTS[-1].email])
            made = (ticket_links.make_link(ticket), account_links.make_link(account, lifetime=_LINK_LIFETIME))
            return dict(zip(("repair", "set-password"), (link.rpartition("/")[2] for link in made), strict=True))

    def forget_tries(self) -> None:
        """Let nobody be limited by what was tried so far."""
        with self.app.app_context(), transaction():
            db.session.execute(delete(Attempt))

    def remember(self) -> Callable[[], None]:
        """Keep the shop as it is; what is answered puts it back, and is for SQLite alone."""
        live = self.shop.data / str(make_url(self.shop.database_url).database)
        kept = self.shop.data / "kept.db"

        def copy(source: Path, target: Path) -> None:
            with closing(sqlite3.connect(source)) as from_there, closing(sqlite3.connect(target)) as to_there:
                from_there.backup(to_there)

        copy(live, kept)
        return partial(copy, kept, live)

    def answers(self) -> str:
        """How often the server answered what, by its log."""
        return "answers: " + ", ".join(f"{count:,} × {status}" for status, count in sorted(self._statuses().items()))

    def requests(self) -> int:
        """How many the server has answered so far."""
        return self._statuses().total()

    def failures(self) -> list[str]:
        """What the server says of itself that went wrong."""
        return [
            f"The log says: {line}" for line in self._log() if line["level"] == "ERROR" or line.get("status", 0) >= 500
        ]

    def _statuses(self) -> Counter[int]:
        return Counter(line["status"] for line in self._log() if line["from"] == "shop.requests")

    def _log(self) -> Iterator[dict[str, Any]]:
        for line in self.server.log().splitlines():
            yield json.loads(line) if line.startswith("{") else {"from": "server", "level": "ERROR", "message": line}

    def _open(self, who: str) -> str:
        """Put the sign-in into the session; answers a program's token."""
        demo = _DEMO[EMAILS[who]]
        with transaction():
            account = db.session.get_one(Account, self._accounts[demo.email])
            account.email, account.role, account.disabled_at, account.factor_seed = demo.email, demo.role, None, None
            row, key = identity.start(account, Carrier.BEARER, address="127.0.0.1", agent="attack")
            token = identity.token_for(row, key)
            identity.open_cookie(*identity.start(account, Carrier.COOKIE, address="127.0.0.1", agent="attack"))
        return token


@contextmanager
def attacked(shop: FaultShop) -> Iterator[Attacked]:
    """Fill the shop with the demo's two years, and open it."""
    with shop.opened(), at_moment(MOMENT):
        load_demo()
    with served(shop) as server:
        there = Attacked(shop, server)
        yield there
        with there.app.app_context():
            db.engine.dispose()


@contextmanager
def demo_ground(server: str | None, name: str) -> Iterator[FaultShop]:
    """A shop that believes the proxy before it, so that each request can come from a place of its own."""
    with fault_shop(server, name, SHOP_DEMO="1", TRUSTED_PROXIES="1") as shop:
        yield shop
