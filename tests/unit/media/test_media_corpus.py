"""Every kind of file that a member could upload, made by ffmpeg: no duration is wrong, and few are unknown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.domain.models import MediaKind
from bot.media.containers.facts import facts_of
from bot.media.sniff import HEAD_BYTES, sniff, without_picture
from tests.support.media_corpus import LONG_SAMPLES, SAMPLES, make, probed_seconds

pytestmark = pytest.mark.long

HEAD = 256 * 1024
SPANS = 3
EXACT_S = 0.2
UNKNOWN_MAX = 12


def looked(body):
    """Read a file as the fetcher does; return kind and seconds."""
    found = sniff(body[:HEAD_BYTES])
    if found is None or found[0] is MediaKind.IMAGE:
        return (found and found[0]), None
    pieces = {0: body[:HEAD]}
    while (span := (facts := facts_of(pieces, len(body))).needs) is not None and len(pieces) <= SPANS:
        pieces[span.start] = body[span.start : span.stop]
    return (without_picture(found) if facts.has_picture is False else found)[0], facts.seconds


def read(samples, folder):
    """Make the files, two at a time; return kind, seconds and ffprobe's seconds, where there are ours, by name."""

    def one(numbered):
        number, (name, sample) = numbered
        path = make(sample, folder, str(number))
        kind, seconds = looked(path.read_bytes())
        return name, (kind, seconds, None if seconds is None else probed_seconds(path))

    with ThreadPoolExecutor(2) as pool:
        return dict(pool.map(one, enumerate(samples.items())))


def wrong_ones(found):
    return {
        name: (seconds, probed)
        for name, (_, seconds, probed) in found.items()
        if seconds is not None and abs(seconds - probed) > EXACT_S
    }


def test_of_72_kinds_of_files_no_duration_is_wrong_and_the_kind_is_right(tmp_path):
    found = read(SAMPLES, tmp_path)
    unknown = [name for name, (kind, seconds, _) in found.items() if seconds is None and kind is not MediaKind.IMAGE]
    print(f"{len(found)} kinds of files, {len(wrong_ones(found))} wrong, {len(unknown)} unknown: {', '.join(unknown)}")  # noqa: T201 - read with pytest -s
    assert len(found) == 72
    assert wrong_ones(found) == {}
    assert len(unknown) <= UNKNOWN_MAX
    assert {name: kind for name, (kind, *_) in found.items()} == {name: each.kind for name, each in SAMPLES.items()}


def test_a_long_file_is_measured_by_a_few_of_its_bytes(tmp_path):
    found = read(LONG_SAMPLES, tmp_path)
    assert wrong_ones(found) == {}
    assert [name for name, (_, seconds, _) in found.items() if seconds is None] == []
