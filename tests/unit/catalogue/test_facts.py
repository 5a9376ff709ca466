"""The catalogue against the public facts about the API, typed by hand from its docs: `!` marks what is required."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.catalogue import OPERATIONS, Catalogue, FieldKind, ProbeKind, model_id, model_name
from bot.domain.models import MediaKind

FACTS = {
    "image.generate": (
        "prompt! model aspect_ratio quality resolution style reference_image_urls reference_prompt_balance",
        "image_url image_urls provider_image_urls",
    ),
    "image.edit": ("prompt! image_url! model aspect_ratio resolution", "image_url"),
    "video.generate": (
        (
            "prompt! model duration image_url first_frame_url source_video_url first_clip_url reference_image_urls"
            " end_image_url last_frame_url aspect_ratio resolution audio_url negative_prompt prompt_extend watermark"
            " seed nsfw_checker"
        ),
        "video_url",
    ),
    "sora2.character.create": ("", ""),
    "sora2.character.generate": ("", ""),
    "three_d.location.generate": (
        (
            "name description! source_image_urls angle_context quality location_id universe_id zone_id workspace_id"
            " project_id"
        ),
        "",
    ),
    "three_d.model.generate": ("", ""),
    "prompt.enhance.image": ("prompt! visualStyle aspectRatio rewriteRequest", "enhancedPrompt"),
    "prompt.enhance.video": ("prompt! visualStyle duration aspectRatio rewriteRequest", "enhancedPrompt"),
    "prompt.enhance.variant": ("prompt! rewriteRequest", "enhancedPrompt"),
    "prompt.enhance.location": ("prompt! visualStyle aspectRatio rewriteRequest", "enhancedPrompt"),
    "music.generate": (
        (
            "prompt! provider title mode style model custom_mode instrumental vocal_gender style_weight"
            " weirdness_constraint audio_weight persona_id duration_seconds description_prompt negative_tags"
            " prompt_influence seed"
        ),
        "audio_url",
    ),
    "narration.generate": ("text! voice_id tone stability similarity_boost speed", "audio_url"),
    "soundfx.generate": (
        "prompt title mode duration_seconds video_url description_prompt negative_tags prompt_influence seed",
        "audio_url sfx_video_url",
    ),
    "lipsync.generate": (
        "video_url! audio_url! video_duration audio_duration video_title audio_title",
        "video_url audio_url",
    ),
    "subtitles.generate": ("video_url! duration file_name content_type subtitle_settings", "video_url"),
    "smartmotion.generate": (
        (
            "file_url! file_name content_type duration motion motion_scale control_mode prompt negative_prompt"
            " camera_control"
        ),
        "video_url",
    ),
    "video.upscale": (
        "video_url! video_title duration_seconds model target_resolution upscale_factor target_fps thumbnail_url",
        "video_url",
    ),
    "sora2.video.edit": (
        "sora_video_id! prompt! model duration aspect_ratio resolution source_video_url",
        "video_url",
    ),
    "sora2.video.extend": (
        "sora_video_id! prompt! model duration aspect_ratio resolution source_video_url source_duration",
        "video_url",
    ),
    "sora2.video.remix": (
        "sora_video_id! prompt! model duration aspect_ratio resolution source_video_url",
        "video_url",
    ),
}

KINDS = {
    "integer": {"video.generate.seed", "music.generate.seed", "soundfx.generate.seed"},
    "number": {
        "image.generate.reference_prompt_balance",
        "video.generate.duration",
        "prompt.enhance.video.duration",
        "music.generate.style_weight",
        "music.generate.weirdness_constraint",
        "music.generate.audio_weight",
        "music.generate.duration_seconds",
        "music.generate.prompt_influence",
        "narration.generate.stability",
        "narration.generate.similarity_boost",
        "narration.generate.speed",
        "soundfx.generate.duration_seconds",
        "soundfx.generate.prompt_influence",
        "lipsync.generate.video_duration",
        "lipsync.generate.audio_duration",
        "subtitles.generate.duration",
        "smartmotion.generate.duration",
        "smartmotion.generate.motion_scale",
        "video.upscale.duration_seconds",
        "video.upscale.upscale_factor",
        "video.upscale.target_fps",
        "sora2.video.edit.duration",
        "sora2.video.extend.duration",
        "sora2.video.extend.source_duration",
        "sora2.video.remix.duration",
    },
    "boolean": {
        "video.generate.prompt_extend",
        "video.generate.watermark",
        "video.generate.nsfw_checker",
        "music.generate.custom_mode",
        "music.generate.instrumental",
    },
    "urls": {
        "image.generate.reference_image_urls",
        "video.generate.reference_image_urls",
        "three_d.location.generate.source_image_urls",
    },
    "object": {"subtitles.generate.subtitle_settings", "smartmotion.generate.camera_control"},
    "objects": {"three_d.location.generate.angle_context"},
}

CATALOGUE = Catalogue()


def every_field():
    return [(f"{operation.id}.{field.name}", field) for operation in OPERATIONS for field in operation.fields]


def test_it_knows_the_operations_of_the_docs_and_no_other():
    assert set(CATALOGUE.operations) == set(FACTS)
    assert len(OPERATIONS) == len(FACTS)


@pytest.mark.parametrize("key", FACTS)
def test_an_operation_has_the_fields_the_required_ones_and_the_outputs_of_its_page(key):
    operation = CATALOGUE.get(key)
    fields, outputs = FACTS[key]
    assert " ".join(field.name + "!" * field.required for field in operation.fields) == fields
    assert " ".join(output.key for output in operation.outputs) == outputs


@pytest.mark.parametrize("kind", KINDS)
def test_the_fields_that_are_not_text_or_a_link_are_those_of_the_docs(kind):
    assert {path for path, field in every_field() if field.kind == kind} == KINDS[kind]


def test_a_field_is_a_link_exactly_if_its_name_says_so_and_it_says_what_it_leads_to():
    for path, field in every_field():
        assert (field.kind is FieldKind.URL) == path.endswith("_url"), path
        assert bool(field.media) == (field.kind in {FieldKind.URL, FieldKind.URLS}), path


def test_links_lead_to_the_kind_of_file_that_their_name_says():
    words = {"image": MediaKind.IMAGE, "frame": MediaKind.IMAGE, "thumbnail": MediaKind.IMAGE}
    words |= {"video": MediaKind.VIDEO, "clip": MediaKind.VIDEO, "audio": MediaKind.AUDIO}
    for path, field in every_field():
        if field.media and path != "smartmotion.generate.file_url":
            assert {kind for word, kind in words.items() if word in field.name} == field.media, path
    assert CATALOGUE.get("smartmotion.generate").field("file_url").media == {MediaKind.IMAGE, MediaKind.VIDEO}


def test_every_description_fits_a_discord_option_and_is_written_out():
    for path, field in every_field():
        assert 10 <= len(field.help) <= 100, path
        assert field.help[0].isupper() or field.help.startswith(("camera_control", "video_context")), path
        assert not field.help.endswith("."), path
        assert 0 < len(field.label) <= 32, path


def test_every_suggestion_and_choice_is_taken_by_its_own_field():
    for operation in OPERATIONS:
        needed = {field.name: "https://a.example/x" for field in operation.fields if field.required}
        for field in operation.fields:
            for value in (*field.choices, *field.suggestions):
                given = needed | {field.name: value}
                if operation.id == "soundfx.generate":
                    given["prompt"] = "rain"
                if value == "1080p" and operation.workflow == "sora":
                    given["model"] = "sora-2-pro"
                assert CATALOGUE.check(operation.id, given)[field.name] == value


def test_closed_lists_stand_only_where_the_docs_close_them():
    closed = {path for path, field in every_field() if field.choices}
    assert closed == {"sora2.video.edit.duration", "sora2.video.extend.duration", "sora2.video.remix.duration"}
    by_model = {path: set(field.choices_by_model) for path, field in every_field() if field.choices_by_model}
    assert by_model == {
        "image.generate.resolution": {"gptimage2"},
        "image.edit.resolution": {"gptimage2"},
        "video.generate.duration": {"*sora*"},
        "video.upscale.upscale_factor": {"topaz", "*proteus*"},
    }


def test_no_range_is_claimed_since_none_is_documented():
    assert [path for path, field in every_field() if (field.minimum, field.maximum) != (None, None)] == []


def test_what_can_be_read_from_a_file_names_a_link_of_its_own_operation():
    probes = {path: field.probe for path, field in every_field() if field.probe}
    assert {path: (probe.kind, probe.source) for path, probe in probes.items()} == {
        "lipsync.generate.video_duration": (ProbeKind.DURATION, "video_url"),
        "lipsync.generate.audio_duration": (ProbeKind.DURATION, "audio_url"),
        "subtitles.generate.duration": (ProbeKind.DURATION, "video_url"),
        "subtitles.generate.file_name": (ProbeKind.FILE_NAME, "video_url"),
        "subtitles.generate.content_type": (ProbeKind.CONTENT_TYPE, "video_url"),
        "smartmotion.generate.file_name": (ProbeKind.FILE_NAME, "file_url"),
        "smartmotion.generate.content_type": (ProbeKind.CONTENT_TYPE, "file_url"),
        "smartmotion.generate.duration": (ProbeKind.DURATION, "file_url"),
        "video.upscale.duration_seconds": (ProbeKind.DURATION, "video_url"),
        "sora2.video.extend.source_duration": (ProbeKind.DURATION, "source_video_url"),
    }


def test_rewriting_a_prompt_costs_one_credit_and_nothing_else_has_a_fixed_price():
    priced = {operation.id: operation.fixed_credits for operation in OPERATIONS if operation.fixed_credits is not None}
    assert priced == {key: Decimal(1) for key in FACTS if key.startswith("prompt.enhance.")}


def test_the_outputs_that_are_no_new_file_are_marked():
    assert [o.key for o in CATALOGUE.get("image.generate").outputs if o.temporary] == ["provider_image_urls"]
    assert [o.key for o in CATALOGUE.get("lipsync.generate").outputs if o.echo] == ["audio_url"]
    assert [output.kind for output in CATALOGUE.get("prompt.enhance.image").outputs] == [None]


def test_deduced_ids_and_the_end_of_sora_are_marked():
    deduced = {operation.id for operation in OPERATIONS if not operation.id_documented}
    assert deduced == {"prompt.enhance.location", "sora2.character.create", "sora2.character.generate"}
    ending = {operation.id for operation in OPERATIONS if operation.end}
    assert ending == {key for key in FACTS if key.startswith("sora2.")}


def test_only_the_public_model_ids_are_claimed():
    ids = {operation.id: {model.id for model in operation.models if model.id} for operation in OPERATIONS}
    assert {key: known for key, known in ids.items() if known} == {
        "image.generate": {"gptimage2", "seedream5"},
        "image.edit": {"gptimage2", "seedream5"},
        "video.generate": {"seedance2", "wan27video"},
        "music.generate": {"V5"},
        "video.upscale": {"wavespeed"},
        "sora2.video.edit": {"sora-2-pro"},
        "sora2.video.extend": {"sora-2-pro"},
        "sora2.video.remix": {"sora-2-pro"},
    }


def test_a_model_has_its_name_by_id_and_its_id_by_name():
    image, video = CATALOGUE.get("image.generate"), CATALOGUE.get("video.generate")
    assert model_name(image, "gptimage2") == "GPT Image 2"
    assert model_name(video, "sora-2") == "Sora 2"
    assert model_name(video, "something-new") == "something-new"
    assert model_id(image, "gpt image 2") == "gptimage2"
    assert model_id(image, "SEEDREAM5") == "seedream5"
    assert model_id(image, "Flux 2") == "Flux 2"
