"""What the store's tests share: jobs of one card as they make, end and list them, and periods."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from decimal import Decimal
from typing import Any

from bot.domain.models import Job, JobState, Media, MediaKind
from bot.domain.server.guild_rules import Period
from bot.store import Store

GUILD = 700
IMAGE = Media(url="https://media.test/1.png", kind=MediaKind.IMAGE, key="image_url")


async def delivered(store: Store, job: Job) -> Job:
    found = await store.jobs.change(
        job, JobState.DELIVERED, settle=Decimal(4), media=(IMAGE,), output={"image_url": "x"}
    )
    assert found is not None
    return found


async def states(store: Store, jobs: list[Job]) -> list[JobState]:
    found = [await store.jobs.get(GUILD, job.id) for job in jobs]
    return [job.state for job in found if job is not None]


async def chain(
    store: Store, made: Any, *befores: tuple[int, ...], fill: Any = None, guild_id: int = GUILD
) -> list[Job]:
    """Accept a card whose n-th job waits for the jobs at the places `befores[n]`, and answer it."""
    card = made.card(guild_id)
    jobs: list[Job] = []
    for place, before in enumerate(befores):
        ids = tuple(jobs[each].id for each in before)
        jobs.append(
            made.job(
                card,
                place,
                state=JobState.WAITING if before else JobState.SUBMITTING,
                after_ids=ids,
                fill=(fill(ids) if fill else {"prompt": f"{{{ids[0]}.enhancedPrompt}}"}) if before else {},
            )
        )
    _, stored, _ = await store.cards.accept(card, jobs, lambda _: None)
    await store.cards.mark_answered(guild_id, card.id, 900, 55)
    return list(stored)


async def now(store: Store, job: Job) -> Job:
    found = await store.jobs.get(job.guild_id, job.id)
    assert found is not None
    return found


def window(at: float, period: Period, zone: str = "UTC") -> tuple[int, ...]:
    """Name the period that a moment is in."""
    day = dt.datetime.fromtimestamp(at, zoneinfo.ZoneInfo(zone)).date()
    return {
        Period.DAY: (day.year, day.month, day.day),
        Period.WEEK: tuple(day.isocalendar()[:2]),
        Period.MONTH: (day.year, day.month),
        Period.TOTAL: (),
    }[period]
