from __future__ import annotations

import dataclasses

import pytest

from bot.catalogue import OPERATIONS, Catalogue, Field, FieldKind, Operation
from bot.errors import InputError

CATALOGUE = Catalogue()
LINK = "https://media.example/a.png"


def sentence_of(operation, values, catalogue=CATALOGUE):
    with pytest.raises(InputError) as caught:
        catalogue.check(operation, values)
    return caught.value.sentence


def field_of(operation, values):
    with pytest.raises(InputError) as caught:
        CATALOGUE.check(operation, values)
    return caught.value.field


def with_field(**rules):
    field = Field(**{"name": "n", "kind": FieldKind.NUMBER, "label": "weight", "help": "A number"} | rules)
    return Catalogue([Operation(id="a.b", title="Weigh", workflow="image", fields=(field,))])


def test_a_good_input_goes_through_as_it_is():
    values = {"prompt": "a lighthouse", "model": "seedream5", "aspect_ratio": "16:9", "reference_image_urls": [LINK]}
    assert CATALOGUE.check("image.generate", values) == values


def test_empty_values_are_left_out_and_text_is_trimmed():
    values = {
        "prompt": "  fog \r\n sea ",
        "model": None,
        "style": "",
        "quality": " \u200b ",
        "reference_image_urls": [],
    }
    assert CATALOGUE.check("image.generate", values) == {"prompt": "fog \n sea"}


def test_false_and_zero_are_values():
    values = {"prompt": "x", "watermark": False, "seed": 0}
    assert CATALOGUE.check("video.generate", values) == values


def test_nul_and_lone_surrogates_are_taken_out_and_emoji_stay_whole():
    taken = CATALOGUE.check("image.generate", {"prompt": "a\x00b\ud800 👩\u200d🚀 שלום"})
    assert taken == {"prompt": "ab 👩\u200d🚀 שלום"}


@pytest.mark.parametrize("blank", ["", "  ", "\u200b\u200b", "\u3164", "\x00", "\ud800", None])
def test_a_prompt_that_nobody_can_see_is_missing(blank):
    assert sentence_of("image.generate", {"prompt": blank}) == "Generate Image needs: prompt."
    assert field_of("image.generate", {"prompt": blank}) == "prompt"


def test_all_that_is_missing_is_told_at_once():
    assert sentence_of("lipsync.generate", {}) == "Generate Lip Sync needs: video and speech."


def test_a_text_that_is_too_long_is_told_by_how_much():
    told = sentence_of("image.generate", {"prompt": "x" * 6214})
    assert told == "Prompt can have up to 6,000 characters; yours has 6,214. Shorten it by 214."
    assert CATALOGUE.check("image.generate", {"prompt": "x" * 6000})


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (10, "For Sora 2, duration must be 4, 8, 12, 16, or 20 seconds; you gave 10. Nearest: 8 or 12."),
        (25, "For Sora 2, duration must be 4, 8, 12, 16, or 20 seconds; you gave 25. Nearest: 20."),
        (0.5, "For Sora 2, duration must be 4, 8, 12, 16, or 20 seconds; you gave 0.5. Nearest: 4."),
    ],
)
def test_sora_takes_certain_durations_only(value, sentence):
    assert sentence_of("video.generate", {"prompt": "x", "model": "sora-2", "duration": value}) == sentence


@pytest.mark.parametrize("model", ["sora2", "Sora 2", "openai/sora-2", "SORA-2-PRO"])
def test_any_sora_model_is_known_as_one(model):
    assert field_of("video.generate", {"prompt": "x", "model": model, "duration": 10}) == "duration"
    assert CATALOGUE.check("video.generate", {"prompt": "x", "model": model, "duration": 8.0})["duration"] == 8


def test_other_video_models_take_any_duration():
    assert CATALOGUE.check("video.generate", {"prompt": "x", "model": "wan27video", "duration": 7})["duration"] == 7
    assert CATALOGUE.check("video.generate", {"prompt": "x", "duration": 7})["duration"] == 7


@pytest.mark.parametrize("operation", ["sora2.video.edit", "sora2.video.extend", "sora2.video.remix"])
def test_the_sora_operations_take_certain_durations_whatever_the_model(operation):
    told = sentence_of(operation, {"sora_video_id": "video_1", "prompt": "x", "duration": 5})
    assert told.endswith("duration must be 4, 8, 12, 16, or 20 seconds; you gave 5. Nearest: 4 or 8.")


def test_a_resolution_that_gpt_image_2_lacks_is_refused_with_the_nearest():
    told = sentence_of("image.generate", {"prompt": "x", "model": "gptimage2", "resolution": "8K"})
    assert told == "For GPT Image 2, resolution must be 1K, 2K, or 4K; you gave 8K. Nearest: 4K."


