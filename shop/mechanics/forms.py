"""Forms of mechanics."""

from __future__ import annotations

from wtforms.validators import DataRequired, Email, Optional

from shop.mechanics.models import MAX_EMAIL, MAX_NAME
from shop.web.fields import EmailField, TextField, VersionField, at_most
from shop.web.forms import ShopForm


class MechanicForm(ShopForm):
    name = TextField("Name", validators=[DataRequired("Enter a name."), at_most(MAX_NAME)])
    email = EmailField(
        "E-mail",
        empty_is_none=True,
        validators=[Optional(), Email("Enter an address such as mia@example.com."), at_most(MAX_EMAIL)],
    )


class EditMechanicForm(MechanicForm):
    version = VersionField()
