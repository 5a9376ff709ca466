"""Values by path, as forms have them: `object.key` for a member of an object, else a field's name. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def nested(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return texts by path as values by field."""
    values: dict[str, Any] = {}
    for path, text in texts.items():
        name, inside, key = path.partition(".")
        if inside:
            values.setdefault(name, {})[key] = text
        else:
            values[name] = text
    return values


def flattened(values: Mapping[str, Any]) -> dict[str, str]:
    """Return values by field as texts by path, as a member types them; without lists, for which a form has no input."""
    texts: dict[str, str] = {}
    for name, value in values.items():
        inner = {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, Mapping) else {name: value}
        texts |= {path: _typed(each) for path, each in inner.items() if isinstance(each, str | int | float)}
    return texts


def _typed(value: str | float) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
