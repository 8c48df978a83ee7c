"""The links of a list: the same list in another order, narrowed otherwise, or further on."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import request

from shop.common.paging import Slice


def same_list(**changes: str | None) -> str:
    """The address of the present list with some of its query changed (None leaves a name out).

    The place in the list is forgotten, because it means nothing in another order.
    """
    return _address(request.path, tuple(request.args.items()), tuple(changes.items()))


@lru_cache(1000)
def _address(path: str, query: tuple[tuple[str, str], ...], changes: tuple[tuple[str, str | None], ...]) -> str:
    present = {name: value for name, value in query if name not in ("after", "before")}
    kept = {name: value for name, value in (present | dict(changes)).items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


def further(rows: Slice[Any], *, at: str = "") -> dict[str, str | None]:
    """Where a slice goes on, for the ``pager`` macro: ``newer_url`` leads towards its beginning.

    ``at`` is the id of the list, where it stands far down on its page.
    """
    there = f"#{at}" if at else ""
    return {
        "newer_url": same_list(before=rows.before) + there if rows.before else None,
        "older_url": same_list(after=rows.after) + there if rows.after else None,
    }


def sortable(label: str, key: str, present: str, *, backwards_first: bool = False, **more: Any) -> dict[str, Any]:
    """A column for ``data_table`` whose head sorts by ``key``; a minus before it means the other way round.

    ``present`` is the list's order now, ``more`` what ``data_table`` takes besides.
    """
    backwards = f"-{key}"
    first, second = (backwards, key) if backwards_first else (key, backwards)
    return {
        "label": label,
        "sort_url": same_list(sort=second if present == first else first),
        "sorted": {key: "ascending", backwards: "descending"}.get(present),
        **more,
    }
