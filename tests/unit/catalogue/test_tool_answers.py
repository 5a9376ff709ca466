"""Answers of the keyless tools: each likely form is read, none raises or forbids, contradictions are dropped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import Catalogue, FieldKind, merge
from bot.catalogue.openapi.tools import (
    MARK,
    OPERATIONS,
    SURFACES,
    Contradiction,
    ids_in,
    is_unknown,
    models_of_surface,
    operation_in,
)
from tests.support.work import MERGE_CALLS_MAX, calls_of

CATALOGUE = Catalogue()
IMAGE = "image.generate"


def learned(*parts: Any, surface: str | None = None) -> Catalogue:
    answers = {SURFACES: {surface: list(parts)}} if surface else {OPERATIONS: {IMAGE: list(parts)}}
    return merge(CATALOGUE, {MARK: answers})


def about(**more: Any) -> dict[str, Any]:
    return {"id": IMAGE, "title": "Generate Image", **more}


SCHEMA = {"type": "object", "properties": {"glow": {"type": "number", "maximum": 3}}, "required": ["glow"]}
FORMS: dict[str, list[Any]] = {
    "a schema": [about(inputSchema=SCHEMA)],
    "a schema of the request": [
        about(requestBody={"type": "object", "properties": {"operation": {"const": IMAGE}, "input": SCHEMA}})
    ],
    "a schema deep inside": [{"ok": True, "operation": {"id": IMAGE, "docs": {"api": {"schema": SCHEMA}}}}],
    "a nameless object": [{"input": SCHEMA}],
    "a list of names": [about(fields=["prompt", "glow"], required=["glow"])],
    "a list of objects": [about(inputs=[{"name": "glow", "type": "number", "required": True, "max": 3}])],
    "a map": [about(payload={"glow": {"type": "number", "required": True}})],
    "a map of words": [about(payloadShape={"operation": IMAGE, "input": {"glow": "number (required)"}})],
    "lists of required and optional ones": [about(fields={"required": ["glow"], "optional": ["prompt"]})],
    "Markdown": ["# Generate Image\n\n- `glow` (number, required): how much\n- `prompt` (string): what"],
    "Markdown with a schema": [f"The input:\n\n```json\n{json.dumps(about(inputSchema=SCHEMA))}\n```\n"],
}


@pytest.mark.parametrize("form", FORMS)
def test_a_field_is_read_in_each_form(form: str):
    field = learned(*FORMS[form]).get(IMAGE).field("glow")
    assert (field.required, field.rule_inferred) == (True, True)
    assert field.kind in {FieldKind.NUMBER, FieldKind.JSON}


def test_an_example_shows_fields_and_values_and_demands_none():
    request = {"operation": IMAGE, "input": {"prompt": "a fox", "glow": 2, "resolution": "8K"}}
    operation = learned(about(examplePayload=request)).get(IMAGE)
    assert not operation.field("glow").required
    assert "8K" in operation.field("resolution").suggestions
    assert operation.field("style").offered, "an example is no list of all fields"


MODELS: dict[str, Any] = {
    "objects": {"models": [{"id": "fx", "name": "Flux 2"}, {"id": "fxp", "name": "Flux 2 Pro"}]},
    "ids of the API beside others": {"models": [{"id": 7, "apiModel": "fx", "slug": "flux/2", "label": "Flux 2"}]},
    "a map of names": {"availableModels": {"fx": "Flux 2", "fxp": "Flux 2 Pro"}},
    "a map of objects": {"models": {"fx": {"label": "Flux 2"}}},
    "by operation": {"operations": {IMAGE: [{"value": "fx", "label": "Flux 2"}]}},
    "models with operations": {"models": [{"id": "fx", "name": "Flux 2", "operations": [IMAGE]}]},
}


@pytest.mark.parametrize("form", MODELS)
@pytest.mark.parametrize("around", ["list", "map", "bare"])
def test_models_of_a_surface_are_read_in_each_form(form: str, around: str):
    inner, other = MODELS[form], {"models": [{"id": "x", "name": "Flux 2"}]}
    answer = {
        "list": {"note": "", "surfaces": [{"surface": "image-api", **inner}, {"surface": "video-api", **other}]},
        "map": {"note": "", "surfaces": {"image-api": inner, "Creator Flow": other}},
        "bare": inner,
    }[around]
    models = {model.name: model.id for model in learned(answer, surface="image-api").get(IMAGE).models if model.offered}
    assert models["Flux 2"] == "fx"
    assert "x" not in models.values()


def test_names_without_ids_change_no_id():
    before = CATALOGUE.get(IMAGE).models
    answer = {"surfaces": [{"surface": "image-api", "models": [model.name for model in before]}]}
    assert learned(answer, surface="image-api").get(IMAGE).models == before


def test_a_name_without_its_zero_is_the_same_model():
    answer = {"surfaces": [{"surface": "video-api", "models": [{"id": "sd2f", "name": "Seedance 2 Fast"}]}]}
    models = {model.name: model.id for model in learned(answer, surface="video-api").get("video.generate").models}
    assert models["Seedance 2.0 Fast"] == "sd2f"
    assert models["Seedance 2.0"] == "seedance2"


def test_a_surface_without_a_model_ends_it_only_if_it_lists_most_of_them():
    names = [model.name for model in CATALOGUE.get("video.generate").models if "Sora" not in model.name]

    def offered(*listed: str) -> bool:
        answer = {"surfaces": [{"surface": "video-api", "models": list(listed)}]}
        models = learned(answer, surface="video-api").get("video.generate").models
        return next(model for model in models if model.name == "Sora 2").offered

    assert not offered(*names)
    assert offered(names[0])


PROMPT = {"prompt": {"type": "string"}}
NARROW: dict[str, Any] = {
    "a new field": {"properties": {**PROMPT, "captcha": {"type": "string"}}, "required": ["captcha"]},
    "a length": {"properties": {"prompt": {"type": "string", "maxLength": 1}}},
    "a maximum": {"properties": {**PROMPT, "reference_prompt_balance": {"type": "number", "maximum": 0}}},
    "another type": {"properties": {"prompt": {"type": "number"}}},
}


@pytest.mark.parametrize("form", NARROW)
def test_where_an_answer_narrows_the_member_is_asked_and_nothing_is_refused(form: str):
    catalogue = learned(about(inputSchema=NARROW[form]))
    values = {"prompt": "a fox", "reference_prompt_balance": 0.5}
    assert catalogue.check(IMAGE, values) == values
    assert catalogue.cautions(IMAGE, values)


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "video.generate", "fields": ["captcha"]},
        {"operations": [{"id": "video.generate", "fields": ["captcha"]}, {"id": "image.edit"}]},
        about(models=[{"id": "x", "name": "Flux 2"}, {"id": "x", "name": "Flux 2 Pro"}]),
    ],
)
def test_what_is_about_another_operation_or_contradicts_itself_changes_nothing(answer: dict[str, Any]):
    with pytest.raises(Contradiction):
        operation_in(IMAGE, "Generate Image", [answer])
    assert learned(answer) is CATALOGUE


def test_an_id_of_two_models_of_a_surface_changes_nothing():
    answer = {"models": [{"id": "x", "name": "Flux 2"}, {"id": "x", "name": "Flux 2 Pro"}]}
    assert learned(answer, surface="image-api") is CATALOGUE


def test_another_id_with_the_title_is_the_same_operation():
    answer = {"id": "image.create", "title": "Generate image", "fields": ["prompt"]}
    entry = operation_in(IMAGE, "Generate Image", [answer])
    assert entry is not None
    assert entry.id == "image.create"


@pytest.mark.parametrize(
    ("answer", "is_error", "unknown"),
    [
        ([{"ok": False, "status": 404}], True, True),
        ([{"found": False}], False, True),
        (["Unknown operation: image.x"], True, True),
        ([{"error": "No such operation"}], False, True),
        (["Too many requests"], True, False),
        ([{"ok": False, "status": 429, "error": "not found"}], True, False),
        ([{"ok": False, "status": 503, "error": "not found"}], True, False),
        (["operation is required"], True, False),
        ([about()], False, False),
    ],
)
def test_unknown_is_told_from_trouble(answer: list[Any], is_error: bool, unknown: bool):
    assert is_unknown(answer, is_error=is_error) is unknown


def test_ids_are_found_in_lists_and_sentences_of_known_families_alone():
    answer = {"error": "Unknown. Use image.upscale or see www.example.com", "available": ["image.tile", "app.js"]}
    assert ids_in([answer], {"image"}) == ["image.upscale", "image.tile"]


leaf = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        [
            IMAGE,
            "image-api",
            "Flux 2",
            "string (required)",
            "- `prompt` required",
            "```json\n{}\n```",
            "\ud800",
            "id",
            "#",
        ]
    )
)
KEYS = st.sampled_from(
    [
        *("id", "operation", "title", "models", "fields", "inputSchema", "properties", "input", "surfaces", "surface"),
        *("image-api", "required", "optional", "payload", "example", "$ref", "enum", "error", "ok", "status", "inputs"),
        *("name", "tools", IMAGE),
    ]
)
anything = st.recursive(leaf, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5))


@given(parts=st.lists(anything, max_size=3), answers=anything)
def test_no_answer_raises(parts: list[Any], answers: Any):
    for read in (lambda: operation_in(IMAGE, "Generate Image", parts), lambda: models_of_surface("image-api", parts)):
        try:
            read()
        except Contradiction:
            continue
    is_unknown(parts, is_error=True)
    ids_in(parts, {"image"})
    merge(CATALOGUE, {MARK: answers})
    merge(CATALOGUE, {MARK: {OPERATIONS: {IMAGE: parts}, SURFACES: {"image-api": parts}}})


WIDE = {"properties": {f"f{number}": {"type": "string", "enum": ["a", "b"]} for number in range(80)}}
SELF = {"properties": {f"f{number}": {"$ref": "#"} for number in range(80)}}


@pytest.mark.parametrize("given_", [WIDE, SELF, [[] for _ in range(200)]], ids=["wide", "itself", "lists"])
def test_no_answer_takes_long(given_: Any):
    answer = about(x=[{"inputSchema": given_} for _ in range(100)])
    assert calls_of(lambda: learned(answer)) < MERGE_CALLS_MAX
