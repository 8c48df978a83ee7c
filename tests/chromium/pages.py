"""Every page there is to look at, and who looks at it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask
from werkzeug.exceptions import NotFound

from tests.chromium.live import LiveShop

_REPAIR = "SELECT max(id) FROM ticket WHERE customer_id = 2 AND status = 'in_progress'"
_OFFERED = """
    SELECT max(ticket.id) FROM ticket JOIN estimate_version ON ticket_id = ticket.id
    WHERE customer_id = 2 AND archived_at IS NULL AND status NOT IN ('invoiced', 'picked_up', 'cancelled')
    AND estimate_version.number = (SELECT max(number) FROM estimate_version WHERE ticket_id = ticket.id)
    AND {answered} (SELECT * FROM consent WHERE version_id = estimate_version.id)
"""

#: What stands for an id in the addresses below, and where the demo shop has one that shows much.
_TICKET = """
    SELECT ticket.id FROM ticket JOIN line ON line.ticket_id = ticket.id
    JOIN assignment ON assignment.ticket_id = ticket.id
    WHERE assignment.mechanic_id = 1 AND line.removed_at IS NULL
    ORDER BY status = 'in_progress' DESC, ticket.id DESC LIMIT 1
"""
_JOB = f"SELECT min(job_id) FROM line WHERE removed_at IS NULL AND ticket_id = ({_TICKET})"

IDS = {
    "ticket": _TICKET,
    "job": _JOB,
    "line": f"SELECT min(id) FROM line WHERE removed_at IS NULL AND job_id = ({_JOB})",
    "draft": "SELECT max(id) FROM ticket WHERE status = 'draft'",
    "cancelled": "SELECT max(id) FROM ticket WHERE status = 'cancelled'",
    "late": "SELECT id FROM ticket WHERE status = 'in_progress' ORDER BY promised_at LIMIT 1",
    "repair": _REPAIR,
    "finished": "SELECT max(id) FROM ticket WHERE customer_id = 2 AND status = 'picked_up'",
    "strange": "SELECT max(id) FROM ticket WHERE customer_id = 3",
    "customer": "SELECT 2",
    "other": "SELECT 3",
    "canned": "SELECT min(id) FROM canned_job WHERE name_key IS NOT NULL",
    "canned_line": "SELECT min(id) FROM canned_line WHERE part_id IS NULL AND canned_job_id = 1",
    "fleet": "SELECT 4",
    "former": "SELECT min(id) FROM customer WHERE id NOT IN (SELECT customer_id FROM ticket WHERE is_open = 1)",
    "vehicle": "SELECT min(id) FROM vehicle WHERE customer_id = 2",
    "part": "SELECT part_id FROM stock_move GROUP BY part_id ORDER BY count(*) DESC LIMIT 1",
    "mechanic": "SELECT 1",
    "long": "SELECT 3",
    "account": "SELECT id FROM account WHERE role = 'mechanic'",
    "offered": f"SELECT coalesce(({_OFFERED.format(answered='NOT EXISTS')}), ({_REPAIR}))",
    "answered": f"SELECT coalesce(({_OFFERED.format(answered='EXISTS')}), ({_REPAIR}))",
}

#: What stands for a link to a repair, and the ticket that it leads to.
LINKS = {"link": "offered", "answered_link": "answered"}

PAGES = {
    "visitor": (
        "/login",
        "/forgot-password",
        "/set-password/no-such-link",
        "/repair/no-such-link",
        "/repair/{link}",
        "/repair/{answered_link}",
        "/repair/{answered_link}/estimates/1",
        "/docs",
        "/no-such-page",
    ),
    "desk": (
        "/desk/",
        "/desk/?mechanic={mechanic}",
        "/desk/tickets",
        "/desk/tickets?status=all&sort=promised",
        "/desk/tickets?q=nobody+has+this",
        "/desk/tickets?status=broken",
        "/desk/tickets/new",
        "/desk/tickets/{ticket}/whose",
        "/desk/canned-jobs",
        "/desk/canned-jobs/{canned}",
        "/desk/canned-jobs/{canned}/lines/{canned_line}",
        "/desk/canned-jobs/{canned}/parts?q=oil",
        "/desk/tickets/new?q=a",
        "/desk/tickets/{ticket}",
        "/desk/tickets/{draft}",
        "/desk/tickets/{cancelled}",
        "/desk/tickets/{late}",
        "/desk/tickets/{ticket}/details",
        "/desk/tickets/{ticket}/jobs/{job}",
        "/desk/tickets/{ticket}/jobs/{job}/parts?q=oil",
        "/desk/tickets/{ticket}/jobs/{job}/parts?q=nothing+like+it",
        "/desk/tickets/{ticket}/lines/{line}",
        "/desk/tickets/{ticket}/estimates/1",
        "/desk/customers",
        "/desk/customers?q=nobody+has+this",
        "/desk/customers/new",
        "/desk/customers/{customer}",
        "/desk/customers/{customer}?edit=1",
        "/desk/customers/{fleet}",
        "/desk/customers/{customer}/vehicles",
        "/desk/customers/{fleet}/vehicles?show=archived",
        "/desk/customers/{customer}/vehicles/{vehicle}",
        "/desk/customers/{customer}/tickets",
        "/desk/customers/{customer}/data",
        "/desk/customers/{customer}/same",
        "/desk/customers/{customer}/same?q=a",
        "/desk/customers/{customer}/same?q=nobody+has+this",
        "/desk/customers/{customer}/same/{other}",
        "/desk/customers/{customer}/same/{fleet}",
        "/desk/customers/{former}/data",
        "/desk/vehicles/{vehicle}",
        "/desk/vehicles/{vehicle}?edit=1",
        "/desk/vehicles/{vehicle}/owner",
        "/desk/vehicles/{vehicle}/owner?q=a",
        "/desk/vehicles/{vehicle}/tickets",
        "/desk/inventory",
        "/desk/inventory?add=1",
        "/desk/inventory?q=nobody+has+this",
        "/desk/inventory/{part}",
        "/desk/inventory/{part}?edit=1",
        "/desk/mechanics",
        "/desk/mechanics?left=1",
        "/desk/mechanics/{mechanic}",
        "/desk/mechanics/{long}",
        "/desk/search",
        "/desk/search?q=to",
        "/desk/search?q=nobody+has+this",
        "/desk/outbox",
        "/desk/patterns",
        "/desk/staff",
        "/desk/tickets/999999",
        "/account",
    ),
    "owner": (
        "/desk/staff",
        "/desk/staff/new",
        "/desk/staff/{account}",
        "/desk/settings",
        "/desk/settings/backups",
        "/desk/audit",
        "/desk/audit?kind=refusals",
        "/desk/audit?kind=tickets&since=2026-02-30",
        "/desk/audit?about=ticket-{ticket}",
        "/desk/mechanics",
        "/desk/mechanics/{mechanic}?edit=1",
    ),
    "mechanic": (
        "/floor/",
        "/floor/tickets/{ticket}",
        "/floor/tickets/{ticket}/parts?q=oil",
        "/floor/ranking",
        "/floor/ranking?period=all",
        "/floor/ranking/{mechanic}?period=all",
        "/floor/wall",
        "/floor/wall?period=year",
        "/desk/",
        "/floor/tickets/999999",
        "/account",
    ),
    "customer": (
        "/my/",
        "/my/tickets/{repair}",
        "/my/tickets/{finished}",
        "/my/tickets/{offered}",
        "/my/tickets/{answered}/estimates/1",
        "/my/tickets/{strange}",
        "/my/vehicles",
        "/my/vehicles/{vehicle}",
        "/my/vehicles/{vehicle}/repairs",
        "/my/profile",
        "/my/data",
        "/account",
        "/account/second-factor",
        "/floor/",
    ),
}

#: Looked at with axe at the width of a phone as well.
ON_A_PHONE = (
    "/login",
    "/account/second-factor",
    "/desk/",
    "/desk/tickets",
    "/desk/tickets/new",
    "/desk/tickets/{ticket}",
    "/desk/inventory",
    "/desk/inventory/{part}",
    "/desk/customers/{customer}",
    "/desk/customers/{customer}/same/{other}",
    "/desk/settings",
    "/desk/settings/backups",
    "/desk/audit",
    "/floor/",
    "/floor/tickets/{ticket}",
    "/floor/ranking",
    "/my/",
    "/my/tickets/{repair}",
    "/my/tickets/{offered}",
    "/repair/{link}",
    "/repair/{answered_link}/estimates/1",
    "/my/vehicles/{vehicle}",
)

#: Forms that are sent as they are, and the button that sends them: each is refused, with the reasons at its fields.
REFUSED = (
    ("visitor", "/login", "Sign in"),
    ("visitor", "/forgot-password", "Send me the link"),
    ("visitor", "/repair/{link}", "Send my answer"),
    ("desk", "/desk/tickets/new", "Open the ticket"),
    ("desk", "/desk/tickets/{ticket}", "Assign"),
    ("desk", "/desk/customers/new", "Add the customer"),
    ("desk", "/desk/inventory?add=1", "Add"),
    ("desk", "/desk/inventory/{part}", "Receive"),
    ("desk", "/desk/inventory/{part}", "Scrap"),
    ("desk", "/account", "Change the password"),
    ("customer", "/account/second-factor", "Go on"),
    ("owner", "/desk/staff/new", "Invite them"),
)

#: What somebody sees who has just opened a shop.
IN_AN_EMPTY_SHOP = (
    "/desk/",
    "/desk/tickets",
    "/desk/tickets/new",
    "/desk/customers",
    "/desk/inventory",
    "/desk/mechanics",
    "/desk/staff",
    "/desk/settings",
    "/desk/settings/backups",
    "/floor/",
    "/floor/ranking",
    "/floor/wall",
    "/account",
)

#: Routes that answer no page, and what they answer instead.
NO_PAGES = {
    "accounts.code": "comes after the password alone, and leads there",
    "accounts.front": "sends everybody to their own door",
    "desk.vehicle_vin": "a line under a field, which the page of a vehicle holds",
    "assets.file": "files",
    "openapi.document": "JSON",
    "ops.healthz": "JSON",
    "ops.metrics": "figures for a program",
    "ops.readyz": "JSON",
}


@dataclass(frozen=True)
class PageAs:
    role: str
    path: str

    def __str__(self) -> str:
        return f"{self.role} {self.path}"

    @property
    def is_for_phones(self) -> bool:
        return self.path in ON_A_PHONE

    def address(self, shop: LiveShop) -> str:
        return _filled(
            self.path,
            lambda name: shop.link(shop.number(IDS[LINKS[name]])) if name in LINKS else shop.number(IDS[name]),
        )

    def endpoint(self, app: Flask) -> str | None:
        """The route behind it; None for a page that is meant to be missing."""
        path = _filled(self.path, lambda name: 1).partition("?")[0]
        try:
            return str(app.url_map.bind("localhost").match(path)[0])
        except NotFound:
            return None


def _filled(path: str, value: Callable[[str], int | str]) -> str:
    return re.sub(r"{(\w+)}", lambda name: str(value(name[1])), path)


EVERY_PAGE = [PageAs(role, path) for role, paths in PAGES.items() for path in paths]
