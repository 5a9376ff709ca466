"""Nine descriptions of the API that were written without the reader in view, each with what a person reads in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.catalogue import OPERATIONS, Catalogue, FieldKind, merge
from bot.catalogue.openapi.document import entries_of
from bot.catalogue.openapi.entry import open_ended

FOLDER = Path(__file__).resolve().parents[2] / "data" / "openapi"
SHAPES = sorted(path.name.removesuffix(".facts.json") for path in FOLDER.glob("*.facts.json"))
CATALOGUE = Catalogue()
KINDS = {
    "string": {FieldKind.TEXT, FieldKind.URL},
    "number": {FieldKind.NUMBER},
    "integer": {FieldKind.INTEGER},
    "boolean": {FieldKind.BOOLEAN},
    "array": {FieldKind.URLS, FieldKind.OBJECTS, FieldKind.JSON},
    "object": {FieldKind.OBJECT, FieldKind.JSON},
}


def load(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@pytest.fixture(params=SHAPES)
def shape(request):
    return request.param


@pytest.fixture
def facts(shape):
    return load(f"{shape}.facts.json")


@pytest.fixture
def merged(shape):
    return merge(CATALOGUE, load(f"{shape}.json"))


def test_there_are_nine_shapes():
    assert len(SHAPES) == 9


def test_each_operation_is_offered_under_its_true_id_and_no_other(facts, merged):
    offered = {key for key, operation in merged.operations.items() if operation.offered}
    assert offered == set(facts["operations"])


def test_guesses_are_replaced_and_still_resolve(facts, merged):
    for guess, true in facts["guesses_replaced"].items():
        assert merged.resolve(guess).id == true
        assert merged.get(true).title == CATALOGUE.get(guess).title
        assert merged.get(true).workflow == CATALOGUE.get(guess).workflow
        assert merged.get(true).id_documented
        assert guess not in merged.operations


def test_what_is_gone_stays_marked_and_what_is_new_is_there(facts, merged):
    gone = {key for key, operation in merged.operations.items() if not operation.offered}
    assert gone == set(facts["gone"])
    assert {key for key in merged.operations if key in facts["new"]} == set(facts["new"])
    former = {*facts["guesses_replaced"].values(), *CATALOGUE.operations}
    assert set(merged.operations) - former == set(facts["new"])


def test_titles_are_read_and_new_operations_bear_them(shape, facts, merged):
    entries = entries_of(load(f"{shape}.json"), OPERATIONS)
    for key, said in facts["operations"].items():
        if said["title"] is not None:
            assert said["title"] in entries[key].titles
            assert key not in facts["new"] or merged.get(key).title == said["title"]


def test_fields_are_read_as_far_as_the_document_says_them(facts, merged):
    for key, said in facts["operations"].items():
        operation = merged.get(key)
        for name, rules in (said["fields"] or {}).items():
            field = operation.field(name)
            assert field.offered, (key, name)
            where = f"{key}.{name}"
            if "type" in rules:
                assert field.kind in KINDS[rules["type"]], where
            if "required" in rules:
                assert field.required is rules["required"], where
            assert field.minimum == rules.get("minimum", field.minimum), where
            assert field.maximum == rules.get("maximum", field.maximum), where
            assert field.max_length == rules.get("maxLength", field.max_length), where


def test_listed_values_defaults_and_examples_are_read(facts, merged):
    for key, said in facts["operations"].items():
        operation = merged.get(key)
        for name, rules in (said["fields"] or {}).items():
            field = operation.field(name)
            offers = {*field.choices, *field.suggestions, *(model.id for model in operation.models)}
            scalar = field.kind in {FieldKind.TEXT, FieldKind.NUMBER, FieldKind.INTEGER}
            for value in [*rules.get("enum", ()), rules.get("default"), rules.get("example")]:
                if scalar and isinstance(value, str | int | float) and not isinstance(value, bool):
                    assert value in offers, (key, name, value)
            if "enum" in rules and scalar and not open_ended(name) and not field.choices_by_model:
                assert set(field.choices) == set(rules["enum"]), (key, name)


def test_models_are_read_with_their_names(facts, merged):
    for key, said in facts["operations"].items():
        models = {model.id: model.name for model in merged.get(key).models if model.offered}
        for wire_id, name in (said.get("models") or {}).items():
            assert wire_id in models, (key, wire_id)
            assert name is None or models[wire_id] == name, (key, wire_id)


def test_fields_that_a_whole_schema_lacks_are_no_longer_offered(facts, merged):
    for key, said in facts["operations"].items():
        if said["fields"] and not any("example" in rules for rules in said["fields"].values()):
            offered = {field.name for field in merged.get(key).fields if field.offered}
            assert offered == set(said["fields"]), key
