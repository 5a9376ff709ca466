"""Operations that a document shows by examples of requests: `{operation: …, input: …}`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.catalogue.openapi.described import CHOICE_LIMIT, Described, of_sample, without_envelope
from bot.catalogue.openapi.entry import Entry, FactSource, is_operation_id, titles_of
from bot.catalogue.openapi.schemas import Reader

TEXT_LIMIT_CHARS = 20_000
"""The longest example that is read if it is JSON in a text."""


def shown(reader: Reader, node: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield the requests among the examples of an object of the document."""
    for titles, value in examples(reader, node):
        key, given = value.get("operation"), value.get("input")
        if isinstance(key, str) and is_operation_id(key) and isinstance(given, Mapping):
            yield Entry(id=key, source=FactSource.SAMPLE, titles=titles, fields=of_sample(given), is_listed=False)


def examples(reader: Reader, node: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield the examples that a media type or a schema has, each with what may be its title."""
    if "example" in node:
        yield from _example((), reader.linked(node["example"]))
    given = node.get("examples")
    if isinstance(given, Mapping):
        for name, raw in list(given.items())[:CHOICE_LIMIT]:
            holder = reader.linked(raw)
            if isinstance(holder, Mapping) and "value" in holder:
                titles = titles_of(holder) or (titles_of({"title": name}))
                yield from _example(titles, reader.linked(holder["value"]))
    elif isinstance(given, list):
        for each in given[:CHOICE_LIMIT]:
            yield from _example((), reader.linked(each))


def fields_of_example(value: Mapping[str, Any]) -> tuple[Described, ...]:
    """Return the fields that an example of one operation has: of its `input`, or its own."""
    given = value.get("input")
    return of_sample(given) if isinstance(given, Mapping) else without_envelope(of_sample(value))


def _example(titles: tuple[str, ...], value: object) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if isinstance(value, str) and value.lstrip().startswith("{") and len(value) <= TEXT_LIMIT_CHARS:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if isinstance(value, Mapping):
        yield titles, value
