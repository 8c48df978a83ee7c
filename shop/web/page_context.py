"""What every template may ask for besides what its view hands it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request

from shop.config import Settings
from shop.web.actor import acting_account
from shop.web.assets import STAFF_STYLESHEET, STYLESHEET, asset
from shop.web.fields import sent_value
from shop.web.nav import navigation, own_doors

DEMO_PHONE = "+1 555 010 0199"
LOOPBACK = (None, "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class ShopFace:
    """The shop as its pages show it."""

    name: str
    phone: str
    address: str
    currency: str
    is_demo: bool
    sends_mail: bool


def install_page_context(app: Flask, *, is_demo: Callable[[], bool]) -> None:
    app.jinja_env.globals.update(navigation=navigation, own_doors=own_doors, sent_value=sent_value)
    app.extensions["shop_ask_for_demo"] = is_demo

    @app.context_processor
    def page_context() -> dict[str, Any]:
        settings: Settings = current_app.config["SETTINGS"]
        return {
            "actor": acting_account(),
            "shop": ShopFace(
                settings.shop_name,
                shop_phone(),
                settings.shop_address,
                settings.currency,
                is_demo="database_is_away" not in g and has_demo_data(),
                sends_mail=sends_mail(),
            ),
            "stylesheet_urls": stylesheet_urls(),
            "oob": False,
            "just_saved": False,
            "refusals": {},
            "here": request.full_path.rstrip("?"),
            "is_overheard": is_overheard(),
        }


def stylesheet_urls() -> tuple[str, ...]:
    """One for everybody; who works here gets a second one, whichever page it is."""
    account = acting_account()
    names = [STYLESHEET, STAFF_STYLESHEET] if account is not None and account.is_staff else [STYLESHEET]
    return tuple(asset(name) for name in names)


def shop_phone() -> str:
    """The number that customers call; empty where none is set, but the demo shop has one."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.shop_phone or "database_is_away" in g:
        return settings.shop_phone
    return DEMO_PHONE if has_demo_data() else ""


def sends_mail() -> bool:
    """Whether letters leave the shop: there is a mail server, and this is not the demo, which writes to nobody."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.smtp_url is not None and ("database_is_away" in g or not has_demo_data())


def is_overheard() -> bool:
    """Whether an owner's pages travel unencrypted over a network, where others can read along."""
    account = acting_account()
    if account is None or not account.is_owner or request.is_secure:
        return False
    return request.remote_addr not in LOOPBACK


def has_demo_data() -> bool:
    """Whether all this is made up. Asked once for each process: demo data come before the first page or never."""
    known: dict[str, Any] = current_app.extensions
    if "shop_is_demo" not in known:
        known["shop_is_demo"] = known["shop_ask_for_demo"]()
    return bool(known["shop_is_demo"])
