"""The letters about repairs. Written into the outbox in the running transaction."""

from __future__ import annotations

from shop.accounts.letters import post
from shop.accounts.models import Letter, LetterKind
from shop.settings.queries import shop_rules
from shop.tickets.models import EstimateVersion

_ESTIMATE = """\
Hello {name},

we have looked at your {vehicle} and written down what there is to do and what it costs. Please look at it and tell us \
what we may do, job by job:

{link}

The link works for {days} days and also shows how far your repair is. Whoever has it can answer for you, so keep it to \
yourself.

{shop}
{phone}
"""


def write_estimate_letter(version: EstimateVersion, *, link: str) -> Letter | None:
    """Ask the customer to decide; None when no address of theirs is known."""
    customer, vehicle = version.ticket.customer, version.ticket.vehicle
    if not customer.email:
        return None
    return post(
        LetterKind.ESTIMATE,
        to=customer.email,
        subject="Estimate {number} for your {vehicle}",
        body=_ESTIMATE,
        name=customer.name,
        number=str(version.number),
        vehicle=vehicle.label if vehicle else "vehicle",
        link=link,
        days=str(shop_rules().link_days),
    )
