"""The best of the week: a server's most starred results in one message, once a week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import discord
import structlog

from bot.delivery import texts
from bot.delivery.card.context import GALLERY
from bot.delivery.channels.facts import is_closed, may_pass
from bot.delivery.channels.guilds import Guilds
from bot.delivery.channels.messages import NOT_CONNECTED_S
from bot.delivery.channels.view import message_link
from bot.delivery.notices import LogChannel
from bot.delivery.posting.copies import Exhibit, ResultCopies, shown_jobs
from bot.delivery.posting.forum_posts import Home
from bot.domain.jobs.card_jobs import card_words
from bot.domain.server.weeks import RESULTS_SHOWN, EndedWeek, last_week
from bot.domain.words.text import harmless, shortened
from bot.jobs.surface import Later, NoPlace
from bot.language import speaking
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.store import Store

log = structlog.get_logger(__name__)

KIND = "week"
"""The kind of its message among the copies."""
EVERY_S = 60.0
AT_ONCE, AGAIN_S = 20, 600.0
CANDIDATES = 50
"""The most starred results among which those are that may be shown."""
WORDS_CHARS = 120
DAY_S = 86_400.0
PLACES = ("🥇", "🥈", "🥉", "**4.**", "**5.**")


@dataclass(frozen=True, kw_only=True)
class WeeklyPosts:
    """Posts them. The row is noted last, and the channel is searched first, so that a crash repeats nothing."""

    store: Store
    guilds: Guilds
    copies: ResultCopies
    log_channel: LogChannel
    clock: Clock

    async def run_once(self) -> None:
        """Post what is due; what fails for one server is retried later, and delays no other."""
        for guild_id, channel_id in await self.store.weekly.due(limit=AT_ONCE):
            later_s = None
            try:
                zone = (await self.store.settings.get(guild_id)).zone
                await self.post(guild_id, channel_id, last_week(self.clock.wall(), zone))
            except NoPlace as error:
                log.info("week.not_shown", guild=guild_id, reason=error.sentence)
            except Later as error:
                later_s = error.seconds
            except Exception as error:
                if isinstance(error, discord.HTTPException) and is_closed(error):
                    await self._alert(guild_id, channel_id)
                else:
                    later_s = AGAIN_S
                    log.warning("week.later", guild=guild_id, exc_info=None if may_pass(error) else error)
            await self.store.weekly.postpone(guild_id, later_s)

    async def post(self, guild_id: int, channel_id: int, week: EndedWeek) -> None:
        """Post a week's best results in the channel, unless they are there already.

        Raises NoPlace, Later, and Discord's or the network's error.
        """
        with speaking(await self.copies.languages.of_guild(guild_id)):
            guild = await self.guilds.find(guild_id)
            if guild is None:
                raise Later(NOT_CONNECTED_S)
            channel = guild.get_channel_or_thread(channel_id)
            if not isinstance(channel, Home):
                await self._alert(guild_id, channel_id)
            elif exhibits := await self._exhibits(guild_id, channel_id, week):
                await self.copies.post_gallery(
                    channel,
                    exhibits,
                    kind=KIND,
                    subject_id=week.monday,
                    embed=_embed(guild_id, channel_id, week),
                    place_id=channel_id,
                    file_limit=guild.filesize_limit,
                )
                failpoint("week.posted")

    async def _exhibits(self, guild_id: int, channel_id: int, week: EndedWeek) -> Sequence[Exhibit]:
        """Return the best that may be shown there and whose messages still exist. Raises Later without the facts."""
        found: list[Exhibit] = []
        acts, gate = self.store.reaction_acts, self.copies.gate
        for card_id, count in await acts.most_starred(guild_id, week.since, week.until, CANDIDATES):
            card, jobs = await self.store.cards.with_jobs(guild_id, card_id) or (None, ())
            if card is None or not shown_jobs(jobs):
                continue
            try:
                await gate.require_gallery(card, shown_jobs(jobs), channel_id=channel_id)
                if await self.copies.messages.find(card) is None:
                    continue
            except NoPlace:
                continue
            except discord.HTTPException as error:
                if is_closed(error):
                    continue  # deleted while the bot was away
                raise
            words = harmless(shortened(card_words(jobs), WORDS_CHARS).replace("\n", " "))
            stars = texts.stars(count)
            link = f"[{texts.ORIGINAL}]({message_link(card)})"
            line = f"{PLACES[len(found)]} <@{card.author_id}> · {stars} · {link}\n> {words}"
            found.append(Exhibit(card=card, jobs=jobs, line=line))
            if len(found) == RESULTS_SHOWN:
                break
        return found

    async def _alert(self, guild_id: int, channel_id: int) -> None:
        """Alert the moderators, once for each week, that the bot can't post there."""
        with speaking(await self.copies.languages.of_guild(guild_id)):
            said = texts.CANNOT_POST_WEEK(channel=channel_id)
        await self.log_channel.post(guild_id, said)


def _embed(guild_id: int, channel_id: int, week: EndedWeek) -> discord.Embed:
    """Draw the message without its results; its link is what it is found by."""
    noon = DAY_S / 2  # in most time zones the same day as here
    return discord.Embed(
        title=str(texts.BEST_OF_WEEK),
        description=f"<t:{week.since + noon:.0f}:D> → <t:{week.until - noon:.0f}:D>",
        url=f"https://discord.com/channels/{guild_id}/{channel_id}?week={week.monday}",
        colour=GALLERY,
    )
