"""Forms of accounts."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from shop.accounts.models import MAX_CODE, MAX_EMAIL, MAX_NAME, MAX_PASSWORD_BYTES
from shop.web.fields import EmailField, TextField
from shop.web.forms import ShopForm


def email_field() -> EmailField:
    return EmailField("E-mail", validators=[DataRequired("Enter an e-mail address."), Length(max=MAX_EMAIL)])


def name_field() -> TextField:
    return TextField("Name", validators=[DataRequired("Enter a name."), Length(max=MAX_NAME)])


def _password_field(label: str, *checks: Any) -> PasswordField:
    return PasswordField(
        label, validators=[InputRequired("Enter a password."), Length(max=MAX_PASSWORD_BYTES), *checks]
    )


def _code_field() -> StringField:
    return StringField("Code", validators=[InputRequired("Enter the code."), Length(max=MAX_CODE)])


class LoginForm(ShopForm):
    email = email_field()
    password = _password_field("Password")


class CodeForm(ShopForm):
    """The second step of signing in; ``half`` is the first."""

    half = HiddenField()
    code = _code_field()


class NewAppForm(ShopForm):
    code = _code_field()


class ProofForm(ShopForm):
    own_password = _password_field("Your password")


class ForgotForm(ShopForm):
    email = email_field()


class NewPasswordForm(ShopForm):
    """Choosing a password, typed twice because nobody sees it."""

    password = _password_field("New password")
    again = _password_field("The same once more", EqualTo("password", "The two are not the same."))

    @property
    def values(self) -> dict[str, Any]:
        return {"password": self.password.data}


class ChangePasswordForm(ShopForm):
    present = _password_field("Present password")
    new = _password_field("New password")
    again = _password_field("The same once more", EqualTo("new", "The two are not the same."))

    @property
    def values(self) -> dict[str, Any]:
        return {"present": self.present.data, "new": self.new.data}


class NameForm(ShopForm):
    name = name_field()