def test_a_resolution_that_is_spelt_otherwise_is_told_with_the_one_of_its_size():
    told = sentence_of("image.generate", {"prompt": "x", "model": "gptimage2", "resolution": "4 K"})
    assert told.endswith("you gave 4 K. Nearest: 4K.")


def test_names_and_values_are_understood_in_any_case():
    taken = CATALOGUE.check("image.generate", {"prompt": "x", "model": "GPT IMAGE 2", "resolution": "4k"})
    assert taken == {"prompt": "x", "model": "gptimage2", "resolution": "4K"}


def test_a_model_that_we_do_not_know_goes_through_with_any_resolution():
    values = {"prompt": "x", "model": "brand-new", "resolution": "16K"}
    assert CATALOGUE.check("image.generate", values) == values


@pytest.mark.parametrize("ratio", ["1:1", "2:2", "1x1", "square"])
@pytest.mark.parametrize("operation", ["image.generate", "image.edit"])
def test_gpt_image_2_makes_no_square_4k(operation, ratio):
    values = {"prompt": "x", "image_url": LINK, "model": "gptimage2", "aspect_ratio": ratio, "resolution": "4K"}
    if operation == "image.generate":
        del values["image_url"]
    assert sentence_of(operation, values) == "For GPT Image 2 (1:1), resolution must be 1K or 2K; you gave 4K."
    assert CATALOGUE.check(operation, values | {"resolution": "2K"})
    assert CATALOGUE.check(operation, values | {"aspect_ratio": "16:9"})
    assert CATALOGUE.check(operation, values | {"model": "seedream5"})


def test_sora_makes_no_square():
    values = {"sora_video_id": "video_1", "prompt": "x", "aspect_ratio": "1:1"}
    told = "For Sora 2, aspect ratio must be 9:16 or 16:9; you gave 1:1."
    assert sentence_of("sora2.video.edit", values) == told
    assert sentence_of("video.generate", {"prompt": "x", "model": "sora2", "aspect_ratio": "1:1"}) == told
    assert CATALOGUE.check("sora2.video.edit", values | {"aspect_ratio": "9:16"})
    assert CATALOGUE.check("video.generate", {"prompt": "x", "model": "seedance2", "aspect_ratio": "1:1"})


def test_1080p_on_sora_needs_the_pro_model():
    values = {"sora_video_id": "video_1", "prompt": "x", "resolution": "1080p"}
    told = "For Sora 2, resolution must be 720p or 1080p (sora-2-pro); you gave 1080p."
    assert sentence_of("sora2.video.edit", values) == told
    assert sentence_of("video.generate", {"prompt": "x", "model": "sora-2", "resolution": "1080P"}) == told
    assert CATALOGUE.check("sora2.video.edit", values | {"model": "sora-2-pro"})
    assert CATALOGUE.check("video.generate", {"prompt": "x", "model": "wan27video", "resolution": "1080p"})


def test_audio_on_wan_needs_a_prompt_or_a_clip_once_the_prompt_is_not_required():
    generate = CATALOGUE.get("video.generate")
    fields = tuple(dataclasses.replace(field, required=False) for field in generate.fields)
    relaxed = Catalogue([dataclasses.replace(generate, fields=fields)])
    values = {"model": "wan27video", "audio_url": "https://a.example/a.mp3"}
    told = "Wan 2.7 needs: prompt or source video."
    assert sentence_of("video.generate", values, relaxed) == told
    assert relaxed.check("video.generate", values | {"prompt": "rain"})
    assert relaxed.check("video.generate", values | {"source_video_url": "https://a.example/a.mp4"})


def test_a_frame_rate_is_for_starlight_only():
    values = {"video_url": LINK, "target_fps": 30}
    told = sentence_of("video.upscale", values | {"model": "wavespeed"})
    assert told == "For frame rate, model must be Starlight 2.5; you gave wavespeed."
    assert CATALOGUE.check("video.upscale", values)
    assert CATALOGUE.check("video.upscale", values | {"model": "topaz-starlight-2.5"})


def test_topaz_proteus_takes_certain_factors_only():
    values = {"video_url": LINK, "model": "Topaz Proteus", "upscale_factor": 3}
    told = sentence_of("video.upscale", values)
    assert told == "For Topaz Proteus, upscale factor must be 1, 2, or 4; you gave 3. Nearest: 2 or 4."
    assert CATALOGUE.check("video.upscale", values | {"upscale_factor": "2x"})["upscale_factor"] == 2


