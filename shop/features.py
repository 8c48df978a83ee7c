"""The features in their order: a later one may import an earlier one, never the other way round."""

from __future__ import annotations

FEATURES = (
    "audit",
    "accounts",
    "settings",
    "customers",
    "mechanics",
    "access",
    "inventory",
    "tickets",
    "merging",
    "privacy",
    "leaderboard",
    "trail",
    "search",
    "ops",
    "openapi",
)
