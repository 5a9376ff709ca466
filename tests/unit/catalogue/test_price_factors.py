"""What makes the price of a job is read from its input, and nothing that a member wrote outlives it there."""

from __future__ import annotations

from typing import Any

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.domain.money.costs import PriceFactors
from bot.prices.factors import price_factors

CATALOGUE = Catalogue()


def factors(operation: str, **values: Any) -> PriceFactors:
    return price_factors(CATALOGUE.resolve(operation), values)


def test_length_resolution_and_model_make_the_price_of_a_video_and_its_prompt_does_not():
    found = factors("video.generate", prompt="a fox", model="seedance2", duration=10, resolution="1080p", seed=4)
    assert found == PriceFactors(kind="model=seedance2 resolution=1080p", size=10.0)
    assert found == factors("video.generate", prompt="a dog", model="seedance2", duration=10.0, resolution="1080P ")


@pytest.mark.parametrize("typed", ["gptimage2", "GPT Image 2", "gpt-image-2", " GPTIMAGE2"])
def test_a_model_is_the_same_however_it_is_spelled(typed: str):
    assert factors("image.generate", model=typed).kind == "model=gptimage2"


def test_a_clip_or_a_sound_that_is_given_makes_another_kind_and_a_picture_does_not():
    plain = factors("video.generate", prompt="a fox")
    assert factors("video.generate", prompt="a fox", image_url="https://x.example/a.png") == plain
    assert factors("video.generate", prompt="a fox", source_video_url="https://x.example/a.mp4").kind == "with=video"
    assert factors("soundfx.generate", video_url="https://x.example/a.mp4").kind == "with=video"
    assert factors("subtitles.generate", video_url="https://x.example/a.mp4").kind == ""


def test_speech_is_as_long_as_its_text():
    assert factors("narration.generate", text="Hello there").size == 11
    assert factors("image.generate", prompt="x", text="Hello there").size is None


@pytest.mark.parametrize("length", [0, -1, True, "soon", float("nan"), float("inf"), 1e300, None, [5]])
def test_a_length_that_is_none_is_none(length: object):
    assert factors("video.generate", duration=length).size is None


def test_lengths_and_counts_in_text_are_read_as_the_api_may_read_them():
    assert factors("video.generate", duration="20").size == 20
    assert factors("image.generate", num_images="4").outputs == 4
    assert factors("image.generate", n=3).outputs == 3
    assert factors("image.generate", n=-3).outputs == 1


def test_a_members_own_words_are_not_kept():
    kind = factors("image.generate", model="Eve Adams, 12 Elm Street", resolution="for my friend Bob").kind
    assert "eve" not in kind
    assert "bob" not in kind
    assert kind == factors("image.generate", model="eve adams 12 elm street", resolution="For my friend Bob").kind
    assert kind != factors("image.generate", model="Eva Adams, 12 Elm Street", resolution="for my friend Bob").kind
    assert len(kind.split()) == 2


def test_the_model_is_found_in_a_kind():
    assert factors("video.generate", model="seedance2", resolution="720p").model == "seedance2"
    assert factors("video.generate", resolution="720p").model == ""


@pytest.mark.parametrize(
    ("size", "rounded"),
    [(None, None), (5.0, 5.0), (4.2, 5.0), (15.0, 15.0), (15.1, 20.0), (61.0, 70.0), (100.0, 100.0), (2001.0, 3000.0)],
)
def test_jobs_of_about_the_same_size_are_of_one_kind(size: float | None, rounded: float | None):
    assert PriceFactors(size=size).rounded == PriceFactors(size=rounded)
