"""One guard: a piece of the code without which something that must not happen could."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LIST = Path(__file__).with_name("guards.toml")


@dataclass(frozen=True, slots=True)
class Guard:
    """``text`` stands once in ``file``; with ``without`` in its place, one of the ``tests`` turns red."""

    name: str
    file: str
    text: str
    without: str
    tests: list[str]

    @contextlib.contextmanager
    def taken_out(self, root: Path) -> Iterator[None]:
        path = root / self.file
        whole = path.read_text(encoding="utf-8")
        path.write_text(whole.replace(self.text, self.without), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(whole, encoding="utf-8")


def all_guards() -> list[Guard]:
    return [Guard(**each) for each in tomllib.loads(_LIST.read_text(encoding="utf-8"))["guard"]]
