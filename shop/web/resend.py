"""What was typed outlives the sign-in: it is handed back, and sent once more by the press of a button.

Every form's token says for whom the form was drawn (``new_seal``) and is signed with our key. So a form whose sign-in
has ended or changed is known to be one of ours, and whose. It is handed back to that account alone, after signing in
where need be; and nothing is done before the button on our own page is pressed, with a token of the new sign-in.
Passwords and files are never kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, Response, current_app, make_response, render_template, request
from itsdangerous import BadData, URLSafeTimedSerializer

from shop.common.transaction import read_only
from shop.web.form_fields import FORM_SALT
from shop.web.stale import KEEP, THEIRS

if TYPE_CHECKING:
    from shop.accounts.models import Account

View = TypeVar("View", bound=Callable[..., Any])

MAX_CHARACTERS = 20_000
MAX_FIELDS = 100
KEPT_SECONDS = 24 * 60 * 60

ENDED = "Your sign-in has ended. Sign in, and send it once more."
CHANGED = "Your sign-in changed in another window. Nothing is lost: send it once more."

_CHOICES = {"form_key", "mechanic", "seen", "supply", "to", "vehicle", "version", "whose"}
_LABELS = {
    "email": "E-mail",
    "phone": "Telephone",
    "plate": "Number plate",
    "price_cents": "Price",
    "cost_cents": "Cost",
    "promised_at": "Promised for",
    "q": "Search",
    "sku": "SKU",
    "vin": "VIN",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that came when its sign-in was over: whose it is, where it goes, and its fields in order."""

    account_id: int
    address: str
    fields: tuple[tuple[str, str], ...]

    @property
    def sealed(self) -> str:
        """For a hidden field of the sign-in page; read again by ``unsealed``."""
        return str(_serializer("kept").dumps([self.account_id, self.address, self.fields]))

    @property
    def words(self) -> list[tuple[str, str]]:
        """What a person typed, without the choices that a form carries as codes."""
        return [
            (_LABELS.get(name, name.replace("_", " ").capitalize()), value)
            for name, value in self.fields
            if value.strip()
            and name not in _CHOICES
            and not name.endswith("_id")
            and not name.startswith((KEEP, THEIRS))
        ]


def install_resend(app: Flask, *, sign_in_page: Callable[[Kept], Any]) -> None:
    """``sign_in_page`` draws the page to sign in on, with what was typed in a hidden field."""
    app.extensions["shop_sign_in_page"] = sign_in_page


def new_seal(account: Account) -> str:
    """The secret that the forms of a new sign-in carry, signed; it begins with whose it is."""
    return f"{account.id}.{secrets.token_hex(20)}"


def never_kept(view: View) -> View:
    """Declare a route whose form holds passwords."""
    view.is_never_kept = True  # type: ignore[attr-defined]
    return view


def hand_back(account: Account | None) -> Response | None:
    """Answer a form that came after its sign-in, to ``account`` who is signed in now; None when it can't be kept."""
    kept = _typed()
    if kept is None or (account is not None and account.id != kept.account_id):
        return None
    read_only()  # nobody waits for the database while a page is drawn
    status, why = (401, ENDED) if account is None else (400, CHANGED)
    if request.headers.get("HX-Request") == "true":
        # Sent again as it is, without htmx, it is answered by the sign-in page.
        token = request.form["csrf_token"] if account is None else None
        response = make_response(render_template("errors/_resend.html", kept=kept, why=why, token=token), status)
        response.headers["HX-Retarget"] = "#flash"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    if account is None:
        return make_response(current_app.extensions["shop_sign_in_page"](kept), status)
    return make_response(render_template("errors/resend.html", kept=kept, why=why), status)


def unsealed(text: str | None) -> Kept | None:
    """What the sign-in page carried; None when it was not ours or is older than a day."""
    try:
        account_id, address, fields = _serializer("kept").loads(text or "", max_age=KEPT_SECONDS)
    except BadData:
        return None
    return Kept(account_id, address, tuple((name, value) for name, value in fields))


def _typed() -> Kept | None:
    """The form of the present request, if it is one of ours, holds no secret and is not too long."""
    if request.method != "POST" or request.endpoint is None or _is_secret(request.endpoint):
        return None
    owner = _drawn_for(request.form.get("csrf_token", ""))
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    if owner is None or len(fields) > MAX_FIELDS or sum(len(name + value) for name, value in fields) > MAX_CHARACTERS:
        return None
    if "form_key" not in request.form:
        fields.append(("form_key", secrets.token_urlsafe(16)))
    return Kept(owner, request.full_path.rstrip("?"), tuple(fields))


def _is_secret(endpoint: str) -> bool:
    view = current_app.view_functions[endpoint]
    return getattr(view, "is_never_kept", False) or any("password" in name for name in request.form)


def _drawn_for(token: str) -> int | None:
    """The id of the account whose page the form with this token was on; None for a stranger's and for a forgery."""
    try:
        seal = str(_serializer(FORM_SALT).loads(token))
    except BadData:
        return None
    account_id, dot, _ = seal.partition(".")
    return int(account_id) if dot and account_id.isdigit() else None


def _serializer(salt: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=salt)
