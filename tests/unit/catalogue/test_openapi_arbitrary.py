"""Documents of any content: reading one never raises, is quick, and does not depend on the order of its keys."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalogue import OPERATIONS, Catalogue, merge
from bot.catalogue.live import changes
from tests.support.forms import FORMS
from tests.support.machine import slowness
from tests.support.work import MERGE_CALLS_MAX, calls_of

CATALOGUE = Catalogue()

IDS = ["image.generate", "prompt.enhance.place", "sora2.characters.new", "video.tide", "a.b"]
KEYS = [
    *("paths", "/image.generate", "/video/tide", "post", "requestBody", "content", "application/json", "schema"),
    *("components", "schemas", "ImageGenerateInput", "examples", "example", "value", "x-operations", "x-a", "fields"),
    *("models", "id", "name", "title", "summary", "description", "operationId", "discriminator", "mapping", "default"),
    *("properties", "operation", "input", "const", "enum", "oneOf", "anyOf", "allOf", "if", "then", "else", "$ref"),
    *("required", "type", "items", "minimum", "maxLength", "prompt", "model", "x-enum-descriptions", "nullable"),
]
WORDS = [
    *IDS,
    "Generate Image",
    "Flux 2",
    "prompt",
    "string",
    "object",
    "array",
    "null",
    "#",
    "#/",
    "#/components/schemas",
]
leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([*WORDS, *KEYS, "\ud800", "\u202e"])
anything = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*KEYS, *IDS]), inner, max_size=5),
    max_leaves=40,
)
request = st.fixed_dictionaries(
    {"properties": st.fixed_dictionaries({"operation": anything | st.sampled_from([{"enum": IDS}]), "input": anything})}
)
NESTED = st.sampled_from(
    [("paths", "/a", "post", "requestBody", "content", "application/json", "schema"), ("x-a",), ("a",)]
)


def under(places, inner):
    for place in reversed(places):
        inner = {place: inner}
    return inner


documents = st.dictionaries(st.sampled_from(KEYS), anything, max_size=5) | st.builds(under, NESTED, request | anything)


def reversed_keys(node):
    if isinstance(node, dict):
        return {key: reversed_keys(value) for key, value in reversed(node.items())}
    return [reversed_keys(each) for each in node] if isinstance(node, list) else node


@settings(max_examples=80)
@given(document=documents)
def test_any_document_is_read_without_an_error_and_in_any_order_of_keys(document):
    merged = merge(CATALOGUE, document)
    again = merge(CATALOGUE, reversed_keys(document))
    assert merged.operations == again.operations
    assert merged.aliases == again.aliases
    for operation in OPERATIONS:
        assert merged.resolve(operation.id).title == operation.title
    for change in changes(CATALOGUE, merged):
        assert change.rules.replace("\u200c", "").replace("\u200d", "").isprintable()
    for operation in merged.operations.values():
        assert operation.title
        assert all(1 <= len(field.help) <= 100 for field in operation.fields)


@pytest.mark.parametrize("shape", FORMS)
def test_the_order_of_keys_plays_no_part(shape):
    document = json.loads(json.dumps(FORMS[shape](OPERATIONS)))
    merged, again = merge(CATALOGUE, document), merge(CATALOGUE, reversed_keys(document))
    assert merged.operations == again.operations
    assert list(merged.operations) == list(again.operations)


@pytest.mark.long
@pytest.mark.parametrize("shape", FORMS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_document_that_is_broken_anywhere_loses_no_operation(shape, data):
    document = json.loads(json.dumps(FORMS[shape](OPERATIONS)))
    for _ in range(data.draw(st.integers(1, 3))):
        node, path = document, []
        while isinstance(node, dict | list) and node and (not path or data.draw(st.integers(0, 5))):
            key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
            path.append((node, key))
            node = node[key]
        parent, key = path[-1]
        parent[key] = data.draw(anything)
    merged = merge(CATALOGUE, document)
    for operation in OPERATIONS:
        assert merged.resolve(operation.id).title == operation.title


def many(count, make):
    return [make(number) for number in range(count)]


def body(schema):
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def posted(schema, **components):
    return {"paths": {"/a": {"post": body(schema)}}, "components": {"schemas": components}}


def branch(number, given):
    return {"title": "T " * 20, "properties": {"operation": {"const": f"a.b{number}"}, "input": given}}


A = {"$ref": "#/components/schemas/A"}
LOOP = {"properties": {f"p{number}": A for number in range(80)}}
BOMB = {f"S{number}": {"allOf": [{"$ref": f"#/components/schemas/S{number + 1}"}] * 9} for number in range(9)}
LARGE = {
    "paths": lambda: {
        "paths": {f"/a.b{number}": {"post": body(A) | {"operationId": f"a.b{number}"}} for number in range(5000)},
        "components": {"schemas": {"A": LOOP}},
    },
    "an enum": lambda: posted(
        {"properties": {"operation": {"enum": many(3000, lambda number: f"a.b{number}")}}},
        **{f"a.b{number}": A for number in range(3000)}, A=LOOP,
    ),
    "alternatives": lambda: posted({"oneOf": many(3000, lambda number: branch(number, A))}, A=LOOP),
    "alternatives of alternatives": lambda: posted(
        branch(1, {"properties": {"a": A}}), A={"oneOf": many(200, lambda _: A)}
    ),
    "combinations": lambda: posted(branch(1, {"$ref": "#/components/schemas/S0"}), **BOMB),
    "components": lambda: posted(branch(1, A), **{f"a.b{number}": LOOP for number in range(20000)}),
    "long titles": lambda: posted(
        {"oneOf": many(200, lambda number: branch(number, {"title": "T " * 20000, "properties": {"a": {}}}))}
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [each if each == "combinations" else pytest.param(each, marks=pytest.mark.long) for each in sorted(LARGE)],
)
def test_no_large_document_takes_long(name):
    document = LARGE[name]()
    assert calls_of(lambda: merge(CATALOGUE, document)) < MERGE_CALLS_MAX


@pytest.mark.long
def test_what_patterns_read_takes_no_long_time_either():
    """They are one call however long they take, here a tenth of a second at most."""
    document, taken = LARGE["long titles"](), []
    for _ in range(3):
        start = time.process_time()
        merge(CATALOGUE, document)
        taken.append(time.process_time() - start)
    assert min(taken) < 2.5 * slowness()
