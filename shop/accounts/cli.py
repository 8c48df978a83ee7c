"""Letting an owner in: the first one on a new machine, and one whose phone is lost."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from shop.accounts import commands, links, second_factor
from shop.accounts.models import MAX_NAME, Account
from shop.common.database import told
from shop.common.errors import RuleBroken
from shop.common.roles import Role
from shop.common.text import clean, email_key
from shop.common.transaction import transaction
from shop.config import Settings
from shop.extensions import db
from shop.revisions import migrate
from shop.web.page_context import has_demo_data


@click.command("create-owner")
@click.option("--name", prompt="Name", help="The owner's name.")
@click.option("--email", prompt="E-mail", help="The address to sign in with.")
@with_appcontext
def create_owner(name: str, email: str) -> None:
    """Make an owner's account and print the link to choose its password."""
    settings: Settings = current_app.config["SETTINGS"]
    click.echo(f"Database: {told(settings.database_url)}")
    migrate()  # nothing to do but on an empty database
    if has_demo_data():
        click.echo("Mind: this is the demo shop.")
    try:
        with transaction():
            account = commands.add_account(name=_checked(name), email=email.strip(), role=Role.OWNER, by=None)
            link = links.make_link(account, lifetime=links.INVITATION_LIFETIME)
    except RuleBroken as broken:
        raise click.ClickException(broken.message) from broken
    click.echo("Choose the password here. The link works once, within 24 hours:")
    click.echo(link)


@click.command("reset-second-factor")
@click.argument("email")
@with_appcontext
def reset_second_factor(email: str) -> None:
    """Take the second factor off the account with this EMAIL, when its phone and its recovery codes are lost."""
    settings: Settings = current_app.config["SETTINGS"]
    click.echo(f"Database: {told(settings.database_url)}")
    account = db.session.scalar(select(Account).where(Account.email_key == email_key(email)))
    if account is None:
        raise click.ClickException(f"Nobody signs in as {email}.")
    if not account.has_second_factor:
        raise click.ClickException(f"{account.name} has no second factor.")
    second_factor.remove(account, by=None)
    click.echo(f"{account.name} signs in with the password alone now, and is signed out everywhere.")


def _checked(name: str) -> str:
    try:
        name = clean(name)
    except ValueError as error:
        raise RuleBroken(str(error)) from error
    if not 0 < len(name) <= MAX_NAME:
        raise RuleBroken(f"A name has 1 to {MAX_NAME} characters.")
    return name


def install(app: Flask) -> None:
    app.cli.add_command(create_owner)
    app.cli.add_command(reset_second_factor)
