"""The ranking for programs."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response

from shop.common.clock import Period
from shop.common.roles import STAFF
from shop.leaderboard import queries
from shop.leaderboard.schemas import PlaceSchema, RankingQuery
from shop.web.api import ApiBlueprint
from shop.web.api_answers import shown_each
from shop.web.guards import allow

leaderboard = ApiBlueprint("leaderboard", noun="mechanics", about="The mechanics by tickets completed.")


@leaderboard.get("/top")
@allow(STAFF)
@leaderboard.arguments(RankingQuery(), location="query")
@leaderboard.response(200, PlaceSchema(many=True))
def top(values: dict[str, Any]) -> Response:
    """The mechanics ranked by tickets completed since the shop opened, those with none included."""
    return ranking(**values)


@leaderboard.get("/leaderboard")
@allow(STAFF)
@leaderboard.arguments(RankingQuery(), location="query")
@leaderboard.response(200, PlaceSchema(many=True))
def whole(values: dict[str, Any]) -> Response:
    """The same as `/mechanics/top`."""
    return ranking(**values)


def ranking(limit: int | None) -> Response:
    return shown_each(PlaceSchema, queries.ranking(Period.ALL, limit=limit))


def install(app: Flask) -> None:
    leaderboard.open(app)
