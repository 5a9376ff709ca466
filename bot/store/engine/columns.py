"""How values of the domain are stored in columns: credits as whole thousandths, mappings as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from bot.domain.models import Media, MediaKind
from bot.domain.visibility import CardPlace
from bot.store.sql import Row

NOTHING: Mapping[str, Any] = MappingProxyType({})
"""One for all rows that have none: most columns of most jobs are empty."""


def to_milli(credits_: Decimal) -> int:
    """Turn credits into whole thousandths. Raises ValueError for what a thousandth cannot hold exactly."""
    if not credits_.is_finite() or credits_ * 1000 != (milli := int(credits_ * 1000)):
        raise ValueError(f"{credits_} credits cannot be kept to a thousandth")
    return milli


def to_milli_or_none(credits_: Decimal | None) -> int | None:
    """Like `to_milli`; None stays None."""
    return None if credits_ is None else to_milli(credits_)


def from_milli(milli: int | None) -> Decimal:
    """Turn thousandths into credits; NULL, the sum of no rows, is 0."""
    return Decimal(milli or 0).scaleb(-3)


def from_milli_or_none(milli: int | None) -> Decimal | None:
    """Turn thousandths into credits; None stays None."""
    return None if milli is None else from_milli(milli)


def to_text(text: str) -> str:
    """Make text that SQLite can store: a lone surrogate, which JSON allows but UTF-8 does not, becomes `?`."""
    return text.encode("utf-8", "replace").decode()


def to_text_or_none(text: str | None) -> str | None:
    """Like `to_text`; None stays None."""
    return None if text is None else to_text(text)


def to_json(value: object) -> str:
    """Write a value as JSON in ASCII, so that any text survives.

    Raises ValueError for NaN and infinity, TypeError for what JSON cannot represent.
    """
    return json.dumps(value, default=_plain, separators=(",", ":"), allow_nan=False)


def mapping_from_json(text: str) -> Mapping[str, Any]:
    """Parse a JSON object; the result is read-only at the top level."""
    return NOTHING if text == "{}" else MappingProxyType(json.loads(text))


def media_to_json(media: Iterable[Media]) -> str:
    """Serialise result files as JSON."""
    return to_json([{"url": item.url, "kind": item.kind, "key": item.key} for item in media])


def media_from_json(text: str) -> tuple[Media, ...]:
    """Parse result files from JSON."""
    if text == "[]":
        return ()
    return tuple(Media(url=item["url"], kind=MediaKind(item["kind"]), key=item["key"]) for item in json.loads(text))


def texts_from_json(text: str) -> tuple[str, ...]:
    """Parse a JSON array of texts."""
    return () if text == "[]" else tuple(json.loads(text))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def place_of(row: Row) -> CardPlace:
    """Return where a card stands, of a row with its columns as `card_author`, `card_private` and `card_place`."""
    return CardPlace(author_id=row["card_author"], private=bool(row["card_private"]), place_id=row["card_place"])
