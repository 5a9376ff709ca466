"""Mentions of the bot: with words, with files, or in reply to a result.

Discord sends the content of a message that mentions a bot without a privileged intent, and of no other. Words are read
once, by word lists (bot/generation/words.py). A message spends nothing: its author presses a button of the answer,
which has the price, and the answer is deleted when the drafts behind its buttons expire.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import discord
import structlog
from discord.ext import commands

from bot.delivery.answers.texts import UNEXPECTED
from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import DISCORD_ERRORS, in_time
from bot.delivery.channels.messages import nonce_of
from bot.domain.models import SOURCE_KINDS, MediaKind
from bot.domain.money.spending_policy import needs_approval, refuse_blocked
from bot.domain.server.places import PostingPlace, Viewer, require_channel
from bot.domain.typed_keys import require_no_key
from bot.domain.words.orders import Variation
from bot.domain.words.text import harmless_within, whole
from bot.errors import BotError, InputError, NotAllowed, Refused
from bot.generation.again.next_steps import IMAGE, Medium, NextSteps
from bot.generation.again.rerun import Reruns
from bot.generation.again.shots import is_film
from bot.generation.generation import Generation, SourceFile
from bot.generation.generations import DRAFT_LIFE_S, Generations
from bot.generation.own_defaults import REFERENCES, OwnDefaults, Typed
from bot.generation.sources import FILES_MAX, SourceRef, require_kept
from bot.generation.words import AGAIN, NEXT_SHOT, TO_4K, VARY, Reading, clean_words, is_addressed, read
from bot.language import sentences, speak, tr
from bot.runtime.pace import TokenBucket
from bot.server.operations import OperationSwitches
from bot.store import Blocks, GuildSettings
from cogs.results.next_step import parts_of
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Bot, Interaction, PostableChannel, place_in, use
from cogs.ui.permissions import guild_of, missing_permissions, viewer_in
from cogs.ui.prices import total_of
from cogs.ui.texts import APPROVED_FIRST
from cogs.words import texts
from cogs.workflows.asked.submit import submit

log = structlog.get_logger(__name__)

MEMBER_TIMES, SERVER_TIMES = 4, 20
MINUTE_S = 60.0
NAME_CHARS = 60
RATIO = "aspect_ratio"
_TYPES = frozenset({discord.MessageType.default, discord.MessageType.reply})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was read, and what it is about: a result or a file, pictures to follow, or nothing."""

    reading: Reading
    medium: Medium | None = None
    pictures: Sequence[SourceFile] = ()
    files: int = 1
    """How many files were there."""


