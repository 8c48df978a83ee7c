"""What things are found by: beside each kind of thing a table with its words, and the database's own index over them.

Every word is plain ASCII with two letters before it: ``kk`` for the first one or two letters of a name or plate, ``zz``
for any longer word. So the three databases agree on where a word begins and ends, no word is too short or too common
for MariaDB's index, and one or two letters can be looked up among names alone. The words are kept in the transaction of
the change itself, whichever command it is: a flush notes what must be spelt again, and ``transaction`` has it done
before it commits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Integer,
    Select,
    Text,
    TextClause,
    TextualSelect,
    and_,
    bindparam,
    column,
    event,
    false,
    func,
    select,
)
from sqlalchemy import inspect as state_of
from sqlalchemy import text as sql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import UserDefinedType

from shop.common.base import Base
from shop.common.seen import seen
from shop.extensions import db

MAX_ASKED = 6  # words that are looked for at once
MAX_WORD = 80  # MariaDB's index takes 84
MOST_WORDS = 500  # of one thing; more would be no text of a person
NAME, ANY = "kk", "zz"
FEW_LETTERS = 2  # so few are looked for among names alone

MOST_LISTED, FEW_LISTED = 2000, 200
#: A word is common that so many of the newest rows have: reading on from the newest then fills a page soon.
_NEWEST, _COMMON = 1000, 10
_COUNT = "SELECT count(*) AS number FROM ({}) AS hits"

_BATCH = 1000
_REMEMBERED = 5000
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "'": "", "’": ""}
)
#: Letters and figures up to the next sign; in Chinese and Japanese every character may begin a word.
_PIECE = re.compile(r"[\u2e80-\uffef]|[^\W_\u2e80-\uffef]+")
_PIECE_OF_CODE = re.compile(r"[0-9]+|[^\W\d_]+")


class Words:
    """The columns of a table of words; its ``id`` is that of the thing."""

    words: Mapped[str] = mapped_column(Text)


def spelt(text: str) -> Iterator[str]:
    """Where a search for the text may begin: each word, and again after each sign inside it.

    ``Müller-Lüdenscheidt`` is found as ``mullerludenscheidt`` and as ``ludenscheidt``.
    """
    for word in _folded(text).split():
        yield from _run_on(_PIECE.findall(word))


def spelt_code(text: str | None) -> Iterator[str]:
    """A number plate or SKU, however it is spaced: ``7ABC 123`` is also found as ``abc123`` and ``123``."""
    return _run_on(_PIECE_OF_CODE.findall(_folded(text or "")))


def spelt_tails(text: str | None, *, least: int) -> Iterator[str]:
    """Every end of a number, so that any stretch of it finds it."""
    number = _in_ascii("".join(_PIECE_OF_CODE.findall(_folded(text or ""))))
    return (number[start:] for start in range(len(number) - least + 1))


def words_of(*, names: Iterable[str], others: Iterable[str] = ()) -> str:
    """The words of a thing as they are kept: each has a blank before it, so that ``% word%`` finds its beginning."""
    names = list(names)
    marked = [f"{NAME}{name[:letters]}" for name in names for letters in range(1, FEW_LETTERS + 1)]
    marked += [f"{ANY}{word[:MAX_WORD]}" for word in (*names, *others) if len(word) > FEW_LETTERS]
    return "".join(f" {word}" for word in list(dict.fromkeys(marked))[:MOST_WORDS])


@lru_cache(_REMEMBERED)
def words_of_text(text: str) -> str:
    """The words of a text without names; the same few texts are spelt again and again."""
    return words_of(names=(), others=spelt(text))


@lru_cache(_REMEMBERED)
def words_of_name(name: str) -> str:
    return words_of(names=spelt(name))


@lru_cache(_REMEMBERED)
def words_of_code(code: str | None) -> str:
    """The words of a number plate or SKU."""
    return words_of(names=spelt_code(code))


def asked(q: str) -> list[str]:
    """The words that somebody typed, as they are looked for; signs are no words."""
    words = (_in_ascii("".join(_PIECE.findall(word)))[:MAX_WORD] for word in _folded(q).split())
    some = [word for word in words if word][:MAX_ASKED]
    return [f"{NAME if len(word) <= FEW_LETTERS else ANY}{word}" for word in some]


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """When one of these ``fields`` of a thing changes, the words change whose ``column`` is the thing's ``by``."""

    kind: type[Base]
    fields: frozenset[str]
    by: str
    column: Any


