"""A star by a button, and the emojis that the bot adds to results.

A press has the functions and rights of a reaction: who sees the result, the gate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import discord
import structlog

from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import DISCORD_ERRORS, REACTIONS_PER_MESSAGE, in_time
from bot.delivery.texts import NOT_FROM_HIDDEN
from bot.domain.models import Card, Job, JobState
from bot.domain.server.reaction_rules import REACTIONS, Seeding, seeded
from bot.errors import InputError, Refused
from bot.generation.again.reactions import Reactions
from bot.generation.texts import NO_RESULT
from bot.runtime.background import BackgroundTasks
from bot.runtime.pace import TimedMemory
from bot.store import Cards, GuildSettings, ReactionActs
from cogs.reactions import texts
from cogs.reactions.actions import (
    Reacted,
    ReactionContext,
    acting_part,
    fits,
    require_allowed,
)
from cogs.reactions.listener import ReactionListener
from cogs.ui.controls import on_job
from cogs.ui.interaction import Bot, Interaction, PostableChannel, use
from cogs.ui.permissions import is_outside, viewer_of
from cogs.ui.texts import GONE, IN_SERVER_ONLY


@on_job("to_gallery")
async def to_gallery(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    bot = interaction.client
    reacted = await _pressed(interaction, job)
    if reacted.card.private:
        raise Refused(NOT_FROM_HIDDEN)
    await defer(interaction, ephemeral=True, thinking=True)
    is_starred = await use(bot, Reactions).press_star(reacted.key, reacted)
    await _context(bot).gallery.update(reacted.guild.id, reacted.card, reacted.jobs)
    rules = await use(bot, GuildSettings).get(reacted.guild.id)
    stars = await use(bot, ReactionActs).stars(reacted.guild.id, reacted.card.id)
    said = texts.starred(stars, rules.gallery_stars) if is_starred else str(texts.UNSTARRED)
    await bot.responses.reply_privately(interaction, said)


async def _pressed(interaction: Interaction, job: Job) -> Reacted:
    """Return the press as a star on the job's card, if it would count. Raises as `require_allowed`."""
    bot, guild, member = interaction.client, interaction.guild, interaction.user
    if guild is None or is_outside(interaction) or not isinstance(member, discord.Member):
        raise Refused(IN_SERVER_ONLY)
    found = await use(bot, Cards).with_jobs(job.guild_id, job.card_id)
    if found is None or found[0].message_id is None:
        raise InputError(GONE)
    rule = REACTIONS["⭐"]
    if rule.action not in (await use(bot, GuildSettings).get(guild.id)).reactions:
        raise Refused(texts.NOT_HERE)
    channel = guild.get_channel_or_thread(interaction.channel_id or 0)
    if not isinstance(channel, PostableChannel):
        raise InputError(GONE)
    reacted = Reacted(
        guild=guild,
        channel=channel,
        message_id=found[0].message_id,
        member=member,
        viewer=await viewer_of(interaction),
        card=found[0],
        jobs=found[1],
        rule=rule,
    )
    await require_allowed(_context(bot), reacted)
    part = acting_part(reacted)
    if part is None:
        raise InputError(NO_RESULT)
    return part


def _context(bot: Bot) -> ReactionContext:
    """Return the listener's context, whose rate limits hold for presses too."""
    listener = bot.get_cog(ReactionListener.__name__)
    if not isinstance(listener, ReactionListener):
        raise TypeError("the listener of reactions is not loaded")
    return listener.context


log = structlog.get_logger(__name__)

FEW_APART_S = 3600.0
"""The few hint emojis, moved to the latest result: each is a call to Discord, as expensive as the result."""
CARDS_AT_ONCE = 4
"""How many are seeded at once: after many results the others wait, and don't block other calls to Discord."""


class Seeds:
    """Adds reactions to results, as configured; the delivery does not wait."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._tasks = BackgroundTasks()
        self._room = asyncio.Semaphore(CARDS_AT_ONCE)
        self._hinted: TimedMemory[int, bool] = TimedMemory(bot.clock, FEW_APART_S)
        """The channels in which a result has hint emojis."""

    def posted(self, card: Card, jobs: Sequence[Job], message: discord.Message) -> None:
        """Start to seed a posted result, once the whole card has ended."""
        is_open_to_all = not card.private and not card.is_at_home
        if message.channel.id == card.channel_id and is_open_to_all and all(job.state.ended for job in jobs):
            self._tasks.start(self._seed(card, jobs, message), f"seed-{card.id}")

    async def _seed(self, card: Card, jobs: Sequence[Job], message: discord.Message) -> None:
        try:
            rules = await use(self._bot, GuildSettings).get(card.guild_id)
            gallery, may = rules.gallery_channel is not None, seeded(rules.reactions, rules.seeds)
            shown = [each for each in may if fits(self._bot, each.action, jobs, gallery=gallery)]
            if not shown or all(job.state is not JobState.DELIVERED for job in jobs):
                return
            if rules.seeds is Seeding.FEW and self._hinted.get(card.channel_id):
                return
            self._hinted.put(card.channel_id, True)
            channel = self._bot.get_partial_messageable(card.channel_id, guild_id=card.guild_id)
            partial = channel.get_partial_message(message.id)
            async with self._room:
                for rule in shown[:REACTIONS_PER_MESSAGE]:
                    await in_time(partial.add_reaction(rule.shown))
        except DISCORD_ERRORS as error:
            self._hinted.put(card.channel_id, False)
            log.info("reaction.not_seeded", card=card.id, error=type(error).__name__)
        except Exception:
            log.exception("reaction.seed_failed", card=card.id)

    async def finished(self) -> None:
        await self._tasks.finished()

    async def aclose(self) -> None:
        await self._tasks.stop()
