"""A shop that the generator has filled; and what is measured on the servers alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from shop import create_app
from shop.config import ROOT, read_settings
from shop.extensions import db
from tests.ops.conftest import new_database

collect_ignore = [] if os.environ.get("TEST_DATABASE_URL") else ["test_rows_read.py"]


@contextmanager
def filled_shop(folder: Path, size: int) -> Iterator[Flask]:
    """A shop that has had so many tickets, in a database of its own and with its application context."""
    with new_database(folder) as url:
        app = create_app(read_settings(SHOP_DATA=str(folder), DATABASE_URL=url, REDIS_URL="", SHOP_DEMO="0"))
        with app.app_context():
            fill = [sys.executable, "-m", "bench.fill", "--size", str(size), "--database", url]
            subprocess.run(fill, cwd=ROOT, capture_output=True, text=True, check=True)
            yield app
            db.session.remove()
            db.engine.dispose()