@dataclass(frozen=True, eq=False, slots=True)
class Kept:
    """How a table of words is filled: ``rows`` begin with the ``id`` of a thing, ``spell`` makes words of its rows."""

    table: Any
    id: Any
    rows: Select[*tuple[Any, ...]]
    spell: Callable[[list[Any]], str]
    sources: tuple[Source, ...]


KEPT: list[Kept] = []


def source(kind: type[Base], fields: str, *, by: str = "id", column: Any) -> Source:
    return Source(kind, frozenset(fields.split()), by, column)


def keep(
    table: Any, *sources: Source, of: Any, rows: Select[*tuple[Any, ...]], spell: Callable[[list[Any]], str]
) -> None:
    """Have a table of words filled from now on; ``of`` is the id of the things."""
    KEPT.append(Kept(table, of, rows, spell, sources))


@event.listens_for(Session, "after_flush")
def _note_changes(session: Session, _: Any) -> None:
    for thing in (*session.new, *session.dirty):
        for origin in (origin for kept in KEPT for origin in kept.sources if isinstance(thing, origin.kind)):
            histories = {field: state_of(thing).attrs[field].history for field in (*origin.fields, origin.by)}
            if any(histories[field].has_changes() for field in origin.fields):
                ids = {each for each in histories[origin.by].sum() if each is not None}
                session.info.setdefault("words", {}).setdefault(origin, set()).update(ids)


def keep_words(session: Session) -> None:
    """Spell again what the running transaction has changed; ``transaction`` does this before it commits."""
    session.flush()
    stale: dict[Source, set[int]] = session.info.pop("words", {})
    for kept in KEPT:
        for origin in kept.sources:
            ids = sorted(stale.get(origin, ()))
            for start in range(0, len(ids), _BATCH):
                spell_again(session, kept, origin.column.in_(ids[start : start + _BATCH]))


def spell_again(session: Session, kept: Kept, which: ColumnElement[bool]) -> int:
    """Spell these things again; answers how many had other words.

    What is there is locked first, so that of two people who change the same thing the later one reads what the
    earlier one wrote.
    """
    table = kept.table.__table__
    there, right = _present(session, kept, which, lock=True), right_words(session, kept, which)
    new = [{"id": each, "words": words} for each, words in right.items() if each not in there]
    changed = [{"its": each, "now": words} for each, words in right.items() if there.get(each, words) != words]
    if new:
        session.execute(table.insert(), new)
    if changed:
        session.execute(table.update().where(table.c.id == bindparam("its")).values(words=bindparam("now")), changed)
    return len(new) + len(changed)


def everything(connection: Connection | Session) -> Iterator[tuple[Kept, ColumnElement[bool]]]:
    """All that is kept, in pieces that fit into memory."""
    for kept in KEPT:
        for start in range(0, connection.scalar(select(func.max(kept.id))) or 0, _BATCH):
            yield kept, kept.id.between(start + 1, start + _BATCH)


def differences(connection: Connection) -> Iterator[tuple[str, int]]:
    """The tables and ids whose words are not what they should be."""
    for kept, which in everything(connection):
        there, right = _present(connection, kept, which), right_words(connection, kept, which)
        for each in sorted({*there, *right}):
            if there.get(each) != right.get(each):
                yield kept.table.__tablename__, each


