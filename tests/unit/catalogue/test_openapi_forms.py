"""Other ways in which the same may be said: mixtures, references, older versions, other generators' habits."""

from __future__ import annotations

import json

import pytest

from bot.catalogue import OPERATIONS, Catalogue, FieldKind, merge

CATALOGUE = Catalogue()
MOON = {"type": "object", "required": ["moon"], "properties": {"moon": {"type": "number", "minimum": 1}}}
FREE = {"type": "object"}


def posted(schema, path="/api/v1/requests", **media):
    """A document of one call with that body."""
    return {"paths": {path: {"post": {"requestBody": {"content": {"application/json": {"schema": schema, **media}}}}}}}


def body(operation, given=None, **more):
    return {"properties": {"operation": operation, "input": FREE if given is None else given}, **more}


def const(key="video.tide"):
    return {"const": key}


FORMS = {
    "anyOf": posted({"anyOf": [body(const(), MOON), body(const("video.other"))]}),
    "an enum of one": posted(body({"enum": ["video.tide"]}, MOON)),
    "a list as a constant": posted(body({"const": ["video.tide"]}, MOON)),
    "parts of allOf": posted(
        {"allOf": [{"properties": {"operation": const()}}, {"properties": {"input": MOON}}, {"required": ["input"]}]}
    ),
    "a discriminator with names of components": {
        **posted({"discriminator": {"propertyName": "operation", "mapping": {"video.tide": "Tide"}}}),
        "components": {
            "schemas": {"Tide": body({"type": "string"}, {"$ref": "#/components/schemas/Moon"}), "Moon": MOON}
        },
    },
    "a discriminator of inputs": {
        "components": {
            "schemas": {
                "Input": {"discriminator": {"mapping": {"video.tide": "#/components/schemas/Tide"}}},
                "Tide": {**MOON, "properties": {**MOON["properties"], "operation": {"type": "string"}}},
            }
        }
    },
    "if, then and else in a chain": posted(
        {
            "if": {"properties": {"operation": const("video.other")}},
            "then": {"properties": {"input": FREE}},
            "else": {
                "if": {"$ref": "#/components/schemas/IsTide"},
                "then": {"$ref": "#/components/schemas/Then"},
                "else": False,
            },
        }
    )
    | {
        "components": {
            "schemas": {
                "IsTide": {"properties": {"operation": const()}},
                "Then": {"allOf": [{"properties": {"input": MOON}}]},
            }
        }
    },
    "a schema that names its operation": {"components": {"schemas": {"Tide": {**MOON, "x-operation": "video.tide"}}}},
    "a component that is called by the id": {
        **posted(body({"enum": ["video.tide", "video.other"]})),
        "components": {"schemas": {"video.tide": MOON}},
    },
    "a path": posted(MOON, "/api/v1/video.tide"),
    "a path with an operation id": posted(MOON, "/v2/waves")
    | {
        "paths": {
            "/v2/waves": {"post": {"operationId": "video.tide", **posted(MOON)["paths"]["/api/v1/requests"]["post"]}}
        }
    },
    "a path whose body holds the input": posted(
        {"properties": {"input": MOON, "webhook_url": {"type": "string"}}}, "/operations/video.tide"
    ),
    "a body by reference": {
        "paths": {"/run/video.tide": {"post": {"requestBody": {"$ref": "#/components/requestBodies/Tide"}}}},
        "components": {"requestBodies": {"Tide": {"content": {"application/x-json": {"schema": MOON}}}}},
    },
    "a vendor's map": {"x-workflows": {"video.tide": {"title": "Make Tides", "fields": MOON}}},
    "a vendor's list of objects": {
        "info": {
            "x-operations": [
                {"id": "video.tide", "fields": [{"name": "moon", "type": "number", "required": True, "min": 1}]}
            ]
        }
    },
    "a vendor's fields by name": {
        "x-ops": [{"operation": "video.tide", "inputs": {"moon": {"type": "number", "minimum": 1, "required": True}}}]
    },
    "a vendor's names of the required": {
        "x-ops": [
            {
                "key": "video.tide",
                "inputSchema": {"properties": {"moon": {"type": "number", "minimum": 1}}},
                "required": ["moon"],
            }
        ]
    },
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_an_operation_is_read_with_its_field_in_every_form(form):
    merged = merge(CATALOGUE, FORMS[form])
    [field] = merged.get("video.tide").fields
    assert (field.name, field.kind, field.required, field.minimum) == ("moon", FieldKind.NUMBER, True, 1)
    assert merged.get("video.tide").workflow == "video"
    assert set(merged.operations) <= {*CATALOGUE.operations, "video.tide", "video.other"}


SAMPLE = {"operation": "video.tide", "input": {"moon": 2.5, "label": "north", "picture_url": "https://m.example/a"}}
SHOWN = {
    "the example of a body": posted(body({"type": "string"}), example=SAMPLE),
    "named examples": posted(body({"type": "string"}), examples={"tide": {"value": SAMPLE}}),
    "a named example by reference": posted(
        body({"type": "string"}), examples={"tide": {"$ref": "#/components/examples/Tide"}}
    )
    | {"components": {"examples": {"Tide": {"value": SAMPLE}}}},
    "the examples of a schema": posted({**body({"type": "string"}), "examples": [SAMPLE]}),
    "an example in a text": posted(FREE, example=json.dumps(SAMPLE)),
    "an example at a path": posted(FREE, "/api/v1/video.tide", example=SAMPLE["input"]),
    "an example in a vendor's list": {"x-operations": [{"id": "video.tide", "example": SAMPLE}]},
    "a bare example in a vendor's list": {"x-operations": [{"id": "video.tide", "exampleInput": SAMPLE["input"]}]},
}


@pytest.mark.parametrize("form", sorted(SHOWN))
def test_fields_are_read_from_an_example_in_every_place(form):
    operation = merge(CATALOGUE, SHOWN[form]).get("video.tide")
    assert {field.name: field.kind for field in operation.fields} == {
        "moon": FieldKind.NUMBER,
        "label": FieldKind.TEXT,
        "picture_url": FieldKind.URL,
    }
    assert operation.field("moon").suggestions == (2.5,)
    assert not any(field.required for field in operation.fields)


def test_an_example_adds_to_a_schema_and_takes_nothing_from_it():
    document = posted(
        {"oneOf": [body(const(), MOON)]}, example={"operation": "video.tide", "input": {"moon": 3, "x": [1]}}
    )
    operation = merge(CATALOGUE, document).get("video.tide")
    moon = operation.field("moon")
    assert (moon.required, moon.minimum, moon.suggestions) == (True, 1, (3,))
    assert operation.field("x").kind is FieldKind.JSON


def test_a_name_in_a_list_takes_its_kind_from_the_example():
    item = {"id": "video.tide", "fields": ["moon", "high"], "example": {"moon": 2, "high": True}}
    operation = merge(CATALOGUE, {"x-operations": [item]}).get("video.tide")
    assert [field.kind for field in operation.fields] == [FieldKind.BOOLEAN, FieldKind.NUMBER]


@pytest.mark.parametrize("is_last", [True, False])
def test_of_two_places_that_disagree_the_schema_counts(is_last):
    listed = {"x-operations": [{"id": "video.tide", "fields": [{"name": "moon", "type": "string"}]}]}
    schema = posted({"oneOf": [body(const(), MOON)]})
    operation = merge(CATALOGUE, listed | schema if is_last else schema | listed).get("video.tide")
    assert operation.field("moon").kind is FieldKind.NUMBER


def test_a_sample_that_contradicts_our_kind_is_believed_and_one_that_fits_is_not_news():
    values = {"upscale_factor": "2x", "video_url": "https://m.example/a.mp4", "target_fps": 30}
    merged = merge(CATALOGUE, posted(FREE, example={"operation": "video.upscale", "input": values}))
    operation = merged.get("video.upscale")
    assert operation.field("upscale_factor").kind is FieldKind.TEXT
    assert operation.field("target_fps").kind is CATALOGUE.get("video.upscale").field("target_fps").kind
    assert operation.field("video_url").media


@pytest.mark.parametrize("sample", ["<voice id>", "your_voice_id", "YOUR VOICE", "{voice}", "xxxx", "voice…"])
def test_a_sample_that_stands_for_ones_own_value_is_not_suggested(sample):
    document = posted(FREE, example={"operation": "narration.generate", "input": {"voice_id": sample}})
    assert sample not in merge(CATALOGUE, document).get("narration.generate").field("voice_id").suggestions


def with_field(schema, **more):
    given = {"properties": {"size": schema}}
    return merge(CATALOGUE, posted(body(const(), given)) | more).get("video.tide").field("size")


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10}, (1, 9)),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 9}, (1, 9)),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 2}, (0, 2)),
        ({"type": "number", "minimum": 0, "exclusiveMaximum": False}, (0, None)),
        ({"anyOf": [{"type": "integer", "minimum": 2, "maximum": 3}, {"type": "null"}]}, (2, 3)),
        ({"type": "number", "minimum": True, "maximum": "9"}, (None, None)),
    ],
)
def test_limits_are_read_as_both_versions_write_them(schema, wanted):
    field = with_field(schema)
    assert (field.minimum, field.maximum) == wanted


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "nullable": True, "enum": ["a", "b", None]},
        {"type": ["string", "null"], "enum": ["a", "b"]},
        {"oneOf": [{"const": "a"}, {"const": "b"}, {"const": None}]},
        {"oneOf": [{"enum": ["a", "b"]}, {"enum": [None]}]},
        {"anyOf": [{"$ref": "#/components/schemas/Size"}, {"type": "null"}]},
        {"allOf": [{"$ref": "#/components/schemas/Size"}], "nullable": True},
        {"const": ["a", "b"]},
    ],
)
def test_closed_lists_that_may_be_null_are_closed(schema):
    field = with_field(schema, components={"schemas": {"Size": {"type": "string", "enum": ["a", "b"]}}})
    assert (field.kind, field.choices) == (FieldKind.TEXT, ("a", "b"))


