"""A description of the API that means harm changes nothing that a rule rests on."""

from __future__ import annotations

from typing import Any

import pytest

from bot.catalogue import Catalogue, FieldKind, merge
from bot.errors import InputError

CATALOGUE = Catalogue()


def document(operation: str, inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    schema = {"properties": {"operation": {"const": operation}, "input": inner}, **more}
    body = {"content": {"application/json": {"schema": schema}}}
    return {"paths": {"/api/v1/requests": {"post": {"requestBody": body}}}}


def given_as(kind: str) -> dict[str, Any]:
    """Return a description in which the switch of the safety check is of another kind."""
    properties = {"prompt": {"type": "string"}, "nsfw_checker": {"type": kind}}
    return document("video.generate", {"properties": properties})


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
    learned = merge(CATALOGUE, document("image.generate", inner, fixed_credits=0) | {"credits": 0})
    assert learned is not CATALOGUE
    assert learned.resolve("image.generate").fixed_credits == CATALOGUE.resolve("image.generate").fixed_credits


@pytest.mark.parametrize("word", [{}, [], ["a", {}], 3, None])
@pytest.mark.parametrize("key", ["type", "format", "enum", "required", "title", "minimum", "$ref", "oneOf", "items"])
def test_a_description_whose_words_are_of_other_kinds_raises_nothing(key: str, word: object) -> None:
    properties = {"prompt": {"type": "string", key: word}, "extra": {"type": "array", "items": {key: word}}}
    inner = {"properties": properties, "required": ["prompt"]}
    learned = merge(CATALOGUE, document("image.generate", inner))
    assert learned is not CATALOGUE
    assert learned.resolve("image.generate").fields
