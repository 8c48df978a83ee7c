"""The form by which somebody is forgotten."""

from __future__ import annotations

from wtforms.validators import DataRequired

from shop.customers.models import MAX_NAME
from shop.web.fields import TextField, at_most
from shop.web.forms import ButtonForm


class EraseForm(ButtonForm):
    name = TextField("The name, to be sure", validators=[DataRequired("Type the name."), at_most(MAX_NAME)])
