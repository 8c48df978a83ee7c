"""Small pieces of markup that only depend on their arguments, such as an icon or a pill, drawn once and kept.

A list of 25 tickets holds about 200 of them, of which some 40 differ.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Flask

KEPT = 4000

#: Macros that read nothing but their arguments. Each is a module's, after those that it uses itself.
ATOMS = {
    "components/icon.html": ("icon",),
    "components/page.html": ("kbd",),
    "components/nav.html": ("main_nav", "skip_link", "demo_bar"),
    "components/status.html": ("status_pill", "pill", "flag", "due"),
    "components/chart.html": ("sparkline",),
    "components/plate.html": ("plate", "person", "people", "ticket_number", "vehicle_line"),
    "components/buttons.html": ("button", "link_button"),
    "tickets/row.html": ("ticket_row",),
    "tickets/card.html": ("board_card",),
    "customers/row.html": ("customer_row",),
    "inventory/row.html": ("part_row",),
}


def install_atoms(app: Flask) -> None:
    for template, names in ATOMS.items():
        module: Any = app.jinja_env.get_template(template).module
        for name in names:
            setattr(module, name, lru_cache(KEPT)(getattr(module, name)))
