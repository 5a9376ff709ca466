"""The gallery: posts results with enough stars, until the source is deleted."""

import asyncio
import weakref
from collections.abc import Sequence

import discord
import structlog

from bot.delivery.card.context import GALLERY
from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import DISCORD_ERRORS, in_time
from bot.delivery.channels.gate import PostingGate
from bot.delivery.channels.view import message_link
from bot.delivery.notices import LogChannel
from bot.delivery.posting import best_of_week
from bot.delivery.posting.copies import ResultCopies, Takedown, shown_jobs
from bot.delivery.posting.forum_posts import Home, title_of
from bot.delivery.texts import ORIGINAL
from bot.delivery.texts import stars as stars_text
from bot.domain.jobs.card_jobs import card_words
from bot.domain.models import Card, Job
from bot.domain.words.text import harmless, shortened
from bot.errors import InputError
from bot.jobs.surface import Later, NoPlace
from bot.jobs.texts import NOT_ANSWERED
from bot.language import speaking
from bot.moderation.alerts import Alerts
from bot.store import Copies, GuildSettings, ReactionActs
from cogs.reactions import texts
from cogs.ui.interaction import Bot, use

log = structlog.get_logger(__name__)

KIND = "gallery"
"""The kind of its messages among the copies."""
SHOWN_KINDS = frozenset({KIND, best_of_week.KIND})
"""Those that are deleted with their source's message, as they show it."""
PROMPT_CHARS = 1300
ALERT_QUIET_S = 24 * 3600.0


class Gallery:
    """Posts, updates and removes; one change of a card's post at a time."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    async def require_fit(self, guild: discord.Guild, card: Card, jobs: Sequence[Job], channel_id: int | None) -> None:
        """Raise InputError for a card that cannot be shown in the gallery."""
        if channel_id is None:
            return
        if not shown_jobs(jobs):
            raise InputError(texts.NOTHING_TO_SHOW)
        if guild.get_channel_or_thread(channel_id) is None:
            return  # moderators are notified
        gate = use(self._bot, PostingGate)
        try:
            await gate.require_gallery(card, shown_jobs(jobs), channel_id=channel_id)
        except NoPlace as error:
            raise InputError(error.sentence) from error
        except Later as error:
            raise InputError(NOT_ANSWERED) from error

    async def update(self, guild_id: int, card: Card, jobs: Sequence[Job]) -> None:
        """Update the post to the card's stars, in the server's language; best effort: the next star retries."""
        try:
            async with self._locks.setdefault(card.id, asyncio.Lock()):
                with speaking(await use(self._bot, GuildLanguages).of(guild_id)):
                    await self._update(guild_id, card, jobs)
        except (discord.Forbidden, discord.NotFound) as error:
            log.info("gallery.refused", card=card.id, code=error.code)
            await self._alert(guild_id)
        except NoPlace as error:
            log.info("gallery.not_shown", card=card.id, reason=error.sentence)
        except (Later, *DISCORD_ERRORS) as error:
            log.info("gallery.later", card=card.id, error=type(error).__name__)

    async def _update(self, guild_id: int, card: Card, jobs: Sequence[Job]) -> None:
        stars = await use(self._bot, ReactionActs).stars(guild_id, card.id)
        there = await use(self._bot, Copies).of_card(guild_id, card.id)
        post = next((copy for copy in there if copy.kind == KIND), None)
        if post is not None:
            await self._show(guild_id, card, jobs, stars, post.channel_id, post.message_id)
            return
        rules = await use(self._bot, GuildSettings).get(guild_id)
        if rules.gallery_channel is not None and stars >= rules.gallery_stars:
            await self._post(guild_id, card, jobs, stars, rules.gallery_channel)

    async def _post(self, guild_id: int, card: Card, jobs: Sequence[Job], stars: int, channel_id: int) -> None:
        copies = use(self._bot, ResultCopies)
        guild = await self._bot.known_guilds.find(guild_id)
        channel = None if guild is None else guild.get_channel_or_thread(channel_id)
        if guild is None or not isinstance(channel, Home):
            await self._alert(guild_id)
            return
        there = await copies.find(channel, message_link(card), title=title_of(jobs))
        if there is not None:  # sent before a crash, and not recorded
            await copies.note(card, jobs, there, kind=KIND)
            await self._show(guild_id, card, jobs, stars, there.channel.id, there.id)
            return
        if not await self._is_there(card):
            return
        await use(self._bot, PostingGate).require_gallery(card, shown_jobs(jobs), channel_id=channel_id)
        embed = self.embed(card, jobs, stars)
        await copies.post(
            channel, card, jobs, kind=KIND, place_id=channel_id, embed=embed, file_limit=guild.filesize_limit
        )

    async def _is_there(self, card: Card) -> bool:
        """Whether the source still exists: it may have been deleted while the bot was offline."""
        if card.message_id is None:
            return False
        channel = self._bot.get_partial_messageable(card.place_id, guild_id=card.guild_id)
        try:
            await in_time(channel.fetch_message(card.message_id))
        except discord.NotFound:
            return False
        return True

    async def _show(
        self, guild_id: int, card: Card, jobs: Sequence[Job], stars: int, channel_id: int, message_id: int
    ) -> None:
        channel = self._bot.get_partial_messageable(channel_id, guild_id=guild_id)
        try:
            await in_time(channel.get_partial_message(message_id).edit(embed=self.embed(card, jobs, stars)))
        except discord.NotFound:
            log.info("gallery.post_gone", card=card.id)  # a moderator removed it: not posted again

    @staticmethod
    def embed(card: Card, jobs: Sequence[Job], stars: int) -> discord.Embed:
        """Draw the post: the author, the prompt, the stars, and a link to the original."""
        words = harmless(shortened(card_words(jobs), PROMPT_CHARS))
        quoted = "\n".join(f"> {line}" for line in words.splitlines())
        embed = discord.Embed(title=ORIGINAL, url=message_link(card), description=quoted or None, colour=GALLERY)
        embed.add_field(name=texts.AUTHOR, value=f"<@{card.author_id}>")
        embed.add_field(name=texts.STARS, value=stars_text(stars))
        return embed

    async def take_down(self, guild_id: int, card: Card) -> None:
        """Delete the card's post and its stars: the source is deleted."""
        for copy in await use(self._bot, Copies).of_card(guild_id, card.id):
            if copy.kind in SHOWN_KINDS:
                await use(self._bot, Takedown).take_down_copy(guild_id, copy.channel_id, copy.message_id)

    async def _alert(self, guild_id: int) -> None:
        """Alert the moderators once a day that the bot cannot post in the gallery's channel."""
        if await use(self._bot, Alerts).once(guild_id, "gallery", quiet_s=ALERT_QUIET_S):
            with speaking(await use(self._bot, GuildLanguages).of(guild_id)):
                await use(self._bot, LogChannel).post(guild_id, str(texts.CANNOT_POST_IN_GALLERY))
