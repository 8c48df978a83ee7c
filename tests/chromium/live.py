"""A shop that is open: its own data folder and port, served as run.py serves it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tools.front_door.ports import answers, free_port
from tools.front_door.settings import ROOT

PASSWORD = "password123"
OPENING_SECONDS = 60

MAKE_LINK = """
from shop.accounts.models import Account
from shop.extensions import db
from shop.tickets import commands
from shop.tickets.models import Ticket

ticket = db.session.get_one(Ticket, int(word))
print(commands.give_link(ticket, by=db.session.get_one(Account, 1)))
"""


class LiveShop:
    """Where an open shop answers, and a look into its database."""

    def __init__(self, data: Path, *, demo: bool) -> None:
        self.data = data
        self.demo = demo
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._links: dict[int, str] = {}

    def number(self, query: str) -> int:
        """The one number that an SQL query answers, such as the id of a ticket to look at."""
        with closing(sqlite3.connect(self.data / "shop.db")) as database:
            return int(database.execute(query).fetchone()[0])

    def link(self, ticket_id: int) -> str:
        """The token of a link to a repair; the same one for each ticket."""
        if ticket_id not in self._links:
            self._links[ticket_id] = self.run(MAKE_LINK, str(ticket_id)).strip().rpartition("/")[2]
        return self._links[ticket_id]

    def run(self, script: str, word: str = "") -> str:
        """Run a script inside this shop's application, with a ``word`` to go by, and answer what it prints."""
        begin = "import sys; from shop import create_app; word = sys.argv[1]; create_app().app_context().push()"
        return self._say("-c", f"{begin}\n{script}", word)

    def command(self, *words: str) -> str:
        """Run ``flask --app wsgi …`` for this shop and answer what it says."""
        return self._say("-m", "flask", "--app", "wsgi", *words)

    def _say(self, *words: str) -> str:
        command = [sys.executable, *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "SHOP_DATA": str(self.data),
            "DATABASE_URL": f"sqlite:///{self.data / 'shop.db'}",
            "REDIS_URL": "",
            "SECRET_KEY": "",
            "BASE_URL": self.url,
            "HOST": "127.0.0.1",
            "TRUSTED_PROXIES": "0",
            "SHOP_DEMO": "1" if self.demo else "0",
        }


@contextmanager
def live_shop(data: Path, *, demo: bool) -> Iterator[LiveShop]:
    """Make the database, with the demo shop in it or nothing, and serve it until the end of the block."""
    shop = LiveShop(data, demo=demo)
    shop.command("init-db")
    server = subprocess.Popen(
        [sys.executable, "-m", "tools.front_door.web", "127.0.0.1", str(shop.port), "1"],
        cwd=ROOT,
        env=shop.environment,
        stdin=subprocess.PIPE,
    )
    try:
        _open(server, shop)
        yield shop
    finally:
        server.terminate()
        server.wait(OPENING_SECONDS)


def _open(server: subprocess.Popen[bytes], shop: LiveShop) -> None:
    assert server.stdin
    with server.stdin as ear:
        ear.write(b"open\n")
    deadline = time.monotonic() + OPENING_SECONDS
    while not answers(shop.port):
        assert server.poll() is None, "the web server ended before it opened"
        assert time.monotonic() < deadline, "the web server never opened"
        time.sleep(0.05)
