"""Whether the process is alive, whether it can serve, and what its pages are made of."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, g, jsonify
from sqlalchemy.exc import SQLAlchemyError

from shop import revisions
from shop.common.clock import now
from shop.common.stamps import Topic, remembered
from shop.config import Settings
from shop.ops import backup_views
from shop.ops.forms import PatternForm
from shop.ops.queries import BackupState, backup_state, trouble_with_folder
from shop.tickets.lifecycle import Status
from shop.web.actor import acting_account
from shop.web.doors import desk
from shop.web.errors import problem
from shop.web.guards import anyone
from shop.web.metrics import told_figures
from shop.web.respond import Answer, page

__all__ = ["backup_views", "install", "owners_backups"]

ops = Blueprint("ops", __name__)


@ops.get("/healthz")
@anyone
def healthz() -> Response:
    """This process is alive; says nothing about the database."""
    return jsonify(status="ok")


@ops.get("/readyz")
@anyone
def readyz() -> Response:
    """The database answers and has the schema that this version needs, and there is room to write."""
    try:
        is_ready = revisions.present_revision() == revisions.newest_revision()
    except SQLAlchemyError:
        return problem(503, "The database does not answer.")
    if not is_ready:
        return problem(503, "The database has another schema than this version.")
    settings: Settings = current_app.config["SETTINGS"]
    trouble = trouble_with_folder(settings.data)
    return problem(503, trouble) if trouble else jsonify(status="ready")


@ops.get("/metrics")
@anyone
def metrics() -> Response:
    """Figures of the running shop, told to whoever brings METRICS_TOKEN; without that setting there is nothing here."""
    return told_figures()


@desk.get("/patterns")
def patterns() -> Answer:
    """Every component in every state, to look at and to copy from."""
    return page(
        "patterns/index.html",
        now=now(),
        statuses=list(Status),
        form=PatternForm.filled(),
        refused_form=PatternForm.refused(),
    )


def owners_backups() -> BackupState | None:
    """How the nightly backups are doing, where the owner is looking; nobody else is told."""
    account = acting_account()
    if account is None or not account.is_owner or "database_is_away" in g:
        return None
    return remembered(Topic.BACKUPS, "state", build=backup_state)


def install(app: Flask) -> None:
    app.jinja_env.globals["owners_backups"] = owners_backups
    app.register_blueprint(ops)
