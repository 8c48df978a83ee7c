"""Imports point down only: from the web to the domain, from later features to earlier ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from shop.config import ROOT
from shop.features import FEATURES

pytestmark = pytest.mark.single

SHOP = ROOT / "shop"

#: Within a feature, from the ground up. A module may import from its own row and the rows above it.
ROWS = (
    {"lifecycle", "actions"},
    {"models"},
    {"record", "sentences", "stock", "passwords", "selection"},
    {"queries", "tokens", "letters", "checks", "schema", "board"},
    {"commands", "identity", "sign_in", "backup", "demo", "chores"},
    {"forms", "schemas"},
    {"views", "api", "cli"},
)
LEVEL = {name: level for level, row in enumerate(ROWS) for name in row}

#: These say what the shop does and know nothing of HTTP, forms or JSON.
DOMAIN = {"lifecycle", "actions", "models", "record", "sentences", "stock", "selection", "queries", "commands"}
WEB = {"flask", "wtforms", "flask_wtf", "marshmallow", "flask_smorest", "werkzeug", "flask_login", "flask_limiter"}


def modules() -> list[Path]:
    return sorted(path for path in SHOP.rglob("*.py") if "migrations" not in path.parts)


def place(path: Path) -> tuple[str, str]:
    """(package, module) below shop/: ("tickets", "models"), ("common", "clock"), ("", "config")."""
    parts = path.relative_to(SHOP).with_suffix("").parts
    return (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])


def imports(path: Path) -> Iterator[str]:
    """Every imported name, in full; those for types alone (under TYPE_CHECKING) don't count."""
    for node in ast.walk(_without_type_imports(ast.parse(path.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_down(path: Path) -> None:
    package, module = place(path)
    for name in imports(path):
        if not name.startswith("shop."):
            if package == "common" or (package in FEATURES and module in DOMAIN):
                assert name.split(".")[0] not in WEB, f"{path} knows HTTP: {name}"
            continue
        other, *rest = name.split(".")[1:]
        if package == "common":
            assert other in ("common", "extensions"), f"common imports {name}"
        elif package == "web":
            assert other in ("web", "common", "extensions", "config"), f"web imports a feature: {name}"
        elif package in FEATURES:
            if module in DOMAIN:
                assert other != "web", f"{path} knows HTTP: {name}"
            if other in FEATURES and other != package:
                assert FEATURES.index(other) < FEATURES.index(package), f"{package} imports the later {name}"
                assert rest[:1] not in (["views"], ["api"]) or module in ("views", "api"), f"{path} imports {name}"
            if other == package and rest and rest[0] in LEVEL and module in LEVEL:
                assert LEVEL[rest[0]] <= LEVEL[module], f"{path} imports {name} from above it"


def test_every_feature_is_in_the_list() -> None:
    packages = {path.name for path in SHOP.iterdir() if (path / "__init__.py").exists()}
    assert packages - {"common", "web", "migrations"} == set(FEATURES)


def test_a_planted_violation_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("from shop.tickets.views import board\nimport flask\n", encoding="utf-8")
    assert {"shop.tickets.views", "flask"} <= set(imports(planted))


def _without_type_imports(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if hasattr(node, "body") and isinstance(node.body, list):
            node.body = [child for child in node.body if not _is_type_checking(child)]
    return tree


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
