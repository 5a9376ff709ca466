"""What makes the price of a job is read from its input, and nothing that a member wrote outlives it there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.domain.money.costs import CostSeen, PriceFactors
from bot.prices.factors import is_graded, learned_hold, price_factors

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
    ("lower", "kind", "upper"),
    [
        ("resolution=480p", "resolution=720p", "resolution=1080p"),
        ("resolution=720p", "resolution=1080p", "resolution=4k"),
        ("resolution=1k", "resolution=2k", "resolution=4k"),
        ("quality=low", "quality=medium", "quality=high"),
        ("upscale_factor=1", "upscale_factor=2", "upscale_factor=4"),
        ("target_fps=24", "target_fps=30", "target_fps=60"),
        ("model=a resolution=1k", "model=a resolution=2k", "model=a resolution=4k"),
    ],
)
def test_a_grade_between_a_lower_and_a_higher_one_holds_the_higher(lower: str, kind: str, upper: str):
    costs = {lower: [CostSeen(credits=Decimal(7))], upper: [CostSeen(credits=Decimal(9))]}
    assert is_graded(kind)
    assert learned_hold(PriceFactors(kind=kind), costs) == 9
    assert learned_hold(PriceFactors(kind=kind, outputs=2), costs) == 18
    assert learned_hold(PriceFactors(kind=kind), {lower: costs[lower]}) is None
    assert learned_hold(PriceFactors(kind=kind), {upper: costs[upper]}) is None
    assert learned_hold(PriceFactors(kind=f"{kind} with=audio"), costs) is None
    assert learned_hold(PriceFactors(kind=lower), costs) == 7


def test_a_grade_without_an_order_is_between_none():
    costs = {"quality=low": [CostSeen(credits=Decimal(7))], "quality=high": [CostSeen(credits=Decimal(9))]}
    assert learned_hold(PriceFactors(kind="quality=auto"), costs) is None
    assert not is_graded("model=flux quality=auto")
    dearer_below = {"quality=low": costs["quality=high"], "quality=high": costs["quality=low"]}
    assert learned_hold(PriceFactors(kind="quality=medium"), dearer_below) == 9
