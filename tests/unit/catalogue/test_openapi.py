from __future__ import annotations

import copy
import json
from types import MappingProxyType

import pytest

from bot.catalogue import Catalogue, FieldKind, describe, merge
from bot.catalogue.live import changes
from bot.errors import InputError

CATALOGUE = Catalogue()


def document_of(*branches, **components):
    body = {"content": {"application/json": {"schema": {"oneOf": list(branches)}}}}
    return {
        "openapi": "3.1.0",
        "paths": {"/api/v1/requests": {"post": {"requestBody": body}}},
        "components": {"schemas": components},
    }


def branch(operation, properties=None, required=None, **more):
    given = {"type": "object", "properties": properties or {}}
    if required is not None:
        given["required"] = required
    return {"properties": {"operation": {"const": operation}, "input": given}, **more}


def learned(*branches, **components):
    merged = merge(CATALOGUE, document_of(*branches, **components))
    return merged, changes(CATALOGUE, merged)


def doubts(merged, operation, values):
    """What a member reads before an input is tried that fits only what was known before the document."""
    return " ".join(each.sentence for each in merged.cautions(operation, merged.check(operation, values)))


def said(drift):
    return [f"{change.kind} {change.operation} {change.name}".strip() for change in drift]


def all_properties(operation):
    """The properties with which the catalogue itself would describe the operation: no drift."""
    for each in describe(CATALOGUE)["paths"]["/api/v1/requests"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]["oneOf"]:
        if each["properties"]["operation"]["const"] == operation:
            return copy.deepcopy(each["properties"]["input"]["properties"])
    raise AssertionError(operation)


def test_the_catalogue_understands_its_own_description_without_drift():
    document = json.loads(json.dumps(describe(CATALOGUE), allow_nan=False))
    merged = merge(CATALOGUE, document)
    drift = changes(CATALOGUE, merged)
    assert drift == []
    for key, operation in CATALOGUE.operations.items():
        assert merged.get(key).fields == operation.fields
        assert merged.get(key).models == operation.models
        assert merged.get(key).id_documented


@pytest.mark.parametrize("document", [None, "", 5, [], {}, {"paths": 5}, {"components": {"schemas": [1]}}])
def test_what_is_no_document_changes_nothing(document):
    merged = merge(CATALOGUE, document)
    drift = changes(CATALOGUE, merged)
    assert drift == []
    assert merged.operations == CATALOGUE.operations


def test_the_old_catalogue_is_not_changed():
    before = dict(CATALOGUE.operations)
    merged, _ = learned(branch("image.generate", {"glow": {"type": "number"}}))
    assert CATALOGUE.operations == before
    assert merged.get("image.generate").field("glow")


def test_a_new_field_is_learned_with_all_that_the_document_says():
    glow = {"type": "integer", "minimum": 0, "maximum": 9, "description": "How much it glows", "examples": [3]}
    merged, drift = learned(branch("prompt.enhance.variant", {"prompt": {"type": "string"}, "softGlow": glow}))
    field = merged.get("prompt.enhance.variant").field("softGlow")
    assert (field.kind, field.minimum, field.maximum, field.suggestions) == (FieldKind.INTEGER, 0, 9, (3,))
    assert (field.label, field.help, field.required) == ("soft glow", "How much it glows", False)
    assert "came prompt.enhance.variant softGlow" in said(drift)
    with pytest.raises(InputError, match=r"Soft glow must be between 0 and 9; you gave 10\."):
        merged.check("prompt.enhance.variant", {"prompt": "x", "softGlow": 10})


