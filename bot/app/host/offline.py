"""Opens the bot's store for the host's commands."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.app import texts
from bot.app.catalogue import forget_published
from bot.app.host import texts as host_texts
from bot.catalogue import Catalogue
from bot.errors import RESTART_CANNOT_HELP, DatabaseTaken, Refused, StartError
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.progress import Progress, no_progress
from bot.settings import PostgresUrl, Settings
from bot.store import Store
from bot.store.engine.files import refuse_half_restored
from bot.store.guild.privacy import BATCH
from bot.store.host.archive import CARDS, kept_from, month_of
from bot.store.host.backup import delete_older
from bot.store.host.upgrade import plan_of


@contextlib.asynccontextmanager
async def stopped_bots_store(settings: Settings, progress: Progress | None = None) -> AsyncIterator[Store]:
    """Yield the store, locked for this process. Raises DatabaseTaken if a bot runs on it, StartError if it is missing.

    `progress` receives the progress of long work.
    """
    async with _opened(settings, progress, alone=True) as store:
        yield store


@contextlib.asynccontextmanager
async def any_bots_store(settings: Settings, progress: Progress | None = None) -> AsyncIterator[Store]:
    """Yield the store, also next to a running bot. Raises StoreError if that bot is of another version."""
    try:
        async with _opened(settings, progress, alone=True) as store:
            yield store
            return
    except DatabaseTaken:
        plan = await asyncio.to_thread(plan_of, settings.sqlite_file, no_progress)
        if plan is None or plan.is_needed:  # opening it would migrate it under the running bot
            raise StartError(texts.BOT_IS_OLDER, exit_code=RESTART_CANNOT_HELP) from None
    async with _opened(settings, progress, alone=False) as store:
        yield store


@contextlib.asynccontextmanager
async def _opened(settings: Settings, progress: Progress | None, *, alone: bool) -> AsyncIterator[Store]:
    if isinstance(settings.database, Path):
        refuse_half_restored(settings.database)
        if not settings.database.exists():
            raise StartError(texts.NO_DATABASE(path=settings.database), exit_code=RESTART_CANNOT_HELP)
    keys = tuple(key.get_secret_value() for key in settings.secret_keys)
    store = await Store.open(settings.database, clock=SystemClock(), secret_keys=keys, alone=alone, progress=progress)
    try:
        yield store
    finally:
        await store.close()


FOR_EVER = 0.0
"""Absence time of a server that is given up (Unix seconds)."""


async def forget_guild(
    settings: Settings, guild_id: int, progress: Progress = no_progress, *, is_sure: bool = True
) -> str:
    """Erase a server's data but its ledger and costs; return the outcome as a sentence.

    Unsent jobs are cancelled and refunded, its key is forgotten. Without `is_sure` it is a dry run. Raises StoreError,
    StartError, Refused with the reason.
    """
    async with _for_erasing(settings, progress, is_sure=is_sure) as store:
        jobs = await store.retention.jobs_of(guild_id)
        if jobs is None:
            raise Refused(texts.NOTHING_OF_GUILD(guild_id=guild_id))
        if not is_sure:
            raise Refused(texts.would_forget_guild(guild_id, jobs))
        await store.retention.give_up(guild_id)
        await store.absent_guilds.note(guild_id)
        await store.absent_guilds.forget(guild_id)
        erased = await _erase_all(store, guild_id, progress)
        left = await store.retention.clear_out(guild_id, FOR_EVER)
        await _replace_all(store)
        is_clean = await store.scrub(at_most_bytes=None)
    return texts.guild_forgotten(guild_id, erased, left, is_clean=is_clean)


async def forget_description(settings: Settings, *, undo: bool, progress: Progress = no_progress) -> str:
    """Forget what Cannon Studio publishes about its API, or undo that; return the outcome.

    A running bot uses it until its next start. Raises StoreError, StartError.
    """
    async with any_bots_store(settings, progress) as store:
        if undo:
            await store.api_facts.use_again()
            return texts.DESCRIPTION_WANTED
        return texts.DESCRIPTION_FORGOTTEN if await forget_published(store) else texts.NO_DESCRIPTION_STORED


async def _erase_all(store: Store, guild_id: int, progress: Progress) -> int:
    is_known, erased, last = Catalogue().knows_model, 0, BATCH
    while last == BATCH:
        last = await store.retention.erase_some(guild_id, FOR_EVER, is_known)
        erased += last
        progress(texts.ERASING, erased, 0)
    return erased


async def _replace_all(store: Store) -> None:
    """Replace members' numbers where nothing counts by them; the running bot replaces the others later."""
    while await store.former_members.replace_due():
        pass


