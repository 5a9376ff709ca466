"""Inputs that the estimate tool is asked for: valid, priced by what members give, and without anything of a member."""

from __future__ import annotations

import pytest

from bot.catalogue import OPERATIONS, Catalogue, Operation
from bot.prices.factors import price_factors
from bot.prices.samples import ASKED_IN_AN_HOUR, SPOKEN_CHARS, price_samples

CATALOGUE = Catalogue()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_every_sample_is_an_input_that_the_catalogue_accepts_as_it_is(operation: Operation):
    for sample in price_samples(operation):
        assert CATALOGUE.check(sample.operation, sample.input) == sample.input


def test_there_is_a_sample_of_every_operation_but_those_that_need_something_that_only_members_have():
    without = {each.id for each in OPERATIONS if each.fixed_credits is None and not price_samples(each)}
    assert without == {
        "sora2.character.create", "sora2.character.generate", "sora2.video.edit", "sora2.video.extend",
        "sora2.video.remix", "three_d.model.generate",
    }  # fmt: skip


def test_nothing_is_asked_where_the_price_is_fixed():
    assert price_samples(CATALOGUE.get("prompt.enhance.image")) == []


def test_models_are_those_with_a_public_id_and_the_servers_own():
    samples = price_samples(CATALOGUE.get("video.generate"), "brand-new-9")
    assert [each.model for each in samples] == ["brand-new-9", "seedance2", "wan27video"]
    assert [each.input.get("model") for each in samples] == ["brand-new-9", "seedance2", "wan27video"]
    assert [each.model for each in price_samples(CATALOGUE.get("narration.generate"), "brand-new-9")] == [""]


@pytest.mark.parametrize(
    ("operation_id", "size"),
    [
        ("video.generate", 5),
        ("music.generate", 45),
        ("video.upscale", 5),
        ("image.generate", None),
        ("narration.generate", SPOKEN_CHARS),
    ],
)
def test_a_sample_has_the_length_that_its_price_goes_by(operation_id: str, size: float | None):
    operation = CATALOGUE.get(operation_id)
    assert {price_factors(operation, each.input).size for each in price_samples(operation)} == {size}


def test_a_model_that_offers_no_five_seconds_is_asked_for_the_nearest_length():
    [sample, *_] = price_samples(CATALOGUE.get("video.generate"), "sora-2")
    assert (sample.model, sample.input["duration"]) == ("sora-2", 4)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_the_tool_gets_the_ratio_and_the_model_that_it_expects_where_there_are_any(operation: Operation):
    names = {each.name for each in operation.fields}
    has_ids = "model" in names and any(each.id for each in operation.models)
    for sample in price_samples(operation):
        assert sample.input.get("aspect_ratio") == ("16:9" if "aspect_ratio" in names else None)
        assert bool(sample.input.get("model")) == has_ids


def test_all_of_them_fit_into_the_first_hour():
    assert sum(len(price_samples(each)) for each in OPERATIONS) <= ASKED_IN_AN_HOUR
