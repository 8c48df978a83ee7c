"""What is asked of somebody who is signed in before they may go on.

Some routes want to know that the right person is still there (``web.guards.fresh``). When the password was typed too
long ago, a page asks for it, which carries along what was sent; with the right password, that is done at once. And
whoever needs a second factor and has none sets it up before anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, make_response, redirect, render_template, request, url_for

from shop.accounts import identity, second_factor
from shop.accounts.commands import prove
from shop.accounts.forms import ProofForm
from shop.common.database import may_write
from shop.common.errors import RuleBroken, TooManyTries
from shop.common.transaction import read_only
from shop.web.actor import acting_account
from shop.web.errors import Refusal
from shop.web.guards import Carrier
from shop.web.kept_answers import form_key
from shop.web.respond import Answer, wants_fragment

View = TypeVar("View", bound=Callable[..., object])

_OWN = {"csrf_token", "own_password"}


def install_proof(app: Flask) -> None:
    """Call after the guards are installed: this asks those whom they let in."""
    app.before_request(_ask_for_more)


def before_anything_else(view: View) -> View:
    """Declare a route that stays open to somebody who still has to set up a second factor."""
    view.is_before_anything_else = True  # type: ignore[attr-defined]
    return view


def proof_page(form: ProofForm, *, status: int, address: str, fields: list[tuple[str, str]]) -> Answer:
    """Ask for the password; ``fields`` are sent along with it to ``address``. To htmx, beside what is on the page."""
    template = "accounts/_proof.html" if wants_fragment() else "accounts/proof.html"
    response = make_response(render_template(template, form=form, address=address, fields=fields), status)
    if wants_fragment():
        response.headers["HX-Retarget"] = "#flash"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _ask_for_more() -> Answer | None:
    account = acting_account()
    if account is None or request.endpoint is None:
        return None
    view = current_app.view_functions[request.endpoint]
    if second_factor.is_missing(account) and not hasattr(view, "is_before_anything_else"):
        return _to_the_set_up()
    if hasattr(view, "needs_fresh") and not identity.is_fresh(identity.present_session()):
        return _ask_for_password()
    return None


def _to_the_set_up() -> Answer:
    if identity.present_session().carrier == Carrier.BEARER.value:
        raise Refusal(403, f"Set up a second factor first: sign in at {url_for('accounts.login', _external=True)}")
    here = request.full_path.rstrip("?") if request.method == "GET" and not wants_fragment() else None
    address = url_for("second_factor.show", next=here)
    if wants_fragment():
        return make_response("", 204, {"HX-Redirect": address})
    return redirect(address, 303)


def _ask_for_password() -> Answer | None:
    """The page that asks; None once the right password has come, so that what was sent is done."""
    here = request.full_path.rstrip("?")
    if request.method == "GET":
        address, fields = url_for("accounts.prove_for", next=here), [("form_key", form_key())]
        return proof_page(ProofForm.blank(), status=403, address=address, fields=fields)
    fields = [item for item in request.form.items(multi=True) if item[0] not in _OWN]
    if "form_key" not in request.form:
        fields.append(("form_key", form_key()))
    if "own_password" not in request.form:
        read_only()  # nobody waits for the database while a page is drawn
        return proof_page(ProofForm.blank(), status=403, address=here, fields=fields)
    refused = refused_proof(address=here, fields=fields)
    if refused is None:
        may_write.set(True)  # the request itself begins here
    return refused


def refused_proof(*, address: str, fields: list[tuple[str, str]]) -> Answer | None:
    """Read the password that was sent; the page that asks once more, or None when it was right."""
    form = ProofForm()
    status, retry_after = 422, None
    try:
        if form.attempt(prove, identity.present_session()):
            identity.change_key(*form.result)
            return None
    except TooManyTries as refusal:
        form.blame(RuleBroken(refusal.message, field="own_password"))
        status, retry_after = 429, refusal.retry_after_seconds
    answer = proof_page(form, status=status, address=address, fields=fields)
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer
