"""Orders of variations: composed for the API alone, and found in the prompts of older jobs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.jobs.card_jobs import job_words
from bot.domain.jobs.card_spec import JobSpec
from bot.domain.models import Job, JobState
from bot.domain.words.orders import (
    SHOWN_CHARS,
    Variation,
    varying_picture,
    with_orders,
)
from bot.jobs.intake import sources_of

SUBTLE = "Keep the subject and the composition. Change only small details, such as the light or the colours."
STRONG = "Keep the subject only. Change the composition, the setting and the mood boldly."
FOX = "a fox,\nin fog {prompt}"


def job_with(**values: Any) -> Job:
    return Job(
        id="0123456789",
        card_id="c",
        guild_id=1,
        position=0,
        author_id=2,
        operation="image.edit",
        state=JobState.DELIVERED,
        idempotency_key="k",
        key_id=None,
        held=Decimal(20),
        basis="unknown",
        created_at=0.0,
        **values,
    )


def test_an_order_is_sent_with_the_words_and_leaves_the_input_as_it_was():
    given = {"prompt": FOX, "image_url": "https://files.invalid/1.png"}
    orders = varying_picture(Variation.STRONG, FOX).orders
    assert with_orders(given, orders) == {**given, "prompt": f"{STRONG} The picture shows: {FOX}"}
    assert given["prompt"] == FOX
    assert with_orders({}, varying_picture(Variation.STRONG, "").orders) == {"prompt": STRONG}
    assert with_orders(given, {}) is given
    sent = with_orders({"prompt": "fox " * SHOWN_CHARS}, orders)["prompt"]
    assert len(sent) <= SHOWN_CHARS + len(f"{STRONG} The picture shows: ")


@pytest.mark.parametrize(
    ("values", "words", "depicted"),
    [
        ({"input": {"prompt": "a fox"}}, "a fox", "a fox"),
        ({"input": {"prompt": "a fox"}, "variation": Variation.STRONG}, "🎲 Strong variation of a fox", "a fox"),
        ({"input": {"prompt": "at night"}, "source_id": "1"}, "at night · of an earlier result", "at night"),
        ({"input": {"prompt": "at night"}, "subject": "a fox"}, "at night · of a fox", "a fox, at night"),
        ({"input": {"prompt": "a fox runs"}, "subject": "a fox"}, "a fox runs", "a fox runs"),
        ({"input": {"image_url": "x"}, "subject": "a fox"}, "a fox", "a fox"),
        (
            {"input": {"prompt": "rewritten"}, "subject": "a fox", "variation": Variation.LOOK},
            "👗 New look of a fox\nrewritten",
            "rewritten",
        ),
        ({"input": {}, "variation": Variation.STRONG}, "🎲 Strong variation", ""),
    ],
)
def test_a_job_is_named_by_its_words_and_what_it_was_made_from(values: dict[str, object], words: str, depicted: str):
    job = job_with(**values)
    assert (job_words(job), job.depicts) == (words, depicted)


def test_a_step_made_from_an_earlier_step_s_file_has_that_step_or_its_rewriter_as_its_source():
    steps = [
        JobSpec(operation="prompt.enhance.image", input={"prompt": "a fox"}),
        JobSpec(operation="image.generate", input={}, fill={"prompt": "{0.enhancedPrompt}"}),
        JobSpec(operation="video.generate", input={"prompt": "slow zoom"}, fill={"image_url": "{1.image_url}"}),
        JobSpec(operation="video.upscale", input={}, fill={"video_url": "{2.video_url}"}),
        JobSpec(operation="subtitles.generate", input={}, fill={"video_url": "{3.video_url}"}),
        JobSpec(operation="image.edit", input={"prompt": "at night"}),
    ]
    assert sources_of(steps) == [None, None, 0, 2, 3, None]
