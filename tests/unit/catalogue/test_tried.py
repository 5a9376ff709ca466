from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import OPERATIONS, Catalogue, Model, Operation, Tried, model_id
from bot.catalogue.checks.tried import (
    VALUE_CHARS,
    blamed,
    candidate_ids,
    is_telling,
    resolved_model,
    telling_values,
)
from bot.errors import InputError
from bot.prices.factors import price_factors

CATALOGUE = Catalogue()
IMAGE = CATALOGUE.get("image.generate")
SPEECH = CATALOGUE.get("narration.generate")


@pytest.mark.parametrize("typed", ["gpt-image-2", "GPT Image 2", "gpt_image_2", "GPTIMAGE2", "gptimage2"])
def test_a_model_is_one_model_however_it_is_written(typed):
    taken = CATALOGUE.check("image.generate", {"prompt": "a", "model": typed, "resolution": "4k"})
    assert (taken["model"], taken["resolution"]) == ("gptimage2", "4K")
    assert price_factors(IMAGE, {"model": typed}) == price_factors(IMAGE, {"model": "gptimage2"})
    with pytest.raises(InputError, match="GPT Image 2"):
        CATALOGUE.check("image.generate", {"prompt": "a", "model": typed, "resolution": "4K", "aspect_ratio": "1:1"})


def test_only_what_tells_of_the_account_is_kept():
    telling = {
        (operation.id, field.name)
        for operation in CATALOGUE.operations.values()
        for field in operation.fields
        if is_telling(field)
    }
    names = {name for _, name in telling}
    assert {"model", "voice_id", "mode", "resolution", "provider", "control_mode"} <= names
    assert not names & {"prompt", "text", "negative_prompt", "title", "image_url", "negative_tags", "tone"}
    given = {"text": "Hello", "voice_id": "v_ada", "tone": "calm", "speed": 1}
    assert telling_values(SPEECH, given) == {"voice_id": "v_ada"}


@pytest.mark.parametrize(
    "value", ["https://example.com/a", "a//b", "My address is 5 Long Road, Town", "x" * (VALUE_CHARS + 1), "", "\ud800"]
)
def test_what_is_no_id_is_not_kept(value):
    assert telling_values(IMAGE, {"model": value}) == {}


@pytest.mark.parametrize(
    ("said", "faults", "expected"),
    [
        ("Unknown model.", {}, {"model": "Unknown model."}),
        ("There is no flux2.", {}, {"model": "There is no flux2."}),
        ("Invalid input.", {"resolution": "too large"}, {"resolution": "too large"}),
        ("Unknown model.", {"prompt": "too long"}, {}),
        ("No.", {"model": "", "resolution": "too large"}, {"model": "No.", "resolution": "too large"}),
        ("Invalid input.", {}, {}),
        ("The model takes no such resolution.", {}, {}),
    ],
)
def test_the_fields_are_blamed_that_the_api_names(said, faults, expected):
    assert blamed({"model": "flux2", "resolution": "4K"}, said, faults, set()) == expected


def test_without_a_word_of_the_api_a_new_value_alone_is_blamed():
    assert blamed({"model": "flux2"}, "Invalid input.", {}, set()) == {"model": "Invalid input."}
    assert blamed({"model": "flux2"}, "Invalid input.", {}, {("model", "flux2")}) == {}
    assert blamed({"model": "flux2"}, "Not on your plan.", {}, None) == {}


def test_of_two_spellings_the_one_goes_first_that_the_live_document_lists():
    models = (
        Model(id="gptimage2", name="GPT Image 2", offered=False),
        Model(id="gpt-image-2", name="gpt-image-2"),
        Model(id="Flux-2", name="Flux 2 dev"),
        Model(id="flux2", name="Flux 2"),
    )
    operation = replace(IMAGE, models=models)
    assert model_id(operation, "GPT Image 2") == model_id(operation, "gptimage2") == "gpt-image-2"
    assert [model_id(operation, each) for each in ("FLUX2", "flux-2", "Flux 2")] == ["flux2", "Flux-2", "flux2"]


def test_a_name_is_sent_as_what_worked_or_as_the_likeliest_id():
    assert resolved_model(IMAGE, "Flux 2", []) == "flux2"
    assert resolved_model(IMAGE, "Flux 2", [Tried(value="flux2", works=False)]) == "flux2image"
    assert resolved_model(IMAGE, "Flux 2", [Tried(value="flux-2", works=True)]) == "flux-2"
    assert resolved_model(IMAGE, "flux2", [Tried(value="flux-2", works=True)]) == "flux-2"
    assert resolved_model(IMAGE, "flux-2", []) == "flux-2"
    assert resolved_model(IMAGE, "GPT Image 2", []) == "gptimage2"
    assert resolved_model(IMAGE, "brand-new", []) == "brand-new"
    flux = next(model for model in IMAGE.models if model.name == "Flux 2")
    refused = [Tried(value=each, works=False) for each in candidate_ids(IMAGE, flux)]
    with pytest.raises(InputError, match="ID of Flux 2"):
        resolved_model(IMAGE, "Flux 2", refused)


LIKELIEST = {
    "image.generate": {
        "Seedream 4.5": "seedream45", "Nano Banana": "nanobanana", "Nano Banana 2": "nanobanana2",
        "Wan 2.7 Image": "wan27image", "Wan 2.7 Image Pro": "wan27imagepro", "Flux 2": "flux2",
        "Flux 2 Pro": "flux2pro", "Grok": "grok",
    },
    "video.generate": {"Seedance 2.0 Fast": "seedance2fast", "Veo 3.1": "veo31", "Sora 2": "sora2", "Grok": "grok"},
    "video.upscale": {"Topaz Proteus": "topaz", "Starlight 2.5": "starlight25"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "name", "likeliest"),
    [(key, name, likely) for key, named in LIKELIEST.items() for name, likely in named.items()],
)
def test_ids_follow_the_vendors_own_pattern_first(operation, name, likeliest):
    assert resolved_model(CATALOGUE.get(operation), name, []) == likeliest


def test_later_forms_have_the_words_up_to_the_version_and_what_is_made():
    named = Operation(
        id="video.generate", title="Make", workflow="video", models=(Model(id=None, name="Seedream 5.0 Lite"),)
    )
    assert candidate_ids(named, named.models[0]) == (
        "seedream5lite", "seedream5", "seedream5litevideo", "seedream50lite", "seedream-5-lite", "seedream_5_lite",
        "seedream-5.0-lite", "Seedream 5.0 Lite",
    )  # fmt: skip


def test_no_guess_is_another_models_id():
    for operation in OPERATIONS:
        for model in operation.models:
            others = {name for each in operation.models if each is not model for name in (each.id, each.name)}
            assert not others & set(candidate_ids(operation, model)), (operation.id, model.name)
    video = CATALOGUE.get("video.generate")
    fast = next(model for model in video.models if model.name == "Seedance 2.0 Fast")
    assert "seedance2" not in candidate_ids(video, fast), "Seedance 2.0 is a more expensive model"


@given(name=st.text(max_size=80))
def test_any_name_can_be_resolved(name):
    assert isinstance(resolved_model(IMAGE, name, []), str)
