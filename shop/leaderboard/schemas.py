"""The ranking, as programs ask for it and get it."""

from __future__ import annotations

from marshmallow import fields

from shop.common.paging import MAX_SIZE
from shop.web.schemas import Body, Number, Row


class RankingQuery(Body):
    limit = Number(
        least=1,
        most=MAX_SIZE,
        load_default=None,
        metadata={"description": "How many to list, from the top; everybody if left out.", "examples": [10]},
    )


class PlaceSchema(Row):
    id = fields.Integer()
    name = fields.String()
    rank = fields.Integer(metadata={"description": "Equal numbers share a rank."})
    tickets_completed = fields.Integer()
    tickets_worked = fields.Integer()
    tickets_came_back = fields.Integer(
        metadata={"description": "Of the tickets completed, those that came back after the repair."}
    )
