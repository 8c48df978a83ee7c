"""The servers' own programs: finding them, asking how old they are, and running them between pipes."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Protocol

from shop.common.clock import now
from shop.ops.copying.refusal import BackupRefused

_CHUNK = 1 << 20
_LEFT_BEHIND = timedelta(days=1)
_WORDS_OF_A_NAME = 30  # PostgreSQL takes 63 letters for the name of a database


class Writable(Protocol):
    def write(self, data: bytes, /) -> object: ...


def find(program: str, package: str) -> str:
    """Where the program is; raises BackupRefused when it is not on PATH."""
    if found := shutil.which(program):
        return found
    raise BackupRefused(f"{program} was not found. It belongs to the server's client programs: {package}.")


def version_of(program: str, pattern: str) -> tuple[int, ...]:
    """What the program says of its own version, as far as the pattern's groups go."""
    said = subprocess.run(  # noqa: S603 - one that we found by its name
        [program, "--version"], capture_output=True, text=True, check=False
    ).stdout
    match = re.search(pattern, said)
    return tuple(map(int, match.groups())) if match else ()


def run(
    command: Sequence[str],
    *,
    given: IO[bytes] | None = None,
    into: Writable | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a program to its end, its input and output streamed; raises BackupRefused with what it said last."""
    with (
        TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 - our own words, a URL of the settings among them
            command,
            stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=subprocess.PIPE if into else subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, **(environment or {})},
        ) as process,
    ):
        try:
            _stream(process, given, into)
            code = process.wait()
        except BaseException:
            process.kill()
            raise
        if code:
            raise BackupRefused(f"{Path(command[0]).name} failed: {_last_words(said) or f'exit code {code}'}")


def scratch_name(database: str) -> str:
    return f"{_short(database)}_scratch_{now():%Y%m%d%H%M}_{secrets.token_hex(3)}"


def kept_name(database: str) -> str:
    return f"{_short(database)}_before_restore_{now():%Y%m%d%H%M%S}"


def is_left_behind(name: str, database: str) -> bool:
    """Whether this is a scratch database of ours that nobody is working with any more."""
    match = re.fullmatch(re.escape(_short(database)) + r"_scratch_(\d{12})_[0-9a-f]{6}", name)
    if match is None:
        return False
    return datetime.strptime(f"{match[1]}Z", "%Y%m%d%H%M%z").astimezone(UTC) < now() - _LEFT_BEHIND


def _short(database: str) -> str:
    return database[:_WORDS_OF_A_NAME]


def _stream(process: subprocess.Popen[bytes], given: IO[bytes] | None, into: Writable | None) -> None:
    if given and process.stdin:
        with suppress(BrokenPipeError), process.stdin as entrance:  # it gave up, and its last words say why
            shutil.copyfileobj(given, entrance, _CHUNK)
    if into and process.stdout:
        while chunk := process.stdout.read(_CHUNK):
            into.write(chunk)


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or [""])[0][:300]
