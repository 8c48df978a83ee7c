"""``python -m tests.faults.writer MANY`` lets so many processes work at the shelf without a pause.

Each tells each thing once it is kept, and when the shop was too busy for one.
"""

from __future__ import annotations

import os
import sys
import time
from itertools import count

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from shop import create_app
from shop.accounts.models import Account
from shop.extensions import db
from shop.inventory import commands
from shop.inventory.models import Part

BUSY = "busy"


def main(many: int) -> None:
    parent, app = os.getppid(), create_app()
    for number in range(many):
        if os.fork() == 0:
            with app.app_context():
                return _work(str(number))
    while os.getppid() == parent and os.waitpid(-1, os.WNOHANG)[0] == 0:
        time.sleep(0.05)
    return None  # whoever asked for the work was killed, or one of the writers failed


def _work(name: str) -> None:
    leader = os.getppid()
    for number in count():
        if os.getppid() != leader:
            return
        part, by = db.session.scalars(select(Part)).one(), db.session.scalars(select(Account)).first()
        assert by
        word = f"{name}-{number}"
        try:
            commands.receive(part, quantity=3, by=by)
            commands.scrap(part, quantity=1, reason=word, by=by)
        except OperationalError:  # where a page says to try again in a moment
            word = BUSY
        db.session.remove()
        os.write(sys.stdout.fileno(), f"{word}\n".encode())  # whole, whoever else writes to the same file


if __name__ == "__main__":
    main(int(sys.argv[1]))