class WordListener(commands.Cog):
    """Answers mentions. Members who may not use the bot, or not here, get no answer at all."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self._of_member = TokenBucket(bot.clock, MEMBER_TIMES, MINUTE_S)
        self._of_server = TokenBucket(bot.clock, SERVER_TIMES, MINUTE_S)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer a member who mentions the bot. Edits are ignored."""
        try:
            if self._is_for_bot(message):
                await self._heard(message)
        except DISCORD_ERRORS as error:
            log.info("words.not_answered", message=message.id, error=type(error).__name__)

    def _is_for_bot(self, message: discord.Message) -> bool:
        """Whether a member addresses the bot: at the start or the end, or anywhere in a reply or with a file."""
        own = self.bot.user
        if own is None or message.author.bot or message.webhook_id is not None or message.type not in _TYPES:
            return False
        calls_all = message.mention_everyone or "@everyone" in message.content or "@here" in message.content
        if calls_all or not isinstance(message.author, discord.Member):
            return False
        if not any(f"<@{sign}{own.id}>" in message.content for sign in ("", "!")):
            return False
        return bool(message.attachments) or _replied_to(message) is not None or is_addressed(message.content, own.id)

    async def _heard(self, message: discord.Message) -> None:
        member, channel = message.author, message.channel
        if (
            not isinstance(member, discord.Member)
            or not isinstance(channel, PostableChannel)
            or not await self._may_answer(member, channel)
        ):
            return
        if self._of_member.wait_s((member.guild.id, member.id)) or self._of_server.wait_s(member.guild.id):
            return
        speak(await use(self.bot, GuildLanguages).of(member.guild.id))  # a message lacks its author's language
        viewer = await viewer_in(self.bot, member, channel)
        try:
            require_no_key(message.content)
            asked = await self._read(message, viewer)
            if asked.reading.choices:
                await self._offer(message, asked, viewer)
            elif asked.reading.sentence:
                await self._send(message, self.bot.responses.linked(asked.reading.sentence))
        except BotError as error:
            await self._send(message, self.bot.responses.linked(error.sentence))
        except DISCORD_ERRORS:
            raise
        except Exception:
            log.exception("words.failed", message=message.id)
            await self._send(message, self.bot.responses.linked(str(UNEXPECTED)))

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

    async def _read(self, message: discord.Message, viewer: Viewer) -> Asked:
        """Return what is meant: about attached files, the result that is replied to, or neither."""
        own = self.bot.user
        said = clean_words(whole(message.content), 0 if own is None else own.id)
        if message.attachments or message.message_snapshots:
            return _of_files(said, message)
        replied = _replied_to(message)
        if replied is None:
            return Asked(reading=read(said))
        medium = await use(self.bot, NextSteps).medium_in_message(viewer, replied, tuple(MediaKind))
        if medium is None or medium.job is None:
            reading = read(said)
            why = sentences(texts.NOTHING_THERE, texts.CANNOT_SEE_FILES)
            return Asked(reading=Reading(sentence=why) if reading.choices or reading.sentence else reading)
        goes_on = isinstance(message.channel, discord.Thread) and is_film(medium.job)
        return Asked(reading=read(said, medium.kinds[0], goes_on=goes_on), medium=medium)

    async def _offer(self, message: discord.Message, asked: Asked, viewer: Viewer) -> None:
        """Reply with a button for each choice, which has its price. Raises Discord's errors, and ours."""
        guild_id, member_id = viewer.guild_id, viewer.member_id
        rules = await use(self.bot, GuildSettings).get(guild_id)
        is_alone = len(asked.reading.choices) == 1
        buttons: list[Control] = []
        price, is_approved = "", False
        for number, choice in enumerate(asked.reading.choices, start=1):
            try:
                generation = await _generation(self.bot, viewer, asked, choice)
                filled = await use(self.bot, OwnDefaults).applied(generation, guild_id, member_id, Typed())
            except BotError:
                if buttons or number < len(asked.reading.choices):
                    continue  # the other choice remains
                raise
            given = {file.field: file.label for file in filled.files if file.field}
            steps = [
                *((step.operation, step.input) for step in filled.before),
                *[(filled.operation, {**filled.values, **given})] * filled.count,
            ]
            total = await total_of(self.bot, guild_id, steps)
            is_approved = is_approved or needs_approval(total.shown, rules)
            consent = replace(generation.consent, pressed=True, agreed=total.shown)
            draft_id = await use(self.bot, Generations).keep(replace(generation, consent=consent), guild_id, member_id)
            label = str(texts.CONTINUE) if is_alone else tr(self.bot.catalogue.resolve(filled.operation).title)
            style = discord.ButtonStyle.secondary if buttons else discord.ButtonStyle.primary
            buttons.append(Control.button("words", f"{draft_id}.{member_id}", label=total.on(label), style=style))
            price = texts.PRICE_UNKNOWN(guess=total.most) if is_alone and total.price is None else ""
        end = APPROVED_FIRST if is_approved else texts.NOT_CHARGED
        await self._send(message, sentences(_text(asked), price, end), view_of(buttons))

    async def _send(
        self, message: discord.Message, text: str, view: discord.ui.View = discord.utils.MISSING
    ) -> discord.Message:
        guild = message.guild
        may_reply = guild is not None and message.channel.permissions_for(guild.me).read_message_history
        reference = message.to_reference(fail_if_not_exists=False)
        return await in_time(
            message.channel.send(
                text,
                view=view,
                nonce=nonce_of("words", str(message.id)),
                reference=reference if may_reply else discord.utils.MISSING,
                mention_author=False,
                allowed_mentions=discord.AllowedMentions.none(),
                delete_after=DRAFT_LIFE_S,
            )
        )