def right_words(connection: Connection | Session, kept: Kept, which: ColumnElement[bool]) -> dict[int, str]:
    """By the ids of things, the words that they should have."""
    rows = connection.execute(kept.rows.where(which).order_by(kept.id))
    return {each: kept.spell(list(its)) for each, its in groupby(rows, key=itemgetter(0))}


def _present(
    connection: Connection | Session, kept: Kept, which: ColumnElement[bool], *, lock: bool = False
) -> dict[int, str]:
    table = kept.table
    ids = kept.rows.with_only_columns(kept.id).where(which)
    words = select(table.id, table.words).where(table.id.in_(ids)).order_by(table.id)
    return dict(tuple(row) for row in connection.execute(words.with_for_update() if lock else words))


class Way(Enum):
    """What a search does."""

    NOTHING = "nothing has the words"
    TESTED = "few are left by other conditions, and each one's words are read"
    COMMON = "the words are common: the list is read in its own order, and each one's words"
    LISTED = "few were found and are listed"
    NEWEST = "many were found: the newest are listed, the words of the others are read"


@dataclass(frozen=True, slots=True)
class How:
    """How things are found, whichever the words are: a statement is made once for each of these.

    ``condition`` is true for what was found; it and ``runs`` are run with the values of ``Hits``. ``runs`` divide the
    same things where they are many: first those with the highest ids, which are quick to find, and then the others.
    """

    table: Any
    way: Way
    count: int  # of words that are read
    thing_id: Any = field(compare=False)

    @property
    def condition(self) -> ColumnElement[bool]:
        match self.way:
            case Way.NOTHING:
                return false()
            case Way.LISTED:
                return self._is_listed
            case Way.NEWEST:
                return and_(self.thing_id <= bindparam("newest_found"), self._fits)
            case Way.TESTED | Way.COMMON:
                return self._fits

    @property
    def runs(self) -> tuple[ColumnElement[bool], ...]:
        if self.way is not Way.NEWEST:
            return ()
        return self._is_listed, and_(self.thing_id <= bindparam("oldest_found"), self._fits)

    @property
    def are_many(self) -> bool:
        """They are not listed, and nothing else says few."""
        return self.way in (Way.COMMON, Way.NEWEST)

    @property
    def are_common(self) -> bool:
        """The list is read for them in its own order, so a count would read on for long after the page is full."""
        return self.way is Way.COMMON

    @property
    def finds_nothing(self) -> bool:
        return self.way is Way.NOTHING

    @property
    def _is_listed(self) -> ColumnElement[bool]:
        found = _Listed(bindparam("found", type_=_Ids()))
        listed: ColumnElement[bool] = self.thing_id.op("IN", is_comparison=True)(found)
        return listed

    @property
    def _fits(self) -> ColumnElement[bool]:
        return _fits(self.table, self.thing_id, self.count)


@dataclass(frozen=True, eq=False, slots=True)
class Hits:
    """What was found by words: how, and the values for it; everything without ``how``, where no word was asked for."""

    how: How | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def are_many(self) -> bool:
        return self.how is not None and self.how.are_many

    @property
    def are_common(self) -> bool:
        return self.how is not None and self.how.are_common

    @property
    def are_none(self) -> bool:
        return self.how is not None and self.how.finds_nothing


