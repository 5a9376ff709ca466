"""Seeding: the bot adds emojis to a finished result, so that members see what they can do."""

import asyncio
from collections.abc import Sequence

import discord
import structlog

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.delivery.discord_facts import DISCORD_ERRORS, REACTIONS_PER_MESSAGE, UNKNOWN_EMOJI
from bot.domain.models import Card, Job, JobState
from bot.domain.reaction_rules import ReactionRules, Seeding
from bot.language import speaking
from bot.runtime.background import BackgroundTasks
from bot.runtime.timed_memory import TimedMemory
from cogs.reactions.actions import fits
from cogs.ui.legend import channel_legend

log = structlog.get_logger(__name__)

FEW_APART_S = 3600.0
"""A few emojis are a hint, which the last result that has them still gives: each is a call to Discord, as dear as the
result itself."""
CARDS_AT_ONCE = 4
"""So many are seeded at once: after a crowd of results the others wait here, and hold up no other call to Discord."""


class Seeds:
    """Adds reactions to results, if the server's settings say so; the delivery does not wait for it."""

    def __init__(self, bot: CannonBot) -> None:
        self._bot = bot
        self._tasks = BackgroundTasks()
        self._room = asyncio.Semaphore(CARDS_AT_ONCE)
        self._hinted: TimedMemory[int, bool] = TimedMemory(bot.clock, FEW_APART_S)
        """The channels in which a result has its few emojis."""

    def posted(self, card: Card, jobs: Sequence[Job], message: discord.Message) -> None:
        """Start to seed a result that was posted where it was requested, once the whole card has ended."""
        if message.channel.id == card.channel_id and not card.private and all(job.state.ended for job in jobs):
            self._tasks.start(self._seed(card, jobs, message), f"seed-{card.id}")

    async def _seed(self, card: Card, jobs: Sequence[Job], message: discord.Message) -> None:
        try:
            settings = await self._bot.parts.store.reactions.get(card.guild_id)
            if not settings.is_on or all(job.state is not JobState.DELIVERED for job in jobs):
                return
            if settings.seeds is Seeding.FEW and self._is_hinted(card.channel_id):
                return
            gallery = settings.gallery_channel is not None
            shown = [rule for rule in settings.seeded() if fits(self._bot, rule.action, jobs, gallery=gallery)]
            channel = self._bot.get_partial_messageable(card.channel_id, guild_id=card.guild_id)
            partial = channel.get_partial_message(message.id)
            async with self._room:
                for rule in shown[:REACTIONS_PER_MESSAGE]:
                    await _add(partial, rule.shown)
                if shown and not message.content:
                    await self._explain(card, partial, settings)
        except DISCORD_ERRORS as error:
            self._hinted.put(card.channel_id, False)
            log.info("reaction.not_seeded", card=card.id, error=type(error).__name__)
        except Exception:
            log.exception("reaction.seed_failed", card=card.id)

    def _is_hinted(self, channel_id: int) -> bool:
        """Whether an earlier result of the channel shows what an emoji does; from now on one does."""
        if self._hinted.get(channel_id):
            return True
        self._hinted.put(channel_id, True)
        return False

    async def _explain(self, card: Card, message: discord.PartialMessage, settings: ReactionRules) -> None:
        """Write once in a channel, on its first result itself, what the emojis under it do."""
        reactions = self._bot.parts.generation.reactions
        rules = await self._bot.parts.store.settings.get(card.guild_id)
        if not await reactions.begin_legend(card.guild_id, card.channel_id):
            return
        with speaking(self._bot.parts.languages.by_rules(card.guild_id, rules)):
            legend = channel_legend(settings, answers_words=rules.answer_words)
        try:
            await in_time(message.edit(content=legend))
        except DISCORD_ERRORS:
            await reactions.undo_legend(card.guild_id, card.channel_id)
            raise

    async def finished(self) -> None:
        """Wait until all seeding has finished."""
        await self._tasks.finished()

    async def aclose(self) -> None:
        """Cancel all seeding that has not finished."""
        await self._tasks.stop()


async def _add(message: discord.PartialMessage, emoji: str) -> None:
    """Put an emoji under a message. One that was deleted since it was mapped keeps none of the others away."""
    try:
        await in_time(message.add_reaction(discord.PartialEmoji.from_str(emoji)))
    except discord.HTTPException as error:
        if error.code != UNKNOWN_EMOJI:
            raise
        log.info("reaction.emoji_gone", emoji=emoji)