def test_a_misspelt_field_is_told_with_the_nearest():
    told = sentence_of("image.generate", {"prompt": "x", "aspectratio": "1:1"})
    assert told == "Generate Image has no field aspectratio. Use: aspect_ratio."


def test_a_field_like_no_other_is_told_with_all_that_there_are():
    told = sentence_of("prompt.enhance.variant", {"prompt": "x", "zzz": 1})
    assert told == "Enhance Variant Prompt has no field zzz. Use: prompt and rewriteRequest."


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (5, "Prompt must be text; you gave a number."),
        (["x"], "Prompt must be text; you gave a list."),
        ({"x": 1}, "Prompt must be text; you gave an object."),
        (True, "Prompt must be text; you gave true or false."),
    ],
)
def test_what_is_not_text_is_told(value, sentence):
    assert sentence_of("image.generate", {"prompt": value}) == sentence


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("ten", "Duration must be a number; you gave ten."),
        (True, "Duration must be a number; you gave true or false."),
        (float("nan"), "Duration must be at most 9,007,199,254,740,992; you gave inf."),
        (float("inf"), "Duration must be at most 9,007,199,254,740,992; you gave inf."),
        pytest.param(10**5000, "Duration must be at most 9,007,199,254,740,992; you gave inf.", id="huge"),
    ],
)
def test_what_is_no_number_is_told(value, sentence):
    assert sentence_of("video.generate", {"prompt": "x", "duration": value}) == sentence


@pytest.mark.parametrize(("typed", "number"), [("10", 10), (" 7.5 s", 7.5), ("8 seconds", 8), (10.0, 10), ("0.1", 0.1)])
def test_a_number_may_be_typed_with_its_unit(typed, number):
    taken = CATALOGUE.check("video.generate", {"prompt": "x", "duration": typed})["duration"]
    assert taken == number
    assert type(taken) is type(number)


def test_a_whole_number_must_be_whole():
    told = sentence_of("video.generate", {"prompt": "x", "seed": 1.5})
    assert told == "Seed must be a whole number, such as 1 or 2; you gave 1.5."


@pytest.mark.parametrize(("typed", "value"), [("yes", True), ("False", False), ("on", True), (True, True)])
def test_yes_and_no_may_be_typed(typed, value):
    assert CATALOGUE.check("video.generate", {"prompt": "x", "watermark": typed})["watermark"] is value


@pytest.mark.parametrize("given", ["perhaps", 1, [True]])
def test_what_is_neither_yes_nor_no_is_told(given):
    told = sentence_of("video.generate", {"prompt": "x", "watermark": given})
    assert told.startswith("Watermark must be true or false; you gave ")


def test_a_documented_range_is_told_with_its_end():
    catalogue = with_field(minimum=0, maximum=1, unit="grams")
    assert sentence_of("a.b", {"n": 2}, catalogue) == ("Weight must be between 0 and 1 grams; you gave 2.")
    assert sentence_of("a.b", {"n": -1}, catalogue) == ("Weight must be between 0 and 1 grams; you gave -1.")
    assert catalogue.check("a.b", {"n": 1}) == {"n": 1}


@pytest.mark.parametrize(
    "url",
    [
        "http://media.example/a.png",
        "ftp://media.example/a.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "media.example/a.png",
        "https://",
        "https:///a.png",
        "https://user:word@media.example/a.png",
        "https://media.example\\@evil.example/a.png",
        "https://media.example\\a.png",
        "https://media.example:0/a.png",
        "https://media.example/a b.png",
        "https://media.example/a\u202e.png",
        "https://[::1/a.png",
        "https://media.example:99999/a.png",
        "http://127.0.0.1/a.png",
        "cat",
    ],
)
def test_what_is_no_https_link_is_refused_without_repeating_it(url):
    told = sentence_of("image.edit", {"prompt": "x", "image_url": url})
    assert told == "Image must be a link that starts with https:// and has no spaces; you gave text."


def test_a_link_that_is_too_long_is_told():
    told = sentence_of("image.edit", {"prompt": "x", "image_url": LINK + "x" * 5000})
    assert told == "Image can have up to 4,096 characters; yours has 5,027. Shorten it by 931."


@pytest.mark.parametrize("url", [LINK, f" {LINK} ", f"<{LINK}>", f"{LINK}?ex=1&is=2&hm=3#x", "https://[2001:db8::1]/a"])
def test_an_https_link_goes_through(url):
    assert CATALOGUE.check("image.edit", {"prompt": "x", "image_url": url})["image_url"] == url.strip(" <>")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/media/a.png", "http://127.0.0.1/a.png", LINK])
def test_loopback_is_allowed_where_it_was_asked_for(url):
    local = Catalogue(allow_local=True)
    assert local.check("image.edit", {"prompt": "x", "image_url": url})["image_url"] == url


