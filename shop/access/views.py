"""The owner's pages about the staff, and the desk's button that invites a customer."""

from __future__ import annotations

from typing import Any

from flask import url_for

from shop.access import queries
from shop.access.commands import add_staff, edit_staff
from shop.access.forms import EditStaffForm, StaffForm
from shop.accounts import commands, second_factor
from shop.accounts.models import Account
from shop.accounts.queries import sign_ins
from shop.audit.actions import Action
from shop.audit.queries import timeline
from shop.common.roles import OWNER
from shop.customers.models import Customer
from shop.customers.queries import visible_to as customers_visible_to
from shop.customers.views import customer_url, show_context
from shop.extensions import db
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.forms import ButtonForm
from shop.web.guards import allow, found, fresh
from shop.web.nav import MenuEntry, menu
from shop.web.page_context import sends_mail
from shop.web.respond import Answer, done, page, refused, saved

menu(MenuEntry("desk", "Staff", "id-card", "desk.staff", position=60, covers=("desk.staff",), roles=OWNER))


@desk.get("/staff")
@allow(OWNER)
def staff() -> Answer:
    return page("access/staff.html", rows=queries.staff())


@desk.get("/staff/new")
@allow(OWNER)
def staff_new() -> Answer:
    return page("access/new.html", form=StaffForm.blank().offering(queries.linkable_mechanics()))


@desk.post("/staff")
@allow(OWNER)
@fresh
def staff_add() -> Answer:
    form = StaffForm().offering(queries.linkable_mechanics())
    if form.attempt(add_staff, by=actor):
        return done(url_for("desk.staff"), f"{form.result.name} is invited. {letter_is_written()}")
    return page("access/new.html", status=422, form=form)


@desk.get("/staff/<id:account_id>")
@allow(OWNER)
def staff_member(account_id: int) -> Answer:
    return page("access/member.html", **member_context(find_member(account_id)))


@desk.post("/staff/<id:account_id>")
@allow(OWNER)
@fresh
def staff_edit(account_id: int) -> Answer:
    member = find_member(account_id)
    form = EditStaffForm().offering(queries.linkable_mechanics(member))
    if form.attempt(edit_staff, member, by=actor):
        return member_saved(member, "access/_member.html", also=("access/_head.html", "access/_way_in.html"))
    return refused(
        "access/_member.html",
        page="access/member.html",
        form=form,
        now=filled_form(member),
        **member_context(member, member_form=form),
    )


@desk.post("/staff/<id:account_id>/second-factor-off")
@allow(OWNER)
@fresh
def staff_second_factor_off(account_id: int) -> Answer:
    member = find_member(account_id)
    form = ButtonForm()
    if form.attempt(second_factor.remove, member, by=actor):
        message = f"{member.name} signs in with the password alone now."
        return member_saved(member, "access/_way_in.html", message=message)
    return refused("access/_way_in.html", page="access/member.html", form=form, **member_context(member))


@desk.post("/staff/<id:account_id>/invite")
@allow(OWNER)
def staff_invite(account_id: int) -> Answer:
    member = find_member(account_id)
    form = ButtonForm()
    if form.attempt(commands.send_invitation, member, by=actor):
        return member_saved(member, "access/_way_in.html", message=letter_is_written())
    return refused("access/_way_in.html", page="access/member.html", form=form, **member_context(member))


@desk.post("/staff/<id:account_id>/disable")
@allow(OWNER)
def staff_disable(account_id: int) -> Answer:
    member = find_member(account_id)
    form = ButtonForm()
    if form.attempt(commands.disable_account, member, by=actor):
        return member_saved(member, "access/_way_in.html", message=f"{member.name} can no longer come in.")
    return refused("access/_way_in.html", page="access/member.html", form=form, **member_context(member))


@desk.post("/staff/<id:account_id>/enable")
@allow(OWNER)
def staff_enable(account_id: int) -> Answer:
    member = find_member(account_id)
    commands.enable_account(member, by=actor)
    return member_saved(member, "access/_way_in.html", message=f"{member.name} can come in again.")


@desk.post("/staff/<id:account_id>/sign-out")
@allow(OWNER)
def staff_sign_out(account_id: int) -> Answer:
    member = find_member(account_id)
    commands.sign_out_everywhere(member, by=actor)
    return member_saved(member, "access/_way_in.html", message=f"{member.name} is signed out everywhere.")


@desk.post("/customers/<id:customer_id>/invite")
def customer_invite(customer_id: int) -> Answer:
    customer = found(db.session.scalar(customers_visible_to(actor).where(Customer.id == customer_id)))
    form = ButtonForm()
    fragment = "accounts/_customer_account.html"
    if form.attempt(commands.invite_customer, customer, by=actor):
        also, back, message = ["audit/_timeline.html"], customer_url(customer), letter_is_written()
        return saved(fragment, also=also, back=back, message=message, **show_context(customer))
    return refused(fragment, page="customers/show.html", form=form, **show_context(customer))


def letter_is_written() -> str:
    if sends_mail():
        return "The invitation is in the outbox."
    return "Nothing was sent, as no mail leaves the shop yet. The invitation waits in the outbox."


def find_member(account_id: int) -> Account:
    return found(db.session.scalar(queries.visible_to(actor).where(Account.id == account_id)))


def filled_form(member: Account) -> EditStaffForm:
    form: EditStaffForm = EditStaffForm.showing(member)
    return form.offering(queries.linkable_mechanics(member))


def member_context(member: Account, **forms: Any) -> dict[str, Any]:
    """What the page of one of the staff and its fragments want; a form that was refused is handed in."""
    return {
        "member": member,
        "member_form": filled_form(member),
        "sign_ins": sign_ins(member),
        "recovery_codes_left": second_factor.recovery_codes_left(member),
        "timeline": timeline(member, without=(Action.SIGNED_IN, Action.SIGNED_OUT)),
        **forms,
    }


def member_saved(member: Account, fragment: str, *, also: tuple[str, ...] = (), message: str = "Saved.") -> Answer:
    return saved(
        fragment,
        also=[*also, "audit/_timeline.html"],
        back=url_for("desk.staff_member", account_id=member.id),
        message=message,
        **member_context(member),
    )
