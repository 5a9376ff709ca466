"""An operation's input as JSON: a form's skeleton, and the typed generation. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from bot.catalogue import Field, FieldKind, Operation
from bot.catalogue.checks.values import DEPTH_LIMIT
from bot.catalogue.texts import INPUT_NOT_OBJECT, NAME_TWICE, NOT_IN_JSON, TOO_DEEP
from bot.domain.words.text import shortened, tame
from bot.errors import InputError, MediaUnsafe
from bot.generation import texts
from bot.generation.generation import Generation, SourceFile
from bot.generation.sources import SourceRef
from bot.language import sentences
from bot.runtime.network.safe_urls import checked

_EXAMPLE = re.compile(r"e\.g\. ([^;:(…]+)")
_LINK = re.compile(r"\s*<?[a-z][a-z0-9+.-]{0,20}://", re.ASCII | re.IGNORECASE)
_CURLY_QUOTES = frozenset("“”„‟«»")


def generation_typed(operation: Operation, typed: str, *, private: bool, allow_local: bool = False) -> Generation:
    """Return the operation with an input sent as typed, its links to media as files to check.

    `allow_local` also allows links to http://127.0.0.1. Raises InputError, also for a link that is not public: no
    member makes Cannon Studio call a private address through the bot.
    """
    values, files = _split_links(operation, parsed(typed))
    for name, value in values.items():
        for link in _links_in(value):
            if not (allow_local and link.startswith("http://127.0.0.1:")):
                _require_public(name, link)
    return Generation(operation=operation.id, values=values, files=files, private=private, raw=True)


def _links_in(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str) and _LINK.match(value):
        yield value.strip().strip("<>")
    elif depth <= DEPTH_LIMIT and isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _links_in(each, depth + 1)


def _require_public(name: str, link: str) -> None:
    try:
        checked(link)
    except MediaUnsafe as error:
        raise InputError(
            texts.UNUSABLE(file=texts.FILE_FOR(field=tame(shortened(name, 60))), reason=error.sentence), "input"
        ) from None


def parsed(typed: str) -> dict[str, Any]:
    """Return the typed JSON object, without nulls. Raises InputError, which names the position."""
    try:
        found = json.loads(typed, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        said = texts.NOT_JSON(line=error.lineno, column=error.colno)
        hint = texts.STRAIGHT_QUOTES if _CURLY_QUOTES & set(typed) else ""
        raise InputError(sentences(said, hint), "input") from None
    except RecursionError:
        raise InputError(NOT_IN_JSON(value=TOO_DEEP(limit=DEPTH_LIMIT)), "input") from None
    if not isinstance(found, dict):
        raise InputError(INPUT_NOT_OBJECT, "input")
    return {name: value for name, value in found.items() if value is not None}


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of pairs. Raises InputError for a duplicate name, where Python would keep only the last."""
    names = [name for name, _ in pairs]
    duplicate = next((name for name in names if names.count(name) > 1), None)
    if duplicate is not None:
        raise InputError(NOT_IN_JSON(value=NAME_TWICE(name=tame(shortened(json.dumps(duplicate), 60)))), "input")
    return dict(pairs)


def _refuse_constant(word: str) -> None:
    raise InputError(NOT_IN_JSON(value=word), "input")


def _split_links(operation: Operation, values: dict[str, Any]) -> tuple[dict[str, Any], list[SourceFile]]:
    left, files = dict(values), []
    for field in operation.fields:
        links = _links(field, values.get(field.name))
        if links:
            del left[field.name]
        files += [
            SourceFile(
                ref=SourceRef(url=link), label=field.label, field=field.name, into_list=field.kind is FieldKind.URLS
            )
            for link in links
        ]
    return left, files


def _links(field: Field, value: object) -> list[str]:
    if not field.media or field.kind not in {FieldKind.URL, FieldKind.URLS}:
        return []
    given = value if isinstance(value, list) and field.kind is FieldKind.URLS else [value]
    if not all(isinstance(link, str) and link.strip() for link in given):
        return []
    return [str(link).strip() for link in given]


def skeleton(operation: Operation, *, max_chars: int) -> str:
    """Return an input to start from, as JSON of at most `max_chars`: samples of required fields, else nulls."""
    needed = [field for field in operation.fields if field.required and field.probe is None]
    others = [field.name for field in operation.fields if field not in needed]
    while True:
        text = json.dumps(samples(needed) | dict.fromkeys(others), indent=2, ensure_ascii=False)
        if len(text) <= max_chars:
            return text
        if not others:
            return "{}"
        others.pop()


def samples(fields: Iterable[Field]) -> dict[str, Any]:
    return {field.name: _sample(field) for field in fields}


def _sample(field: Field) -> Any:
    known = [*field.choices, *(value for values in field.choices_by_model.values() for value in values)]
    known += field.suggestions
    if known:
        return known[0]
    made = {
        FieldKind.BOOLEAN: False,
        FieldKind.INTEGER: int(field.minimum or 0),
        FieldKind.NUMBER: field.minimum or 0,
        FieldKind.URL: "https://",
        FieldKind.URLS: ["https://"],
        FieldKind.OBJECT: samples(field.item_fields),
        FieldKind.OBJECTS: [samples(field.item_fields)],
    }
    return made.get(field.kind, _example(field))


def _example(field: Field) -> str:
    """Return the example in a field's help; '' for ids, as an example's id does not exist."""
    found = None if field.name.casefold().endswith("id") else _EXAMPLE.search(field.help)
    return found[1].strip() if found else ""
