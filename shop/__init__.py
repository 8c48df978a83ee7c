"""The repair shop."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from flask import Flask
from jinja2 import StrictUndefined
from sqlalchemy.orm import configure_mappers
from werkzeug.middleware.proxy_fix import ProxyFix

from shop import extensions
from shop.accounts import identity
from shop.common import clock, money
from shop.common.database import prepare_engine
from shop.config import ROOT, Settings, code_mark, read_settings
from shop.features import FEATURES
from shop.ops.queries import is_demo
from shop.revisions import prepare_migrations
from shop.web.api import install_api
from shop.web.assets import install_assets
from shop.web.atoms import install_atoms
from shop.web.bodies import install_bodies
from shop.web.doors import DOORS
from shop.web.errors import install_errors
from shop.web.filters import install_filters
from shop.web.form_fields import install_form_fields
from shop.web.guards import install_guards
from shop.web.headers import install_headers
from shop.web.ids import install_ids
from shop.web.kept_markup import install_kept_markup
from shop.web.nav import install_counts
from shop.web.once import install_once
from shop.web.origins import install_origins
from shop.web.page_context import install_page_context
from shop.web.request_id import install_logging
from shop.web.slashes import install_slashes
from shop.web.templates import CompiledTemplates
from shop.web.transactions import ShopFlask, install_transactions


def create_app(settings: Settings | None = None) -> Flask:
    """The shop as a WSGI application; raises SettingRefused with a plain sentence."""
    app = configured(settings or read_settings())
    install_logging(app)
    install_bodies(app)
    connect_extensions(app)
    install_transactions(app)
    install_headers(app)
    install_origins(app)
    install_ids(app)
    install_assets(app)
    install_filters(app)
    install_form_fields(app)
    install_kept_markup(app)
    install_page_context(app, is_demo=is_demo)
    install_counts(app)
    install_guards(app, cookie=identity.account_in_cookie, bearer=identity.account_in_token)
    install_api(app)
    open_features(app)
    install_errors(app)
    install_once(app)
    install_atoms(app)
    return app


def configured(settings: Settings) -> Flask:
    app = ShopFlask("shop", static_folder=None, template_folder=str(ROOT / "templates"))
    app.config.from_mapping(settings.for_flask)
    install_slashes(app)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    made_by = f"{code_mark()} {settings.currency} {settings.timezone}"
    app.jinja_env.bytecode_cache = CompiledTemplates(settings.data / "compiled-templates", made_by)
    clock.use_zone(settings.timezone)
    money.use_currency(settings.currency)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def connect_extensions(app: Flask) -> None:
    extensions.db.init_app(app)
    if "FLASK_RUN_FROM_CLI" in os.environ:  # for ``flask db``
        prepare_migrations(app)
    extensions.login_manager.init_app(app, add_context_processor=False)  # a page of failure is drawn without anybody
    extensions.login_manager.session_protection = None  # a sign-in is a row, see accounts.identity
    extensions.csrf.init_app(app)
    extensions.limiter.init_app(app)
    extensions.cache.init_app(app)
    settings: Settings = app.config["SETTINGS"]
    with app.app_context():
        prepare_engine(extensions.db.engine, patient=settings.is_patient)


def open_features(app: Flask) -> None:
    """Let every feature hang in its pages, JSON and commands, then hang the doors."""
    for module in load_features():
        if hasattr(module, "install"):
            module.install(app)
    for door in DOORS:
        app.register_blueprint(door)


def load_features() -> list[ModuleType]:
    """Import every feature's models, pages, JSON and commands, and work out how the models hang together."""
    names = (f"shop.{feature}.{part}" for feature in FEATURES for part in ("models", "views", "api", "cli"))
    modules = [import_module(name) for name in names if find_spec(name)]
    configure_mappers()
    return modules
