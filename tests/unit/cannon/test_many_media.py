"""An answer with more files than a card can show costs nobody's time."""

from __future__ import annotations

import time

import pytest

from bot.cannon.outputs import media_of, text_of
from bot.catalogue import OPERATIONS
from tests.support.machine import slowness
from tests.support.work import calls_of

BY_ID = {operation.id: operation for operation in OPERATIONS}
MEDIA_MAX = 20


def many(count: int) -> list[str]:
    return [f"https://storage.googleapis.com/bucket/{number}.png" for number in range(count)]


@pytest.mark.parametrize("count", [21, 300, 30_000])
def test_the_first_twenty_files_of_an_answer_are_taken(count: int) -> None:
    found = media_of(BY_ID["image.generate"], {"image_urls": many(count)})
    assert [item.url for item in found] == many(MEDIA_MAX)


def test_twenty_files_are_all_taken() -> None:
    assert len(media_of(BY_ID["image.generate"], {"image_urls": many(MEDIA_MAX)})) == MEDIA_MAX


@pytest.mark.parametrize("operation", [BY_ID["image.generate"], None])
def test_files_in_many_fields_are_bounded_together(operation: object) -> None:
    output = {f"image_{number}_url": link for number, link in enumerate(many(5000))} | {"image_urls": many(5000)}
    assert len(media_of(operation, output)) <= MEDIA_MAX  # type: ignore[arg-type]  # an operation or None


def test_files_and_links_take_no_time() -> None:
    output = {"image_urls": many(30_000), "note": "[x](" * 5000}
    assert calls_of(lambda: media_of(BY_ID["image.generate"], output)) < 1000
    start = time.process_time()
    text_of(BY_ID["image.generate"], output)  # by a pattern, which is one call however long it takes
    assert time.process_time() - start < 0.25 * slowness()
