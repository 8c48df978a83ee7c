"""The owner's page about prices, taxes and what the shop insists on."""

from __future__ import annotations

from typing import Any

from flask import url_for

from shop.audit.queries import timeline
from shop.common.roles import OWNER
from shop.settings.commands import change_rates, change_rules
from shop.settings.forms import RatesForm, RulesForm
from shop.settings.queries import latest_rates, present_rates, rates_or_standard, shop_rules
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.guards import allow
from shop.web.nav import MenuEntry, menu
from shop.web.respond import Answer, page, refused, saved

HISTORY = 20  # changes that the page tells of

menu(MenuEntry("desk", "Settings", "settings", "desk.settings", position=80, covers=("desk.settings",), roles=OWNER))


@desk.get("/settings")
@allow(OWNER)
def settings() -> Answer:
    return page("settings/settings.html", **settings_context())


@desk.post("/settings/rates")
@allow(OWNER)
def settings_rates() -> Answer:
    form = RatesForm()
    if form.attempt(change_rates, by=actor):
        return settings_saved("settings/_rates.html", message="Saved. Tickets from now on are charged like this.")
    return settings_refused("settings/_rates.html", form, now=filled_rates(), rates_form=form)


@desk.post("/settings/rules")
@allow(OWNER)
def settings_rules() -> Answer:
    form = RulesForm()
    if form.attempt(change_rules, by=actor):
        return settings_saved("settings/_rules.html", message="Saved.")
    return settings_refused("settings/_rules.html", form, now=filled_rules(), rules_form=form)


def filled_rates() -> RatesForm:
    form: RatesForm = RatesForm.showing(rates_or_standard(present_rates()))
    return form


def filled_rules() -> RulesForm:
    form: RulesForm = RulesForm.showing(shop_rules())
    return form


def settings_context(**forms: Any) -> dict[str, Any]:
    """What the page and its fragments want; a form that was refused is handed in."""
    return {
        "rates_form": filled_rates(),
        "rules_form": filled_rules(),
        "timeline": timeline(*latest_rates(HISTORY), shop_rules(), limit=HISTORY),
        **forms,
    }


def settings_saved(fragment: str, *, message: str) -> Answer:
    back = url_for("desk.settings")
    return saved(fragment, also=["audit/_timeline.html"], back=back, message=message, **settings_context())


def settings_refused(fragment: str, form: RatesForm | RulesForm, *, now: RatesForm | RulesForm, **forms: Any) -> Answer:
    return refused(fragment, page="settings/settings.html", form=form, now=now, **settings_context(**forms))
