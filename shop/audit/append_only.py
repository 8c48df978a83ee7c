"""The database's own guard over the history: events, their values and their seals are added, and then stay.

Triggers refuse to change or remove them, with one exception: erasure may replace the two values of a change and their
salt by a digest, once. Who may change the schema can take triggers away; ``verify`` then still tells what was done.

They stand aside where the database's other checks do, so that a dump can be loaded and tests can begin anew: with
``ignore_check_constraints`` on in SQLite, ``foreign_key_checks`` off in MariaDB, in the role of a replica in
PostgreSQL (superusers only). Nothing in the shop does that.
"""

from __future__ import annotations

import logging

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

log = logging.getLogger("shop.history")

EVENT, VALUES, SEAL = "event", "event_change", "event_seal"

#: Beside the first two, which every database has: emptying a table at once, which PostgreSQL can refuse as well.
_NOT_CHANGED, _NOT_REMOVED, _NOT_EMPTIED = "{0}_not_changed", "{0}_not_removed", "{0}_not_emptied"

_ERASURE = (
    "new.id = old.id AND new.event_id = old.event_id AND new.field = old.field"
    " AND new.{q}before{q} IS NULL AND new.{q}after{q} IS NULL AND new.salt IS NULL"
    " AND old.digest IS NULL AND new.digest IS NOT NULL"
)

_CHECKS = "NOT (SELECT ignore_check_constraints FROM pragma_ignore_check_constraints)"
_SQLITE = {
    _NOT_CHANGED: f"BEFORE UPDATE ON {{0}} WHEN {{unless}} AND {_CHECKS} BEGIN SELECT RAISE(ABORT, '{{0}} stays'); END",
    _NOT_REMOVED: f"BEFORE DELETE ON {{0}} WHEN {_CHECKS} BEGIN SELECT RAISE(ABORT, '{{0}} stays'); END",
}
_POSTGRESQL = {
    _NOT_CHANGED: "BEFORE UPDATE ON {0} FOR EACH ROW WHEN ({unless}) EXECUTE FUNCTION refuse_change()",
    _NOT_REMOVED: "BEFORE DELETE ON {0} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    _NOT_EMPTIED: "BEFORE TRUNCATE ON {0} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
}
_MARIADB = {
    _NOT_CHANGED: (
        "BEFORE UPDATE ON {0} FOR EACH ROW IF @@foreign_key_checks AND {unless} THEN "
        "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{0} stays'; END IF"
    ),
    _NOT_REMOVED: (
        "BEFORE DELETE ON {0} FOR EACH ROW IF @@foreign_key_checks THEN "
        "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{0} stays'; END IF"
    ),
}
_TRIGGERS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL, "mariadb": _MARIADB}

#: What PostgreSQL's triggers call; an error of its class 23, as of any other rule of the schema.
_REFUSE = """
    CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' stays', ERRCODE = 'restrict_violation';
    END $$
"""

_HAS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": (
        "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal AND tgenabled <> 'D'"
    ),
    "mariadb": "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = database()",
}


def missing(connection: Connection) -> list[str]:
    """The triggers that are not there, or switched off."""
    there = set(connection.scalars(text(_HAS[connection.dialect.name])))
    return [name for name in _wanted(connection) if name not in there]


def stand_guard(connection: Connection) -> bool:
    """Make the triggers that are missing; False when there was nothing to do. One process at a time, please.

    A server of MariaDB may not let us; that is logged, and ``check`` goes on telling.
    """
    lacking = missing(connection)
    wanted = _wanted(connection)
    if lacking and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_REFUSE)
    for name in lacking:
        try:
            _drop(connection, name)  # one that is switched off
            connection.exec_driver_sql(f"CREATE TRIGGER {name} {wanted[name]}")
        except DBAPIError as error:
            if connection.dialect.name != "mariadb":
                raise
            log.warning("The history is not guarded, see docs/audit.md: %s", error.orig)
            break
    return bool(lacking)


def stand_aside(connection: Connection) -> None:
    """Take the triggers off, for a change of the schema that can't be made with them; ``stand_guard`` follows."""
    for name in _wanted(connection):
        _drop(connection, name)


def _drop(connection: Connection, name: str) -> None:
    where = f" ON {name.partition('_not_')[0]}" if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{where}")


def _wanted(connection: Connection) -> dict[str, str]:
    """By the names of the triggers, what each does."""
    dialect = connection.dialect.name
    erasure = _ERASURE.format(q="`" if dialect == "mariadb" else '"')
    unless = {EVENT: "TRUE", VALUES: f"NOT ({erasure})", SEAL: "TRUE"}
    return {
        name.format(table): does.format(table, unless=unless[table])
        for table in unless
        for name, does in _TRIGGERS[dialect].items()
    }
