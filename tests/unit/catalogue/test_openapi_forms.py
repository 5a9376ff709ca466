"""The three forms of a description, and one that is none of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.catalogue import OPERATIONS, Catalogue, Field, FieldKind, Operation, merge
from bot.catalogue.live import changes
from tests.support.forms import FORMS

TILE = Operation(
    id="image.tile",
    title="Tile Image",
    workflow="image",
    fields=(Field(name="rows", kind=FieldKind.INTEGER, label="rows", help="How many rows", required=True, maximum=9),),
)


@pytest.mark.parametrize("form", FORMS)
def test_new_fields_values_and_operations_and_a_fields_end_are_read_in_each_form(form: str):
    image = Catalogue().get("image.generate")
    glow = Field(name="glow", kind=FieldKind.NUMBER, label="glow", help="How much it glows")
    kept = [each for each in image.fields if each.name != "reference_image_urls"]
    kept = [replace(each, choices=("low", "high")) if each.name == "quality" else each for each in kept]
    changed = [replace(each, fields=(*kept, glow)) if each.id == image.id else each for each in OPERATIONS]
    merged = merge(Catalogue(), FORMS[form]([*changed, TILE]))
    said = {(each.kind, each.operation, each.name) for each in changes(Catalogue(), merged)}
    assert said == {
        ("came", image.id, "glow"),
        ("gone", image.id, "reference_image_urls"),
        ("changed", image.id, "quality"),
        ("came", TILE.id, ""),
    }
    assert merged.check("image.tile", {"rows": 3}) == {"rows": 3}


def test_plain_parameters_may_stand_beside_the_body():
    glow = {"name": "glow", "in": "query", "required": True, "schema": {"type": "integer"}}
    call = {"operationId": "image.tile", "parameters": [glow]}
    merged = merge(Catalogue(), {"paths": {"/tile": {"post": call}}})
    assert merged.check("image.tile", {"glow": 3}) == {"glow": 3}


@pytest.mark.parametrize(
    "document",
    [
        {"openapi": "3.1.0", "x-operations": [{"id": "image.tile", "fields": ["rows"]}]},
        {"components": {"schemas": {"ImageTileInput": {"properties": {"rows": {"type": "integer"}}}}}},
        {"paths": {"/api/v1/files": {"post": {"operationId": "files.upload"}}}},
        {"paths": {"/api/v1/requests": {"post": {"requestBody": {"content": {"application/json": {"example": {
            "operation": "image.tile", "input": {"rows": 3}}}}}}}}},
    ],
)  # fmt: skip
def test_a_document_of_another_form_changes_nothing(document: object):
    catalogue = Catalogue()
    assert merge(catalogue, document) is catalogue
