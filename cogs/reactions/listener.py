"""Reactions as controls: from an emoji on a card to its action.

The event has the member (with roles), the channel and the emoji; no message is fetched. The card is looked up by the
message's id: for others' messages, the only query. Reactions missed while offline are not replayed. Refusals are sent
by direct message, rate-limited, never in the channel.
"""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import replace
from typing import Any

import discord
import structlog
from discord.ext import commands

from bot.delivery import Delivery
from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import DISCORD_ERRORS
from bot.delivery.posting.copies import shown_jobs
from bot.domain.server.places import Viewer
from bot.domain.server.reaction_rules import REACTIONS, Reaction, ReactionAction, ReactionKey, emoji_key
from bot.errors import BotError, DatabaseFailing, Refused
from bot.generation.again.reactions import ReactedCard, Reactions
from bot.generation.visible_jobs import VisibleJobs
from bot.jobs.texts import NOT_ANSWERED
from bot.language import from_discord, speak
from bot.runtime.background import BackgroundTasks, in_short
from bot.runtime.pace import TokenBucket
from bot.server.absences import Absences
from bot.store import Cards, DueWish, GuildSettings, ReactionActs
from cogs.reactions import texts
from cogs.reactions.actions import ACTIONS, BURST, Reacted, ReactionContext, acting_part, require_allowed
from cogs.reactions.submit import member_of, send_privately
from cogs.ui.interaction import Bot, PostableChannel, use
from cogs.ui.permissions import viewer_in

QUIET_S = 600.0
"""A member gets at most one message in this time that a reaction did nothing."""
MISSING_EVERY_S, MISSING_WITHIN_S = 600.0, 3600.0
"""How often a gallery of every result is compared with the results, and how old those may be."""

log = structlog.get_logger(__name__)


