"""The file of a backup: what the database gave, what was uploaded, and a manifest that says what each must be.

It is an ordinary zip file, so that it can be looked into without the shop.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from shop.ops.copying import NotABackup, Writable

MANIFEST = "manifest.json"
UPLOADS = "uploads"
FORMAT = 1
_MANIFEST_BYTES = 64 << 20  # of hundreds of thousands of uploads
_CHUNK = 1 << 20
_QUICKLY = 1  # zlib's level: half the time of the usual one, and nearly as small
#: What zipfile may say of a file that is cut off or has other bytes than it was written with.
_UNREADABLE = (BadZipFile, zlib.error, struct.error, EOFError, ValueError, KeyError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Member:
    """What one file in the backup must be."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a backup comes from. ``events`` are those that were saved before it began."""

    made_at: datetime
    version: str
    database: str
    revision: str
    events: int


class Packing:
    """A backup that is being written."""

    def __init__(self, packed: ZipFile) -> None:
        self._zip = packed
        self._members: dict[str, Member] = {}

    @contextmanager
    def adding(self, name: str) -> Iterator[Writable]:
        """Write one file of any length."""
        with self._zip.open(name, "w", force_zip64=True) as into:
            measured = _Measured(into)
            yield measured
        self._members[name] = Member(measured.length, measured.digest.hexdigest())

    def add_file(self, name: str, path: Path) -> None:
        with path.open("rb") as source, self.adding(name) as into:
            while chunk := source.read(_CHUNK):
                into.write(chunk)

    def finish(self, origin: Origin) -> None:
        manifest = {
            "format": FORMAT,
            **asdict(origin),
            "made_at": f"{origin.made_at:%Y-%m-%dT%H:%M:%SZ}",
            "files": {name: asdict(member) for name, member in self._members.items()},
        }
        self._zip.writestr(MANIFEST, json.dumps(manifest, indent=1))


@contextmanager
def packing(path: Path) -> Iterator[Packing]:
    """Write a backup into an empty file that is there."""
    with path.open("r+b") as file, ZipFile(file, "w", ZIP_DEFLATED, compresslevel=_QUICKLY) as packed:
        yield Packing(packed)


class Packed:
    """A backup that is being read."""

    def __init__(self, packed: ZipFile, path: Path) -> None:
        self._zip = packed
        self.path = path
        manifest = self._manifest()
        self.origin = Origin(
            datetime.strptime(manifest["made_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            str(manifest["version"]),
            str(manifest["database"]),
            str(manifest["revision"]),
            int(manifest["events"]),
        )
        self.members = {
            str(name): Member(int(it["bytes"]), str(it["sha256"])) for name, it in manifest["files"].items()
        }

    @property
    def uploads(self) -> list[str]:
        """The names of what was uploaded, below the folder of uploads."""
        return [name.removeprefix(f"{UPLOADS}/") for name in self.members if name.startswith(f"{UPLOADS}/")]

    def refuse_altered(self) -> None:
        """Read it from end to end; raises NotABackup unless every file is there, to the byte, and no other one."""
        there = sorted(info.filename for info in self._zip.infolist())
        if there != sorted([MANIFEST, *self.members]):
            raise NotABackup(f"{self.path} has other files in it than its manifest says.")
        for name, member in self.members.items():
            with _told_plainly(self.path):
                measured = self._measure(name, member.bytes)
            if measured != member:
                raise NotABackup(f"{self.path} is damaged: {name} is not what was written.")

    def reading(self, name: str) -> IO[bytes]:
        return self._zip.open(name)

    def _manifest(self) -> dict[str, Any]:
        if self._zip.getinfo(MANIFEST).file_size > _MANIFEST_BYTES:
            raise ValueError("its manifest is too large")
        manifest: dict[str, Any] = json.loads(self._zip.read(MANIFEST))
        if manifest["format"] != FORMAT:
            raise NotABackup("This backup comes from a newer version of the shop. Update the shop first.")
        if any(not _is_plain(name) for name in manifest["files"]):
            raise ValueError("its manifest names files in strange places")
        return manifest

    def _measure(self, name: str, most: int) -> Member:
        measured = _Measured()
        with self._zip.open(name) as source:
            while measured.length <= most and (chunk := source.read(_CHUNK)):
                measured.write(chunk)
        return Member(measured.length, measured.digest.hexdigest())


@contextmanager
def opened(path: Path) -> Iterator[Packed]:
    """Read a backup; raises NotABackup for a file that is none."""
    with ExitStack() as stack:
        with _told_plainly(path):
            packed = Packed(stack.enter_context(ZipFile(path)), path)
        yield packed


@contextmanager
def _told_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotABackup(f"{path} can't be read: {error.strerror}.") from error
    except (*_UNREADABLE, OSError) as error:
        raise NotABackup(f"{path} is damaged, or not a backup of this shop: {error}.") from error


class _Measured:
    """Takes bytes, passes them on, and keeps their number and digest."""

    def __init__(self, into: IO[bytes] | None = None) -> None:
        self._into = into
        self.length = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> Self:
        self.length += len(data)
        self.digest.update(data)
        if self._into:
            self._into.write(data)
        return self


def _is_plain(name: str) -> bool:
    """Whether this may be unpacked: one of our few names, or something below the folder of uploads and nowhere else."""
    if any(sign in name for sign in "\\:\0"):
        return False
    path = PurePosixPath(name)
    if path.as_posix() != name or path.is_absolute() or ".." in path.parts:
        return False
    return len(path.parts) == 1 or path.parts[0] == UPLOADS