def test_the_default_is_the_first_suggestion():
    field = with_field({"type": "string", "examples": ["a", "b"], "default": "c", "example": "d"})
    assert field.suggestions == ("c", "a", "b", "d")


@pytest.mark.parametrize("words", [["Flux 2", "Alpha One"], {"flux2": "Flux 2", "a1": "Alpha One"}])
@pytest.mark.parametrize("key", ["x-enumNames", "x-enum-descriptions", "x-enum-varnames"])
def test_names_beside_an_enum_are_read(key, words):
    given = {"properties": {"model": {"enum": ["flux2", "a1"], key: words}}}
    merged = merge(CATALOGUE, posted(body(const("image.generate"), given)))
    assert {"flux2": "Flux 2", "a1": "Alpha One"}.items() <= {
        model.id: model.name for model in merged.get("image.generate").models
    }.items()


def test_titles_beside_the_ids_name_the_operations():
    ids = ["image.generate", "prompt.enhance.spot"]
    operation = {"enum": ids, "x-enum-descriptions": ["Generate Image", "Enhance Location Prompt"]}
    assert merge(CATALOGUE, posted(body(operation))).resolve("prompt.enhance.location").id == "prompt.enhance.spot"


@pytest.mark.parametrize(
    ("models", "wanted"),
    [
        (["Flux 2", "Alpha One"], {"Flux 2": None, "Alpha One": None}),
        (["flux2", "alpha"], {"Flux 2": "flux2", "alpha": "alpha"}),
        ([{"id": "f2", "name": "Flux 2"}, {"label": "Alpha One"}], {"Flux 2": "f2", "Alpha One": None}),
        ({"f2": "Flux 2"}, {"Flux 2": "f2"}),
    ],
)
def test_models_of_a_vendors_list_are_read_with_what_is_known_of_them(models, wanted):
    merged = merge(CATALOGUE, {"x-operations": [{"id": "image.generate", "models": models}]})
    found = {model.name: model.id for model in merged.get("image.generate").models if model.offered}
    assert found.items() >= wanted.items()
    assert found.get("GPT Image 2", "gptimage2") == "gptimage2"