class ReactionListener(commands.Cog):
    """Listens to reactions, and to the deletion of their messages."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.context = ReactionContext(bot)
        self._reported = TokenBucket(bot.clock, 1, QUIET_S)
        self._locks: weakref.WeakValueDictionary[tuple[int, str, int], asyncio.Lock] = weakref.WeakValueDictionary()

    def _lock(self, message_id: int, emoji: str, member_id: int) -> asyncio.Lock:
        """Return the lock of this member's emoji on this message: removal waits for adding."""
        return self._locks.setdefault((message_id, emoji, member_id), asyncio.Lock())

    @property
    def reactions(self) -> Reactions:
        return use(self.bot, Reactions)

    # ------------------------------------------------------------------ added

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """Run the emoji's action on this server."""
        with _logged("reaction.failed", message=event.message_id):
            try:
                async with self._lock(event.message_id, _key(event.emoji), event.user_id):
                    reacted = await self._reacted(event)
                    if reacted is not None:
                        await self._attempt(reacted, self._act(reacted))
            except DatabaseFailing as error:
                await self._say_failing(event, error.sentence)

    async def _say_failing(self, event: discord.RawReactionActionEvent, sentence: str) -> None:
        """Answer from memory, on the bot's messages."""
        member, own, rule = event.member, self.bot.user, REACTIONS.get(_key(event.emoji))
        if member is None or member.bot or own is None or event.message_author_id != own.id or rule is None:
            return
        await self._notify(member, rule, event.channel_id, sentence)

    async def _attempt(self, reacted: Reacted, act: Coroutine[Any, Any, None]) -> None:
        try:
            await act
        except DatabaseFailing:
            raise
        except BotError as error:
            once = BURST if isinstance(error, Refused) and error.reason == BURST else ""
            await self._notify(reacted.member, reacted.rule, reacted.channel.id, error.sentence, once)
        except DISCORD_ERRORS as error:
            log.warning("reaction.not_done", card=reacted.card.id, error=type(error).__name__)
            await self._notify(reacted.member, reacted.rule, reacted.channel.id, str(NOT_ANSWERED))

    async def _reacted(self, event: discord.RawReactionActionEvent) -> Reacted | None:
        """Return the reaction with its card; None if it does not count or is not on a card of the bot."""
        member, own = event.member, self.bot.user
        # Only a member can be checked: Discord sends one with every member's reaction, and with no other.
        if event.guild_id is None or member is None or member.bot or own is None:
            return None
        if event.message_author_id not in {None, own.id}:
            return None
        speak(from_discord(str(member.guild.preferred_locale)))  # of a database that fails
        with in_short(self.bot.clock):
            found = await self.reactions.find(event.guild_id, event.message_id, _key(event.emoji))
        channel = member.guild.get_channel_or_thread(event.channel_id)
        if found is None or not isinstance(channel, PostableChannel):
            return None
        await self._speak_in(member.guild.id)
        viewer = await viewer_in(self.bot, member, channel)
        return await self._seen(found, member, viewer, channel, event.message_id)

    async def _speak_in(self, guild_id: int) -> None:
        """Use the server's language from here: a reaction doesn't have its member's."""
        speak(await use(self.bot, GuildLanguages).of(guild_id))

    async def _seen(
        self, on: ReactedCard, member: discord.Member, viewer: Viewer, channel: PostableChannel, message_id: int
    ) -> Reacted | None:
        if not await use(self.bot, VisibleJobs).sees_card(viewer, on.card):
            return None
        return Reacted(
            guild=member.guild,
            channel=channel,
            message_id=message_id,
            member=member,
            viewer=viewer,
            card=on.card,
            jobs=on.jobs,
            rule=on.rule,
        )

    async def _act(self, reacted: Reacted) -> None:
        await require_allowed(self.context, reacted)
        with in_short(self.bot.clock):
            acts_now = await self.reactions.count(reacted.key, reacted)
        if acts_now:
            await self._fulfil(reacted)

    async def _fulfil(self, reacted: Reacted) -> None:
        """Run the action of a waiting reaction; it waits on while there is no target."""
        part = acting_part(reacted)
        if part is None:  # the card may have ended before the wait was stored: then nothing else wakes it
            on = await self.reactions.find_card(reacted.guild.id, reacted.card.id, reacted.rule.emoji)
            part = None if on is None else acting_part(replace(reacted, card=on.card, jobs=on.jobs, rule=on.rule))
        if part is None:
            return
        try:
            await ACTIONS[reacted.rule.action](self.context, part)
        except Exception:
            await self.reactions.note_failed(reacted.key)
            raise
        await self.reactions.note_done(reacted.key)

    async def _notify(
        self, member: discord.Member, rule: Reaction, channel_id: int, sentence: str, once: str = ""
    ) -> None:
        """Send a direct message about a refused reaction, rate-limited for each `once`, else member; best effort."""
        guild_id = member.guild.id
        if not self._reported.wait_s((guild_id, once or member.id)) and not self.context.notices.wait_s(guild_id):
            said = texts.DID_NOTHING(emoji=rule.shown, channel=channel_id, reason=sentence)
            await send_privately(member, self.bot.responses.linked(said))

    # ------------------------------------------------------------------ waited

    async def fulfil_due(self, card_id: str | None = None) -> None:
        """Run the actions of waiting reactions, on one card or on all. Raises StoreError.

        Servers don't wait for each other.
        """
        of_guilds: dict[int, list[DueWish]] = {}
        for wish in await use(self.bot, ReactionActs).due(card_id=card_id):
            of_guilds.setdefault(wish.key.guild_id, []).append(wish)
        await asyncio.gather(*(self._fulfil_each(guild_id, wishes) for guild_id, wishes in of_guilds.items()))

    async def _fulfil_each(self, guild_id: int, wishes: Iterable[DueWish]) -> None:
        await self._speak_in(guild_id)
        for wish in wishes:
            try:
                async with self._lock(wish.key.message_id, wish.key.emoji, wish.key.member_id):
                    await self._fulfil_due(wish)
            except DatabaseFailing:
                return  # they wait on
            except DISCORD_ERRORS as error:
                log.info("reaction.later", card=wish.card_id, error=type(error).__name__)
            except Exception:
                log.exception("reaction.failed", message=wish.key.message_id)
                await self.reactions.note_failed(wish.key)

    async def _fulfil_due(self, wish: DueWish) -> None:
        if wish not in await use(self.bot, ReactionActs).due(card_id=wish.card_id):
            return  # removed or handled while waiting for the lock
        guild = await self.bot.known_guilds.find(wish.key.guild_id)
        if guild is None and not self.bot.is_ready() and not use(self.bot, Absences).is_absent(wish.key.guild_id):
            return  # the server is not in the cache yet
        reacted = None if guild is None else await self._waited(wish, guild)
        if reacted is None:
            await self.reactions.note_failed(wish.key)
        else:
            await self._attempt(reacted, self._allowed_now(reacted))

    async def _allowed_now(self, reacted: Reacted) -> None:
        try:
            await require_allowed(self.context, reacted)
        except BotError:
            await self.reactions.note_failed(reacted.key)
            raise
        await self._fulfil(reacted)

    async def _waited(self, wish: DueWish, guild: discord.Guild) -> Reacted | None:
        """Return a waiting reaction with its current card; None if it can do nothing any more."""
        key = wish.key
        found = await self.reactions.find_card(key.guild_id, wish.card_id, key.emoji)
        if found is None:
            return None
        channel = guild.get_channel_or_thread(found.card.place_id) or guild.get_channel_or_thread(found.card.channel_id)
        member = await member_of(guild, key.member_id)
        if member is None or not isinstance(channel, PostableChannel):
            return None
        viewer = await viewer_in(self.bot, member, None)  # they may be deleted
        return await self._seen(found, member, viewer, channel, key.message_id)

    # ------------------------------------------------------------------ removed

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        """Cancel the reaction's jobs that were not sent yet; a star no longer counts."""
        if event.guild_id is None:
            return
        guild_id, message_id, emoji, member_id = event.guild_id, event.message_id, _key(event.emoji), event.user_id
        key = ReactionKey(guild_id=guild_id, message_id=message_id, emoji=emoji, member_id=member_id)
        with _logged("reaction.not_taken_back", message=message_id):
            async with self._lock(message_id, emoji, member_id):
                taken_back = await self.reactions.withdraw(key)
                if taken_back is not None and taken_back.action is ReactionAction.GALLERY:
                    await self._count_stars(guild_id, taken_back.card_id)
                if taken_back is not None and taken_back.made_card is not None:
                    await use(self.bot, Delivery).show(guild_id, taken_back.made_card)

    async def _count_stars(self, guild_id: int, card_id: str) -> None:
        found = await use(self.bot, Cards).with_jobs(guild_id, card_id)
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
        with _logged("reaction.not_cleared", message=message_id):
            for card_id in await self.reactions.clear(guild_id, message_id, emoji):
                await self._count_stars(guild_id, card_id)

    # ------------------------------------------------------------------ the message is deleted

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        await self._deleted(event.guild_id, [event.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        await self._deleted(event.guild_id, event.message_ids)

    async def _deleted(self, guild_id: int | None, message_ids: Iterable[int]) -> None:
        if guild_id is None:
            return
        for message_id in message_ids:
            with _logged("gallery.not_taken_down", message=message_id):
                found = await use(self.bot, Cards).in_message(guild_id, message_id)
                if found is not None:
                    await self.context.gallery.take_down(guild_id, found[0])


@contextlib.contextmanager
def _logged(event: str, **about: object) -> Iterator[None]:
    """Log what goes wrong: no one waits for an answer."""
    try:
        yield
    except Exception:
        log.exception(event, **about)


def _key(emoji: discord.PartialEmoji) -> str:
    return emoji_key(emoji.name or "")


async def setup(bot: Bot) -> None:
    await bot.add_cog(ReactionListener(bot))


class Wishes:
    """Fulfils waiting reactions: once the card's end is stored, and periodically what was missed."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._soon_after = BackgroundTasks()
        self._rounds = BackgroundTasks()
        self._busy = False
        self._missing_due = 0.0
        self.hand_over: Callable[[str], bool] = lambda _card_id: False
        """Whether an ended card's waiting reactions are fulfilled elsewhere."""

    def ended(self, guild_id: int, card_id: str) -> None:
        self._soon_after.start(self._soon(guild_id, card_id), f"wishes-{card_id}")

    async def _soon(self, guild_id: int, card_id: str) -> None:
        with _logged("reaction.wishes_failed", card=card_id):
            if await use(self._bot, ReactionActs).any_wait(guild_id, card_id) and not self.hand_over(card_id):
                await self._fulfil(card_id)
            rules = await use(self._bot, GuildSettings).get(guild_id)
            if rules.gallery_channel is not None and not rules.gallery_stars:
                await self._show_in_gallery(guild_id, card_id)

    async def _show_in_gallery(self, guild_id: int, card_id: str) -> None:
        """Show an ended card in a gallery of every public result."""
        found = await use(self._bot, Cards).with_jobs(guild_id, card_id)
        listener = self._bot.get_cog(ReactionListener.__name__)
        if found is not None and shown_jobs(found[1]) and isinstance(listener, ReactionListener):
            await listener.context.gallery.update(guild_id, *found)

    def fulfil(self, card_id: str) -> None:
        """Start to fulfil the waiting reactions on an ended card."""
        self._rounds.start(self._fulfil(card_id), f"wishes-{card_id}")

    async def fulfil_all(self) -> None:
        """Start to fulfil all waiting reactions on ended cards, and to show what a gallery misses, unless running."""
        if not self._busy:
            self._busy = True
            self._rounds.start(self._fulfil_all(), "wishes")

    async def _fulfil_all(self) -> None:
        await self._fulfil(None)
        with _logged("reaction.wishes_failed"):
            if self._bot.clock.monotonic() >= self._missing_due:
                self._missing_due = self._bot.clock.monotonic() + MISSING_EVERY_S
                for guild_id, card_id in await use(self._bot, ReactionActs).unshown(MISSING_WITHIN_S):
                    await self._show_in_gallery(guild_id, card_id)
        self._busy = False

    async def _fulfil(self, card_id: str | None) -> None:
        listener = self._bot.get_cog(ReactionListener.__name__)
        with _logged("reaction.wishes_failed", card=card_id):
            if isinstance(listener, ReactionListener):
                await listener.fulfil_due(card_id)

    async def finished(self) -> None:
        """Wait for the round of `fulfil_all`."""
        await self._rounds.finished()

    async def aclose(self) -> None:
        """Cancel; unfulfilled reactions wait on."""
        await self._soon_after.stop()
        await self._rounds.stop()
