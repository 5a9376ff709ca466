"""Opens the bot's store for the host's commands."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from bot.app import texts
from bot.catalogue import Catalogue
from bot.errors import RESTART_CANNOT_HELP, DatabaseTaken, Refused, StartError
from bot.runtime.clock import SystemClock
from bot.runtime.progress import Progress, no_progress
from bot.settings import Settings
from bot.store import Store
from bot.store.guild.privacy import BATCH
from bot.store.host.jobs import reading


@contextlib.asynccontextmanager
async def stopped_bots_store(
    settings: Settings, progress: Progress | None = None, *, alone: bool = True
) -> AsyncIterator[Store]:
    """Yield the store, locked for this process. Raises DatabaseTaken if a bot runs on it, StartError if it is missing.

    `progress` receives the progress of long work. Not `alone`: a bot may run.
    """
    if isinstance(settings.database, Path) and not settings.database.exists():
        raise StartError(texts.NO_DATABASE(path=settings.database), exit_code=RESTART_CANNOT_HELP)
    keys = tuple(key.get_secret_value() for key in settings.secret_keys)
    store = await Store.open(settings.database, clock=SystemClock(), secret_keys=keys, alone=alone, progress=progress)
    try:
        yield store
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def any_bots_store(settings: Settings, progress: Progress | None = None) -> AsyncIterator[Store]:
    """Yield the store, also next to a running bot. Raises StoreError if that bot is of another version."""
    try:
        async with stopped_bots_store(settings, progress) as store:
            yield store
            return
    except DatabaseTaken:
        with reading(settings.sqlite_file):  # one of another schema would be migrated under the running bot
            pass
    async with stopped_bots_store(settings, progress, alone=False) as store:
        yield store


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
