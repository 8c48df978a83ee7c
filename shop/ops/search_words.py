"""Spelling everything again by which things are found."""

from __future__ import annotations

from shop.common.transaction import transaction
from shop.common.words import everything, spell_again
from shop.extensions import db


def rebuild() -> int:
    """Spell the words of all things again, a piece at a time while others work; answers how many had other words."""
    changed = 0
    with db.engine.connect() as connection:
        pieces = list(everything(connection))
    for kept, which in pieces:
        with transaction():
            changed += spell_again(db.session(), kept, which)
    return changed
