"""The folder .venv with the packages of a lock, and the npm tools of the tests."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path

from tools.front_door.processes import Command, captured, run, text_of
from tools.front_door.settings import ROOT
from tools.front_door.speech import Refused, say

VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
NPM_FOLDER = ROOT / "tools"

# The locks of the tests and of the measurements contain the other one
_COVERS = {
    "requirements-bench.txt": ("requirements.txt", "requirements-bench.txt"),
    "requirements-dev.txt": ("requirements.txt", "requirements-dev.txt"),
}

# What uv, pip and npm say when nobody answers
_NETWORK_WORDS = (
    "connection refused",
    "connection reset",
    "connection timed out",
    "dns error",
    "econnrefused",
    "enotfound",
    "etimedout",
    "eai_again",
    "failed to connect",
    "failed to establish a new connection",
    "getaddrinfo failed",
    "name or service not known",
    "network is unreachable",
    "newconnectionerror",
    "nodename nor servname",
    "proxyerror",
    "read timed out",
    "temporary failure in name resolution",
    "tunnel error",
)


def prepare(lock: str, venv: Path = VENV) -> Path:
    """Make ``venv`` hold the packages of ``lock``; nothing to do when they are there already.

    Answers its Python; raises Refused.
    """
    python = venv / PYTHON.relative_to(VENV)
    if python.exists() and _read(_stamp(lock, venv)) == _digest(ROOT / lock):
        return python
    uv = shutil.which("uv")
    if not _works(python, ["-c", "pass"] if uv else ["-m", "pip", "--version"]):
        _make_venv(uv, venv)
    say("Installing the packages (this needs the network and a minute or less) ...")
    installer = (
        [uv, "pip", "install", "--compile-bytecode", "--python", python] if uv else [python, "-m", "pip", "install"]
    )
    _download([*installer, "--quiet", "--require-hashes", "-r", ROOT / lock], "The packages")
    for covered in _COVERS.get(lock, (lock,)):
        _stamp(covered, venv).write_text(_digest(ROOT / covered), encoding="ascii")
    return python


def prepare_npm() -> None:
    """Install newman, the Nu HTML checker and Lighthouse from tools/package-lock.json, where npm is there.

    Raises Refused.
    """
    npm = shutil.which("npm")
    lock = NPM_FOLDER / "package-lock.json"
    stamp = NPM_FOLDER / "node_modules" / "lock.installed"
    if npm is None or _read(stamp) == _digest(lock):
        return
    say("Installing newman, the HTML checker and Lighthouse with npm ...")
    _download([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", NPM_FOLDER], "The npm tools")
    stamp.write_text(_digest(lock), encoding="ascii")


def _make_venv(uv: str | None, venv: Path) -> None:
    say(f"Making {venv.name} with Python {sys.version_info[0]}.{sys.version_info[1]} ...")
    if uv is None and not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        raise Refused(
            "This Python comes without venv, which keeps the shop's packages apart. On Debian and Ubuntu get it with\n"
            f"  sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv\n"
            "and start again."
        )
    shutil.rmtree(venv, ignore_errors=True)
    command = [uv, "venv", "--quiet", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
    with captured() as output:
        if run([*command, venv], output=output) != 0:
            raise Refused(f"{venv} could not be made:\n{_tail(text_of(output))}")


def _download(command: Command, what: str) -> None:
    with captured() as output:
        if run(command, env={"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}, output=output) == 0:
            return
        said = text_of(output)
    if any(word in said.lower() for word in _NETWORK_WORDS):
        raise Refused(f"{what} could not be downloaded: the network seems to be away. Connect it and start again.")
    raise Refused(f"{what} could not be installed:\n{_tail(said)}")


def _works(python: Path, arguments: list[str]) -> bool:
    """Whether this Python is there and in working order; half-made ones are not."""
    if not python.exists():
        return False
    with captured() as output:
        return run([python, *arguments], output=output) == 0


def _stamp(lock: str, venv: Path) -> Path:
    """The file that notes which state of the lock was installed."""
    return venv / f"{Path(lock).name}.installed"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""


def _tail(text: str, lines: int = 8) -> str:
    kept = [line for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(f"  {line}" for line in kept)
