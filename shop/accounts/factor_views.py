"""One's own second factor: setting it up, new recovery codes, taking it off."""

from __future__ import annotations

from flask import redirect, request, session, url_for

from shop.accounts import codes, identity, second_factor
from shop.accounts.forms import NewAppForm
from shop.accounts.proof import before_anything_else
from shop.common.errors import RuleBroken, TooManyTries
from shop.common.roles import EVERYONE
from shop.web.actor import actor
from shop.web.doors import own_door
from shop.web.forms import ButtonForm
from shop.web.guards import Guard, GuardedBlueprint, fresh
from shop.web.next_page import own_page
from shop.web.once import repeatable
from shop.web.resend import never_kept
from shop.web.respond import Answer, done, page

factors = GuardedBlueprint("second_factor", __name__, url_prefix="/account/second-factor")
factors.guard = Guard(roles=EVERYONE)

_SEED = "new_factor_seed"


@factors.get("")
@before_anything_else
@fresh
def show() -> Answer:
    return _set_up_page(NewAppForm.blank())


@factors.post("")
@before_anything_else
@fresh
@repeatable
@never_kept
def set_up() -> Answer:
    form = NewAppForm()
    if _SEED not in session:
        return redirect(url_for("second_factor.show", next=request.args.get("next")), 303)
    try:
        if form.attempt(second_factor.set_up, actor, seed=session[_SEED], keep=identity.present_session(), by=actor):
            session.pop(_SEED)
            return _recovery_codes_page(form.result)
    except TooManyTries as refusal:
        form.blame(RuleBroken(refusal.message, field="code"))
        answer = _set_up_page(form, status=429)
        answer.headers["Retry-After"] = str(refusal.retry_after_seconds)
        return answer
    return _set_up_page(form, status=422)


@factors.post("/recovery-codes")
@fresh
@repeatable
def new_recovery_codes() -> Answer:
    return _recovery_codes_page(second_factor.renew_recovery_codes(actor, by=actor))


@factors.post("/off")
@fresh
def take_off() -> Answer:
    form = ButtonForm()
    if form.attempt(second_factor.remove, actor, by=actor):
        return done(url_for("accounts.account"), "From now on, your password alone lets you in.")
    return done(url_for("accounts.account"), str(form.refusal), "error")


def _set_up_page(form: NewAppForm, *, status: int = 200) -> Answer:
    """The seed waits in the browser's cookie, and is of no use without the shop's key."""
    seed = session.setdefault(_SEED, codes.new_seed())
    path, sides = codes.qr_code(codes.app_address(actor, seed))
    return page(
        "accounts/second_factor.html",
        status=status,
        form=form,
        secret=codes.secret_of(seed),
        qr_path=path,
        qr_sides=sides,
        is_needed=second_factor.is_missing(actor),
        next=request.args.get("next"),
    )


def _recovery_codes_page(recovery_codes: list[str]) -> Answer:
    back = own_page(request.args.get("next"), url_for("accounts.account"), account=actor)
    return page("accounts/recovery_codes.html", layout=own_door(actor).layout, recovery_codes=recovery_codes, back=back)