@on("words")
async def go_on(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Make what the author chose. The reply is deleted.

    The draft is consumed, so that a second press finds none; the author's name in the custom id only words a refusal.
    """
    draft_id, _, author_id = subject.partition(".")
    if author_id != str(interaction.user.id):
        raise NotAllowed(texts.NOT_YOURS)
    generation = await use(interaction, Generations).take_draft(guild_of(interaction), interaction.user.id, draft_id)
    try:
        if generation is None:
            raise InputError(texts.EXPIRED)
        await submit(interaction, generation)
    finally:
        if interaction.message is not None:
            with contextlib.suppress(*DISCORD_ERRORS):
                await in_time(interaction.message.delete())


def _replied_to(message: discord.Message) -> int | None:
    reference = message.reference
    return None if reference is None or message.type is not discord.MessageType.reply else reference.message_id


def _of_files(said: str, message: discord.Message) -> Asked:
    """Return what is meant of files: several images are references of a new one, else the first file is changed."""
    files = list(parts_of(message))
    usable = [(file, file.kind) for file in files if file.kind in SOURCE_KINDS and file.kind is not None]
    if not usable:
        name = harmless_within(files[0].name, NAME_CHARS) if files else ""
        return Asked(reading=Reading(sentence=texts.UNUSABLE(file=name)))
    refs = [SourceRef(attachment=(file.link, file.name)) for file, _ in usable[:FILES_MAX]]
    if len(usable) > 1 and {kind for _, kind in usable} == {MediaKind.IMAGE}:
        pictures = [SourceFile(ref=ref, label=REFERENCES, field=REFERENCES, into_list=True) for ref in refs]
        return Asked(reading=read(said), pictures=pictures)
    kind = usable[0][1]
    return Asked(reading=read(said, kind, is_file=True), medium=Medium(kinds=(kind,), ref=refs[0]), files=len(usable))


async def _generation(bot: Bot, viewer: Viewer, asked: Asked, choice: str) -> Generation:
    """Return the request of a choice, by its author's permissions. Raises InputError, or Refused for what is off."""
    values, count, medium = asked.reading.choices[choice], asked.reading.count, asked.medium
    job = None if medium is None else medium.job
    if job is not None:
        require_kept(job)
        reruns = use(bot, Reruns)
        if choice == AGAIN:
            return await reruns.rerun_all(job, viewer)
        if choice == TO_4K:
            return await reruns.enlarged(job, viewer, Variation.UPSCALE)
        if choice == VARY:
            return replace(await reruns.vary(job, viewer, "subtle"), count=count or 1)
    if medium is None:
        operation = bot.catalogue.resolve(choice)
        use(bot, OperationSwitches).require_on(viewer.guild_id, operation)
        files = asked.pictures if REFERENCES in operation.names else ()
        begun = Generation(operation=operation.id, values={}, files=files)
    elif job is not None and choice == NEXT_SHOT:
        begun = (await use(bot, NextSteps).continued(job)).completed
    else:
        begun = use(bot, NextSteps).begin(viewer.guild_id, choice, medium).completed
    if not count and medium is None and choice == IMAGE:
        count = int((await use(bot, GuildSettings).get(viewer.guild_id)).pictures)
    return replace(begun, values={**begun.values, **values}, count=count or 1, typed=True)


def _text(asked: Asked) -> str:
    reading = asked.reading
    (choice, values), *others = reading.choices.items()
    return sentences(
        texts.WHICH_ONE if others else texts.MAKES[choice],
        texts.HOW_MANY(count=reading.count) if reading.count > 1 else "",
        texts.RATIO(ratio=values[RATIO]) if RATIO in values else "",
        texts.FIRST_FILE(count=asked.files) if asked.files > 1 else "",
    )


async def setup(bot: Bot) -> None:
    await bot.add_cog(WordListener(bot))
