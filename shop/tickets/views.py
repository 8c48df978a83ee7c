"""The pages of tickets, at every door."""

from __future__ import annotations

from flask import Flask

from shop.tickets import (
    board_views,
    canned_views,
    desk_views,
    floor_views,
    job_views,
    link_views,
    list_views,
    my_views,
    new_views,
    open_work,
)
from shop.tickets.queries import open_count
from shop.web.nav import MenuEntry, menu

__all__ = [
    "board_views",
    "canned_views",
    "desk_views",
    "floor_views",
    "job_views",
    "list_views",
    "my_views",
    "new_views",
    "open_work",
]

menu(MenuEntry("desk", "Board", "square-kanban", "desk.board", position=10))
_TICKETS = ("desk.ticket", "desk.canned")
menu(MenuEntry("desk", "Tickets", "ticket", "desk.tickets", position=20, covers=_TICKETS, count=open_count))
menu(MenuEntry("floor", "My jobs", "wrench", "floor.jobs", position=10, covers=("floor.job",)))
menu(MenuEntry("my", "My repairs", "wrench", "my.repairs", position=10, covers=("my.repair",)))


def install(app: Flask) -> None:
    app.register_blueprint(link_views.repair)
