"""Reactions as controls: from an emoji under one of our cards to what the server lets it do.

A reaction's event says who reacted (with their roles), where and with what; no message is read for it. It is looked up
by its message's id, and on messages that are not ours nothing is looked up but that. What came while the bot was away
is not made up for. Refusals are sent by direct message, once in a while: never in the channel.
"""

import asyncio
import weakref
from collections.abc import Iterable

import discord
import structlog
from discord.ext import commands

from bot.app.client import CannonBot
from bot.delivery.discord_facts import DISCORD_ERRORS
from bot.domain.reaction_rules import ReactionAction, emoji_key
from bot.errors import BotError, Refused
from bot.generation.reactions import ReactionKey, Reactions
from cogs.reactions.actions import ACTIONS, BURST, Reacted, ReactionContext, require_allowed

log = structlog.get_logger(__name__)

NOT_POSTED = "Discord did not take the answer, so nothing was made or spent."


class ReactionListener(commands.Cog):
    """Listens to reactions, and to the end of the messages that they are on."""

    def __init__(self, bot: CannonBot) -> None:
        self.bot = bot
        self.context = ReactionContext.of(bot)
        self._locks: weakref.WeakValueDictionary[tuple[int, str, int], asyncio.Lock] = weakref.WeakValueDictionary()

    def _lock(self, event: discord.RawReactionActionEvent) -> asyncio.Lock:
        """Return the lock of this member's emoji on this message: taking back waits for what it takes back."""
        key = (event.message_id, _key(event.emoji), event.user_id)
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock

    @property
    def reactions(self) -> Reactions:
        """What reactions do."""
        return self.bot.parts.generation.reactions

    # ------------------------------------------------------------------ put on

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """Do what the emoji is for here."""
        try:
            async with self._lock(event):
                await self._added(event)
        except Exception:
            log.exception("reaction.failed", message=event.message_id)

    async def _added(self, event: discord.RawReactionActionEvent) -> None:
        reacted = await self._look(event)
        if reacted is None:
            return
        try:
            await self._act(reacted)
        except BotError as error:
            is_burst = isinstance(error, Refused) and error.reason == BURST
            await self._tell(reacted, error.sentence, once=BURST if is_burst else str(reacted.member.id))
        except DISCORD_ERRORS as error:
            log.warning("reaction.not_done", card=reacted.card.id, error=type(error).__name__)
            await self._tell(reacted, NOT_POSTED, once=str(reacted.member.id))

    async def _look(self, event: discord.RawReactionActionEvent) -> Reacted | None:
        """Return what the reaction is about; None for one that does not count or is not on a card of ours."""
        member, own = event.member, self.bot.user
        # Who is no member cannot be checked: Discord sends one with every member's reaction, and no other's.
        if event.guild_id is None or member is None or member.bot or own is None:
            return None
        if event.message_author_id not in {None, own.id}:
            return None
        found = await self.reactions.find(event.guild_id, event.message_id, _key(event.emoji))
        channel = member.guild.get_channel_or_thread(event.channel_id)
        if found is None or not isinstance(
            channel, discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
        ):
            return None
        return Reacted(guild=member.guild, channel=channel, message_id=event.message_id, member=member, on=found)

    async def _act(self, reacted: Reacted) -> None:
        await require_allowed(self.context, reacted)
        if await self.reactions.count(reacted.key, reacted.on):
            await ACTIONS[reacted.rule.action](self.context, reacted)

    async def _tell(self, reacted: Reacted, sentence: str, *, once: str) -> None:
        """Say by direct message why a reaction did nothing; `once` in a while, and not at all to who takes none."""
        guild, member = reacted.guild, reacted.member
        if not await self.reactions.may_report(guild.id, once):
            return
        if self.context.telling.wait_s(guild.id):
            return
        where = f"<#{reacted.channel.id}>"
        try:
            await member.send(f"⚠️ Your {reacted.rule.shown} in {where} did nothing: {sentence}"[:2000])
        except DISCORD_ERRORS as error:
            log.info("reaction.not_told", member=member.id, error=type(error).__name__)

    # ------------------------------------------------------------------ taken back

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        """Cancel what a reaction has started, if it was not sent yet; a star no longer counts."""
        try:
            async with self._lock(event):
                await self._removed(event)
        except Exception:
            log.exception("reaction.not_taken_back", message=event.message_id)

    async def _removed(self, event: discord.RawReactionActionEvent) -> None:
        if event.guild_id is None:
            return
        taken_back = await self.reactions.take_back(
            ReactionKey(
                guild_id=event.guild_id,
                message_id=event.message_id,
                emoji=_key(event.emoji),
                member_id=event.user_id,
            )
        )
        if taken_back is None:
            return
        if taken_back.action is ReactionAction.GALLERY:
            await self._count_stars(event.guild_id, taken_back.card_id)
        if taken_back.cancelled_card is not None:
            await self.bot.parts.delivery.show(event.guild_id, taken_back.cancelled_card)

    async def _count_stars(self, guild_id: int, card_id: str) -> None:
        found = await self.bot.parts.store.cards.with_jobs(guild_id, card_id)
        if found is not None:
            await self.context.gallery.update(guild_id, *found)

    @commands.Cog.listener()
    async def on_raw_reaction_clear(self, event: discord.RawReactionClearEvent) -> None:
        """Let all reactions of a message act again: a moderator has cleared them."""
        await self._cleared(event.guild_id, event.message_id, None)

    @commands.Cog.listener()
    async def on_raw_reaction_clear_emoji(self, event: discord.RawReactionClearEmojiEvent) -> None:
        """Let the reactions with one emoji act again: a moderator has cleared them."""
        await self._cleared(event.guild_id, event.message_id, _key(event.emoji))

    async def _cleared(self, guild_id: int | None, message_id: int, emoji: str | None) -> None:
        if guild_id is None:
            return
        try:
            for card_id in await self.reactions.clear(guild_id, message_id, emoji):
                await self._count_stars(guild_id, card_id)
        except Exception:
            log.exception("reaction.not_cleared", message=message_id)

    # ------------------------------------------------------------------ the message's end

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Take the gallery's post away together with its source."""
        await self._deleted(event.guild_id, [event.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Do so for each of many messages."""
        await self._deleted(event.guild_id, event.message_ids)

    async def _deleted(self, guild_id: int | None, message_ids: Iterable[int]) -> None:
        if guild_id is None:
            return
        for message_id in message_ids:
            try:
                found = await self.bot.parts.store.cards.in_message(guild_id, message_id)
                if found is not None:
                    await self.context.gallery.take_down(guild_id, found[0])
            except Exception:
                log.exception("gallery.not_taken_down", message=message_id)


def _key(emoji: discord.PartialEmoji) -> str:
    return emoji_key(emoji.name or "", emoji.id)


async def setup(bot: CannonBot) -> None:
    """Listen."""
    await bot.add_cog(ReactionListener(bot))
