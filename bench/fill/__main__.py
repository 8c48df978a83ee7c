"""``python -m bench.fill``."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.exc import DBAPIError

from bench.fill.build import fill
from shop import create_app
from shop.common.clock import today
from shop.common.database import normal_url, told
from shop.common.database_file import FileInUse
from shop.config import read_settings
from shop.extensions import db
from shop.ops import schema
from shop.ops.demo import people
from shop.ops.demo.build import is_empty

FEWEST = 300


@click.command(
    epilog="An hour of measuring wants: --size 1000, --size 100000 and --size 1000000, each in its own file."
)
@click.option("--size", type=click.IntRange(min=FEWEST), default=1000, show_default=True, help="How many tickets.")
@click.option(
    "--database",
    required=True,
    metavar="URL",
    help="An empty database: sqlite:////tmp/shop.db, postgresql+psycopg://… or mariadb+pymysql://…",
)
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on whose morning the data end; without it, today. The same day makes the same data.",
)
def main(size: int, database: str, day: datetime | None) -> None:
    """Fill an empty DATABASE with a shop that has had SIZE tickets, to measure with.

    The books of the shop agree afterwards, as "flask --app wsgi check" says. The indexes are made last, and nothing is
    kept when it is interrupted: start again with an empty database.
    """
    try:
        url = normal_url(database)
    except Exception as error:
        raise click.ClickException(f"This database can't be used: {error}") from error
    if url.get_backend_name() == "sqlite":
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(read_settings(SHOP_DATA=folder, DATABASE_URL=database, REDIS_URL="", SHOP_DEMO="0"))
    try:
        with app.app_context():
            schema.bring_up_to_date()
            if not is_empty():
                raise click.ClickException(f"{told(url)} holds a shop already. Choose an empty database.")
            db.session.remove()
            db.engine.dispose()
        fill(url, size=size, day=day.date() if day else today())
    except FileInUse as error:
        raise click.ClickException(f"Somebody has {told(url)} open. Close the shop first.") from error
    except DBAPIError as error:
        raise click.ClickException(f"The database refused: {error.orig}") from error
    click.echo(f"{told(url)} has {size:,} tickets. Sign in with the password {people.PASSWORD} as")
    for account in people.ACCOUNTS:
        click.echo(f"  {account.email:<22}{account.role.title.lower()}")


if __name__ == "__main__":
    main()
