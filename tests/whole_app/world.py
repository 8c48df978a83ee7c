"""A small shop in which everything is marked: whoever reads a mark that is not theirs has seen too much."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import func, select

from shop.accounts import identity
from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.models import Event
from shop.common.clock import now
from shop.common.roles import Role
from shop.common.transaction import transaction
from shop.extensions import db
from shop.tickets.lifecycle import Status
from shop.tickets.models import Supply
from shop.web.guards import Carrier
from tests import factories
from tests.browser import Browser
from tests.cast import PEOPLE
from tests.clients import Caller

ACTORS = ("anonymous", "disabled", "customer", "stranger", "mechanic", "desk", "owner")
STAFF_ACTORS = {"mechanic", "desk", "owner"}

#: Each mark, and who may ever read it.
MARKS = {
    "JOYMARK": {"customer", "mechanic", "desk", "owner"},
    "TOMMARK": {"stranger", "mechanic", "desk", "owner"},
    "joymark@example.net": {"customer", "desk", "owner"},
    "tommark@example.net": {"stranger", "desk", "owner"},
    "555 0101": {"customer", "desk", "owner"},
    "555 0202": {"stranger", "desk", "owner"},
    "NOTESMARK": {"desk", "owner"},
    "7,771.23": {"desk", "owner"},
    "7771.23": {"desk", "owner"},
    "SHELFMARK": {"customer", "stranger", *STAFF_ACTORS},
}


@dataclass
class World:
    """Ids of one thing of each kind for each of the two customers, and everybody's envelopes."""

    app: Flask
    ids: dict[str, dict[str, int]]
    keys: dict[str, str]
    tokens: dict[str, str]

    def browser(self, actor: str) -> Browser:
        """This actor's browser, with the cookie of a live sign-in (of one that was ended, for ``disabled``)."""
        browser = Browser(self.app)
        if actor in self.keys:
            with browser.client.session_transaction() as session:
                session["_user_id"] = self.keys[actor]
        return browser

    def caller(self, actor: str) -> Caller:
        return Caller(self.app, self.tokens.get(actor))

    def events(self) -> int:
        """How many changes there were."""
        with self.app.app_context():
            changes = select(func.count()).where(Event.action != Action.REFUSED.value)
            return db.session.scalar(changes) or 0


def make_world(app: Flask) -> World:
    """Fill an empty database; about a tenth of a second."""
    with app.app_context(), transaction():
        part = factories.make_part(name="SHELFMARK pads", cost_cents=777_123, on_hand=9)
        mechanic = factories.make_mechanic(name="Rui Mechanic", email="rui@example.net")
        joy = factories.make_customer(
            name="Joy JOYMARK", email="joymark@example.net", phone="555 0101", notes="NOTESMARK pays late"
        )
        tom = factories.make_customer(
            name="Tom TOMMARK", email="tommark@example.net", phone="555 0202", notes="NOTESMARK nice dog"
        )
        canned = factories.make_canned_job(part)
        ids = {}
        for owner, customer in (("customer", joy), ("stranger", tom)):
            mark = customer.name.split()[1]
            vehicle = factories.make_vehicle(customer, plate=mark, vin=None)
            ticket = factories.make_ticket(
                status=Status.IN_PROGRESS,
                vehicle=vehicle,
                complaint=f"{mark} squeals",
                mechanics=[mechanic] if owner == "customer" else [],
            )
            line = factories.make_part_line(ticket, part, quantity=1)
            wanted = factories.make_part_line(ticket, part, quantity=2, supply=Supply.WANTED)
            factories.make_job(ticket, complaint=f"{mark} squeaks as well")
            factories.make_version(ticket)
            ids[owner] = {
                "customer_id": customer.id,
                "other_id": (tom if customer is joy else joy).id,
                "vehicle_id": vehicle.id,
                "ticket_id": ticket.id,
                "job_id": line.job_id,
                "line_id": line.id,
                "number": factories.make_version(ticket).number,
                "wanted_id": wanted.id,
                "part_id": part.id,
                "mechanic_id": mechanic.id,
                "canned_id": canned.id,
                "canned_line_id": canned.lines[0].id,
            }
        keys, tokens, sessions = _sign_everybody_in({"customer": joy.id, "stranger": tom.id}, mechanic.id)
        for owner, known in ids.items():
            known["account_id"], known["sign_in_id"] = sessions[owner]
    return World(app, ids, keys, tokens)


def _sign_everybody_in(
    customers: dict[str, int], mechanic_id: int
) -> tuple[dict[str, str], dict[str, str], dict[str, tuple[int, int]]]:
    keys, tokens, sessions = {}, {}, {}
    for actor in ACTORS[1:]:
        name, role = PEOPLE.get(actor, ("Dora Disabled", Role.OWNER))
        account = Account(
            name=name,
            email=f"{actor}@example.org",
            role=role,
            customer_id=customers.get(actor),
            mechanic_id=mechanic_id if actor == "mechanic" else None,
        )
        factories.keep(account)
        row, key = identity.start(account, Carrier.COOKIE, address="127.0.0.1", agent="")
        keys[actor] = key
        row_api, key_api = identity.start(account, Carrier.BEARER, address="127.0.0.1", agent="")
        tokens[actor] = identity.token_for(row_api, key_api)
        sessions[actor] = (account.id, row.id)
        if actor == "disabled":
            account.disabled_at = now()
    return keys, tokens, sessions