@pytest.mark.parametrize(
    ("name", "schema", "kind"),
    [
        ("a", {"type": "string"}, FieldKind.TEXT),
        ("a", {"type": ["string", "null"]}, FieldKind.TEXT),
        ("a", {"anyOf": [{"type": "string"}, {"type": "null"}]}, FieldKind.TEXT),
        ("a", {"type": "string", "format": "uri"}, FieldKind.URL),
        ("depthImageUrl", {"type": "string"}, FieldKind.URL),
        ("mask_urls", {"type": "array", "items": {"type": "string"}}, FieldKind.URLS),
        ("tags", {"type": "array", "items": {"type": "string"}}, FieldKind.JSON),
        ("a", {"type": "array", "items": {"type": "object"}}, FieldKind.OBJECTS),
        ("a", {"properties": {"b": {"type": "number"}}}, FieldKind.OBJECT),
        ("a", {"type": "boolean"}, FieldKind.BOOLEAN),
        ("a", {"type": "number"}, FieldKind.NUMBER),
        ("a", {"enum": [1, 2]}, FieldKind.INTEGER),
        ("a", {"const": "x"}, FieldKind.TEXT),
        ("a", {"oneOf": [{"type": "string"}, {"type": "number"}]}, FieldKind.JSON),
        ("a", {"$ref": "#/components/schemas/Shade"}, FieldKind.INTEGER),
        ("a", {"allOf": [{"$ref": "#/components/schemas/Shade"}, {"maximum": 5}]}, FieldKind.INTEGER),
        ("a", {"$ref": "#/components/schemas/Nowhere"}, FieldKind.JSON),
        ("a", {"$ref": "https://elsewhere.example/schema"}, FieldKind.JSON),
        ("a", True, FieldKind.JSON),
    ],
)
def test_the_kind_of_a_new_field_is_read_from_its_schema(name, schema, kind):
    merged, _ = learned(branch("image.generate", {name: schema}), Shade={"type": "integer"})
    assert merged.get("image.generate").field(name).kind is kind


def test_a_field_of_unknown_form_takes_any_json():
    merged, _ = learned(branch("image.generate", {**all_properties("image.generate"), "odd": {}}))
    values = {"prompt": "x", "odd": {"a": [1, None, False]}}
    assert merged.check("image.generate", values) == values
    assert merged.check("image.generate", {"prompt": "x", "odd": 0}) == {"prompt": "x", "odd": 0}
    assert merged.check("image.generate", {"prompt": "x", "odd": ""}) == {"prompt": "x"}


def test_a_listed_field_is_closed():
    properties = {**all_properties("image.generate"), "quality": {"type": "string", "enum": ["low", "high"]}}
    merged, drift = learned(branch("image.generate", properties))
    assert said(drift) == ["changed image.generate quality"]
    assert doubts(merged, "image.generate", {"prompt": "x", "quality": "hgh"}) == (
        "Cannon Studio's description of its API has changed, so this may fail: "
        "For Generate Image, quality must be low or high; you gave hgh. Nearest: high."
    )
    assert doubts(merged, "image.generate", {"prompt": "x", "quality": "high"}) == ""


def test_listed_values_beside_free_text_are_suggestions():
    quality = {"anyOf": [{"enum": ["low", "high"]}, {"type": "string"}]}
    merged, _ = learned(branch("image.generate", {**all_properties("image.generate"), "quality": quality}))
    assert merged.check("image.generate", {"prompt": "x", "quality": "odd"})["quality"] == "odd"
    assert "low" in [value for _, value in merged.suggest("image.generate", "quality", "")]


def test_model_ids_are_learned_under_their_names_and_stay_open():
    model = {"enum": ["gptimage2", "nanobanana2", "flux-2", "Brand_New"]}
    merged, drift = learned(branch("image.generate", {**all_properties("image.generate"), "model": model}))
    assert said(drift) == [
        "came image.generate nanobanana2",
        "came image.generate flux-2",
        "came image.generate Brand_New",
        "gone image.generate seedream5",
    ]
    ids = {model.name: model.id for model in merged.get("image.generate").models}
    assert (ids["Nano Banana 2"], ids["Flux 2"], ids["Brand_New"]) == ("nanobanana2", "flux-2", "Brand_New")
    assert ids["Nano Banana"] is None
    offers = merged.suggest("image.generate", "model", "banana")
    assert offers == [
        ("banana", "banana"),
        ("Nano Banana 2 (nanobanana2)", "nanobanana2"),
    ]
    assert merged.check("image.generate", {"prompt": "x", "model": "free"})["model"] == "free"
    assert merged.check("image.generate", {"prompt": "x", "model": "nano banana 2"})["model"] == "nanobanana2"


