"""What the shop's own code never does, so that whole kinds of attack have nothing to hold on to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from shop.config import ROOT

pytestmark = pytest.mark.single

#: What people's requests reach; the demo shop and changes of the schema are told nothing by anybody.
CODE = [path for path in sorted((ROOT / "shop").rglob("*.py")) if not {"migrations", "demo"} & set(path.parts)]
SCRIPTS = [ROOT / "static" / "js" / name for name in ("board.js", "shop.js", "theme.js")]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

#: Calls that run text as a program, or that unpack somebody's objects.
RUNS_TEXT = {"eval", "exec", "__import__", "from_string", "render_template_string", "system", "popen"}
UNPACKS = {"pickle", "marshal", "shelve", "yaml"}
READS_XML = {"xml", "lxml", "xmltodict", "defusedxml"}
ENCRYPTS = {"cryptography", "Crypto", "Cryptodome", "nacl"}
BROKEN_HASHES = {"md5", "sha1", "new"}
#: Another way to keep passwords than ``accounts.passwords``.
OTHER_HASHING = {"scrypt", "pbkdf2_hmac", "bcrypt", "generate_password_hash"}


def test_no_text_is_run_as_a_program() -> None:
    assert [call for call in _calls() if call.name in RUNS_TEXT] == []
    assert _imports(UNPACKS) == []


def test_no_shell_and_no_command_made_of_text() -> None:
    """Programs are started with a list of words; none of them is put together in one text."""
    starts = [call for call in _calls() if call.is_of("subprocess")]
    assert {call.name for call in starts} == {"run", "Popen"}
    for call in starts:
        words = {keyword.arg for keyword in call.node.keywords}
        assert "shell" not in words, call
        assert not isinstance(call.node.args[0], ast.JoinedStr | ast.BinOp | ast.Constant), call


def test_no_statement_is_put_together_of_what_was_typed() -> None:
    """SQLAlchemy makes the SQL. What is spelt out never varies, but for backups, triggers and seconds, out of reach."""
    spelt, out_of_reach = {"text", "literal_column", "exec_driver_sql"}, {"ops", "append_only.py", "locks.py"}
    found = [call for call in _calls() if call.name in spelt and not out_of_reach & {*call.path.parts}]
    assert found
    assert [call for call in found if not isinstance(call.node.args[0], ast.Constant)] == []


def test_no_xml_is_read() -> None:
    assert _imports(READS_XML) == []


def test_nothing_is_encrypted_and_no_broken_hash_is_used() -> None:
    assert _imports(ENCRYPTS) == []
    assert [call for call in _calls() if call.is_of("hashlib") and call.name in BROKEN_HASHES] == []
    assert [call for call in _calls() if call.name in OTHER_HASHING] == []
    names = {node.attr for _, node in _nodes() if isinstance(node, ast.Attribute) and _name(node.value) == "hashlib"}
    assert "sha256" in names
    assert not names & BROKEN_HASHES


def test_no_file_is_taken() -> None:
    """No page asks for one and no code reads one; so there is none to check, to store or to serve."""
    assert not [path for path in TEMPLATES if re.search(r'type="file"|upload=True', path.read_text(encoding="utf-8"))]
    assert [f"{path}:{node.lineno}" for path, node in _nodes() if getattr(node, "attr", "") == "files"] == []
    assert _names({"FileField", "MultipleFileField", "FileStorage"}) == []


def test_scripts_show_text_as_text() -> None:
    """What comes from the server is swapped in by htmx; our own scripts make no markup and run no text."""
    makes = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc")
    for path in SCRIPTS:
        assert not makes.search(path.read_text(encoding="utf-8")), path


def test_browsers_keep_nothing_but_the_colours() -> None:
    keeps = re.compile(r"(?:localStorage|sessionStorage|indexedDB|caches|serviceWorker)\b[^;]*")
    found = {match[0] for path in SCRIPTS for match in keeps.finditer(path.read_text(encoding="utf-8"))}
    assert found == {'localStorage.getItem("theme")', 'localStorage.setItem("theme", target.value)'}


def test_no_websocket_is_opened() -> None:
    opens = re.compile(r"WebSocket|hx-ws|EventSource|RTCPeerConnection|ws-connect")
    for path in (*SCRIPTS, *TEMPLATES):
        assert not opens.search(path.read_text(encoding="utf-8")), path


class Call:
    def __init__(self, path: Path, node: ast.Call) -> None:
        self.path, self.node = path, node
        self.name = _name(node.func)

    def is_of(self, module: str) -> bool:
        return isinstance(self.node.func, ast.Attribute) and _name(self.node.func.value) == module

    def __repr__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.node.lineno} {self.name}"


@cache
def _nodes() -> list[tuple[Path, ast.AST]]:
    return [(path, node) for path in CODE for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]


@cache
def _calls() -> list[Call]:
    return [Call(path, node) for path, node in _nodes() if isinstance(node, ast.Call)]


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _imports(packages: set[str]) -> list[str]:
    return [f"{path.relative_to(ROOT)} {name}" for path, name in _imported() if name.partition(".")[0] in packages]


def _names(wanted: set[str]) -> list[str]:
    return [f"{path.relative_to(ROOT)} {name}" for path, name in _imported() if name.rpartition(".")[2] in wanted]


def _imported() -> Iterator[tuple[Path, str]]:
    for path, node in _nodes():
        if isinstance(node, ast.Import):
            yield from ((path, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((path, f"{node.module}.{alias.name}") for alias in node.names)
