"""Operations bound to an input by a request schema: constant, condition or discriminator."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.catalogue.openapi.entry import (
    CHOICE_LIMIT,
    Described,
    Entry,
    FactSource,
    is_operation_id,
    of_sample,
    titles_of,
    without_envelope,
)
from bot.catalogue.openapi.identity import words_of
from bot.catalogue.openapi.schemas import Reader, line_of, listed_values

SHARED_LIMIT = 6
"""Operations that may share an alternative's input: more are a list next to a free input."""

_HELPERS = frozenset({"input", "request", "param", "body", "schema"})
"""Words in an input schema's title besides its operation's."""
_NAME_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_NAMING_KEYS = ("x-operation", "x-operation-id", "x-operationId", "$id", "title")


def tied(reader: Reader, node: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield an object's facts as a request schema, in all of JSON Schema's ways."""
    yield from _by_properties(reader, node, shared_by=1)
    for word in ("oneOf", "anyOf"):
        options = node.get(word)
        for option in options[:CHOICE_LIMIT] if isinstance(options, list) else ():
            yield from _by_properties(reader, reader.resolve(option), shared_by=SHARED_LIMIT)
    yield from _by_condition(reader, node)
    yield from _by_discriminator(reader, node)
    yield from _by_name(reader, node)


def _by_properties(reader: Reader, node: Mapping[str, Any], *, shared_by: int) -> Iterator[Entry]:
    """Read `{properties: {operation: …, input: …}}`, also split over `allOf`."""
    whole = reader.resolve(node) if "allOf" in node else node
    properties = whole.get("properties")
    if not isinstance(properties, Mapping) or "operation" not in properties:
        return
    named = _named(reader, properties["operation"])
    given = reader.resolve(properties.get("input"))
    is_shared = len(named) <= shared_by
    fields = reader.fields(given) if is_shared else ()
    for entry in named:
        around = titles_of(whole, given) if len(named) == 1 else ()
        yield _with_input(entry, around, fields if entry.is_listed else ())
    if not is_shared:
        yield from _by_alternatives(reader, named, given)


def _by_alternatives(reader: Reader, named: Sequence[Entry], given: Mapping[str, Any]) -> Iterator[Entry]:
    """Read `{input: {oneOf: [...]}}` next to a list of ids, matched by title words."""
    by_words = {tuple(sorted(words_of(each))): entry for entry in named for each in (entry.id, *entry.titles)}
    for option in reader.alternatives(given):
        words = [word for title in titles_of(option)[:1] for word in words_of(title) if word not in _HELPERS]
        entry = by_words.get(tuple(sorted(words)))
        if entry is not None:
            yield _with_input(entry, (), reader.fields(option))


def _by_condition(reader: Reader, node: Mapping[str, Any]) -> Iterator[Entry]:
    """Read `{if: {properties: {operation: …}}, then: {properties: {input: …}}}`; `else` is separate."""
    if not isinstance(node.get("if"), Mapping) or "then" not in node:
        return
    properties = reader.resolve(node["if"]).get("properties")
    if not isinstance(properties, Mapping) or "operation" not in properties:
        return
    named = _named(reader, properties["operation"])
    then = reader.resolve(node["then"])
    inner = then.get("properties")
    given = reader.resolve(inner.get("input")) if isinstance(inner, Mapping) else {}
    fields = reader.fields(given) if len(named) <= SHARED_LIMIT else ()
    for entry in named:
        yield _with_input(entry, titles_of(then, node, given) if len(named) == 1 else (), fields)


def _by_discriminator(reader: Reader, node: Mapping[str, Any]) -> Iterator[Entry]:
    """Read `{discriminator: {mapping: {id: reference}}}` of requests, or of inputs."""
    discriminator = node.get("discriminator")
    mapping = discriminator.get("mapping") if isinstance(discriminator, Mapping) else None
    if not isinstance(mapping, Mapping):
        return
    for key in [key for key in mapping if is_operation_id(key)][:CHOICE_LIMIT]:
        target = mapping[key]
        if not isinstance(target, str):
            continue
        schema = reader.resolve({"$ref": target if "/" in target else f"#/components/schemas/{target}"})
        given = input_of(reader, schema)
        titles = (*titles_of(schema, given), *_title_of_name(target))
        yield _with_input(Entry(id=key), titles, without_envelope(reader.fields(given)))


def _title_of_name(reference: str) -> tuple[str, ...]:
    """Return the possible title in a component's name: `Create Sora2 Character` of `CreateSora2CharacterInput`."""
    words = _NAME_WORD.findall(reference.rpartition("/")[2])
    while words and words[-1].casefold() in _HELPERS:
        words.pop()
    return (" ".join(words),) if words else ()


def _by_name(reader: Reader, node: Mapping[str, Any]) -> Iterator[Entry]:
    """Read a schema with its operation's id as title, or under a vendor key."""
    if not isinstance(node.get("properties"), Mapping):
        return
    key = next((node[word] for word in _NAMING_KEYS if is_operation_id(node.get(word))), None)
    if key is not None:
        given = input_of(reader, node)
        is_listed = node.get("title") != key
        fields = without_envelope(reader.fields(given))
        yield Entry(id=key, titles=titles_of(given), fields=fields, is_whole=bool(fields), is_listed=is_listed)


def input_of(reader: Reader, schema: Mapping[str, Any]) -> dict[str, Any]:
    whole = reader.resolve(schema)
    properties = whole.get("properties")
    inner = reader.resolve(properties.get("input")) if isinstance(properties, Mapping) else {}
    return inner or whole


def _with_input(entry: Entry, around: tuple[str, ...], fields: tuple[Described, ...]) -> Entry:
    return Entry(
        id=entry.id,
        source=entry.source,
        titles=tuple(dict.fromkeys((*entry.titles, *around))),
        fields=fields,
        is_whole=bool(fields),
        is_listed=entry.is_listed,
    )


def _named(reader: Reader, operation: object) -> list[Entry]:
    """Return the operations that the schema of `operation` allows or shows, with titles."""
    schema = reader.resolve(operation)
    allowed: dict[str, tuple[str, ...]] = {}
    for branch in [schema, *reader.alternatives(schema)]:
        about = line_of(branch.get("description")) if "const" in branch else ""
        for value, title in listed_values(branch):
            words = tuple(word for word in (title, about) if word)
            if isinstance(value, str) and is_operation_id(value):
                allowed[value] = (*allowed.get(value, ()), *words)
    if allowed:
        return [Entry(id=key, titles=titles) for key, titles in list(allowed.items())[:CHOICE_LIMIT]]
    shown = schema.get("examples")
    seen = [*(shown if isinstance(shown, list) else []), schema.get("example"), schema.get("default")]
    ids = [each for each in seen[:CHOICE_LIMIT] if is_operation_id(each)]
    return [Entry(id=each, source=FactSource.SAMPLE, is_listed=False) for each in ids]


TEXT_LIMIT_CHARS = 20_000
"""Maximum length of a JSON example in a text."""


def shown(reader: Reader, node: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield the requests among an object's examples."""
    for titles, value in examples(reader, node):
        key, given = value.get("operation"), value.get("input")
        if isinstance(key, str) and is_operation_id(key) and isinstance(given, Mapping):
            yield Entry(id=key, source=FactSource.SAMPLE, titles=titles, fields=of_sample(given), is_listed=False)


def examples(reader: Reader, node: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield the examples of a media type or schema, with possible titles."""
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
    """Return an example's fields: of its `input`, or its own."""
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