def test_model_names_are_learned_from_titled_constants():
    model = {"oneOf": [{"const": "v31", "title": "Veo 3.1"}, {"const": "k3", "title": "Kling 3"}]}
    merged, _ = learned(branch("video.generate", {**all_properties("video.generate"), "model": model}))
    ids = {model.name: model.id for model in merged.get("video.generate").models}
    assert (ids["Veo 3.1"], ids["Kling 3"]) == ("v31", "k3")


def test_resolutions_stay_open_and_the_rules_of_a_model_stay():
    resolution = {"type": "string", "enum": ["1K", "3K"]}
    merged, _ = learned(branch("image.generate", {**all_properties("image.generate"), "resolution": resolution}))
    assert merged.check("image.generate", {"prompt": "x", "resolution": "9K"})
    assert "3K" in [value for _, value in merged.suggest("image.generate", "resolution", "")]
    with pytest.raises(InputError, match="1K, 2K, or 4K"):
        merged.check("image.generate", {"prompt": "x", "model": "gptimage2", "resolution": "3K"})


def test_durations_stay_open_and_the_rule_for_sora_stays():
    properties = {**all_properties("video.generate"), "duration": {"type": "integer", "enum": [6, 9]}}
    merged, drift = learned(branch("video.generate", properties))
    assert drift == []
    assert merged.check("video.generate", {"prompt": "x", "model": "wan27video", "duration": 7})
    assert 9 in [value for _, value in merged.suggest("video.generate", "duration", "")]
    with pytest.raises(InputError, match="duration must be 4, 8, 12, 16, or 20 seconds"):
        merged.check("video.generate", {"prompt": "x", "model": "sora-2", "duration": 9})


def test_a_range_is_taken_over():
    properties = {**all_properties("narration.generate"), "speed": {"type": "number", "minimum": 0.5, "maximum": 2}}
    merged, drift = learned(branch("narration.generate", properties))
    assert said(drift) == ["changed narration.generate speed"]
    assert "between 0.5 and 2; you gave 0.1" in doubts(merged, "narration.generate", {"text": "x", "speed": 0.1})


def test_numbers_that_json_cannot_carry_are_left_out():
    odd = {"type": "number", "minimum": float("nan"), "maximum": 10**400, "enum": [1, float("inf"), 10**400]}
    merged, _ = learned(branch("image.tile", {"n": odd}))
    field = merged.get("image.tile").field("n")
    assert (field.minimum, field.maximum, field.choices) == (None, None, (1,))


def test_the_fullest_of_several_descriptions_counts():
    listed = {"properties": {"operation": {"enum": ["image.tile"]}}}
    merged, _ = learned(listed, branch("image.tile", {"a": {"type": "string"}}), listed)
    assert [field.name for field in merged.get("image.tile").fields] == ["a"]


def test_required_flags_are_taken_over_both_ways():
    properties = all_properties("soundfx.generate")
    merged, drift = learned(branch("soundfx.generate", properties, required=["prompt"]))
    assert said(drift) == ["changed soundfx.generate prompt"]
    values = {"video_url": "https://a.example/v"}
    assert "probably needs: prompt" in doubts(merged, "soundfx.generate", values)
    merged, drift = learned(branch("prompt.enhance.variant", all_properties("prompt.enhance.variant"), required=[]))
    assert said(drift) == ["changed prompt.enhance.variant prompt"]
    assert merged.check("prompt.enhance.variant", {"rewriteRequest": "x"})


def test_a_schema_without_a_list_of_required_fields_says_nothing_about_them():
    merged, drift = learned(branch("image.edit", all_properties("image.edit")))
    assert drift == []
    assert merged.get("image.edit").field("prompt").required


def test_another_kind_is_taken_over_with_its_values():
    properties = {**all_properties("video.upscale"), "upscale_factor": {"enum": ["1x", "2x", "4x"]}}
    merged, drift = learned(branch("video.upscale", properties))
    assert said(drift) == ["changed video.upscale upscale_factor"]
    assert drift[0].rules == "text, values ['1x', '2x', '4x'], length 6000"
    values = {"video_url": "https://a.example/v", "model": "Topaz Proteus", "upscale_factor": "2x"}
    assert merged.check("video.upscale", values)["upscale_factor"] == "2x"
    assert merged.check("video.upscale", values | {"upscale_factor": 2.0})["upscale_factor"] == "2x"
    with pytest.raises(InputError, match="must be 1, 2, or 4; you gave 3"):
        merged.check("video.upscale", values | {"upscale_factor": 3})


