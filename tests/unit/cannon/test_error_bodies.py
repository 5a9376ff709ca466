"""Error bodies of every shape that is known: the reason with its field, as one harmless sentence, in linear time."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cannon.errors import message_read, missing_in, reading_of, relabelled, sentence_of
from bot.cannon.texts import IS_REQUIRED
from bot.errors import FieldFault
from bot.language import speaking
from tests.support.machine import slowness
from tests.support.pseudo import speak_pseudo

ISSUE = {"code": "custom", "path": ["input", "duration"], "message": "Must be 5 or 10"}
LACKS = {
    "code": "invalid_type",
    "expected": "string",
    "received": "undefined",
    "path": ["display_name"],
    "message": "Required",
}
WANTED = "duration: must be 5 or 10"
BOTH = f"{WANTED}; display_name: is required"

BODIES = {
    "zod issues": ({"success": False, "error": {"name": "ZodError", "issues": [ISSUE, LACKS]}}, BOTH),
    "zod at the top": ({"issues": [ISSUE, LACKS]}, BOTH),
    "zod errors": ({"message": "Validation failed", "errors": [ISSUE, LACKS]}, BOTH),
    "zod as text in message": ({"error": {"name": "ZodError", "message": json.dumps([ISSUE, LACKS], indent=2)}}, BOTH),
    "zod as text in error": ({"error": json.dumps([ISSUE])}, WANTED),
    "zod twice as text": ({"message": json.dumps({"error": json.dumps({"issues": [ISSUE]})})}, WANTED),
    "zod flattened": ({"error": {"formErrors": [], "fieldErrors": {"duration": ["Must be 5 or 10"]}}}, WANTED),
    "zod flattened, of the form": ({"error": {"formErrors": ["Give a file"], "fieldErrors": {}}}, "Give a file"),
    "zod formatted": ({"error": {"_errors": [], "duration": {"_errors": ["Must be 5 or 10"]}}}, WANTED),
    "zod as a tree": ({"error": {"errors": [], "properties": {"duration": {"errors": ["Must be 5 or 10"]}}}}, WANTED),
    "zod of a union": ({"issues": [{"code": "invalid_union", "unionErrors": [{"issues": [ISSUE]}]}]}, WANTED),
    "zod 4 of a union": ({"issues": [{"code": "invalid_union", "errors": [[ISSUE]], "path": []}]}, WANTED),
    "fastapi": (
        {
            "detail": [
                {"type": "enum", "loc": ["body", "input", "duration"], "msg": "Must be 5 or 10", "input": 7},
                {"type": "missing", "loc": ["body", "input", "display_name"], "msg": "Field required", "input": {}},
            ]
        },
        BOTH,
    ),
    "problem": ({"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "Too long"}, "Too long"),
    "problem with a map": (
        {"title": "One or more validation errors occurred.", "errors": {"duration": ["Must be 5 or 10"]}},
        WANTED,
    ),
    "problem with parameters": (
        {"title": "Bad", "invalid-params": [{"name": "duration", "reason": "Must be 5 or 10"}]},
        WANTED,
    ),
    "problem with pointers": (
        {"title": "Bad", "errors": [{"detail": "Must be 5 or 10", "pointer": "#/input/duration"}]},
        WANTED,
    ),
    "nested details": ({"error": {"code": "INVALID", "message": "Invalid", "details": [ISSUE]}}, WANTED),
    "details as a map": ({"error": {"message": "Invalid", "details": {"duration": "Must be 5 or 10"}}}, WANTED),
    "google": (
        {
            "error": {
                "code": 400,
                "message": "Request contains an invalid argument.",
                "status": "INVALID_ARGUMENT",
                "details": [
                    {
                        "@type": "type.googleapis.com/google.rpc.BadRequest",
                        "fieldViolations": [{"field": "input.duration", "description": "Must be 5 or 10"}],
                    }
                ],
            }
        },
        WANTED,
    ),
    "json api": ({"errors": [{"source": {"pointer": "/data/attributes/duration"}, "detail": "Must be 5 or 10"}]}, None),
    "ajv": (
        {"errors": [{"instancePath": "/input/duration", "keyword": "enum", "message": "must be 5 or 10"}]},
        WANTED,
    ),
    "ajv, missing": (
        {"errors": [{"instancePath": "", "params": {"missingProperty": "display_name"}, "message": "must have it"}]},
        "display_name: is required",
    ),
    "class-validator": ({"errors": [{"property": "duration", "constraints": {"isIn": "Must be 5 or 10"}}]}, WANTED),
    "openai": ({"error": {"message": "Must be 5 or 10", "type": "invalid", "param": "duration"}}, WANTED),
    "a list of texts": ({"message": ["Too long", "Too dark"]}, "Too long; Too dark"),
    "errors as texts": ({"message": "Validation failed", "errors": ["Too long", "Too dark"]}, "Too long; Too dark"),
    "a map of texts": (
        {"errors": {"duration": "Must be 5 or 10", "prompt": ["Too long"]}},
        f"{WANTED}; prompt: too long",
    ),
    "inside an object": (
        {"issues": [{"path": ["input", "subtitle_settings", "fontSize"], "message": "Too small"}]},
        "subtitle_settings (fontSize): too small",
    ),
    "an index": (
        {"issues": [{"path": ["reference_image_urls", 2], "message": "Not a link"}]},
        "reference_image_urls: not a link",
    ),
    "a sentence that names it": ({"error": "Missing required field: display_name"}, "display_name: is required"),
    "a sentence with quotes": ({"error": "'voice' is a required property"}, "voice: is required"),
    "spring": ({"status": 400, "error": "Bad Request", "message": "Too long", "path": "/api/v1/requests"}, "Too long"),
    "node's error": ({"name": "ValidationError", "message": "Too long"}, "Too long"),
    "no field in English": ({"error": "Authentication is required"}, "Authentication is required"),
    "details with a reason alone": (
        {"error": {"code": "FORBIDDEN", "message": "Invalid", "details": {"reason": "Not on your plan."}}},
        "Not on your plan.",
    ),
    "not required": ({"issues": [{"path": ["seed"], "message": "Is not required here"}]}, "seed: is not required here"),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_reason_is_told_with_its_field(name: str):
    document, wanted = BODIES[name]
    said = sentence_of(json.dumps(document).encode(), "application/json", 400)
    if wanted is None:
        assert "duration" in said
        assert said.endswith("must be 5 or 10")
    else:
        assert said == wanted


@pytest.mark.parametrize(
    ("body", "kind", "wanted"),
    [
        (
            b"<html><head><title>413 Request Entity Too Large</title></head></html>",
            "text/html",
            "413 Request Entity Too Large",
        ),
        (b"<!doctype html><TITLE>\n Blocked &amp; gone </TITLE>", None, "Blocked & gone"),
        (b"<Error><Code>A</Code><Message>Too large</Message></Error>", "application/xml", "Too large"),
        (b"<html><title></title></html>", "text/html", "HTTP 400 Bad Request"),
        (b"Prompt is too long", "text/plain", "Prompt is too long"),
        (b'{"message": "Bad model", "error": "invalid"}', None, "Bad model"),
        (b'{"error": true, "message": "Bad model"}', None, "Bad model"),
        (b'{"errors": [{"message": "One"}, {"msg": "Two"}]}', None, "One; Two"),
        (b'{"detail": [{"loc": ["body"], "msg": "Field required"}]}', None, "Field required"),
        (b'["One", "Two"]', None, "One; Two"),
        (b'"Only text"', None, "Only text"),
        (b"Plain words", None, "Plain words"),
        (b"", None, "HTTP 400 Bad Request"),
        (b"{}", None, "HTTP 400 Bad Request"),
        (b'{"error": {"code": 5}}', None, "HTTP 400 Bad Request"),
        (b'{"error": "cut o', None, "HTTP 400 Bad Request"),
        (b"[" * 90_000, None, "HTTP 400 Bad Request"),
        (b'{"error": "key cs_live_abcdefgh1234 is off"}', None, "key cs_live_… is off"),
        (b'{"error": "Bearer abc.def.ghi refused"}', None, "Bearer … refused"),
        (b'{"error": "see https://u:p@x.example/a?token=1#f now"}', None, "see x.example/a now"),
        ("\u202egnp.exe\x1b[31m\x00 ok".encode(), None, "gnp.exe (31m ok"),
    ],
)
def test_pages_plain_texts_and_other_bodies_give_one_clean_sentence(body: bytes, kind: str | None, wanted: str):
    assert sentence_of(body, kind, 400) == wanted


def test_a_failed_requests_message_may_be_json_itself():
    assert message_read(json.dumps([ISSUE]))[0] == WANTED
    assert message_read("No GPU left") == ("No GPU left", ())
    assert message_read('{"a": 1}') == ("", ())


@pytest.mark.parametrize("language", ["en", "ja"])
def test_fields_get_the_names_that_members_know(language: str, monkeypatch: pytest.MonkeyPatch):
    speak_pseudo(monkeypatch)
    body = json.dumps({"issues": [ISSUE, LACKS]}).encode()
    with speaking(language):
        said, faults = reading_of(body, None, 400)
        plain = f"Cannon Studio does not accept this: {said}"
        sentence = relabelled(plain, said, faults, {"duration": "length", "display_name": "display name"})
        lacks = str(IS_REQUIRED)
    assert sentence == f"Cannon Studio does not accept this: length: must be 5 or 10; display name: {lacks}"
    assert relabelled(plain, said, faults, {}) == plain


def test_missing_fields_are_named_as_on_the_wire_whatever_the_sentence_says():
    faults = [
        FieldFault("display_name", "is required", is_missing=True),
        FieldFault("voice.id", "", is_missing=True),
        FieldFault("voice.name", "", is_missing=True),
        FieldFault("duration", "must be 5 or 10"),
        FieldFault("", "something is required", is_missing=True),
    ]
    assert missing_in(faults) == ("display_name", "voice")
    assert missing_in(reading_of(json.dumps({"issues": [ISSUE, LACKS]}).encode(), None, 400)[1]) == ("display_name",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["message", "errors", "issues", "path", "loc", "detail", "details", "field", "name", "_errors", "x",
                 "error", "fieldErrors", "properties", "constraints", "params", "source", "title", "data"]
            ),
            inner,
            max_size=5,
        )
        | inner.map(json.dumps)
    ),
    max_leaves=25,
)  # fmt: skip


@given(JSON)
def test_whatever_a_body_says_becomes_one_short_harmless_line(document: object):
    body = json.dumps(document).encode()
    said, faults = reading_of(body, "application/json", 422)
    assert said
    assert len(said) <= 200
    assert not set("<>`\n\r\0\x1b\u202e") & set(said)
    assert "://" not in said
    assert all(len(each.field) <= 120 and set(each.field) <= set(_FIELD_LETTERS) for each in faults)


_FIELD_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."


@pytest.mark.parametrize(
    "document",
    [
        {"errors": [{"path": ["a"] * 5000, "message": "x"}] * 500},
        {"errors": {f"f{number}": ["x"] * 50 for number in range(300)}},
        {"message": json.dumps(json.dumps([json.dumps([ISSUE] * 50)]))},
        [[[[[[[[ISSUE]]]]]]]] * 900,
        {"error": "missing required field: " * 800},
        {"error": "is required " * 1500},
    ],
)
def test_a_hostile_body_is_read_in_little_time(document: object):
    body = json.dumps(document).encode()
    begun = time.process_time()
    for _ in range(20):
        sentence_of(body, "application/json", 400)
    assert time.process_time() - begun < 2 * slowness()
