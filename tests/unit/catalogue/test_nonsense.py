"""Nonsense is refused before it is paid, what is only unusual is doubted, and all that may be meant passes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import Catalogue
from bot.errors import FieldsMissing, InputError

CATALOGUE = Catalogue()


def doubts(operation: str, **values: Any) -> list[str]:
    taken = CATALOGUE.check(operation, values)
    return [each.sentence for each in CATALOGUE.cautions(operation, taken)]


@pytest.mark.parametrize("given_", ["banana", "16-9", "16:9:1", "0:1", "1:0", "wide", "16 by 9", ":", "١٦:٩", "-1:2"])
@pytest.mark.parametrize("operation", ["image.generate", "image.edit", "video.generate"])
def test_what_is_no_ratio_is_refused(operation: str, given_: str):
    needed = {"image_url": "https://a.example/a.png"} if operation == "image.edit" else {}
    with pytest.raises(InputError, match=r"must be a ratio like 16:9") as told:
        CATALOGUE.check(operation, {"prompt": "x", "aspect_ratio": given_, **needed})
    assert told.value.field == "aspect_ratio"


@pytest.mark.parametrize("given_", ["16:9", " 21 : 9 ", "16x9", "16/9", "1.78", "2.39:1", "auto", "Portrait", "square"])
def test_what_may_be_a_ratio_passes(given_: str):
    taken = CATALOGUE.check("image.generate", {"prompt": "x", "aspect_ratio": given_})
    assert taken["aspect_ratio"] == {"16x9": "16:9", "16/9": "16:9"}.get(given_, given_.strip())


def test_a_word_that_the_live_document_suggests_is_a_ratio():
    operation = CATALOGUE.get("image.generate")
    fields = [
        replace(each, suggestions=("ultrawide",)) if each.name == "aspect_ratio" else each for each in operation.fields
    ]
    learned = CATALOGUE.replaced([replace(operation, fields=tuple(fields))], {})
    taken = learned.check("image.generate", {"prompt": "x", "aspect_ratio": "Ultrawide"})
    assert taken["aspect_ratio"] == "Ultrawide"


@given(st.integers(1, 99999), st.integers(1, 99999), st.sampled_from([":", "x", "/", " : "]))
def test_every_ratio_of_two_numbers_passes(width: int, height: int, between: str):
    assert CATALOGUE.check("prompt.enhance.image", {"prompt": "x", "aspectRatio": f"{width}{between}{height}"})


@pytest.mark.parametrize(
    ("operation", "values"),
    [
        ("video.generate", {"prompt": "x", "duration": 0}),
        ("video.generate", {"prompt": "x", "duration": -5}),
        ("music.generate", {"prompt": "x", "duration_seconds": 0}),
        ("video.upscale", {"video_url": "https://a.example/a.mp4", "target_fps": -24}),
    ],
)
def test_a_time_or_rate_that_cannot_exist_is_refused(operation: str, values: dict[str, Any]):
    with pytest.raises(InputError, match=r"must be more than 0"):
        CATALOGUE.check(operation, values)


@pytest.mark.parametrize(
    ("operation", "values", "wanted"),
    [
        ("narration.generate", {"text": "x", "speed": 9}, "Speed is usually between 0.25 and 4"),
        ("narration.generate", {"text": "x", "stability": 7}, "Stability is usually between"),
        ("video.generate", {"prompt": "x", "duration": 90}, "Duration is usually between 1 and 60"),
        ("soundfx.generate", {"prompt": "x", "duration_seconds": 600}, "usually between 0.5 and 60 seconds"),
    ],
)
def test_a_number_beyond_what_others_take_is_doubted(operation: str, values: dict[str, Any], wanted: str):
    assert any(wanted in each for each in doubts(operation, **values))


@pytest.mark.parametrize(
    ("operation", "values", "wanted"),
    [
        ("narration.generate", {"text": "x", "speed": 99}, "between 0.25 and 4; you gave 99."),
        ("narration.generate", {"text": "x", "stability": -1}, "between 0 and 1; you gave -1."),
        ("video.generate", {"prompt": "x", "duration": 9999}, "between 1 and 60 seconds; you gave 9999."),
        ("soundfx.generate", {"prompt": "x", "duration_seconds": 9999}, "between 0.5 and 60 seconds"),
        ("music.generate", {"prompt": "x", "duration_seconds": 9999}, "between 1 and 600 seconds"),
        ("video.upscale", {"video_url": "https://a.example/a.mp4", "target_fps": 5000}, "between 1 and 240 frames"),
    ],
)
def test_a_number_far_beyond_what_makes_sense_is_refused(operation: str, values: dict[str, Any], wanted: str):
    with pytest.raises(InputError) as refused:
        CATALOGUE.check(operation, values)
    assert wanted in refused.value.sentence


@given(st.floats(-1e6, 1e6))
def test_each_number_is_taken_doubted_or_refused_by_how_far_it_is_from_the_usual(speed: float):
    low, high = 0.25, 4
    try:
        found = doubts("narration.generate", text="x", speed=speed)
    except InputError:
        assert speed < 0 or speed > high * 10
    else:
        assert bool(found) is not (low <= speed <= high)
        assert 0 <= speed <= high * 10


def test_a_range_that_the_document_gives_leaves_no_doubt():
    operation = CATALOGUE.get("narration.generate")
    fields = [replace(each, maximum=200) if each.name == "speed" else each for each in operation.fields]
    learned = CATALOGUE.replaced([replace(operation, fields=tuple(fields))], {})
    taken = learned.check("narration.generate", {"text": "x", "speed": 99})
    assert learned.cautions("narration.generate", taken) == []
    with pytest.raises(InputError, match="at most"):
        learned.check("narration.generate", {"text": "x", "speed": 201})


@pytest.mark.parametrize(
    ("name", "given_"), [("sora_video_id", "my video"), ("sora_video_id", "video_1 ü"), ("sora_video_id", "nope")]
)
def test_an_id_is_not_short_and_has_no_spaces_or_letters_that_ids_have_not(name: str, given_: str):
    with pytest.raises(InputError, match="must be an ID"):
        CATALOGUE.check("sora2.video.edit", {"prompt": "x", name: given_})


@pytest.mark.parametrize("given_", ["nope", "captain fog", "x"])
def test_an_id_for_an_operation_whose_fields_are_not_public_is_judged_too(given_: str):
    with pytest.raises(InputError, match="must be an ID"):
        CATALOGUE.check("sora2.character.generate", {"prompt": "x", "character_id": given_})
    assert CATALOGUE.check("sora2.character.generate", {"prompt": "x", "character_id": "ch_1"})


def test_an_id_that_does_not_look_like_one_is_doubted():
    assert any(
        "captain doesn't look like" in each for each in doubts("sora2.video.edit", prompt="x", sora_video_id="captain")
    )
    assert any(
        "captain doesn't look like" in each for each in doubts("sora2.character.generate", character_id="captain")
    )
    assert doubts("sora2.video.edit", prompt="x", sora_video_id="video_68c1") == []
    assert doubts("narration.generate", text="x", voice_id="Rachel") == []
    assert any("doesn't look like" in each for each in doubts("narration.generate", text="x", voice_id="a deep voice"))


@pytest.mark.parametrize("operation", ["soundfx.generate", "video.generate"])
def test_of_nothing_there_is_nothing(operation: str):
    with pytest.raises(FieldsMissing) as told:
        CATALOGUE.check(operation, {})
    assert told.value.fields == ("prompt",)
    assert CATALOGUE.check(operation, {}, pending=["prompt"]) == {}
    field = "video_url" if operation == "soundfx.generate" else "image_url"
    assert CATALOGUE.check(operation, {field: "https://a.example/a"})
