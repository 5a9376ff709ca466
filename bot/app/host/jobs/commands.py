"""`cannon-bot jobs`: inspect and solve stuck jobs without SQL, next to a running bot where that is safe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.app.host.jobs import texts
from bot.app.host.offline import any_bots_store, stopped_bots_store
from bot.domain.models import PENDING_STATES, Job, JobState
from bot.domain.money.limit_rules import host_limits
from bot.errors import Refused
from bot.jobs import texts as job_texts
from bot.jobs.turns.transitions import true_cost
from bot.language import from_discord, speaking
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress
from bot.settings import Settings
from bot.store import Store
from bot.store import texts as store_texts
from bot.store.host.jobs import JobOnFile, may_recheck, reading, shown
from bot.store.money.totals import host_credits

REMOTE_STATES = frozenset({JobState.QUEUED, JobState.PROCESSING})
_PLAIN = (
    "id", "guild_id", "author_id", "card_id", "operation", "model", "state", "waits_for", "practice", "key_id",
    "remote_id", "attempts", "in_doubt", "faults", "created_at", "first_attempt_at", "submitted_at", "started_at",
    "finished_at", "delivered_at", "overdue_at", "erased_at", "next_at", "recheck_at", "after_ids", "error",
)  # fmt: skip
"""Shown of a job: no member's words, no link."""


def host_credits_spent(settings: Settings, clock: Clock) -> list[dict[str, str]]:
    """Return the spending under each of the host's limits this month, as JSON values. Raises StoreError."""
    limits = host_limits(settings.cannon_api_key_limit, settings.cannon_api_key_total)
    if not limits:
        return []
    with reading(settings.database) as db:
        found = host_credits(db, limits, clock.wall())
    return [
        {
            "setting": "CANNON_API_KEY_TOTAL" if each.is_total else "CANNON_API_KEY_LIMIT",
            "spent": f"{each.spent.normalize():f}",
            "limit": f"{each.limit.credits.normalize():f}",
            "server": "all" if each.is_total else str(each.guild_id or "none"),
        }
        for each in found
    ]


def show_job(settings: Settings, job_id: str) -> dict[str, Any]:
    """Return a job's progress as JSON values. Raises StoreError, Refused if it doesn't exist."""
    found = shown(settings.database, job_id.upper())
    if found is None:
        raise Refused(texts.NO_JOB(job_id=job_id))
    return {
        **as_json(found.job, is_followed=found.followed_by is not None),
        "is_answered": found.is_answered,
        "followed_by": found.followed_by or "",
        "ledger": [{"kind": each.kind, "credits": str(each.credits), "at": each.at} for each in found.bookings],
    }


def as_json(job: Job, *, is_followed: bool) -> dict[str, Any]:
    """Return a job as JSON values; when it is next due is in the memory of the bot that follows it, if one does."""
    plain = {name: getattr(job, name) for name in _PLAIN}
    return {
        **plain,
        "next_at": None if is_followed else job.next_at,
        "is_followed": is_followed,
        "state": job.state.value,
        "waits_for": None if job.waits_for is None else job.waits_for.value,
        "held": str(job.reserved),
        "cost": None if job.cost is None else str(job.cost),
    }


async def retry_job(settings: Settings, job_id: str, *, clock: Clock, progress: Progress) -> str:
    """Make a job due now, by its usual rules; return the outcome as a sentence.

    Never submits with another idempotency key. Raises StoreError, StartError, Refused with the reason.
    """
    async with any_bots_store(settings, progress) as store:
        found = await _free(store, job_id)
        job = found.job
        if job.state in PENDING_STATES:
            raise Refused(texts.PENDING)
        if not job.state.ended:
            if not await store.host_jobs.make_due(job):
                raise Refused(texts.CHANGED_MEANWHILE)
            return texts.DUE_NOW(job_id=job.id)
        if not may_recheck(found, clock.wall()):
            raise Refused(texts.cannot_retry(job.state, has_request=job.remote_id is not None))
        if not await store.host_jobs.recheck_now(job):
            raise Refused(texts.CHANGED_MEANWHILE)
        return texts.RECHECK_NOW(job_id=job.id)


async def release_job(settings: Settings, job_id: str, *, ends: bool, is_sure: bool, progress: Progress) -> str:
    """Free a job that the dead followed; with `ends`, end it: results are kept, the rest is refunded.

    Without `is_sure` it is a dry run. Returns the outcome as a sentence. Raises StoreError, StartError, Refused with
    the reason.
    """
    async with any_bots_store(settings, progress) as store:
        found = await _free(store, job_id)
        job = found.job
        if job.state.ended:
            raise Refused(texts.HAS_ENDED(state=job.state))
        if not ends:
            return texts.FREE_NOW(job_id=job.id)
        if not is_sure:
            raise Refused(texts.WOULD_END(job_id=job.id, outcome=_outcome(job)))
        await _end(store, job)
        ended = await store.host_jobs.find(job.id) or found
        return texts.ended(job.id, ended.job.state, refunded=ended.is_refunded)


async def mark_uncertain(settings: Settings, age_s: float, *, clock: Clock, progress: Progress) -> str:
    """Mark the database as a backup of so many seconds ago; return the outcome as a sentence.

    Raises StoreError, StartError, Refused while a bot runs.
    """
    async with stopped_bots_store(settings, progress) as store:
        open_jobs = await store.host_jobs.doubt(clock.wall() - age_s)
    if open_jobs is None:
        raise Refused(store_texts.BOTS_RUN)
    return texts.marked_uncertain(open_jobs)


async def _free(store: Store, job_id: str) -> JobOnFile:
    """Return a job that nothing alive follows; one that the dead followed is freed. Raises Refused."""
    found = await store.host_jobs.find(job_id.upper())
    if found is None:
        raise Refused(texts.NO_JOB(job_id=job_id))
    if found.followed_by is None:
        return found
    await store.leases.take_over()
    freed = await store.host_jobs.find(found.job.id) or found
    if freed.followed_by is not None:
        raise Refused(texts.followed(freed.followed_by))
    return freed


def _outcome(job: Job) -> str:
    if job.state is JobState.READY:
        return texts.WOULD_BE_KEPT
    return texts.WOULD_BE_POLLED if job.state in REMOTE_STATES else texts.WOULD_BE_REFUNDED


async def _end(store: Store, job: Job) -> None:
    """End an open job as the worker gives one up. Raises Refused if it was changed meanwhile."""
    card = await store.cards.get(job.guild_id, job.card_id)
    rules = await store.settings.get(job.guild_id)
    with speaking(from_discord(rules.language or (card.locale if card else ""))):
        if job.state in PENDING_STATES or (job.state is JobState.SUBMITTING and not job.attempts):
            cancelled = await store.cancellation.cancel(job.guild_id, job.id, str(job_texts.GIVEN_UP))
            is_done = cancelled is not None and cancelled.stopped
        else:
            to = JobState.HELD if job.state is JobState.READY else JobState.FAILED
            is_done = await store.jobs.change(job, to, **_end_changes(job)) is not None
    if not is_done:
        raise Refused(texts.CHANGED_MEANWHILE)


def _end_changes(job: Job) -> Mapping[str, Any]:
    if job.state is JobState.READY:
        return {"settle": true_cost(job), "error": str(job_texts.GIVEN_UP_MADE)}
    sentence = job_texts.NOT_CONFIRMED if job.in_doubt else job_texts.GIVEN_UP
    return {"release": True, "recheck": job.state in REMOTE_STATES, "cost": None, "error": str(sentence)}
