"""An operation's input as JSON: what a form starts from, and the generation that is typed into it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from bot.catalogue import Field, FieldKind, Operation
from bot.domain.text import shortened
from bot.errors import InputError
from bot.generation.generation import Generation, SourceFile
from bot.generation.sources import SourceRef

LINKS_MAX = 20
"""Links that are checked for one request: each is a call of the bot."""
_EXAMPLE = re.compile(r"e\.g\. ([^;:(…]+)")
_CURLY_QUOTES = frozenset("“”„‟«»")


def generation_typed(operation: Operation, typed: str, *, private: bool) -> Generation:
    """Return the operation with an input that was typed as JSON, its links as files. Raises InputError."""
    values, files = _taken_apart(operation, parsed(typed))
    return Generation(operation=operation.id, values=values, files=files, private=private)


def parsed(typed: str) -> dict[str, Any]:
    """Return the JSON object that was typed, without its empty values. Raises InputError, which names the place."""
    try:
        found = json.loads(typed, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        hint = ' Use straight quotes (") for names and text.' if _CURLY_QUOTES & set(typed) else ""
        raise InputError(
            f"This is not JSON: line {error.lineno}, column {error.colno}: {_reason(error)}.{hint}", "input"
        ) from None
    except RecursionError:
        raise InputError("This JSON is nested too deeply.", "input") from None
    if not isinstance(found, dict):
        raise InputError(
            'The input must be a JSON object of named fields, such as {"prompt": "a lighthouse"}.', "input"
        )
    return {name: value for name, value in found.items() if value is not None}


def _reason(error: json.JSONDecodeError) -> str:
    return error.msg[:1].lower() + error.msg[1:]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs. JSON itself keeps the last of a name in silence, and the other would be missed."""
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            f"The JSON has the name {shortened(json.dumps(twice), 60)} twice; leave one of them out.", "input"
        )
    return dict(pairs)


def _no_constant(word: str) -> None:
    raise InputError(f"The JSON holds {word}, which is not a number that can be sent.", "input")


def _taken_apart(operation: Operation, values: dict[str, Any]) -> tuple[dict[str, Any], list[SourceFile]]:
    """Return the values without their links to media, and those as files to check. Raises InputError for too many."""
    left, files = dict(values), []
    for field in operation.fields:
        links = _links(field, values.get(field.name))
        if links:
            del left[field.name]
        files += [
            SourceFile(
                offered=SourceRef(url=link), label=field.label, field=field.name, into_list=field.kind is FieldKind.URLS
            )
            for link in links
        ]
    if len(files) > LINKS_MAX:
        raise InputError(f"At most {LINKS_MAX} links go together; you gave {len(files)}.", "input")
    return left, files


def _links(field: Field, value: object) -> list[str]:
    """Return the links to media that a value holds, [] for what is none: the catalogue then says what is wrong."""
    if not field.media or field.kind not in {FieldKind.URL, FieldKind.URLS}:
        return []
    given = value if isinstance(value, list) and field.kind is FieldKind.URLS else [value]
    if not all(isinstance(link, str) and link.strip() for link in given):
        return []
    return [str(link).strip() for link in given]


def skeleton(operation: Operation, *, at_most: int) -> str:
    """Return an input to start from, as JSON of at most that many characters: samples where required, else nulls."""
    needed = [field for field in operation.fields if field.required and field.probe is None]
    others = [field.name for field in operation.fields if field not in needed]
    while True:
        text = json.dumps(samples(needed) | dict.fromkeys(others), indent=2, ensure_ascii=False)
        if len(text) <= at_most:
            return text
        if not others:
            return "{}"
        others.pop()


def samples(fields: Iterable[Field]) -> dict[str, Any]:
    """Return a sample value for each field."""
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
    """Return the example in a field's help; '' for ids, of which the example is nobody's."""
    found = None if field.name.casefold().endswith("id") else _EXAMPLE.search(field.help)
    return found[1].strip() if found else ""
