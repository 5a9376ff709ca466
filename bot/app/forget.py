"""`cannon-bot forget` and `forget-description`: a host erases a server or a member, or has the bot unlearn a document.

The members of a server that has removed the bot cannot delete their data by `/me` there any more, and others may ask
their host by other ways.
"""

from __future__ import annotations

from bot.app import texts
from bot.app.catalogue_refresh import forget_document, learn_document_again
from bot.app.offline import any_bots_store, stopped_bots_store
from bot.catalogue import Catalogue
from bot.runtime.progress import Progress, no_progress
from bot.settings import Settings
from bot.store import Store
from bot.store.guild.retention import BATCH

FOR_EVER = 0.0
"""Since when a server that is given up counts as absent (Unix seconds)."""


async def forget_guild(settings: Settings, guild_id: int, progress: Progress = no_progress) -> str:
    """Erase all that is stored of a server but its ledger and what the jobs cost; return the outcome as a sentence.

    What was not sent is cancelled and refunded, its key is forgotten. Raises StoreError, StartError.
    """
    async with stopped_bots_store(settings, progress) as store:
        await store.retention.give_up(guild_id)
        await store.absent_guilds.note(guild_id)
        await store.absent_guilds.forget(guild_id)
        erased = await _erase_all(store, guild_id, progress)
        left = await store.retention.clear_out(guild_id, FOR_EVER)
        await _replace_all(store)
        is_clean = await store.scrub(at_most_bytes=None)
    return texts.guild_forgotten(guild_id, erased, left, is_clean=is_clean)


async def forget_description(settings: Settings, *, undo: bool, progress: Progress = no_progress) -> str:
    """Forget Cannon Studio's description of its API as it was last read, or take that back; return the outcome.

    The bot may run: it uses what it has read until its next start. Raises StoreError, StartError.
    """
    async with any_bots_store(settings, progress) as store:
        if undo:
            await learn_document_again(store)
            return texts.DESCRIPTION_WANTED
        return texts.DESCRIPTION_FORGOTTEN if await forget_document(store) else texts.NO_DESCRIPTION_STORED


async def _erase_all(store: Store, guild_id: int, progress: Progress) -> int:
    is_known, erased, last = Catalogue().knows_model, 0, BATCH
    while last == BATCH:
        last = await store.retention.erase_some(guild_id, FOR_EVER, is_known)
        erased += last
        progress(texts.ERASING, erased, 0)
    return erased


async def _replace_all(store: Store) -> None:
    """Replace the numbers of members wherever nothing counts by them; the running bot does so with the others later."""
    while await store.former_members.replace_due():
        pass


async def forget_member(
    settings: Settings, member_id: int, guild_id: int | None, progress: Progress = no_progress
) -> str:
    """Erase what is stored about a member, on one server or on all; return the outcome as a sentence.

    It is what "Delete my data" in `/me` does. Copies of their results are deleted when the bot runs. Raises StoreError,
    StartError.
    """
    async with stopped_bots_store(settings, progress) as store:
        guilds = [guild_id] if guild_id is not None else await store.privacy.guilds_of(member_id)
        is_known = Catalogue().knows_model
        erased = [await store.privacy.erase(each, member_id, is_known_model=is_known) for each in guilds]
        await _replace_all(store)
        is_clean = await store.scrub(at_most_bytes=None)
    jobs, drafts, left = (sum(getattr(each, name) for each in erased) for name in ("jobs", "drafts", "left"))
    return texts.member_forgotten(member_id, len(guilds), jobs, drafts, left, is_clean=is_clean)
