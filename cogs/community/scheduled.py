"""Runs of schedules: like a command of their moderator, without an interaction to answer.

The card is stored in the transaction that moves its schedule, so that each run takes place once, and posted as a
reaction's is. If it never reaches Discord it is dropped, and the run is due again.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import discord
import structlog

from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import may_pass
from bot.domain.money.spend_request import Consent, ShownPrice
from bot.domain.server.schedules import Schedule
from bot.errors import BotError, CannonUnavailable, DatabaseFailing, MediaUnreachable, RateLimited, Refused
from bot.generation.generations import Generations
from bot.generation.recipes.run import RecipeRuns
from bot.jobs.intake import Unconfirmed
from bot.language import speak
from bot.server.community import texts
from bot.server.community.schedules import ScheduleChanges, values_of
from bot.store import GuildSettings, Schedules
from cogs.reactions.submit import member_of, origin_in, post
from cogs.recipes.schedules import may_post, recipe_of
from cogs.ui.interaction import Bot, use
from cogs.ui.permissions import moderates, viewer_in

log = structlog.get_logger(__name__)

AT_ONCE = 8
AGAIN_S = 300.0
PASSING = (CannonUnavailable, DatabaseFailing, MediaUnreachable, RateLimited)


class ScheduledRuns:
    """Runs what is due."""

    def __init__(self, bot: Bot) -> None:
        self._bot, self._places = bot, asyncio.Semaphore(AT_ONCE)

    async def run_due(self) -> None:
        """Run what is due in all servers, which don't wait for each other. Raises StoreError."""
        due = await use(self._bot, Schedules).due(self._bot.clock.wall())
        for failed in await asyncio.gather(*map(self._attempt, due), return_exceptions=True):
            if failed is not None:
                raise failed

    async def _attempt(self, schedule: Schedule) -> None:
        """Run it; later if it fails for now, else turn it off and say why in the log."""
        bot, changes = self._bot, use(self._bot, ScheduleChanges)
        async with self._places:
            guild = await bot.known_guilds.find(schedule.guild_id)
            if guild is None:
                return  # it is not there yet, or Discord does not answer
            speak(await use(bot, GuildLanguages).of(guild.id))
            try:
                await self._run(guild, schedule)
            except BotError as error:
                if not isinstance(error, PASSING):
                    await changes.stop(schedule, error.sentence)
                    return
                await changes.postpone(schedule, bot.clock.wall() + AGAIN_S)
            except Exception as error:
                if may_pass(error):
                    await changes.postpone(schedule, bot.clock.wall() + AGAIN_S)
                    return
                log.warning("schedule.stopped", schedule=schedule.id, exc_info=error)
                await changes.stop(schedule, str(texts.NOT_DONE))

    async def _run(self, guild: discord.Guild, schedule: Schedule) -> None:
        bot, due_at = self._bot, schedule.next_at or 0.0
        rules, member = await use(bot, GuildSettings).get(guild.id), await member_of(guild, schedule.made_by)
        if member is None or not moderates(member.guild_permissions, member, rules):
            raise Refused(texts.MAKER_GONE)
        channel = guild.get_channel(schedule.channel_id)
        if not isinstance(channel, discord.TextChannel | discord.VoiceChannel) or not may_post(channel, member):
            raise Refused(texts.CHANNEL_GONE)
        runs, viewer = use(bot, RecipeRuns), await viewer_in(bot, member, None)
        origin = replace(await origin_in(bot, channel, member, viewer), run=schedule)
        recipe = await recipe_of(bot, guild.id, schedule)
        begun = runs.begin(recipe, values_of(schedule, due_at, rules.zone))
        agreed = ShownPrice(credits=schedule.agreed, known=schedule.is_price_known)
        consent = Consent(agreed=agreed, pressed=True, labelled=schedule.agreed)
        made = replace(await runs.generation(begun, origin, private=False), consent=consent)
        try:
            accepted = await use(bot, Generations).accept(made, origin)
        except Unconfirmed as error:
            more = texts.COSTS_MORE(price=error.shown.credits, agreed=schedule.agreed)
            raise Refused(error.cautions[0].sentence if error.cautions else more) from error
        await post(bot, f"{schedule.id} {due_at}", accepted, channel)
