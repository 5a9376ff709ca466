"""Mentions of the bot: with words, with a file, or in reply to a result.

Discord sends the content of a message that mentions a bot without a privileged intent, and of no other. Words are read
once, by rules (bot/generation/words/rules.py), and kept in a draft for ten minutes. A message spends nothing: its
author presses the button of the answer, and confirms the price, which only they see.
"""

import discord
import structlog
from discord.ext import commands

from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import DISCORD_ERRORS
from bot.domain.models import SOURCE_KINDS, MediaKind
from bot.domain.money.spending_policy import refuse_blocked
from bot.domain.server.places import PostingPlace, Viewer, require_channel
from bot.domain.words.text import harmless_within, whole
from bot.domain.words.typed_keys import require_no_key
from bot.errors import InputError, Refused
from bot.generation.again.shots import is_film
from bot.generation.words.requests import WordRequest, WordRequests
from bot.generation.words.rules import (
    REMIX,
    Question,
    Unclear,
    Wish,
    WordAct,
    clean_words,
    is_addressed,
    question_in,
    understand,
)
from bot.language import speak
from bot.runtime.pace import RateLimiter
from bot.store import Blocks, GuildSettings
from cogs.results.next_step import MessageFile, parts_of
from cogs.ui.interaction import Bot, PostableChannel, place_in, use
from cogs.ui.permissions import missing_permissions, viewer_in
from cogs.words import texts
from cogs.words.offers import WordAnswers

log = structlog.get_logger(__name__)

MEMBER_TIMES, SERVER_TIMES = 4, 20
MINUTE_S = 60.0
NAME_CHARS = 60
_TYPES = frozenset({discord.MessageType.default, discord.MessageType.reply})


class WordListener(commands.Cog):
    """Answers mentions. Members who may not use the bot, or not here, get no answer at all."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.answers = WordAnswers(bot)
        self._of_member = RateLimiter(bot.clock, MEMBER_TIMES, MINUTE_S)
        self._of_server = RateLimiter(bot.clock, SERVER_TIMES, MINUTE_S)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer a member who mentions the bot. Edits are ignored."""
        try:
            if self._is_for_bot(message):
                await self._heard(message)
        except DISCORD_ERRORS as error:
            log.info("words.not_answered", message=message.id, error=type(error).__name__)
        except Exception:
            log.exception("words.failed", message=message.id)

    def _is_for_bot(self, message: discord.Message) -> bool:
        """Whether a member addresses the bot: at the start or the end, or anywhere in a reply or with a file."""
        own = self.bot.user
        if own is None or message.author.bot or message.webhook_id is not None or message.type not in _TYPES:
            return False
        if not isinstance(message.author, discord.Member) or _calls_all(message):
            return False
        if not any(f"<@{sign}{own.id}>" in message.content for sign in ("", "!")):
            return False
        return bool(message.attachments) or _replied_to(message) is not None or is_addressed(message.content, own.id)

    async def _heard(self, message: discord.Message) -> None:
        member, channel = message.author, message.channel
        if (
            not isinstance(member, discord.Member)
            or not isinstance(
                channel, discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
            )
            or not await self._may_answer(member, channel)
        ):
            return
        if self._of_member.wait_s((member.guild.id, member.id)) or self._of_server.wait_s(member.guild.id):
            return
        speak(await use(self.bot, GuildLanguages).of(member.guild.id))  # a message lacks its author's language
        viewer = await viewer_in(self.bot, member, channel)
        try:
            require_no_key(message.content)
        except InputError as error:
            await self.answers.say(message, error.sentence)
            return
        found = await self._understood(message, viewer)
        if isinstance(found, WordRequest):
            await self.answers.offer(message, found, viewer)
        elif isinstance(found, Question):
            await self.answers.point(message, found)
        elif found.sentence:
            await self.answers.say(message, found.sentence)

    async def _may_answer(self, member: discord.Member, channel: PostableChannel) -> bool:
        guild = member.guild
        rules = await use(self.bot, GuildSettings).get(guild.id)
        if not rules.answer_words:
            return False
        place = place_in(guild.id, channel.id, channel, member)
        try:
            refuse_blocked(await use(self.bot, Blocks).active(guild.id, member.id), self.bot.clock.wall())
            require_channel(PostingPlace(channel_ids=place.channel_ids, age_restricted=place.age_restricted), rules)
        except Refused:
            return False
        return not missing_permissions(
            channel.permissions_for(guild.me), is_thread=isinstance(channel, discord.Thread), files=False
        )

    async def _understood(self, message: discord.Message, viewer: Viewer) -> WordRequest | Question | Unclear:
        """Return the request: about an attached file, the replied result, or neither; or what is asked instead."""
        own = self.bot.user
        said = clean_words(whole(message.content), 0 if own is None else own.id)
        if question := question_in(said):
            return question
        files = list(parts_of(message)) if message.attachments or message.message_snapshots else []
        if files:
            return _of_file(said, files)
        replied = _replied_to(message)
        if replied is None:
            found = understand(said, ())
            return WordRequest(wish=found) if isinstance(found, Wish) else found
        medium = await use(self.bot, WordRequests).result_in(viewer, replied)
        if medium is None or medium.job is None:
            is_small_talk = understand(said, (MediaKind.IMAGE,)) == Unclear()
            return Unclear() if is_small_talk else Unclear(sentence=self._nothing_there(message))
        remix = self.bot.catalogue.find(REMIX)
        native = medium.native_id is not None and remix is not None and not remix.is_over(self.bot.clock.wall())
        goes_on = isinstance(message.channel, discord.Thread) and is_film(medium.job)
        found = understand(said, medium.kinds, native=native, goes_on=goes_on)
        return WordRequest(wish=found, job_id=medium.job.id) if isinstance(found, Wish) else found

    def _nothing_there(self, message: discord.Message) -> str:
        """Explain that the replied message has no file: others' files are hidden from the bot."""
        replied = None if message.reference is None else message.reference.resolved
        is_own = isinstance(replied, discord.Message) and replied.author == self.bot.user
        return str(texts.NOTHING_THERE if is_own else texts.CANNOT_SEE_FILES)


def _calls_all(message: discord.Message) -> bool:
    return message.mention_everyone or "@everyone" in message.content or "@here" in message.content


def _replied_to(message: discord.Message) -> int | None:
    reference = message.reference
    return None if reference is None or message.type is not discord.MessageType.reply else reference.message_id


def _of_file(said: str, files: list[MessageFile]) -> WordRequest | Unclear:
    usable = next((file for file in files if file.kind in SOURCE_KINDS), None)
    if usable is None or usable.kind is None:
        return Unclear(sentence=texts.UNUSABLE(file=harmless_within(files[0].name, NAME_CHARS)))
    found = understand(said, (usable.kind,))
    if isinstance(found, Wish) and found.act is not WordAct.RUN:
        return Unclear(sentence=str(texts.FILES_NOT_AGAIN))
    return (
        WordRequest(wish=found, link=usable.link, name=usable.name, kind=usable.kind)
        if isinstance(found, Wish)
        else found
    )


async def setup(bot: Bot) -> None:
    await bot.add_cog(WordListener(bot))
