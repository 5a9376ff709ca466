from __future__ import annotations

import pytest

from bot.catalogue import OPERATIONS, Catalogue, Field, FieldKind, Model, Operation

CATALOGUE = Catalogue()


def values_of(offers):
    return [value for _, value in offers]


def test_models_with_a_public_id_are_offered_by_name():
    offers = CATALOGUE.suggest("image.generate", "model", "")
    assert offers[:2] == [("GPT Image 2 (gptimage2)", "gptimage2"), ("Seedream 5.0 Lite (seedream5)", "seedream5")]


def test_documented_models_without_a_known_id_are_not_offered():
    assert values_of(CATALOGUE.suggest("image.generate", "model", "")) == ["gptimage2", "seedream5"]


def test_a_servers_voices_are_offered_with_their_labels():
    offers = CATALOGUE.suggest("narration.generate", "voice_id", "", {}, {"v_ada": "The narrator", "v_bob": ""})
    assert offers == [("The narrator (v_ada)", "v_ada"), ("v_bob", "v_bob")]


def test_what_is_typed_comes_first_as_itself():
    offers = CATALOGUE.suggest("image.generate", "model", "seed")
    assert offers == [
        ("seed", "seed"),
        ("Seedream 5.0 Lite (seedream5)", "seedream5"),
    ]


@pytest.mark.parametrize("typed", ["seedream5", "SEEDREAM5", "Seedream 5.0 Lite", "seedream 5.0 lite (seedream5)"])
def test_what_is_typed_is_not_offered_beside_the_value_that_it_names(typed):
    assert values_of(CATALOGUE.suggest("image.generate", "model", typed)) == ["seedream5"]


def test_a_model_that_nobody_knows_can_be_typed():
    assert CATALOGUE.suggest("image.generate", "model", " brand-new ") == [("brand-new", "brand-new")]


def test_durations_are_numbers_with_their_unit():
    assert CATALOGUE.suggest("video.generate", "duration", "7") == [("7 seconds", 7)]
    assert ("10 seconds", 10) in CATALOGUE.suggest("video.generate", "duration", "")


def test_words_are_not_offered_where_a_number_is_wanted():
    assert CATALOGUE.suggest("video.generate", "duration", "long") == []


@pytest.mark.parametrize("model", ["sora-2", "Sora 2"])
def test_the_options_given_so_far_close_the_list(model):
    offers = CATALOGUE.suggest("video.generate", "duration", "", {"model": model})
    assert values_of(offers) == [4, 8, 12, 16, 20]
    image = CATALOGUE.suggest("image.generate", "resolution", "", {"model": "GPT Image 2"})
    assert values_of(image) == ["1K", "2K", "4K"]


def test_in_a_closed_list_the_nearest_come_first_where_nothing_matches():
    offers = CATALOGUE.suggest("video.generate", "duration", "10", {"model": "sora-2"})
    assert values_of(offers) == [8, 12, 4, 16, 20]


@pytest.mark.parametrize("field", ["prompt_extend", "image_url", "reference_image_urls", "no such field"])
def test_fields_without_autocomplete_offer_nothing(field):
    assert CATALOGUE.suggest("video.generate", field, "x") == []


def test_an_unknown_operation_offers_nothing():
    assert CATALOGUE.suggest("no.such", "model", "x") == []


def test_what_discord_cannot_carry_is_not_offered():
    models = tuple(Model(id=f"{i:03}" + "x" * (90 if i % 2 else 120), name="y" * 120) for i in range(100))
    field = Field(name="model", kind=FieldKind.TEXT, label="model", help="Which model")
    catalogue = Catalogue([Operation(id="a.b", title="A", workflow="image", fields=(field,), models=models)])
    for typed in ("", "x", "0", "x" * 101, "\ud800", "\n\u202e"):
        offers = catalogue.suggest("a.b", "model", typed)
        assert len(offers) <= 25
        for label, value in offers:
            assert 1 <= len(label) <= 100
            assert 1 <= len(value) <= 100


def test_strange_values_of_other_options_do_not_matter():
    for model in (None, 5, ["x"], "\ud800"):
        assert CATALOGUE.suggest("video.generate", "duration", "7", {"model": model}) == [("7 seconds", 7)]


def test_operations_are_found_by_title_and_by_id():
    assert ("Generate Lip Sync (lipsync.generate)", "lipsync.generate") in CATALOGUE.suggest_operations("LIP")
    assert [key for _, key in CATALOGUE.suggest_operations("sora2.video")] == [
        "sora2.video.edit",
        "sora2.video.extend",
        "sora2.video.remix",
    ]
    assert len(CATALOGUE.suggest_operations("")) == len(OPERATIONS)
    assert CATALOGUE.suggest_operations("zzz") == []
