"""What a message of ten files holds: every result is on its card, as a file or as a link."""

from __future__ import annotations

import itertools
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.channels.facts import FILES_PER_MESSAGE
from bot.delivery.files.attachments import Arrangement, arrange, arrange_all, names_of, text_files
from bot.delivery.files.downloads import ResultFiles
from bot.domain.models import Job, JobState, Media, MediaKind
from bot.media.fetcher import LocalFile

NOW = 1_767_225_600.0
IDS = itertools.count(1)


def job(number: int, *, files: int, after: int | None = None, prompt: str = "a fox") -> Job:
    job_id = f"{number:04}0123456"[:10]
    return Job(
        id=job_id,
        card_id="c",
        guild_id=1,
        position=number,
        author_id=2,
        operation="image.generate",
        input={"prompt": prompt},
        state=JobState.DELIVERED,
        idempotency_key="k",
        key_id=None,
        held=Decimal(1),
        basis="fixed",
        created_at=NOW,
        media=tuple(
            Media(url=f"https://example.com/{job_id}/{each}.png", kind=MediaKind.IMAGE, key="image_url")
            for each in range(files)
        ),
        after_ids=() if after is None else (f"{after:04}0123456"[:10],),
    )


def results(of: Job) -> ResultFiles:
    files = [
        LocalFile(path=Path("unused"), kind=MediaKind.IMAGE, content_type="image/png", size=1, extension=".png")
        for _ in of.media
    ]
    return ResultFiles(files=files, urls=[medium.url for medium in of.media])


def attachment(name: str, size: int = 1) -> discord.Attachment:
    data: Any = {"id": next(IDS), "size": size, "url": "", "proxy_url": "", "filename": name}
    state: Any = SimpleNamespace(http=None)  # it would fetch the file, which nothing here does
    return discord.Attachment(data=data, state=state)


def on_card(arrangement: Arrangement, of: Job, texts: list[str]) -> list[discord.Attachment]:
    """Return the card's attachments once Discord has taken the edit."""
    new = [attachment(name) for name in names_of(of, arrangement.results)]
    media = [*new, *arrangement.kept] if arrangement.first else [*arrangement.kept, *new]
    return [*media, *map(attachment, texts)]


@given(
    counts=st.lists(st.integers(0, 6), min_size=1, max_size=8),
    texts=st.lists(st.sampled_from(["prompt.txt", "rewritten-prompt.txt", "result.txt"]), unique=True),
    linked=st.booleans(),
    one_prompt=st.booleans(),
)
def test_whatever_comes_no_message_has_more_than_ten_files_and_no_result_is_lost(
    counts: list[int], texts: list[str], linked: bool, one_prompt: bool
):
    jobs = [
        job(
            number,
            files=count,
            after=number - 1 if linked and number else None,
            prompt="a fox" if one_prompt else f"fox {number}",
        )
        for number, count in enumerate(counts)
    ]
    there: list[discord.Attachment] = []
    links: list[str] = []
    for number, each in enumerate(jobs):
        new_texts = texts if number == 0 else []  # they are on the card from then on
        arrangement = arrange(jobs, each, results(each), there, new_texts)
        there = on_card(arrangement, each, new_texts)
        links += [*arrangement.links, *arrangement.results.links]
        assert len(there) <= FILES_PER_MESSAGE
    shown = {file.filename for file in there}
    assert set(texts) <= shown
    for each in jobs:
        for name, medium in zip(names_of(each, results(each)), each.media, strict=True):
            assert (name in shown) != (medium.url in links)


def test_the_texts_that_are_attached_take_room_from_the_results():
    first = job(0, files=10)
    arrangement = arrange([first], first, results(first), (), ["prompt.txt"])
    assert len(arrangement.results.files) == 9
    assert arrangement.results.links == [first.media[9].url]
    there = [attachment("prompt.txt"), attachment("result.txt")]
    arrangement = arrange([first], first, results(first), there, [])
    assert len(arrangement.results.files) == 8


def test_the_last_step_comes_first_and_the_oldest_files_become_links():
    first, last = job(0, files=8), job(1, files=4, after=0)
    there = [attachment(name) for name in names_of(first, results(first))]
    arrangement = arrange([first, last], last, results(last), there, ["prompt.txt"])
    assert arrangement.first
    assert [file.filename for file in arrangement.kept] == names_of(first, results(first))[:5]
    assert arrangement.links == [medium.url for medium in first.media[5:]]


def test_a_text_is_attached_again_only_if_it_has_changed():
    there = [attachment("prompt.txt", len("grün".encode())), attachment("result.txt", 3)]
    files = text_files({"prompt.txt": "grün", "result.txt": "longer", "new.txt": ""}, there)
    assert [file.filename for file in files] == ["result.txt", "new.txt"]


def test_a_spoiler_that_an_unanswered_attempt_has_left_is_replaced_and_a_linked_one_makes_room():
    made = job(0, files=2)
    left = [attachment(f"SPOILER_{name}") for name in names_of(made, results(made))]
    assert arrange([made], made, results(made), left, []).kept == []
    first, last = job(0, files=10), job(1, files=1, after=0)
    there = [attachment(f"SPOILER_{name}") for name in names_of(first, results(first))]
    arrangement = arrange([first, last], last, results(last), there, [])
    assert arrangement.links == [first.media[-1].url]


def test_of_several_results_the_first_come_as_files_and_the_rest_as_links():
    jobs = [job(number, files=4) for number in range(4)]
    arranged, parts = arrange_all(jobs, [(each, results(each)) for each in jobs], [], ["prompt.txt"])
    assert [len(found.files) for _, found in parts] == [4, 4, 1, 0]
    assert arranged.links == [medium.url for each in jobs[2:] for medium in each.media][1:]
    assert [each for each, _ in parts] == jobs
