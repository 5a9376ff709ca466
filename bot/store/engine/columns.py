"""Conversion of domain values to columns: credits as thousandths, mappings as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from bot.domain.models import Media, MediaKind
from bot.domain.server.places import CardPlace
from bot.store.sql import Collision, Connection, Row

NOTHING: Mapping[str, Any] = MappingProxyType({})
"""Shared by all empty columns, which are most columns of most jobs."""


def to_milli(credits_: Decimal) -> int:
    """Convert credits to thousandths. Raises ValueError if inexact."""
    if not credits_.is_finite() or credits_ * 1000 != (milli := int(credits_ * 1000)):
        raise ValueError(f"{credits_} credits cannot be kept to a thousandth")
    return milli


def to_milli_or_none(credits_: Decimal | None) -> int | None:
    """Like `to_milli`; None stays None."""
    return None if credits_ is None else to_milli(credits_)


def from_milli(milli: int | None) -> Decimal:
    """Convert thousandths to credits; NULL, the sum of no rows, is 0."""
    return Decimal(milli or 0).scaleb(-3)


def from_milli_or_none(milli: int | None) -> Decimal | None:
    """Like `from_milli`, but None stays None."""
    return None if milli is None else from_milli(milli)


def to_text(text: str) -> str:
    """Replace lone surrogates, which JSON allows but UTF-8 does not, by `?`."""
    return text.encode("utf-8", "replace").decode()


def to_text_or_none(text: str | None) -> str | None:
    """Like `to_text`; None stays None."""
    return None if text is None else to_text(text)


def to_json(value: object) -> str:
    """Serialise as ASCII JSON, so that any text survives.

    Raises ValueError for NaN and infinity, TypeError for other types.
    """
    return json.dumps(value, default=_plain, separators=(",", ":"), allow_nan=False)


def mapping_from_json(text: str) -> Mapping[str, Any]:
    """Parse a JSON object; read-only at the top level."""
    return NOTHING if text == "{}" else MappingProxyType(json.loads(text))


def media_to_json(media: Iterable[Media]) -> str:
    return to_json([{"url": item.url, "kind": item.kind, "key": item.key} for item in media])


def media_from_json(text: str) -> tuple[Media, ...]:
    if text == "[]":
        return ()
    return tuple(Media(url=item["url"], kind=MediaKind(item["kind"]), key=item["key"]) for item in json.loads(text))


def texts_from_json(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def place_of(row: Row) -> CardPlace:
    """Return a card's place from a row with `card_author`, `card_private` and `card_place`."""
    return CardPlace(author_id=row["card_author"], private=bool(row["card_private"]), place_id=row["card_place"])


Value = TypeVar("Value")
SqlValue = str | int | float | bytes | None
ToSql = Callable[[Any], SqlValue]
FromSql = Callable[[Any], Any]
KEY = frozenset({"id", "guild_id"})
"""The columns that identify a row: another guild's row never matches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column. `to_sql` and `from_sql` convert the attribute to SQLite and back; None: no conversion."""

    name: str
    attribute: str = ""
    """The attribute that it stores; '': the one with the column's name."""
    to_sql: ToSql | None = None
    from_sql: FromSql | None = None
    is_workers: bool = False
    """Whether the worker may change it, by its attribute's name; others that change are kept true by the store."""
    is_read: bool = True
    """False: it is written for queries only, and derived from other attributes."""

    @property
    def field(self) -> str:
        return self.attribute or self.name


def read_as(type_: Callable[..., Value], row: Row, **instead: Any) -> Value:
    """Build a dataclass from a row: `instead` has the fields that no column of the same name holds as it is."""
    return type_(**{name: row[name] for name in _names_of(type_) if name not in instead}, **instead)


@cache
def _names_of(type_: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(type_))


class Table(Generic[Value]):
    """Reads and writes values of one type as rows of one table."""

    def __init__(
        self, name: str, type_: Callable[..., Value], columns: Sequence[Column], *, claimed_by: str = ""
    ) -> None:
        """`claimed_by`: the column that a claim may set, whichever guild's the row is."""
        self.columns = tuple(columns)
        self._type = type_
        self._places = {each.name: place for place, each in enumerate(columns)}
        self._read = tuple((each.name, each.field, each.from_sql) for each in columns if each.is_read)
        key = [each for each in columns if each.name in KEY]
        self._inserted, self._key = _contents_of(columns), attrgetter(*(each.field for each in key))
        self._changing = tuple((each.name, each.field, each.to_sql) for each in columns)
        names, marks = ", ".join(each.name for each in columns), ", ".join("?" for _ in columns)
        self._insert = f"INSERT INTO {name} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own columns
        where = " AND ".join(f"{each.name} = ?" for each in key)
        self._claim = () if not claimed_by else (attrgetter(claimed_by),)
        where += f" AND {claimed_by} IS ?" if claimed_by else ""
        self._update = f"UPDATE {name} SET {{sets}} WHERE {where} RETURNING *"  # noqa: S608 - names of our own columns

    def read(self, row: Row, **instead: Any) -> Value:
        """Build the value of a row with all columns. `instead` overrides attributes."""
        found = dict(zip(row.keys(), row, strict=True))
        values = {
            field: found[name] if from_sql is None else from_sql(found[name]) for name, field, from_sql in self._read
        }
        return self._type(**(values | instead))

    def insert(self, db: Connection, value: Value, **instead: SqlValue) -> None:
        """Insert the value's row. `instead` overrides columns by name."""
        row = self._inserted(value)
        for name, content in instead.items():
            row[self._places[name]] = content
        db.execute(self._insert, row)

    def update(self, db: Connection, value: Value, was: Value) -> Row | None:
        """Update the columns that differ from `was`, as read in this transaction; return the row, if any do.

        SQLite rewrites every index on an assigned column, even if unchanged. Raises Collision if another change has
        claimed the row since it was read.
        """
        changed: dict[str, SqlValue] = {}
        for name, field, to_sql in self._changing:
            new, old = getattr(value, field), getattr(was, field)
            if new is not old and new != old:
                changed[name] = new if to_sql is None else to_sql(new)
        if not changed:
            return None
        sets = ", ".join(f"{name} = ?" for name in changed)
        rows = db.execute(
            self._update.format(sets=sets),
            (*changed.values(), *self._key(value), *(claim(was) for claim in self._claim)),
        ).fetchall()
        if self._claim and not rows:
            raise Collision(f"{self._key(value)} was claimed meanwhile")
        return rows[0] if rows else None


def _contents_of(columns: Sequence[Column]) -> Callable[[Any], list[SqlValue]]:
    get = attrgetter(*(each.field for each in columns))
    converted = tuple((place, each.to_sql) for place, each in enumerate(columns) if each.to_sql is not None)

    def contents(value: Any) -> list[SqlValue]:
        found = list(get(value))
        for place, to_sql in converted:
            found[place] = to_sql(found[place])
        return found

    return contents
