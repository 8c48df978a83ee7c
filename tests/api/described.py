"""Schemathesis, which holds the API to its own description."""

from __future__ import annotations

import sys
from pathlib import Path

_CONFIG = Path(__file__).with_name("schemathesis.toml")


def schemathesis(address: str, token: str, *, examples: int) -> list[str]:
    """The command that tries every operation with so many examples and more; an empty token is nobody's."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(_CONFIG), "run", f"{address}/openapi.json"),
        *("--checks=all", f"--max-examples={examples}", "--workers=1", "--no-color", "--generation-database=none"),
    ]
    return [*command, f"--header=Authorization: Bearer {token}"] if token else command
