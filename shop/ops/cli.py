"""Commands for whoever looks after the computer: ``flask --app wsgi …``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask, current_app
from sqlalchemy.exc import InterfaceError, OperationalError

from shop import revisions
from shop.audit import sealing
from shop.common.database import told
from shop.config import Settings
from shop.ops import backup, checks, chores, schema, search_words
from shop.ops.backup import Contents
from shop.ops.copying import BackupRefused
from shop.ops.demo import people
from shop.ops.pasteable import pasteable
from shop.ops.queries import has_accounts, is_demo
from shop.ops.recount import recount
from shop.ops.schema import SchemaRefused
from shop.web.filters import plural


@click.command("init-db")
def init_db() -> None:
    """Bring the database to the newest schema and load the demo shop where it is wanted."""
    settings: Settings = current_app.config["SETTINGS"]
    with _plainly():
        for sentence in schema.bring_up_to_date():
            click.echo(sentence)
        if settings.demo_wanted:
            _load_demo()
    if is_demo():
        _show_demo_accounts()
        if settings.demo is False:
            _tell_own_shop(settings)
    elif not has_accounts():
        click.echo(
            f"Nobody can sign in yet. This prints a link that makes you the owner:\n  {pasteable('create-owner')}"
        )


@click.command("check")
def check() -> None:
    """Look for contradictions in the books; the exit code is 1 when there are any."""
    _tell_database()
    with _plainly():
        found = checks.problems()
    for sentence in found:
        click.echo(sentence)
    if found:
        raise click.ClickException(f"{plural(len(found), 'contradiction')} in the books.")
    click.echo("The books agree: shelf, moves, tickets and their history. Its older seals are read by audit verify.")


@click.group("audit")
def audit() -> None:
    """The history: who did what, when."""


@audit.command("verify")
@click.option("--holds", metavar="HASH", help="Also ask for the seal with this hash, which an earlier run printed.")
def verify_history(holds: str | None) -> None:
    """Read the whole history against its seals; the exit code is 1 when anything was altered or is missing."""
    _tell_database()
    with _plainly(), checks.one_moment() as connection:
        verdict = sealing.verify(connection, holds=holds)
    for sentence in verdict.problems:
        click.echo(sentence)
    told = f"{plural(verdict.sealed, 'event')} under {plural(verdict.seals, 'seal')}"
    if verdict.problems:
        raise click.ClickException(f"The history does not hold: {plural(len(verdict.problems), 'problem')} ({told}).")
    click.echo(f"The history holds: {told}, {verdict.not_sealed} newer ones not sealed yet.")
    if verdict.last_hash:
        click.echo(f"The last seal is {verdict.last_hash}")


@click.command("recount")
def count_again() -> None:
    """Make the sums anew that are kept beside the rows they are made of; the shop may stay open."""
    _tell_database()
    with _plainly():
        recount()
    click.echo("Counted.")


@click.command("rebuild-search")
def rebuild_search() -> None:
    """Spell again what tickets, people, vehicles and parts are found by; the shop may stay open."""
    _tell_database()
    with _plainly():
        changed = search_words.rebuild()
    click.echo(f"Search is as it should be: {plural(changed, 'entry', 'entries')} had to be put right.")


@click.command("backup")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Make none, but prove FILE, or the newest one.")
def back_up(file: Path | None, verify: bool) -> None:
    """Copy the whole shop to FILE, or into the folder of backups; the shop may stay open."""
    _tell_database()
    with _plainly():
        if verify:
            return _prove(file or backup.newest_backup())
        made = backup.back_up(file)
    click.echo(f"Backup written: {made} ({made.stat().st_size / 1e6:.1f} MB)")
    return None


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask first.")
def restore(file: Path, yes: bool) -> None:
    """Replace what the shop has by the backup FILE; the shop must be closed."""
    _tell_database()
    with _plainly():
        backup.refuse_while_open()  # said before anything slow; ``restore`` sees to it
        with backup.candidate(file) as chosen:
            click.echo(f"{file} is a good backup.")
            _tell(chosen.contents)
            if not yes:
                click.confirm("Replace what the shop has now by it?", abort=True)
            done = backup.restore(chosen)
    click.echo("Restored. Everybody has to sign in again, and links in letters and to repairs are void: give new ones.")
    if done.former:
        click.echo(f"What the shop had before is kept as {done.former}")
    if chosen.contents.revision != revisions.newest_revision():
        click.echo("The backup was older than this version of the shop; it has the newest schema now.")
    if not done.cache_is_empty:
        click.echo("Redis does not answer, so the cache is not emptied; nothing in it is used any more.")


@click.command("work")
def work() -> None:
    """Send letters, tidy up and make nightly backups until asked to stop; run.py starts this beside the shop."""
    chores.work()


def install(app: Flask) -> None:
    for command in (init_db, check, audit, count_again, rebuild_search, back_up, restore, work):
        app.cli.add_command(command)


def _load_demo() -> None:
    from shop.ops.demo.build import load_demo  # a book of repairs that no web process needs

    started = time.perf_counter()
    loaded = load_demo()
    if loaded:
        seconds = time.perf_counter() - started
        click.echo(
            f"Demo shop loaded: {loaded.customers} customers, {loaded.vehicles} vehicles, {loaded.tickets} tickets "
            f"and {loaded.parts} parts in {seconds:.1f} seconds."
        )


def _show_demo_accounts() -> None:
    click.echo(f"These are demo data. Sign in with the password {people.PASSWORD} as")
    for account in people.ACCOUNTS:
        click.echo(f"  {account.email:<22}{account.role.title.lower()}")


def _tell_own_shop(settings: Settings) -> None:
    click.echo(
        f"SHOP_DEMO=0 loads no demo, but {told(settings.database_url)} holds one already.\n"
        "For a shop of your own choose another folder, such as SHOP_DATA=my-shop in the file .env, or an empty one."
    )


def _tell_database() -> None:
    settings: Settings = current_app.config["SETTINGS"]
    click.echo(f"Database: {told(settings.database_url)}")


@contextmanager
def _plainly() -> Iterator[None]:
    """Say why it was not done in a sentence instead of a traceback."""
    try:
        yield
    except (BackupRefused, SchemaRefused) as refusal:
        raise click.ClickException(str(refusal)) from refusal
    except (OperationalError, InterfaceError) as error:
        raise click.ClickException(f"The database does not answer: {error.orig}") from error


def _prove(file: Path) -> None:
    """Say what a backup is worth; the exit code is 1 when anything is wrong with it."""
    contents = backup.verify(file)
    click.echo(f"{file} was restored into a scratch database.")
    _tell(contents)
    if contents.problems:
        raise click.ClickException(f"{plural(len(contents.problems), 'contradiction')} in its books.")
    click.echo("Every file is as it was written, and the books agree.")


def _tell(contents: Contents) -> None:
    click.echo(
        f"It holds {plural(contents.customers, 'customer')}, {plural(contents.tickets, 'ticket')}, "
        f"{plural(contents.parts, 'part')} and {plural(contents.events, 'event')}"
        + (f", the last of {contents.last_change:%Y-%m-%d %H:%M} UTC." if contents.last_change else ".")
    )
    for sentence in contents.problems:
        click.echo(f"Mind: {sentence}")
