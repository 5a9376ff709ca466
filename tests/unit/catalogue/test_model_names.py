"""A model by its id or name, in any spelling."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.catalogue import Catalogue, Model, model_id
from bot.errors import InputError
from bot.prices.factors import price_factors

CATALOGUE = Catalogue()
IMAGE = CATALOGUE.get("image.generate")


@pytest.mark.parametrize("typed", ["gpt-image-2", "GPT Image 2", "gpt_image_2", "GPTIMAGE2", "gptimage2"])
def test_a_model_is_one_model_however_it_is_written(typed):
    taken = CATALOGUE.check("image.generate", {"prompt": "a", "model": typed, "resolution": "4k"})
    assert (taken["model"], taken["resolution"]) == ("gptimage2", "4K")
    assert price_factors(IMAGE, {"model": typed}) == price_factors(IMAGE, {"model": "gptimage2"})
    with pytest.raises(InputError, match="GPT Image 2"):
        CATALOGUE.check("image.generate", {"prompt": "a", "model": typed, "resolution": "4K", "aspect_ratio": "1:1"})


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


def test_a_name_without_a_known_id_stays_as_it_was_typed():
    assert model_id(IMAGE, "flux 2") == "flux 2"
