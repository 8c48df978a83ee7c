"""Forms about the staff."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from wtforms import SelectField

from shop.accounts.forms import email_field, name_field
from shop.common.roles import Role
from shop.mechanics.models import Mechanic
from shop.web.fields import VersionField
from shop.web.forms import ShopForm

NEW_MECHANIC = "new"
_ROLES = (Role.DESK, Role.MECHANIC, Role.OWNER)
_UNKNOWN: dict[str, Any] = dict.fromkeys(("invalid_value_message", "invalid_choice_message"), "Choose one of these.")


def _mechanic_key(mechanic: Mechanic | str) -> str:
    return str(mechanic.id) if isinstance(mechanic, Mechanic) else mechanic


class StaffForm(ShopForm):
    name = name_field()
    email = email_field()
    role = SelectField("Works as", coerce=Role, choices={role.value: role.title for role in _ROLES}, **_UNKNOWN)
    mechanic = SelectField("In the workshop", coerce=_mechanic_key, **_UNKNOWN)

    mechanics: dict[str, Mechanic]

    def offering(self, mechanics: Iterable[Mechanic]) -> Self:
        """Let one of these be chosen, nobody, or somebody new."""
        self.mechanics = {str(mechanic.id): mechanic for mechanic in mechanics}
        self.mechanic.choices = {
            "": "Does not repair",
            NEW_MECHANIC: "Put on the roster as a new mechanic",
            **{key: f"Is {mechanic.name} on the roster" for key, mechanic in self.mechanics.items()},
        }
        return self

    @property
    def values(self) -> dict[str, Any]:
        chosen = self.mechanic.data
        return {
            **super().values,
            "mechanic": self.mechanics.get(chosen),
            "is_new_mechanic": chosen == NEW_MECHANIC,
        }


class EditStaffForm(StaffForm):
    version = VersionField()
