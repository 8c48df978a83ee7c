"""The owner's page about backups: when the last one was made, where they lie, and having one made now."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, url_for

from shop.common.clock import now
from shop.common.roles import OWNER
from shop.common.stamps import Topic, stamp
from shop.config import Settings
from shop.ops.asked import ask_for_backup
from shop.ops.backup import ENDING
from shop.ops.pasteable import pasteable, quoted
from shop.ops.queries import backup_files, backup_state
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.forms import ButtonForm
from shop.web.guards import allow
from shop.web.respond import Answer, page_or_fragment, refused, saved, unchanged

PAGE, LIST = "settings/backups.html", "settings/_backups.html"


@desk.get("/settings/backups")
@allow(OWNER)
def settings_backups() -> Answer:
    if request.args.get("seen") == backups_stamp():
        return unchanged()
    return page_or_fragment(PAGE, LIST, **backups_context())


@desk.post("/settings/backups")
@allow(OWNER)
def settings_back_up() -> Answer:
    form = ButtonForm()
    if form.attempt(ask_for_backup, by=actor):
        return saved(LIST, back=url_for("desk.settings_backups"), message="It is asked for.", **backups_context())
    return refused(LIST, page=PAGE, form=form, **backups_context())


def backups_context() -> dict[str, Any]:
    """What the page and its list want; ``seen`` is read before the rest, so that a poll can only ask once too often."""
    settings: Settings = current_app.config["SETTINGS"]
    seen = backups_stamp()
    try:
        files, unread = backup_files(settings.backups, ENDING), None
    except OSError as error:
        files, unread = [], error.strerror
    newest = files[0].path if files else settings.backups / f"NAME{ENDING}"
    return {
        "seen": seen,
        "state": backup_state(),
        "files": files,
        "unread": unread,
        "folder": settings.backups,
        "key_file": settings.data / "secret.key",
        "by_hand": pasteable("backup"),
        "restoring": pasteable(f"restore {quoted(newest)}"),
    }


def backups_stamp() -> str:
    """What is shown depends on the backups and, because of how long one has been waited for, on the minute."""
    return f"{stamp(Topic.BACKUPS)}-{now():%H%M}"