def test_a_string_without_a_format_is_still_the_link_that_we_know_it_to_be():
    properties = {name: {"type": "string"} for name in ("prompt", "image_url", "model", "aspect_ratio", "resolution")}
    merged, drift = learned(branch("image.edit", properties))
    assert drift == []
    assert merged.get("image.edit").field("image_url").kind is FieldKind.URL


def test_a_longer_text_is_allowed_where_the_document_says_so():
    properties = {**all_properties("image.edit"), "prompt": {"type": "string", "maxLength": 20000}}
    merged, drift = learned(branch("image.edit", properties))
    assert said(drift) == ["changed image.edit prompt"]
    assert merged.check("image.edit", {"prompt": "x" * 20000, "image_url": "https://a.example/v"})


def test_new_keys_of_an_object_are_learned():
    properties = all_properties("smartmotion.generate")
    properties["camera_control"]["properties"]["dolly"] = {"type": "number"}
    merged, drift = learned(branch("smartmotion.generate", properties))
    assert said(drift) == ["changed smartmotion.generate camera_control"]
    values = {"file_url": "https://a.example/v", "camera_control": {"dolly": 2}}
    assert merged.check("smartmotion.generate", values) == values


def test_a_field_that_the_document_does_not_list_stays_and_is_told():
    properties = all_properties("image.generate")
    del properties["style"]
    merged, drift = learned(branch("image.generate", properties))
    assert said(drift) == ["gone image.generate style"]
    assert merged.check("image.generate", {"prompt": "x", "style": "y"})


def test_a_deduced_field_that_the_document_does_not_list_is_doubtful():
    merged, _ = learned(branch("prompt.enhance.location", {"prompt": {"type": "string"}, "mood": {"type": "string"}}))
    names = [field.name for field in merged.get("prompt.enhance.location").fields if field.offered]
    assert names == ["prompt", "mood"]
    assert "list no field aspectRatio" in doubts(
        merged, "prompt.enhance.location", {"prompt": "x", "aspectRatio": "1:1"}
    )


@pytest.mark.parametrize(
    ("schema", "doubt"),
    [
        ({"captcha": {"type": "string"}}, "probably needs: captcha"),
        ({"prompt": {"type": "string", "maxLength": 1}}, "up to 1"),
        ({"prompt": {"type": "number"}}, "must be a number"),
        ({"prompt": {"enum": ["a", "b"]}}, "must be a or b"),
    ],
)
def test_where_a_document_narrows_a_command_asks_and_never_refuses(schema, doubt):
    properties = {**all_properties("image.generate"), **schema}
    merged, _ = learned(branch("image.generate", properties, required=["prompt", *schema]))
    assert merged.check("image.generate", {"prompt": "a fox"}) == {"prompt": "a fox"}
    assert doubt in doubts(merged, "image.generate", {"prompt": "a fox"})


def test_the_first_to_describe_an_operation_forbids_nothing_either():
    form = {"label": {"type": "string", "maxLength": 3}, "captcha": {"type": "string"}}
    merged, _ = learned(branch("sora2.character.create", form, required=["captcha"]))
    values = {"label": "A fox", "name": "Fox"}
    assert merged.check("sora2.character.create", values) == values
    sentences = doubts(merged, "sora2.character.create", values)
    assert all(each in sentences for each in ("needs: captcha", "up to 3", "no field name"))


def test_a_new_operation_is_learned_and_can_be_checked():
    tide = branch("video.tide", {"moon": {"type": "number"}}, required=["moon"], title="Make Tides")
    merged, drift = learned(tide)
    assert said(drift) == ["came video.tide"]
    operation = merged.get("video.tide")
    assert (operation.title, operation.workflow, operation.outputs) == ("Make Tides", "video", ())
    assert merged.check("video.tide", {"moon": 2}) == {"moon": 2}
    with pytest.raises(InputError, match="Make Tides needs: moon"):
        merged.check("video.tide", {})