def find(
    table: Any, thing_id: Any, q: str, *, among_few: bool = False, by_name: bool = False, enough: int | None = None
) -> Hits:
    """Every word that was typed begins a word of the thing; nothing has them when only signs were typed.

    Words that few things have are looked up in the index, now; for common ones the list is read in its own order until
    the page is full, which then is soon. ``among_few`` says that other conditions leave few things, so that there is
    nothing to look up; ``by_name`` that the list is in the order of names, where things with the same words stand
    together and may be far from the beginning: there common ones are looked up as well; ``enough`` that no more than so
    many of the newest are wanted.
    """
    words = asked(q)
    beginnings = _beginnings(words)
    if not words:
        return Hits(How(table, Way.NOTHING, 0, thing_id))
    if among_few:
        return Hits(How(table, Way.TESTED, len(words), thing_id), beginnings)
    if _dialect() in _GIVES_THE_NEWEST:
        found, are_all = _newest_first(table, words, by_name=by_name, enough=enough)
    elif not by_name and _is_common(table, words):
        return Hits(How(table, Way.COMMON, len(words), thing_id), beginnings)
    else:
        found, are_all = _look_up(table, words, MOST_LISTED)
    if are_all:
        return Hits(How(table, Way.LISTED if found else Way.NOTHING, 0, thing_id), {"found": found} if found else {})
    listed = {"found": found, "newest_found": found[0], "oldest_found": found[-1] - 1}
    return Hits(How(table, Way.NEWEST, len(words), thing_id), {**beginnings, **listed})


def _newest_first(table: Any, words: list[str], *, by_name: bool, enough: int | None) -> tuple[Sequence[int], bool]:
    """Ids, and whether they are all: a few of the newest where these will do, or where the words are common."""
    if not by_name:
        found, are_all = _look_up(table, words, FEW_LISTED)
        is_common = not are_all and (found[0] - found[-1]) * _COMMON <= FEW_LISTED * _NEWEST
        if are_all or is_common or (enough is not None and enough <= FEW_LISTED):
            return found, are_all
    return _look_up(table, words, MOST_LISTED)


def _look_up(table: Any, words: list[str], most: int) -> tuple[Sequence[int], bool]:
    asked = asking(words)
    found = seen((table, asked, most), lambda: _read(lookup(table, _dialect(), most + 1), asked=asked))
    return found[:most], len(found) <= most


def how_many_have(table: Any, q: str, *, but: Select[int]) -> int:
    """How many things have every word that was typed, but those with these ids: each of them is read for it.

    For what ``are_many``: few are counted one by one sooner. The statement is made once for each ``but``.
    """
    words = asked(q)
    if not words:
        return 0
    counting = _how_many(table, _dialect(), len(words), but)
    (number,) = _read(counting, asked=asking(words), **_beginnings(words))
    return int(number)


@cache
def _how_many(table: Any, dialect: str, count: int, but: Select[int]) -> Select[int]:
    found, left_out = _index(table, dialect, _COUNT).columns(column("number", Integer)).subquery(), but.subquery()
    fewer = select(func.count()).select_from(left_out).where(_fits(table, left_out.c[0], count)).scalar_subquery()
    return select(found.c.number - fewer)


def _fits(table: Any, thing_id: Any, count: int) -> ColumnElement[bool]:
    """Read the words of the thing itself."""
    says = select(and_(*_says(table, count))).where(table.id == thing_id)
    fits: ColumnElement[bool] = says.scalar_subquery().is_(True)
    return fits


def _says(table: Any, count: int) -> Iterator[ColumnElement[bool]]:
    return (table.words.like(bindparam(f"word_{place}")) for place in range(count))


def _beginnings(words: list[str]) -> dict[str, str]:
    """The values for ``_says``."""
    return {f"word_{place}": f"% {word}%" for place, word in enumerate(words)}


