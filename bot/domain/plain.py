"""Dataclasses as JSON values, and back by the types of their fields."""

from __future__ import annotations

import functools
import types
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


@functools.cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def to_plain(value: Any) -> Any:
    """Return a dataclass, or what is in one, as JSON values."""
    if is_dataclass(value):
        return {each.name: to_plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(each) for each in value]
    if isinstance(value, frozenset):
        return sorted(map(to_plain, value))
    return str(value) if isinstance(value, Decimal) else value


def from_plain(kind: type[T], data: Mapping[str, Any]) -> T:
    """Return the dataclass of what `to_plain` returned; fields that are not there have their defaults."""
    made: T = _read(kind, data)
    return made


def _read(kind: Any, data: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if data is None or kind is Any:
        return data
    if origin is types.UnionType:  # of None and one other
        return _read(inner[0], data)
    if origin is Mapping:
        return {_read(inner[0], key): _read(inner[1], each) for key, each in data.items()}
    if origin in {Sequence, Collection, tuple, frozenset}:
        made = list if origin in {Sequence, Collection} else origin
        return made(_read(inner[0], each) for each in data)
    if hasattr(kind, "__dataclass_fields__"):
        hints = _hints(kind)
        return kind(**{name: _read(hints[name], each) for name, each in data.items()})
    return kind(data) if issubclass(kind, Enum | Decimal) else data
