"""Which texts of an input the word list reads."""

from __future__ import annotations

from typing import Any

import pytest

from bot.jobs.admission import has_forbidden_word
from tests.support.workflows import CATALOGUE

FIELDS = CATALOGUE.get("subtitles.generate").fields
WORDS = ("bad",)


@pytest.mark.parametrize(
    "settings",
    [
        {"font": "a bad one"},
        {"position": "bad"},
        {"bad": True},
        {"rows": ["good", "bad"]},
        {"rows": [{"deep": {"deeper": [["BAD"]]}}]},
        {"video_url": "https://host.example/bad"},  # a name inside that the operation has outside
    ],
)
async def test_an_object_is_read_at_every_depth_with_the_names_that_were_made_up(settings: dict[str, Any]):
    assert await has_forbidden_word(WORDS, FIELDS, {"subtitle_settings": settings}, {})


async def test_links_to_files_and_the_names_of_fields_are_not_words():
    values = {"video_url": "https://host.example/bad.mp4", "subtitle_settings": {"font": "Arial", "fontSize": 48}}
    assert not await has_forbidden_word((*WORDS, "font", "video_url"), FIELDS, values, {})


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{0.enhancedPrompt}, bad", True),
        (["{0.enhancedPrompt}", "so bad"], True),
        ("{0.enhancedPrompt}", False),
        ("{0.bad}", False),
        ("good {1.text} words", False),
    ],
)
async def test_a_template_is_read_without_its_placeholders(template: str | list[str], found: bool):
    assert await has_forbidden_word(WORDS, CATALOGUE.get("image.generate").fields, {}, {"prompt": template}) is found


async def test_without_a_list_nothing_is_forbidden():
    assert not await has_forbidden_word((), FIELDS, {"subtitle_settings": {"bad": "bad"}}, {"prompt": "bad"})
