"""The shop with nothing kept: every page and every list is read and drawn in full, each time."""

from __future__ import annotations

from shop import create_app
from shop.extensions import cache
from shop.web.compression import compress_answers

app = create_app()
cache.init_app(app, {"CACHE_TYPE": "NullCache", "CACHE_NO_NULL_WARNING": True})
compress_answers(app)
