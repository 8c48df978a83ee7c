"""What backups and restores leave behind, to look at and to take away again."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import create_engine

from shop.extensions import db
from shop.ops import archive, backup
from tests import services
from tests.faults.shop import databases, drop_databases


def need_tools() -> None:
    match os.environ.get("TEST_DATABASE_URL", "").partition(":")[0].partition("+")[0]:
        case "postgresql":
            services.pg_dump()
        case "mariadb":
            services.mariadb_dump()


def uploads() -> Path:
    return Path(backup.backup_folder().parent / archive.UPLOADS)


def beside() -> list[str]:
    """What lies beside the shop's database that was made of it."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        return [each.name for each in path.parent.iterdir() if each.name.startswith((".copying", f"{path.name}.bef"))]
    engine = create_engine(url.set(database="postgres" if url.get_backend_name() == "postgresql" else ""))
    with engine.connect() as connection:
        found = [name for name in databases(connection, str(url.database)) if name != url.database]
    engine.dispose()
    return found


def forget_former() -> None:
    db.session.remove()
    db.engine.dispose()
    url = db.engine.url
    for name in beside():
        if url.get_backend_name() == "sqlite":
            Path(str(url.database)).with_name(name).unlink()
            continue
        engine = create_engine(
            url.set(database="postgres" if url.get_backend_name() == "postgresql" else ""),
            isolation_level="AUTOCOMMIT",
        )
        with engine.connect() as connection:
            drop_databases(connection, name)
        engine.dispose()


def nightly_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("nightly-"))