def test_a_field_of_which_only_the_name_is_said_is_a_link_if_it_is_called_so():
    listed = {"id": "video.tide", "inputFields": ["moon_url", "star_urls", "moon"]}
    merged = merge(CATALOGUE, {"x-operations": [{"id": "image.generate"}, listed]})
    kinds = {field.name: field.kind for field in merged.get("video.tide").fields}
    assert kinds == {"moon_url": FieldKind.URL, "star_urls": FieldKind.URLS, "moon": FieldKind.JSON}


def paths_of(spell):
    """A document with a path for each built-in operation, and one more."""
    call = posted(MOON)["paths"]["/api/v1/requests"]["post"]
    keys = [*(operation.id for operation in OPERATIONS if operation.id_documented), "video.tide"]
    return {"paths": {spell(key): {"post": call} for key in keys} | {"/api/v1/status": {"get": {}}}}


@pytest.mark.parametrize(
    "spell", [lambda key: "/api/v1/" + key.replace(".", "/"), lambda key: "/v1/generate/" + key.replace(".", "/")]
)
def test_a_path_for_each_operation_names_known_and_new_ones(spell):
    merged = merge(CATALOGUE, paths_of(spell))
    assert set(merged.operations) - set(CATALOGUE.operations) == {"video.tide"}
    assert merged.get("image.generate").field("moon").required
    guesses = [operation.id for operation in OPERATIONS if not operation.id_documented]
    assert [key for key in guesses if merged.get(key).offered] == []


