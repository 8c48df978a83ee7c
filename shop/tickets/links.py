"""Links by which a customer follows one repair and answers its estimates, without an account."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select

from shop.accounts import tokens
from shop.accounts.links import LinkEnded, web_address
from shop.accounts.tokens import Audience
from shop.common.clock import now
from shop.extensions import db
from shop.settings.queries import shop_rules
from shop.tickets.models import RepairLink, Ticket
from shop.tickets.queries import whole_one

__all__ = ["LinkEnded", "make_link", "open_link"]


def make_link(ticket: Ticket) -> str:
    """A new link to the repair, inside the running transaction; earlier ones go on working."""
    lifetime = timedelta(days=shop_rules().link_days)
    token_id = secrets.token_urlsafe(24)
    db.session.add(RepairLink(ticket_id=ticket.id, token_id=token_id, expires_at=now() + lifetime))
    token = tokens.issue(Audience.REPAIR, subject=ticket.id, lifetime=lifetime, jti=token_id)
    return web_address(f"/repair/{token}")


def open_link(token: str) -> Ticket:
    """The ticket behind a token, with all that its page shows; raises LinkEnded."""
    claims = tokens.read(Audience.REPAIR, token) or {}
    linked = select(Ticket).join(RepairLink, RepairLink.ticket_id == Ticket.id)
    ticket = whole_one(
        linked.where(
            RepairLink.token_id == str(claims.get("jti")),
            RepairLink.ended_at.is_(None),
            RepairLink.expires_at > now(),
            Ticket.archived_at.is_(None),
        )
    )
    if ticket is None or str(ticket.id) != claims["sub"]:
        raise LinkEnded
    return ticket
