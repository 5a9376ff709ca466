"""A description of the API that means harm takes little time, and changes nothing that a rule rests on."""

from __future__ import annotations

from typing import Any

import pytest

from bot.catalogue import Catalogue, FieldKind, merge
from bot.errors import InputError
from tests.support.work import MERGE_CALLS_MAX, calls_of

CATALOGUE = Catalogue()


def itself(count: int, **more: Any) -> dict[str, Any]:
    """Return a schema whose every property is the schema itself."""
    return {"properties": {f"p{number}": {"$ref": "#/components/schemas/A"} for number in range(count)}, **more}


def operations(count: int) -> list[dict[str, Any]]:
    inner = {"$ref": "#/components/schemas/A"}
    return [{"properties": {"operation": {"const": f"a.b{number}"}, "input": inner}} for number in range(count)]


DOCUMENTS = {
    "many values": {
        "properties": {
            "operation": {"const": "x.y"},
            "input": {
                "properties": {f"f{i}": {"enum": [f"v{j}" for j in range(200)]} for i in range(2000)},
            },
        }
    },
    "refers to itself": {
        "components": {"schemas": {"A": {"allOf": [{"$ref": "#/components/schemas/A"}] * 80}}},
        "x": operations(1),
    },
    "300 operations that refer to themselves": {"components": {"schemas": {"A": itself(80)}}, "x": operations(300)},
    "300 operations of alternatives of themselves": {
        "components": {"schemas": {"A": itself(80, oneOf=[{"$ref": "#/components/schemas/A"}] * 200)}},
        "x": operations(300),
    },
}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_no_document_takes_long(name: str) -> None:
    assert calls_of(lambda: merge(CATALOGUE, DOCUMENTS[name])) < MERGE_CALLS_MAX


def given_as(kind: str) -> dict[str, Any]:
    """Return a description in which the switch of the safety check is of another kind."""
    properties = {"prompt": {"type": "string"}, "nsfw_checker": {"type": kind}}
    return {"x": [{"properties": {"operation": {"const": "video.generate"}, "input": {"properties": properties}}}]}


@pytest.mark.parametrize("kind", ["string", "object", "array", "integer", "number"])
def test_the_switch_of_the_safety_check_stays_a_switch(kind: str) -> None:
    learned = merge(CATALOGUE, given_as(kind))
    fields = {field.name: field for field in learned.resolve("video.generate").fields}
    assert fields["nsfw_checker"].kind is FieldKind.BOOLEAN


@pytest.mark.parametrize("kind", ["string", "object", "integer"])
@pytest.mark.parametrize("value", [False, "false", "False", 0, "0", "off", "no"])
def test_a_safety_check_that_is_off_is_off_however_it_is_written(kind: str, value: object) -> None:
    learned = merge(CATALOGUE, given_as(kind))
    try:
        sent = learned.check("video.generate", {"prompt": "x", "nsfw_checker": value})
    except InputError:
        return  # what cannot be read is not sent
    assert sent["nsfw_checker"] is False


def test_the_price_of_a_known_operation_is_not_taken_from_a_document() -> None:
    inner = {"properties": {"prompt": {"type": "string"}}}
    document = {"x": [{"properties": {"operation": {"const": "image.generate"}, "input": inner}, "fixed_credits": 0}]}
    learned = merge(CATALOGUE, document | {"credits": 0})
    assert learned.resolve("image.generate").fixed_credits == CATALOGUE.resolve("image.generate").fixed_credits


@pytest.mark.parametrize("word", [{}, [], ["a", {}], 3, None])
@pytest.mark.parametrize("key", ["type", "format", "enum", "required", "title", "minimum", "$ref", "oneOf", "items"])
def test_a_description_whose_words_are_of_other_kinds_raises_nothing(key: str, word: object) -> None:
    properties = {"prompt": {"type": "string", key: word}, "extra": {"type": "array", "items": {key: word}}}
    inner = {"properties": properties, "required": ["prompt"]}
    document = {"x": [{"properties": {"operation": {"const": "image.generate"}, "input": inner}}]}
    learned = merge(CATALOGUE, document)
    assert learned.resolve("image.generate").fields
