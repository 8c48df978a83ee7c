"""Signing in and out, setting a password by a link, and one's own account."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, flash, redirect, request, url_for
from sqlalchemy.exc import OperationalError

from shop.accounts import (
    commands,
    factor_views,
    identity,
    links,
    outbox_views,
    passwords,
    queries,
    refusals,
    second_factor,
)
from shop.accounts.forms import ChangePasswordForm, CodeForm, ForgotForm, LoginForm, NameForm, NewPasswordForm
from shop.accounts.limits import letter_limit, sign_in_limit
from shop.accounts.links import LinkEnded
from shop.accounts.models import Account, LoginSession, SetupLink
from shop.accounts.proof import before_anything_else, install_proof, refused_proof
from shop.accounts.refusals import Why
from shop.accounts.sign_in import (
    HalfSignIn,
    HalfSignInEnded,
    Started,
    Whereabouts,
    complete,
    sign_in,
    sign_in_by_link,
)
from shop.common.errors import RuleBroken, TooManyTries
from shop.common.roles import EVERYONE
from shop.common.transaction import read_only
from shop.extensions import db
from shop.web.actor import actor
from shop.web.doors import own_door
from shop.web.guards import Carrier, Guard, GuardedBlueprint, allow, anyone, found, turned_away
from shop.web.kept_answers import form_key
from shop.web.next_page import own_page
from shop.web.once import repeatable
from shop.web.page_context import has_demo_data
from shop.web.resend import Kept, install_resend, never_kept, unsealed
from shop.web.respond import Answer, page, refused, saved

accounts = GuardedBlueprint("accounts", __name__)
accounts.guard = Guard(roles=EVERYONE)

__all__ = ["outbox_views"]  # its page hangs on the desk's door

MAX_PATH = 80  # signs of an address that the history keeps

DEMO_PASSWORD = "password123"  # noqa: S105 - invented people have it, and only in the demo
DEMO_ACCOUNTS = (
    ("Owner", "test@example.com"),
    ("Front desk", "desk@example.com"),
    ("Mechanic", "mechanic@example.com"),
    ("Customer", "customer@example.com"),
    ("Other customer", "other@example.com"),
)


@accounts.get("/")
@anyone
def front() -> Answer:
    account = identity.account_in_cookie()
    return redirect(own_door(account).home if account else url_for("accounts.login"), 303)


@accounts.get("/login")
@anyone
def login() -> Answer:
    account = identity.account_in_cookie()
    if account:
        return redirect(own_page(request.args.get("next"), own_door(account).home, account=account), 303)
    return _login_page(LoginForm.blank())


@accounts.post("/login")
@anyone
@repeatable
@never_kept
@sign_in_limit
def come_in() -> Answer:
    form = LoginForm()
    kept = unsealed(request.form.get("kept"))
    try:
        if form.attempt(sign_in, carrier=Carrier.COOKIE, here=_here()):
            return _welcome(form.result, kept)
    except TooManyTries as refusal:
        form.form_errors = [refusal.message]
        answer = _login_page(form, status=429, kept=kept)
        answer.headers["Retry-After"] = str(refusal.retry_after_seconds)
        return answer
    return _login_page(form, status=422, kept=kept)


@accounts.get("/login/code")
@anyone
def code() -> Answer:
    """The second step comes after the first alone."""
    return redirect(url_for("accounts.login", next=request.args.get("next")), 303)


@accounts.post("/login/code")
@anyone
@repeatable
@never_kept
def enter_code() -> Answer:
    form = CodeForm()
    kept = unsealed(request.form.get("kept"))
    try:
        if form.attempt(complete, carrier=Carrier.COOKIE, here=_here()):
            return _welcome(form.result, kept)
    except TooManyTries as refusal:
        form.blame(RuleBroken(refusal.message, field="code"))
        answer = _code_page(form, status=429, kept=kept)
        answer.headers["Retry-After"] = str(refusal.retry_after_seconds)
        return answer
    except HalfSignInEnded:
        login_form = LoginForm.blank()
        login_form.form_errors = ["That took too long, or was done before. Enter your password once more."]
        return _login_page(login_form, status=422, kept=kept)
    return _code_page(form, status=422, kept=kept)


@accounts.post("/logout")
@before_anything_else
@allow(EVERYONE)
@repeatable
@never_kept
def logout() -> Answer:
    commands.sign_out(identity.present_session(), by=actor)
    return _goodbye()


@accounts.get("/forgot-password")
@anyone
def forgot_password() -> Answer:
    return page("accounts/forgot_password.html", form=ForgotForm.blank(), is_sent=False)


@accounts.post("/forgot-password")
@anyone
@letter_limit
def ask_for_link() -> Answer:
    form = ForgotForm()
    is_sent = form.attempt(commands.send_reset)
    return page("accounts/forgot_password.html", status=200 if is_sent else 422, form=form, is_sent=is_sent)


@accounts.get("/set-password/<token>")
@anyone
def set_password(token: str) -> Answer:
    return _set_password_page(links.open_link(token), NewPasswordForm.blank())


@accounts.post("/set-password/<token>")
@anyone
@repeatable
@never_kept
def keep_password(token: str) -> Answer:
    link = links.open_link(token)
    form = NewPasswordForm()
    if form.attempt(sign_in_by_link, link, here=_here()):
        return _welcome(form.result)
    return _set_password_page(link, form, status=422)


@accounts.errorhandler(LinkEnded)
def link_ended(error: LinkEnded) -> Answer:
    return _unreferred(page("accounts/link_ended.html", status=404))


@accounts.get("/account")
def account() -> Answer:
    return page("accounts/account.html", **account_context())


@accounts.post("/account/name")
def name() -> Answer:
    form = NameForm()
    if form.attempt(commands.edit_account, actor, by=actor):
        return saved("accounts/_name.html", back=url_for("accounts.account"), **account_context())
    return refused("accounts/_name.html", page="accounts/account.html", form=form, **account_context(name_form=form))


@accounts.post("/account/password")
@never_kept
@repeatable
def password() -> Answer:
    form = ChangePasswordForm()
    if form.attempt(commands.change_password, actor, keep=identity.present_session(), by=actor):
        return saved(
            "accounts/_password.html",
            also=["accounts/_sign_ins.html"],
            back=url_for("accounts.account"),
            message="Your password is changed. All other sign-ins have ended.",
            **account_context(),
        )
    context = account_context(password_form=form)
    return refused("accounts/_password.html", page="accounts/account.html", form=form, **context)


@accounts.post("/account/prove")
@before_anything_else
@never_kept
@repeatable
def prove_for() -> Answer:
    """The right password leads to the page that asked for it."""
    where = request.args.get("next")
    refusal = refused_proof(address=url_for("accounts.prove_for", next=where), fields=[("form_key", form_key())])
    return refusal or redirect(own_page(where, url_for("accounts.account"), account=actor), 303)


@accounts.post("/account/sign-ins/<id:sign_in_id>/end")
def end_sign_in(sign_in_id: int) -> Answer:
    ending = found(db.session.scalar(queries.live_sign_ins(actor).where(LoginSession.id == sign_in_id)))
    commands.sign_out(ending, by=actor)
    if sign_in_id == identity.present_session().id:
        return _goodbye()
    return saved("accounts/_sign_ins.html", back=url_for("accounts.account"), **account_context())


@accounts.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> Answer:
    commands.sign_out_everywhere(actor, by=actor)
    return _goodbye("You are signed out everywhere.")


def account_context(**forms: Any) -> dict[str, Any]:
    """What the account page and its fragments want; a form that was refused is handed in."""
    return {
        "layout": own_door(actor).layout,
        "name_form": NameForm.showing(actor),
        "password_form": ChangePasswordForm.blank(),
        "least": passwords.least_characters(actor.role),
        "recovery_codes_left": second_factor.recovery_codes_left(actor) if actor.has_second_factor else 0,
        "is_needed": actor.role in second_factor.roles_that_need_one(),
        "sign_ins": queries.sign_ins(actor),
        "present_id": identity.present_session().id,
        **forms,
    }


def _login_page(form: LoginForm, *, status: int = 200, kept: Kept | None = None) -> Answer:
    """``kept`` is what came when its sign-in had ended, to be sent again after this one."""
    return page(
        "accounts/login.html",
        status=status,
        form=form,
        action=url_for("accounts.login", next=request.args.get("next")),
        kept=kept,
        demo_accounts=DEMO_ACCOUNTS if has_demo_data() else (),
        demo_password=DEMO_PASSWORD,
    )


def _set_password_page(link: SetupLink, form: NewPasswordForm, *, status: int = 200) -> Answer:
    account = link.account
    least = passwords.least_characters(account.role)
    return _unreferred(page("accounts/set_password.html", status=status, account=account, form=form, least=least))


def _welcome(started: Started | HalfSignIn, kept: Kept | None = None) -> Answer:
    if isinstance(started, HalfSignIn):
        return _code_page(CodeForm.blank(half=started.token), kept=kept)
    if former := identity.account_in_cookie():
        commands.sign_out(identity.present_session(), by=former)  # one browser, one sign-in
    identity.open_cookie(*started)
    account = started[0].account
    if kept is not None and kept.account_id == account.id:
        return page("errors/resend.html", kept=kept, why="You are signed in again. Look it over and send it once more.")
    if kept is not None:
        flash("What was typed before the sign-in ended belongs to another account, and was not sent.", "note")
    return redirect(own_page(request.args.get("next"), own_door(account).home, account=account), 303)


def _code_page(form: CodeForm, *, status: int = 200, kept: Kept | None = None) -> Answer:
    """The second step, which knows of the first by the form alone."""
    return page("accounts/code.html", status=status, form=form, kept=kept, next=request.args.get("next"))


def _goodbye(message: str | None = None) -> Answer:
    identity.close_cookie()
    if message:
        flash(message, "done")
    answer = redirect(url_for("accounts.login"), 303)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _here() -> Whereabouts:
    return Whereabouts(request.remote_addr or "", request.user_agent.string, device=identity.device_by_cookie())


def _unreferred(answer: Answer) -> Answer:
    """Let no other page, and nobody's log, learn the address: it is a key."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@turned_away.connect
def note_turned_away(account: Account) -> None:
    """A reader's request as well: in a transaction of its own, and the answer does not depend on it."""
    try:
        refusals.note(
            Why.ROLE,
            str(account.id),
            account_id=account.id,
            address=request.remote_addr or "",
            by=account,
            at=request.path[:MAX_PATH],
        )
    except OperationalError:
        current_app.logger.warning("A refusal was not noted.")
    finally:
        read_only()


def install(app: Flask) -> None:
    install_resend(app, sign_in_page=lambda kept: _login_page(LoginForm.blank(), kept=kept))
    install_proof(app)
    app.register_blueprint(accounts)
    app.register_blueprint(factor_views.factors)
