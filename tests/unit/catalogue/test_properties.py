"""Whatever a member or a server sends: an answer that can go on the wire, or one sentence. Nothing else."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from bot.catalogue import OPERATIONS, Catalogue, FieldKind, merge
from bot.catalogue.checks.values import clean_text, take
from bot.errors import InputError
from tests.support.examples import examples

CATALOGUE = Catalogue()
LINK = "https://media.example/a.png"

ODD = ["👩\u200d🚀", "שלום עולם", "\u202eevil", "\u200b", "\ud800", "\udfff\ud83d", "\x00", "a\x1b[31m", "ﷺ" * 5]
any_text = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=80),
    st.sampled_from(ODD),
    st.lists(st.sampled_from(ODD), max_size=5).map("".join),
    st.builds(
        lambda piece, times: piece * times, st.sampled_from([*ODD, "x", "1", " "]), st.sampled_from([6000, 6001])
    ),
)
any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.sampled_from([LINK, "1:1", "4K", "1080p", "gptimage2", "sora-2", 10**400, 2**53]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def on_one_line(sentence):
    return sentence.replace("\u200c", "").replace("\u200d", "").isprintable()


def answer_or_sentence(operation, values):
    try:
        taken = CATALOGUE.check(operation, values)
    except InputError as error:
        sentence = error.sentence
    else:
        goes_on_the_wire(operation, taken)
        return
    assert 10 < len(sentence) < 500
    assert on_one_line(sentence)
    assert sentence.encode()


def goes_on_the_wire(operation, taken):
    json.dumps(taken, allow_nan=False, ensure_ascii=False).encode()
    assert "\x00" not in json.dumps(taken, ensure_ascii=False)
    assert CATALOGUE.check(operation, taken) == taken


def needed(operation):
    return {f.name: LINK if f.kind is FieldKind.URL else "x" for f in operation.fields if f.required}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
@settings(max_examples=examples(quick=10, long=25))
@given(data=st.data())
def test_any_text_in_any_field_is_taken_or_told_in_one_sentence(operation, data):
    names = [field.name for field in operation.fields] or ["name"]
    name = data.draw(st.sampled_from(names))
    answer_or_sentence(operation.id, needed(operation) | {name: data.draw(any_text)})


@pytest.mark.parametrize(
    "operation",
    [each if each in OPERATIONS[::5] else pytest.param(each, marks=pytest.mark.long) for each in OPERATIONS],
    ids=lambda operation: operation.id,
)
@settings(max_examples=examples(quick=10, long=25))
@given(data=st.data())
def test_any_json_in_any_fields_is_taken_or_told_in_one_sentence(operation, data):
    names = st.sampled_from([field.name for field in operation.fields] or ["name"]) | st.text(max_size=10)
    answer_or_sentence(operation.id, needed(operation) | data.draw(st.dictionaries(names, any_json, max_size=4)))


WORKABLE = {
    FieldKind.TEXT: ["a fox", "x" * 300, "16:9", "sora-2", "auto", "en-US"],
    FieldKind.INTEGER: [1, 2, 5],
    FieldKind.NUMBER: [1, 5, 0.5, 8],
    FieldKind.BOOLEAN: [True, False],
    FieldKind.URL: [LINK],
    FieldKind.URLS: [[LINK]],
    FieldKind.OBJECT: [{"font": "Inter"}, {"pan": 2}],
    FieldKind.OBJECTS: [[{"label": "north"}], [{"azimuth": 90}, {"image_url": LINK}]],
    FieldKind.JSON: [1, "x"],
}
schemas = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "number", "integer", "boolean", "array", "object"]),
        "enum": st.lists(st.sampled_from(["a", 3, "1:1", LINK]), min_size=1, max_size=2),
        "minimum": st.integers(-5, 50),
        "maximum": st.integers(-5, 50),
        "maxLength": st.integers(0, 9),
    },
)


def workable(field):
    found = []
    for value in [*field.choices, *field.suggestions, *WORKABLE[field.kind]]:
        with contextlib.suppress(InputError):
            take(field, value, allow_local=False)
            found.append(value)
    return found


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
@settings(
    max_examples=examples(quick=6, long=60),
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_document_refuses_what_was_valid_without_it(operation, data):
    fields = operation.fields
    values = {
        field.name: data.draw(st.sampled_from(workable(field)))
        for field in fields
        if field.required or data.draw(st.booleans())
    }
    try:
        known = CATALOGUE.check(operation.id, values)
    except InputError:
        reject()
    names = st.sampled_from([*(field.name for field in fields), "captcha", "model", "prompt"])
    properties = data.draw(st.dictionaries(names, schemas, min_size=1))
    given_ = {"type": "object", "properties": properties, "required": data.draw(st.lists(names, max_size=3))}
    schema = {"properties": {"operation": {"const": operation.id}, "input": given_}}
    merged = merge(CATALOGUE, {"components": {"schemas": {"Request": schema}}})
    taken = merged.check(operation.id, values)
    assert taken.keys() == known.keys()
    for caution in merged.cautions(operation.id, taken):
        assert on_one_line(caution.sentence)


@given(values=any_json)
def test_an_input_of_any_form_is_taken_or_told_in_one_sentence(values):
    for key in ("image.generate", "sora2.character.create"):
        answer_or_sentence(key, values)


@given(text=any_text, values=st.dictionaries(st.text(max_size=5), any_json, max_size=2))
def test_an_operation_of_any_name_is_told_in_one_sentence(text, values):
    answer_or_sentence(text, values)


@given(text=st.text(min_size=1, max_size=6000).map(str.strip).filter(str.isprintable).filter(bool))
def test_printable_text_reaches_the_wire_unchanged(text):
    if clean_text(text):  # a Hangul filler is a printable letter, and invisible
        assert CATALOGUE.check("image.generate", {"prompt": text})["prompt"] == text


@pytest.mark.parametrize(
    "operation",
    [each if each in OPERATIONS[::5] else pytest.param(each, marks=pytest.mark.long) for each in OPERATIONS],
    ids=lambda operation: operation.id,
)
@settings(max_examples=15)
@given(typed=any_text, model=any_json)
def test_autocomplete_always_offers_what_discord_can_carry(operation, typed, model):
    for field in operation.fields:
        offers = CATALOGUE.suggest(operation.id, field.name, typed, {"model": model})
        assert len(offers) <= 25
        for label, value in offers:
            assert 1 <= len(label) <= 100
            label.encode()
            assert not isinstance(value, str) or 1 <= len(value.encode("utf-16-le")) // 2 <= 200
            assert not isinstance(value, str) or len(value) <= 100