async def forget_member(
    settings: Settings, member_id: int, guild_id: int | None, progress: Progress = no_progress, *, is_sure: bool = True
) -> str:
    """Erase a member's data, on one server or on all; return the outcome as a sentence.

    Like "Delete my data" in `/me`; on all servers, the key of their own account is deleted, too. Copies of their
    results are deleted when the bot runs. Without `is_sure` it is a dry run. Raises StoreError, StartError, Refused
    with the reason.
    """
    async with _for_erasing(settings, progress, is_sure=is_sure) as store:
        known = await store.privacy.guilds_of(member_id)
        guilds = [each for each in known if guild_id in {None, each}]
        has_account = guild_id is None and await store.keys.current(member_id) is not None
        if not (guilds or has_account):
            raise Refused(texts.nothing_of_member(member_id, guild_id))
        if not is_sure:
            raise Refused(texts.would_forget_member(member_id, guilds))
        is_known = Catalogue().knows_model
        erased = [await store.privacy.erase(each, member_id, is_known_model=is_known) for each in guilds]
        if guild_id is None:
            await store.own_accounts.remove(member_id, at_once=True)
        await _replace_all(store)
        is_clean = await store.scrub(at_most_bytes=None)
    jobs, drafts, left = (sum(getattr(each, name) for each in erased) for name in ("jobs", "drafts", "left"))
    return texts.member_forgotten(member_id, len(guilds), jobs, drafts, left, is_clean=is_clean)


async def rotate_keys(settings: Settings, progress: Progress = no_progress) -> str:
    """Seal all secrets with the newest secret key; return the outcome as a sentence. Raises StoreError, StartError."""
    async with stopped_bots_store(settings, progress) as store:
        count = store.resealed + await store.rotate_secrets()
    return texts.keys_rotated(count)


def _for_erasing(
    settings: Settings, progress: Progress, *, is_sure: bool
) -> contextlib.AbstractAsyncContextManager[Store]:
    return stopped_bots_store(settings, progress) if is_sure else any_bots_store(settings, progress)


async def prune(
    settings: Settings, *, days: int, rebuilds: bool, clock: Clock, progress: Progress, is_sure: bool = True
) -> str:
    """Erase the contents of jobs that ended `days` ago or earlier (0: nothing), and leftovers of erased jobs.

    Servers that keep less keep less. Older automatic backups go too. The bot may run, except with `rebuilds`, which
    rewrites an SQLite file without gaps; a server does that by itself. Without `is_sure` it is a dry run. Returns the
    outcome as a sentence. Raises StoreError, StartError, Refused.
    """
    file = settings.sqlite_file if rebuilds or isinstance(settings.database, Path) else None
    opened = stopped_bots_store if rebuilds and is_sure else any_bots_store
    async with opened(settings, progress) as store:
        if not is_sure:
            raise Refused(host_texts.would_prune(await store.retention.old_jobs(days), days))
        jobs, rows = await _erase(store, days, progress)
        before = file.stat().st_size if file is not None else 0
        is_clean = await store.scrub(at_most_bytes=None if rebuilds else 0)
    if file is None:
        return host_texts.pruned(jobs, rows, 0, None, is_clean=is_clean)
    files = await asyncio.to_thread(_old_files, file, days, clock.wall())
    freed = max(0, before - file.stat().st_size)
    return host_texts.pruned(jobs, rows, files, freed if rebuilds else None, is_clean=is_clean)


