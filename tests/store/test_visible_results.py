"""The results that a member may see."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

from bot.domain.models import Card, Job, JobState, Media, MediaKind
from bot.generation.visible_jobs import VisibleJobs
from bot.store import Store
from tests.support.stored import chain, now
from tests.support.viewers import seeing

GUILD, AUTHOR, OTHER = 700, 42, 43


async def result(
    store: Store, made: Any, *media: MediaKind, prompt: str = "a fox", author: int = AUTHOR, private: bool = False,
    to: JobState = JobState.DELIVERED, **values: Any,
) -> Job:  # fmt: skip
    card: Card = made.card(author_id=author, private=private)
    job = made.job(card, **({"input": {"prompt": prompt}} | values))
    await store.cards.accept(card, [job], lambda _: None)
    files = tuple(Media(url=f"https://a.test/{kind}", kind=kind, key=f"{kind}_url") for kind in media)
    await store.jobs.change(job, to, settle=Decimal(1), media=files)
    return await now(store, job)


IMAGE, VIDEO, AUDIO = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO


async def ids(store: Store, viewer: int = AUTHOR, **options: Any) -> list[str]:
    seen = seeing(GUILD, viewer)
    return [job.id for job in await VisibleJobs(store).results(seen, **({"kinds": [IMAGE]} | options))]


async def test_results_are_those_with_a_medium_of_the_kinds_newest_first(store: Store, made: Any) -> None:
    picture, clip = await result(store, made, IMAGE), await result(store, made, VIDEO)
    both, words = await result(store, made, AUDIO, VIDEO), await result(store, made)
    assert await ids(store) == [picture.id]
    assert await ids(store, kinds=[VIDEO]) == [both.id, clip.id]
    assert await ids(store, kinds=[IMAGE, AUDIO]) == [both.id, picture.id]
    assert await ids(store, kinds=list(MediaKind), limit=2) == [both.id, clip.id]
    assert await ids(store, kinds=[]) == []
    assert words.id not in await ids(store, kinds=list(MediaKind))


async def test_what_could_not_be_posted_or_is_not_done_is_no_result(store: Store, made: Any) -> None:
    await result(store, made, IMAGE, to=JobState.HELD)
    await chain(store, made, ())
    assert await ids(store) == []


async def test_a_private_result_and_job_are_seen_by_their_author_only(store: Store, made: Any) -> None:
    public, private = await result(store, made, IMAGE), await result(store, made, IMAGE, private=True)
    assert await ids(store) == [private.id, public.id]
    assert await ids(store, viewer=OTHER) == [public.id]
    visible = VisibleJobs(store)
    assert await visible.get(seeing(GUILD, AUTHOR), private.id) == private
    assert await visible.get(seeing(GUILD, OTHER), private.id) is None
    assert await visible.get(seeing(GUILD, OTHER), public.id) == public
    assert await visible.get(seeing(GUILD, AUTHOR), f" {public.id.lower()} ") == public
    assert await visible.get(seeing(GUILD + 1, AUTHOR), public.id) is None


async def test_of_a_message_those_results_are_found_that_its_reader_sees(store: Store, made: Any) -> None:
    public, private = await result(store, made, IMAGE), await result(store, made, IMAGE, private=True)
    place = (await store.job_lists.placed(GUILD, public.id)).place.place_id  # type: ignore[union-attr]  # it is there

    def say(db: sqlite3.Connection) -> None:
        db.execute("UPDATE jobs SET message_id = 77")

    await store._database.write(say)
    visible = VisibleJobs(store)
    assert [job.id for job in await visible.in_message(seeing(GUILD, AUTHOR, place), 77)] == [public.id, private.id]
    assert [job.id for job in await visible.in_message(seeing(GUILD, OTHER), 77)] == [public.id]
    assert await visible.in_message(seeing(GUILD, OTHER, place), 77) == []
    assert await visible.in_message(seeing(GUILD + 1, AUTHOR), 77) == []
