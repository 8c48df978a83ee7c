"""Commands of ours as they are typed on this computer."""

from __future__ import annotations

import os
import shlex
from pathlib import Path


def pasteable(command: str) -> str:
    """A command as it is typed here, for the same data folder."""
    folder = os.environ.get("SHOP_DATA")
    if os.name == "nt":
        return (f"set SHOP_DATA={folder}&& " if folder else "") + rf".venv\Scripts\flask --app wsgi {command}"
    return (f"SHOP_DATA={shlex.quote(folder)} " if folder else "") + f".venv/bin/flask --app wsgi {command}"


def quoted(path: Path) -> str:
    return f'"{path}"' if os.name == "nt" else shlex.quote(str(path))