@pytest.mark.parametrize("url", ["http://127.0.0.1.evil.example/a", "http://localhost/a", "http://10.0.0.1/a"])
def test_no_other_plain_http_is_allowed_even_then(url):
    assert "https://" in sentence_of("image.edit", {"prompt": "x", "image_url": url}, Catalogue(allow_local=True))


def test_several_links_may_be_typed_with_spaces_between():
    taken = CATALOGUE.check("image.generate", {"prompt": "x", "reference_image_urls": f"{LINK}, <{LINK}>\n{LINK}"})
    assert taken["reference_image_urls"] == [LINK] * 3


@pytest.mark.parametrize("given", [5, {"a": LINK}, True])
def test_what_is_no_list_of_links_is_told(given):
    told = sentence_of("image.generate", {"prompt": "x", "reference_image_urls": given})
    assert told.startswith("Reference images must be a list of links; you gave ")


def test_an_object_may_be_typed_as_json():
    taken = CATALOGUE.check(
        "smartmotion.generate", {"file_url": LINK, "camera_control": '{"zoom": "18", "pan": 0, "tilt": null}'}
    )
    assert taken["camera_control"] == {"zoom": 18, "pan": 0}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("zoom in", 'Camera control must be JSON, such as {"pan": …}; you gave text.'),
        ("[1]", "Camera control must be a JSON object; you gave a list."),
        (5, "Camera control must be a JSON object; you gave a number."),
        ({"zooom": 1}, "camera control has no field zooom. Use: pan, tilt, roll, zoom, horizontal, and vertical."),
        ({"zoom": "much"}, "Camera control: Zoom must be a number; you gave much."),
        ('{"zoom": NaN}', "Camera control: Zoom must be at most 9,007,199,254,740,992; you gave inf."),
        ("[" * 100_000, 'Camera control must be JSON, such as {"pan": …}; you gave text.'),
    ],
)
def test_what_is_wrong_in_an_object_is_told(given, sentence):
    values = {"file_url": LINK, "camera_control": given}
    assert sentence_of("smartmotion.generate", values) == sentence
    assert field_of("smartmotion.generate", values) == "camera_control"


def test_subtitles_take_settings_that_we_do_not_know():
    settings = {"font": "Arial", "position": {"x": [1, None]}}
    values = {"video_url": LINK, "subtitle_settings": settings}
    assert CATALOGUE.check("subtitles.generate", values)["subtitle_settings"] == settings


def test_a_list_of_objects_is_checked_through():
    values = {"description": "x", "angle_context": [{"image_url": LINK, "label": "north", "azimuth": 0}]}
    assert CATALOGUE.check("three_d.location.generate", values) == values
    bad = values | {"angle_context": [{"image_url": "here"}]}
    assert sentence_of("three_d.location.generate", bad) == (
        "Angles: Image must be a link that starts with https:// and has no spaces; you gave text."
    )
    assert sentence_of("three_d.location.generate", values | {"angle_context": {"label": "north"}}) == (
        "Angles must be a JSON list of objects; you gave an object."
    )


def test_an_operation_whose_fields_are_not_public_takes_any_json():
    values = {"name": "Ada", "video_url": LINK, "n": 1.5, "deep": {"a": [True, None, "\ud800x"]}, "none": None, "e": ""}
    taken = CATALOGUE.check("sora2.character.create", values)
    assert taken == {"name": "Ada", "video_url": LINK, "n": 1.5, "deep": {"a": [True, None, "x"]}}


def test_what_json_cannot_carry_is_refused_there_too():
    deep = []
    for _ in range(50):
        deep = [deep]
    assert "levels of lists" in sentence_of("three_d.model.generate", {"x": deep})
    assert "so large a number" in sentence_of("three_d.model.generate", {"x": float("nan")})
    assert "can't contain object" in sentence_of("three_d.model.generate", {"x": object()})


def test_an_input_that_is_no_object_is_told():
    assert sentence_of("image.generate", ["prompt"]).startswith("The input must be a JSON object")


def test_an_unknown_operation_is_told_with_the_nearest():
    assert (
        sentence_of("image.generat", {})
        == "There is no operation image.generat. Choose one from the list. Nearest: image.generate."
    )
    assert sentence_of("no.such", {}) == "There is no operation no.such. Choose one from the list."
    assert sentence_of("\ud800\n", {}) == "There is no operation …. Choose one from the list."


def test_the_catalogue_cannot_be_changed():
    with pytest.raises(TypeError):
        CATALOGUE.operations["x"] = OPERATIONS[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        OPERATIONS[0].title = "x"
