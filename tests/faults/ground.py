"""A shop whose servers are its own, so that they can be hurt, and perhaps on a disk that is soon full."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from tests.faults.instances import Instance, MariaDB, PostgreSQL, Redis, running
from tests.faults.shop import FaultShop, fault_shop
from tests.faults.trial import NotTried

_KINDS: dict[str, type[PostgreSQL | MariaDB]] = {"postgresql": PostgreSQL, "mariadb": MariaDB}
_MEGABYTES = {PostgreSQL: 160, MariaDB: 240, None: 12}


class OwnShop(FaultShop):
    """``instance`` is the database server, None for SQLite; ``disk`` is where the database lies."""

    instance: Instance | None = None
    redis: Redis | None = None
    disk: Path


@contextmanager
def own_ground(
    server: str | None, name: str, *, small_disk: bool = False, with_redis: bool = False
) -> Iterator[OwnShop]:
    """A shop on a server of the same kind as ``server``, which is left alone."""
    kind = _KINDS[make_url(server).get_backend_name()] if server else None
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="shop-faults-")))
        folder.chmod(0o755)  # the server's own account goes through it
        disk = folder / "disk"
        disk.mkdir()
        if small_disk:
            stack.enter_context(_mounted(disk, _MEGABYTES[kind]))
        instance = stack.enter_context(running(kind, disk / "server")) if kind else None
        own_redis = stack.enter_context(running(Redis, folder / "redis")) if with_redis else None
        shop = stack.enter_context(
            fault_shop(
                instance.url if instance else None,
                name,
                kind=OwnShop,
                data=None if instance else disk / "shop",
                REDIS_URL=own_redis.url if own_redis else "",
            )
        )
        shop.instance, shop.redis, shop.disk = instance, own_redis, disk
        yield shop


@contextmanager
def _mounted(place: Path, megabytes: int) -> Iterator[None]:
    if os.geteuid() != 0:
        raise NotTried("only root can make a small disk to fill up")
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(place)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise NotTried(f"no small disk can be made here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
