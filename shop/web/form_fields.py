"""What every form that posts carries beside its own fields: the token that shows whose it is, and a key of its own."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from flask import Flask, current_app, g, session
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer
from markupsafe import Markup

from shop.common.clock import this_minute
from shop.web.kept_answers import form_key

FORM_SALT = "wtf-csrf-token"  # Flask-WTF's own


def install_form_fields(app: Flask) -> None:
    """Call after Flask-WTF is installed, whose ``csrf_token`` this one stands before."""
    app.jinja_env.globals.update(csrf_token=csrf_token, form_key=form_key, form_fields=form_fields)


def form_fields() -> Markup:
    """Both, as they stand in a form that has no WTForms form; each form has another key."""
    token = f'<input type="hidden" name="csrf_token" value="{csrf_token()}">'
    key = f'<input type="hidden" name="form_key" value="{form_key()}">'
    return Markup(token + key)  # noqa: S704 - both are spelt in base64  # nosec B704


def csrf_token() -> str:
    """Flask-WTF's token. That of one sign-in is signed once a minute: it takes longer than to draw a form."""
    if "csrf_token" in g:
        return str(g.csrf_token)
    if "csrf_token" not in session:
        return str(generate_csrf())
    g.csrf_token = token = _signed(str(current_app.secret_key), session["csrf_token"], this_minute())
    return token


@lru_cache(1000)
def _signed(secret_key: str, seal: str, _minute: datetime) -> str:
    return str(URLSafeTimedSerializer(secret_key, salt=FORM_SALT).dumps(seal))
