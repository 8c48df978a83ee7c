"""The few settings that the front door itself needs; the shop reads all of them in shop/config.py."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tools.front_door.speech import Refused

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Settings:
    host: str
    port: int
    web_processes: int

    @property
    def reachable_host(self) -> str:
        """Where this machine itself reaches the shop; listening everywhere is no address to go to."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - nothing is bound here  # nosec B104

    @property
    def url(self) -> str:
        """The address to type into a browser on this machine."""
        host = self.reachable_host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def read_settings() -> Settings:
    """Settings from the environment, else from ``.env``; raises Refused."""
    values = {name: value for name, value in read_env_file(ROOT / ".env").items() if value}
    values |= {name: value for name, value in os.environ.items() if value}
    return Settings(
        host=values.get("HOST", "127.0.0.1"),
        port=_number(values, "PORT", 5001, most=65535),
        web_processes=_number(values, "WEB_PROCESSES", os.cpu_count() or 1, most=256),
    )


def read_env_file(path: Path) -> dict[str, str]:
    """The NAME=value lines of a file such as ``.env``: comments, ``export`` and quotes are understood."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The file {path} can't be read: {error}") from error
    pairs = (_pair(line) for line in lines)
    return {name: value for name, value in pairs if name}


def _pair(line: str) -> tuple[str, str]:
    """The name and value of one line; no name when it sets nothing."""
    name, equals, value = line.strip().removeprefix("export ").partition("=")
    name, value = name.strip(), value.strip()
    if not equals or name.startswith("#"):
        return "", ""
    if value[:1] in ("'", '"'):
        quote = value[0]
        return name, value[1:].partition(quote)[0]
    if value.startswith("#"):
        return name, ""
    return name, value.partition(" #")[0].rstrip()


def _number(values: dict[str, str], name: str, default: int, *, most: int) -> int:
    text = values.get(name, str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise Refused(f"{name} is a whole number from 1 to {most}, not {text!r}.")
    return int(text)
