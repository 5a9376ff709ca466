"""Doubts about an input whose price is not known."""

from __future__ import annotations

from typing import Any

import pytest

from bot.catalogue import Catalogue

IMAGE = {"prompt": "Bluer", "image_url": "https://example.org/a.png"}


@pytest.mark.parametrize(
    ("operation", "given", "is_doubtful"),
    [
        ("image.edit", {"model": "gptimage2"}, True),
        ("image.edit", {"model": "GPT Image 2"}, True),
        ("image.edit", {"model": "gptimage2", "resolution": "1K"}, False),
        ("image.edit", {"model": "seedream5"}, False),
        ("image.edit", {}, False),
        ("image.edit", {"model": 7}, False),
        ("image.generate", {"model": "gptimage2"}, False),
    ],
)
def test_an_edit_by_gpt_image_2_without_a_resolution_may_be_the_most_expensive(
    operation: str, given: dict[str, Any], is_doubtful: bool
) -> None:
    found = Catalogue().cautions(operation, IMAGE | given)
    assert [each.sentence for each in found if each.unless_priced] == (
        ["Without a resolution GPT Image 2 makes the largest size, which may cost the most."] if is_doubtful else []
    )