async def _erase(store: Store, days: int, progress: Progress) -> tuple[int, int]:
    is_known, jobs, rows, last = Catalogue().knows_model, 0, 0, 1
    while last:
        last = await store.retention.erase_old(days, is_known)
        jobs += last
        progress(host_texts.ERASING, jobs, 0)
    last = BATCH
    while last == BATCH:
        last = await store.retention.forget_left_over()
        rows += last
        progress(host_texts.DELETING, rows, 0)
    await store.retention.forget_expired()
    return jobs, rows


def _old_files(database: Path, days: int, now: float) -> int:
    return delete_older(database, now - days * 86_400) if days else 0


def _archive_of(settings: Settings, progress: Progress | None = None) -> contextlib.AbstractAsyncContextManager[Store]:
    if not isinstance(settings.database, PostgresUrl):
        raise StartError(host_texts.NO_MONTHS, exit_code=RESTART_CANNOT_HELP)
    return any_bots_store(settings, progress)


async def list_months(settings: Settings) -> dict[str, Any]:
    """Return the months with jobs, and detached tables, as JSON values. Raises StoreError, StartError."""
    async with _archive_of(settings) as store:
        months, detached = await store.archive.months(), await store.archive.detached()
    return {"months": [asdict(each) for each in months], "detached": detached}


async def archive_months(settings: Settings, months: int, *, clock: Clock, progress: Progress, is_sure: bool) -> str:
    """Archive the jobs of all months but this one and so many before it; return the outcome as a sentence.

    The bot may run. Without `is_sure` it is a dry run. Raises StoreError, StartError, Refused.
    """
    before = kept_from(clock.wall(), months)
    first_kept = month_of(before)
    async with _archive_of(settings, progress) as store:
        jobs = sum(each.jobs for each in await store.archive.months() if each.name < first_kept)
        if not jobs:
            raise Refused(host_texts.NOTHING_TO_ARCHIVE(month=first_kept))
        if not is_sure:
            raise Refused(host_texts.would_archive(jobs, first_kept))
        archived = await _archive(store, before, jobs, progress)
    return host_texts.archived(archived, jobs - archived)


async def _archive(store: Store, before: float, jobs: int, progress: Progress) -> int:
    """Archive what is over; `jobs` are those of its months. Return how many jobs were archived."""
    is_known, archived = Catalogue().knows_model, 0
    guild_id = await store.archive.next_guild(0, before)
    while guild_id is not None:
        cards = await store.archive.cards(guild_id, before)
        for start in range(0, len(cards), CARDS):
            archived += await store.archive.take(guild_id, cards[start : start + CARDS], before, is_known)
            progress(host_texts.ARCHIVING, min(archived, jobs), jobs)
        guild_id = await store.archive.next_guild(guild_id, before)
    return archived


async def detach_month(settings: Settings, month: str, *, is_sure: bool) -> str:
    """Make tables of their own of an archived month; return the outcome. Raises StoreError, StartError, Refused."""
    async with _archive_of(settings) as store:
        jobs = await _archived(store, month)
        if not is_sure:
            raise Refused(host_texts.would_detach(jobs, month))
        return host_texts.detached(jobs, await store.archive.detach(month))


async def drop_month(settings: Settings, month: str, *, is_sure: bool) -> str:
    """Delete an archived month for good; return the outcome. Raises StoreError, StartError, Refused."""
    async with _archive_of(settings) as store:
        jobs = await _archived(store, month)
        if not is_sure:
            raise Refused(host_texts.would_drop(jobs, month))
        await store.archive.drop(month)
    return host_texts.dropped(jobs, month)


async def _archived(store: Store, month: str) -> int:
    """Return how many jobs of the month are archived. Raises Refused for none."""
    found = {each.name: each.archived for each in await store.archive.months()}
    if not found.get(month):
        raise Refused(host_texts.NOT_ARCHIVED(month=month))
    return found[month]
