"""Runs of schedules: like a command of their moderator, without an interaction to answer.

The card is stored in the transaction that moves its schedule, so that each run takes place once, and posted as a
reaction's is. If it never reaches Discord it is dropped, and the run is due again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import discord
import structlog

from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import may_pass
from bot.delivery.channels.gate import PostingGate
from bot.delivery.posting.copies import shown_jobs
from bot.domain.models import MediaKind
from bot.domain.server.guild_rules import Period, Rules
from bot.domain.server.schedules import BEST, DueRun, Schedule, has_best
from bot.errors import BotError, CannonUnavailable, DatabaseFailing, MediaUnreachable, RateLimited
from bot.generation.generations import Generations
from bot.generation.recipes.run import RecipeRuns
from bot.jobs.intake import Unconfirmed
from bot.jobs.surface import Later, NoPlace
from bot.language import speak
from bot.server.community import texts
from bot.server.community.schedules import ScheduleChanges, consent_of, values_of
from bot.store import Cards, GuildSettings, ReactionActs, Schedules
from cogs.reactions.submit import member_of, origin_in, post
from cogs.recipes.schedules import may_post, recipe_of
from cogs.ui.interaction import Bot, use
from cogs.ui.permissions import moderates, viewer_in

log = structlog.get_logger(__name__)

SERVERS_AT_ONCE = 8
STARRED_MAX = 25
AGAIN_S = 300.0
PASSING = (CannonUnavailable, DatabaseFailing, MediaUnreachable, RateLimited)


class _Stopped(Exception):
    """A run that does not take place, and why, in a sentence; `skips`: the next one may."""

    def __init__(self, reason: str, *, skips: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.skips = reason, skips


class ScheduledRuns:
    """Runs what is due. Servers don't wait for each other, beyond SERVERS_AT_ONCE."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._later: dict[int, float] = {}
        """When servers in trouble are tried again, in monotonic seconds."""

    async def run_due(self) -> None:
        """Run what is due in all servers. Raises StoreError."""
        due = sorted(await use(self._bot, Schedules).due(self._bot.clock.wall()), key=lambda each: each.guild_id)
        places, now = asyncio.Semaphore(SERVERS_AT_ONCE), self._bot.clock.monotonic()
        self._later = {guild_id: at for guild_id, at in self._later.items() if at > now}
        of_servers = [(guild_id, list(each)) for guild_id, each in groupby(due, lambda each: each.guild_id)]
        ready = [each for each in of_servers if each[0] not in self._later]
        await asyncio.gather(*(self._run_each(guild_id, each, places) for guild_id, each in ready))

    async def _run_each(self, guild_id: int, schedules: Sequence[Schedule], places: asyncio.Semaphore) -> None:
        async with places:
            try:
                guild = await self._bot.known_guilds.find(guild_id)
                if guild is not None:  # else it is not there yet, or Discord does not answer
                    speak(await use(self._bot, GuildLanguages).of(guild_id))
                    for each in schedules:
                        await self._attempt(guild, each)
            except Exception as error:
                if not may_pass(error) and not isinstance(error, BotError):
                    log.exception("schedule.failed", guild=guild_id)
                self._later[guild_id] = self._bot.clock.monotonic() + AGAIN_S

    async def _attempt(self, guild: discord.Guild, schedule: Schedule) -> None:
        """Run it; else pause it, or leave the run out, and say why in the log. A server in trouble tries again."""
        bot, changes = self._bot, use(self._bot, ScheduleChanges)
        rules = await use(bot, GuildSettings).get(guild.id)
        run = schedule.run(bot.clock.wall(), rules.zone)
        try:
            await self._run(guild, schedule, run, rules)
        except _Stopped as stopped:
            await (changes.skip if stopped.skips else changes.stop)(run, stopped.reason)
        except BotError as error:
            if isinstance(error, PASSING):
                raise
            await changes.stop(run, error.sentence)
        except Exception as error:
            if may_pass(error):
                raise
            log.warning("schedule.stopped", schedule=schedule.id, exc_info=error)
            await changes.stop(run, str(texts.NOT_DONE))

    async def _run(self, guild: discord.Guild, schedule: Schedule, run: DueRun, rules: Rules) -> None:
        bot, plan = self._bot, schedule.plan
        maker = await self._maker(guild, schedule, rules)
        channel = guild.get_channel(schedule.channel_id)
        if not isinstance(channel, discord.TextChannel | discord.VoiceChannel) or not may_post(channel, maker):
            raise _Stopped(str(texts.CHANNEL_GONE))
        runs, viewer = use(bot, RecipeRuns), await viewer_in(bot, maker, None)
        origin = replace(await origin_in(bot, channel, maker, viewer), run=run)
        recipe = await recipe_of(bot, guild.id, plan.recipe, plan.operation)
        best = await self._best(schedule, run.due_at, rules) if any(map(has_best, plan.values.values())) else BEST
        begun = runs.begin(recipe, values_of(plan, run.due_at, rules.zone, best))
        made = replace(await runs.generation(begun, origin, private=False), consent=consent_of(plan))
        try:
            accepted = await use(bot, Generations).accept(made, origin)
        except Unconfirmed as error:
            if error.cautions:
                raise _Stopped(error.cautions[0].sentence) from error
            raise _Stopped(texts.COSTS_MORE(price=error.shown.credits, agreed=plan.agreed)) from error
        await post(bot, f"{run.schedule_id} {run.due_at}", accepted, channel)

    async def _maker(self, guild: discord.Guild, schedule: Schedule, rules: Rules) -> discord.Member:
        member = await member_of(guild, schedule.made_by)
        if member is None:
            raise _Stopped(str(texts.MAKER_LEFT))
        if not moderates(member.guild_permissions, member, rules):
            raise _Stopped(str(texts.MAKER_NO_MODERATOR))
        return member

    async def _best(self, schedule: Schedule, at: float, rules: Rules) -> str:
        """Return the job of last week's most starred image that its channel may show, as galleries do."""
        this_week = Period.WEEK.start(at, rules.zone)
        since, guild_id = Period.WEEK.start(this_week - 1, rules.zone), schedule.guild_id
        for card_id, _ in await use(self._bot, ReactionActs).most_starred(guild_id, since, this_week, STARRED_MAX):
            found = await use(self._bot, Cards).with_jobs(guild_id, card_id)
            card, jobs = found if found is not None else (None, ())
            images = [each for each in shown_jobs(jobs) if any(one.kind is MediaKind.IMAGE for one in each.media)]
            if card is None or card.spoiler or not images:
                continue
            try:
                await use(self._bot, PostingGate).require_gallery(card, images, channel_id=schedule.channel_id)
            except (NoPlace, Later):
                continue
            return images[0].id
        raise _Stopped(str(texts.NO_BEST), skips=True)