class _Ids(UserDefinedType[Sequence[int]]):
    """Ids that are written at once, for there may be two thousand."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        return lambda ids: f"[{', '.join(map(str, ids))}]"

    def literal_processor(self, dialect: Dialect) -> Callable[[Sequence[int]], str]:
        written = "'[{}]'" if dialect.name == "sqlite" else "{}"
        return lambda ids: written.format(", ".join(map(str, ids)))


class _Listed(FunctionElement[Any]):
    """What stands behind IN: the ids themselves, so that servers plan for as many as there are."""

    inherit_cache = True


@compiles(_Listed)
def _written_out(ids: _Listed, compiler: SQLCompiler, **how: Any) -> str:
    return f"({compiler.process(ids.clauses, **{**how, 'literal_execute': True})})"


@compiles(_Listed, "sqlite")
def _as_one_value(ids: _Listed, compiler: SQLCompiler, **how: Any) -> str:
    """SQLite goes about any ids in the same way, and need not plan again."""
    return f"(SELECT value FROM json_each({compiler.process(ids.clauses, **how)}))"  # noqa: S608 - a parameter  # nosec B608


def is_no_index(name: str | None, *_: Any) -> bool:
    """For Alembic: indexes that each database has in its own way are made by migrations and are none of the models."""
    return "_index" not in (name or "")


#: The index of each database. PostgreSQL is told not to think of reading the list instead.
_INDEX = {
    "sqlite": "SELECT rowid AS id FROM {0}_index WHERE {0}_index MATCH :asked",
    "postgresql": "WITH fits AS MATERIALIZED "
    "(SELECT id FROM {0} WHERE to_tsvector('simple', words) @@ to_tsquery('simple', :asked)) "
    "SELECT id FROM fits",
    "mariadb": "SELECT id FROM {0} WHERE MATCH (words) AGAINST (:asked IN BOOLEAN MODE)",
}
#: The newest things whose words, when they are read, have what is asked for.
_AMONG_THE_NEWEST = "SELECT id FROM {0} WHERE id > (SELECT max(id) FROM {0}) - {1} AND {2} LIMIT {3}"
#: Whose index gives the newest things with a word without reading all others: so a few of a common one are listed.
_GIVES_THE_NEWEST = {"sqlite"}
#: How a word, the beginning of one, and several of them are asked for.
_ASK = {"sqlite": ("{}", "{}*", " "), "postgresql": ("{}", "{}:*", " & "), "mariadb": ("+{}", "+{}*", " ")}


@cache
def lookup(table: Any, dialect: str, most: int) -> TextualSelect:
    """Selects the ids of the newest things with the words that are ``asked``."""
    return _index(table, dialect, f"{{}} ORDER BY id DESC LIMIT {most}").columns(column("id", Integer))


def _index(table: Any, dialect: str, wrapped: str) -> TextClause:
    return sql(wrapped.format(_INDEX[dialect].format(table.__tablename__)))


def asking(words: list[str]) -> str:
    """These words as the index is ``asked`` for them."""
    whole, beginning, between = _ASK[_dialect()]
    return between.join((whole if word.startswith(NAME) else beginning).format(word) for word in words)


def _is_common(table: Any, words: list[str]) -> bool:
    """Asked before the indexes that read all things that a word has, however few are wanted."""
    beginnings = _beginnings(words)
    return len(seen((table, *words), lambda: _read(_among_the_newest(table, len(words)), **beginnings))) == _COMMON


@cache
def _among_the_newest(table: Any, count: int) -> TextualSelect:
    says = " AND ".join(f"words LIKE :word_{place}" for place in range(count))
    newest = _AMONG_THE_NEWEST.format(table.__tablename__, _NEWEST, says, _COMMON)
    return sql(newest).columns(column("id", Integer))


def _dialect() -> str:
    return str(db.engine.dialect.name)


def _read(statement: Executable, **values: Any) -> Sequence[Any]:
    """The only column, past the ORM."""
    return db.session().connection().scalars(statement, values).all()


def _folded(text: str) -> str:
    """Without case, accents and the like; what is left beyond ASCII is a letter by itself."""
    if not text.isascii():
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN))
        return "".join(each for each in folded if not unicodedata.category(each).startswith("M"))
    return text.lower().replace("'", "")


def _run_on(pieces: list[str]) -> Iterator[str]:
    """From each piece to the end, in ASCII."""
    for start in range(len(pieces)):
        yield _in_ascii("".join(pieces[start:]))[:MAX_WORD]


def _in_ascii(word: str) -> str:
    return word if word.isascii() else "".join(each if each.isascii() else f"u{ord(each):04x}" for each in word)