def test_paths_of_other_things_are_no_operations():
    call = posted(MOON)["paths"]["/api/v1/requests"]["post"]
    document = {"paths": {f"/api/v1/{name}": {"post": call} for name in ("uploads/new", "keys/rotate", "webhooks")}}
    assert merge(CATALOGUE, document).operations == CATALOGUE.operations


def test_the_call_that_takes_every_operation_is_none_itself():
    document = paths_of(lambda key: "/api/v1/" + key.replace(".", "/"))
    general = posted(body({"type": "string"}))["paths"]["/api/v1/requests"]["post"]
    document["paths"] |= {"/api/v1/requests": {"post": {"operationId": "image.create", **general}}}
    other = document["paths"]["/api/v1/image/edit"]["post"]
    document["paths"] |= {
        f"/api/v1/{key}": {"post": {"operationId": f"{key}.create", **other}} for key in ("uploads", "keys")
    }
    assert set(merge(CATALOGUE, document).operations) - set(CATALOGUE.operations) == {"video.tide"}


def test_an_id_of_a_new_family_is_one_beside_known_ones():
    call = posted(MOON)["paths"]["/api/v1/requests"]["post"]
    paths = {f"/run/{key}": {"post": call} for key in ("image.edit", "dance.generate")} | {
        "/files/a.json": {"post": call}
    }
    assert set(merge(CATALOGUE, {"paths": paths}).operations) - set(CATALOGUE.operations) == {"dance.generate"}


@pytest.mark.parametrize(
    "given",
    [
        {"x-models": ["wan2.7-video", "flux.pro"]},
        {"x-models": [{"id": "flux.pro", "label": "Flux Pro"}]},
        {"x-enum-descriptions": {"image.generate": "Draw", "flux.pro": "Flux Pro"}},
        {"x-enum-varnames": ["flux.pro", "image.generate"]},
        {"x-tagGroups": [{"name": "Media", "tags": ["a.b"]}], "x-logo": {"url": "a.b"}},
    ],
)
def test_what_else_is_listed_under_keys_of_the_vendors_is_no_operation(given):
    assert merge(CATALOGUE, {"info": given}).operations == CATALOGUE.operations


def test_a_bare_list_of_ids_is_one_of_operations_if_it_has_a_known_one():
    merged = merge(CATALOGUE, {"x-operations": ["image.generate", "dance.generate", "veo-3.1", "image.2"]})
    assert set(merged.operations) - set(CATALOGUE.operations) == {"dance.generate"}


def test_alternatives_of_the_input_belong_to_the_ids_that_their_titles_have_the_words_of():
    options = [
        {"title": "VideoTideInput", **MOON},
        {"title": "Generate Dance", "properties": {"steps": {"type": "integer"}}},
    ]
    merged = merge(
        CATALOGUE, posted(body({"enum": ["video.tide", "dance.generate", "image.edit"]}, {"oneOf": options}))
    )
    assert [field.name for field in merged.get("video.tide").fields] == ["moon"]
    assert [field.name for field in merged.get("dance.generate").fields] == ["steps"]
    assert all(field.offered for field in merged.get("image.edit").fields)


def test_components_alone_name_known_and_new_operations():
    def name(key):
        return "".join(word.capitalize() for word in key.replace("_", ".").split(".")) + "Input"

    keys = [*(operation.id for operation in OPERATIONS if operation.id_documented), "video.tide"]
    schemas = {name(key): MOON for key in keys} | {"Status": MOON, "ImageReference": MOON, "OtherInput": MOON}
    merged = merge(CATALOGUE, {"components": {"schemas": schemas}})
    assert set(merged.operations) - set(CATALOGUE.operations) == {"video.tide"}
    assert merged.get("prompt.enhance.image").field("moon").required


