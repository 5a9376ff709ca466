"""What is read from a source instead of being asked, and whether a job's video is one of Sora's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.catalogue import Catalogue
from bot.domain.models import Job, JobState, MediaKind
from bot.generation.sources import Source, SourceRef, native_video_id, probed
from bot.media.fetcher import SourceFacts

CLIP = SourceFacts(
    kind=MediaKind.VIDEO, content_type="video/mp4", size=9, duration_s=6.23456, extension=".mp4", name="clip.mp4"
)
TALK = replace(CLIP, kind=MediaKind.AUDIO, content_type="audio/mpeg", duration_s=4.0, name="talk.mp3")
CAT = replace(CLIP, kind=MediaKind.IMAGE, content_type="image/png", duration_s=None, name="cat.png")


def read(operation: str, values: dict[str, Any] | None = None, **facts: SourceFacts) -> dict[str, Any]:
    sources = {name: Source(url="https://a.test/x", facts=each) for name, each in facts.items()}
    return probed(Catalogue().get(operation), values or {}, sources)


@pytest.mark.parametrize(
    ("operation", "files", "found"),
    [
        ("lipsync.generate", {"video_url": CLIP, "audio_url": TALK}, {"video_duration": 6.23, "audio_duration": 4.0}),
        (
            "subtitles.generate",
            {"video_url": CLIP},
            {"duration": 6.23, "file_name": "clip.mp4", "content_type": "video/mp4"},
        ),
        ("smartmotion.generate", {"file_url": CAT}, {"file_name": "cat.png", "content_type": "image/png"}),
        (
            "smartmotion.generate",
            {"file_url": CLIP},
            {"duration": 6.23, "file_name": "clip.mp4", "content_type": "video/mp4"},
        ),
        ("video.upscale", {"video_url": CLIP, "thumbnail_url": CAT}, {"duration_seconds": 6.23}),
        ("sora2.video.extend", {"source_video_url": CLIP}, {"source_duration": 6.23}),
        ("sora2.video.edit", {"source_video_url": CLIP}, {}),
        ("image.edit", {"image_url": CAT}, {}),
        ("lipsync.generate", {}, {}),
        ("sora2.character.create", {"video_url": CLIP}, {}),
    ],
)
def test_an_operation_gets_what_it_wants_to_know_of_its_files(
    operation: str, files: dict[str, SourceFacts], found: dict[str, Any]
) -> None:
    assert read(operation, **files) == found


def test_what_the_member_gave_is_not_read_again() -> None:
    assert read("smartmotion.generate", {"duration": 3}, file_url=CLIP).keys() == {"file_name", "content_type"}


def test_a_length_that_the_file_does_not_tell_is_left_out() -> None:
    assert "duration" not in read("subtitles.generate", video_url=replace(CLIP, duration_s=None))


def test_the_ways_in_which_a_file_was_given_are_counted() -> None:
    assert SourceRef().count == 0
    assert SourceRef(url="").count == 1
    assert SourceRef(attachment=("u", "n"), job_id="j").count == 2
    assert SourceRef(attachment=("u", "n"), url="u", job_id="j").count == 3


@pytest.mark.parametrize(
    ("output", "native"),
    [
        ({"task_id": "video_68c1"}, "video_68c1"),
        ({"task_id": "vid_68c1"}, None),
        ({"task_id": 5}, None),
        ({"task_id": None}, None),
        ({}, None),
    ],
)
def test_a_sora_video_is_known_by_the_form_of_its_id(output: dict[str, Any], native: str | None) -> None:
    job = Job(
        id="J", card_id="C", guild_id=1, position=0, author_id=2, operation="x", input={}, state=JobState.DELIVERED,
        idempotency_key="k", key_id=None, held=Decimal(1), basis="fixed", created_at=0, output=output,
    )  # fmt: skip
    assert native_video_id(job) == native