@pytest.mark.parametrize(
    ("title", "deduced", "true"),
    [
        ("Enhance Location Prompt", "prompt.enhance.location", "prompt.enhance.place"),
        ("create sora 2 character", "sora2.character.create", "sora2.characters.new"),
        ("Generate Sora-2 Character Video", "sora2.character.generate", "sora2.video.character"),
    ],
)
def test_a_deduced_id_is_replaced_by_the_true_one_and_still_resolves(title, deduced, true):
    merged, drift = learned(branch(true, {"prompt": {"type": "string"}}, title=title))
    assert merged.resolve(deduced).id == true
    assert merged.resolve(true).id_documented
    assert deduced not in merged.operations
    assert list(merged.operations).index(true) == list(CATALOGUE.operations).index(deduced)
    assert merged.check(deduced, {"prompt": "x"}) == {"prompt": "x"}
    assert said(drift)[0] == f"changed {true} {deduced}"


def test_a_documented_id_is_not_replaced_by_a_title():
    merged, _ = learned(branch("image.make", title="Generate Image"))
    assert merged.resolve("image.generate").id == "image.generate"
    assert merged.get("image.make").title == "Generate Image"


def test_an_alias_outlives_a_second_merge():
    once, _ = learned(branch("sora2.new", title="Create Sora 2 Character"))
    twice = merge(once, document_of(branch("image.generate")))
    assert twice.resolve("sora2.character.create").id == "sora2.new"


def test_loopback_stays_allowed_after_a_merge():
    merged = merge(Catalogue(allow_local=True), describe(CATALOGUE))
    assert merged.allow_local


def test_references_and_combinations_are_followed():
    merged, drift = learned(
        {"$ref": "#/components/schemas/Tile~1One"},
        **{
            "Tile/One": {
                "allOf": [
                    {"properties": {"webhook_url": {"type": "string"}}},
                    {
                        "properties": {
                            "operation": {"const": "image.tile"},
                            "input": {"$ref": "#/components/schemas/I~1~0n"},
                        }
                    },
                ]
            },
            "I/~n": {
                "allOf": [
                    {"properties": {"a": {"type": "string"}}, "required": ["a"]},
                    {"properties": {"b": {"type": "string"}}, "required": ["b"]},
                ]
            },
        },
    )
    assert said(drift) == ["came image.tile"]
    assert [(field.name, field.required) for field in merged.get("image.tile").fields] == [("a", True), ("b", True)]


def test_a_schema_that_leads_to_itself_in_many_ways_ends():
    loop = {"$ref": "#/components/schemas/Loop"}
    merged, _ = learned(
        branch("image.tile", {f"p{i}": loop for i in range(30)}),
        Loop={"allOf": [loop] * 40, "properties": {f"q{i}": loop for i in range(40)}},
    )
    assert merged.get("image.tile")


@pytest.mark.long
def test_a_document_nested_without_end_ends():
    deep = {}
    for _ in range(100_000):
        deep = {"properties": deep}
    merged = merge(CATALOGUE, deep)
    drift = changes(CATALOGUE, merged)
    assert (merged.operations, drift) == (CATALOGUE.operations, [])


def test_words_of_the_document_cannot_break_a_line_or_a_limit():
    merged, drift = learned(
        branch(
            "image.tile",
            {"a": {"type": "string", "description": "x\n\u202e" * 200, "enum": ["ok", "bad\nline", "y" * 500]}},
            title="T\n" * 300,
        )
    )
    operation = merged.get("image.tile")
    assert len(operation.title) <= 100
    assert operation.title.isprintable()
    assert len(operation.field("a").help) <= 100
    assert operation.field("a").help.isprintable()
    assert operation.field("a").choices == ("ok",)
    assert all(each.rules.isprintable() for each in drift)


def test_strange_names_and_ranges_are_left_out():
    merged, _ = learned(
        branch(
            "image.tile",
            {"bad name": {}, "": {}, "n": {"type": "number", "minimum": 9, "maximum": 1}, "é": {}, "x" * 99: {}},
        )
    )
    (field,) = merged.get("image.tile").fields
    assert (field.name, field.minimum, field.maximum) == ("n", None, None)


def test_a_read_only_document_is_as_good():
    document = MappingProxyType(document_of(branch("video.tide", {"moon": {"type": "number"}})))
    merged = merge(CATALOGUE, document)
    assert merged.get("video.tide").field("moon")