def test_references_that_lead_in_a_circle_end_everywhere():
    circle = {"$ref": "#/components/examples/A"}
    document = posted({"$ref": "#/components/schemas/A"}, examples={"a": circle, "b": {"value": circle}})
    document["components"] = {
        "examples": {"A": {"$ref": "#/components/examples/B"}, "B": circle},
        "schemas": {
            "A": {"oneOf": [{"$ref": "#/components/schemas/A"}], "if": {"$ref": "#/components/schemas/A"}, "then": {}}
        },
    }
    document["paths"]["/x"] = {"$ref": "#/paths/~1x"}
    document["x-operations"] = [
        {"$ref": "#/x-operations/0"},
        {"id": "video.tide", "fields": {"$ref": "#/x-operations/1"}},
    ]
    assert set(merge(CATALOGUE, document).operations) == {*CATALOGUE.operations, "video.tide"}


def test_a_reference_may_go_through_a_list_and_an_escaped_path():
    document = posted(body(const(), {"$ref": "#/paths/~1a%7Bid%7D/x/1"})) | {}
    document["paths"]["/a{id}"] = {"x": [0, MOON]}
    assert merge(CATALOGUE, document).get("video.tide").field("moon").required


GUESSES = [operation.id for operation in OPERATIONS if not operation.id_documented]


def listing(*more):
    keys = [operation.id for operation in OPERATIONS if operation.id_documented]
    return merge(CATALOGUE, posted(body({"enum": [*keys, *more]})))


def test_guesses_that_a_list_contradicts_are_not_offered():
    merged = listing()
    assert [key for key in GUESSES if merged.resolve(key).offered] == []


@pytest.mark.parametrize(
    ("true", "guess"),
    [
        ("prompt.enhance.locations", "prompt.enhance.location"),
        ("prompt.enhance.backdrop", "prompt.enhance.location"),
        ("prompt.location", "prompt.enhance.location"),
        ("sora2.create_character", "sora2.character.create"),
        ("sora.cameo.register", "sora2.character.create"),
        ("sora2.character.video", "sora2.character.generate"),
    ],
)
def test_a_guess_is_replaced_by_a_likely_id_without_a_title(true, guess):
    merged = listing(true)
    assert merged.resolve(guess).id == true
    assert [key for key in GUESSES if key != guess and merged.resolve(key).offered] == []


MANAGING = ("sora2.character.list", "sora2.character.delete", "prompt.enhance.music", "prompt.enhance.narration")
VAGUE = ("sora2.generate", "sora2.create", "prompt.enhance")


@pytest.mark.parametrize(
    "new", ["video.location", "image.tile", "sora2.video.stitch", "prompt.score", *MANAGING, *VAGUE]
)
def test_a_guess_is_not_replaced_by_what_is_something_else(new):
    merged = listing(new)
    assert merged.get(new).offered
    assert [key for key in GUESSES if merged.resolve(key).id != key] == []


def test_a_guess_is_contradicted_by_its_family_alone():
    merged = merge(CATALOGUE, posted(body({"enum": ["sora2.video.edit", "sora2.video.remix", "audio.hum"]})))
    offered = {key: merged.get(key).offered for key in GUESSES}
    assert offered == {
        "prompt.enhance.location": True,
        "sora2.character.create": False,
        "sora2.character.generate": False,
    }
    assert merged.get("sora2.video.extend").offered


def test_the_other_guess_is_not_replaced_by_what_is_left():
    merged = listing("sora2.character.create", "sora2.character.list")
    assert not merged.resolve("sora2.character.generate").offered
    assert merged.get("sora2.character.create").id_documented


def test_two_that_are_as_likely_replace_nothing():
    merged = listing("prompt.enhance.place", "prompt.enhance.scene")
    assert not merged.resolve("prompt.enhance.location").offered
    assert {"prompt.enhance.place", "prompt.enhance.scene"} <= set(merged.operations)


def test_a_new_operation_with_other_words_takes_no_guesss_place():
    given = {"x-operations": [{"id": "prompt.enhance.music", "title": "Enhance Music Prompt"}]}
    document = posted(body({"enum": [operation.id for operation in OPERATIONS if operation.id_documented]})) | given
    merged = merge(CATALOGUE, document)
    assert merged.get("prompt.enhance.music").title == "Enhance Music Prompt"
    assert not merged.resolve("prompt.enhance.location").offered
