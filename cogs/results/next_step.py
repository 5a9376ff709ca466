"""The next step from a medium: a select of matching operations, and the form for missing fields."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import discord

from bot.catalogue import Operation
from bot.catalogue.checks.cautions import passed_end
from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import OPTIONS_PER_SELECT, in_time
from bot.domain.jobs.card_jobs import job_words
from bot.domain.models import Job, MediaKind
from bot.domain.server.reaction_rules import REACTIONS, ReactionAction
from bot.domain.words.text import one_line, shortened
from bot.errors import InputError
from bot.generation.again.next_steps import Medium, NextSteps
from bot.generation.again.reactions import NEXT_STEPS
from bot.generation.sources import SourceRef
from bot.language import tr
from bot.media.texts import kinds as kinds_text
from bot.store import GuildSettings
from cogs.results import texts
from cogs.results.details import report_buttons
from cogs.results.pressing import submit_pressed
from cogs.results.variants import form_of, shot_buttons
from cogs.ui.controls import Control, view_of
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import guild_of, require_unblocked, viewer_of
from cogs.ui.texts import GONE
from cogs.workflows.asked.own import preset_values

JOB_ACTION, LINK_ACTION = "next", "next_of"
WORDS_CHARS = 100
_RUN = {rule.shown: NEXT_STEPS[rule.action] for rule in REACTIONS.values() if rule.action in NEXT_STEPS}
"""Operations that emojis run, with their kind of medium."""


async def open_form(interaction: Interaction, operation_id: str, medium: Medium) -> None:
    """Open the form of an operation for the medium.

    Raises Refused if the operation is switched off or the member is blocked, InputError if it does not take the medium.
    """
    await require_unblocked(interaction)
    bot = interaction.client
    step = use(bot, NextSteps).begin(guild_of(interaction), operation_id, medium)
    form = form_of(bot, step)
    if not form.has_inputs:
        await submit_pressed(interaction, step.generation)
        return
    await form.open(interaction)


async def offer(interaction: Interaction, medium: Medium) -> None:
    """Answer ephemerally with a select of matching operations.

    Raises InputError if none matches, Refused if the member is blocked.
    The select's state is in its custom id and its own message, so that it survives a restart. A file's link cannot be
    read from its source again: Discord shows other people's files only in the menu itself.
    """
    await require_unblocked(interaction)
    found = use(interaction, NextSteps).fitting(guild_of(interaction), medium)
    if not found:
        raise InputError(texts.NOTHING_TAKES(kinds=kinds_text(medium.kinds)))
    now = interaction.client.clock.wall()
    options = [_option(each, medium, now) for each in found[:OPTIONS_PER_SELECT]]
    embed = discord.Embed(title=str(texts.NEXT_STEP_TITLE), description=str(texts.CHOOSE_NEXT_STEP), colour=NEUTRAL)
    if medium.job is not None:
        words = shortened(one_line(job_words(medium.job)) or medium.job.id, WORDS_CHARS)
        embed.set_footer(text=texts.MADE_FROM_WORDS(words=words))
        action, subject = JOB_ACTION, medium.job.id
    else:
        embed.url = None if medium.ref.attachment is None else medium.ref.attachment[0]
        action, subject = LINK_ACTION, medium.kinds[0]
    select = Control.select(action, subject, placeholder=texts.WHAT_NEXT, options=options)
    more: list[Control] = []
    if medium.job is not None:
        more = [*await _besides(interaction, medium, medium.job), *report_buttons(medium.job, interaction.user.id)]
    await in_time(interaction.response.send_message(embed=embed, view=view_of([select, *more]), ephemeral=True))


def _option(operation: Operation, medium: Medium, now: float) -> discord.SelectOption:
    known = next((emoji for emoji, (id_, kind) in _RUN.items() if id_ == operation.id and kind in medium.kinds), None)
    return discord.SelectOption(
        label=tr(operation.title)[:100] if known is None else str(texts.RUN_BY_EMOJI[known]),
        value=operation.id,
        description=_warning(operation, now),
        emoji=known,
    )


def _warning(operation: Operation, now: float) -> str | None:
    """Return what an option says about an operation that will probably fail at `now`, Unix seconds."""
    end = passed_end(operation, None, now)
    if end is not None:
        return texts.ENDED(date=end.date)
    return None if operation.offered else str(texts.NO_LONGER_OFFERED)


async def _besides(interaction: Interaction, medium: Medium, job: Job) -> list[Control]:
    """Return the buttons for other reaction actions (cogs/reactions/pressed.py), and for the result's options."""
    rules = await use(interaction, GuildSettings).get(job.guild_id)
    buttons: list[Control] = []
    if ReactionAction.GALLERY in rules.reactions and rules.gallery_channel is not None and not medium.private:
        buttons.append(Control.button("to_gallery", job.id, label=texts.TO_GALLERY, emoji="⭐"))
    buttons += await shot_buttons(interaction, job)
    if MediaKind.IMAGE in medium.kinds and not job.is_at_home:
        buttons.append(Control.button("cast_result", job.id, label=texts.ADD_TO_CAST, emoji="🎭"))
    operation = interaction.client.catalogue.find(job.operation)
    if operation is not None and preset_values(operation, job.input):
        buttons.append(Control.button("preset_save", job.id, label=str(texts.SAVE_PRESET)))
    return buttons


def of_offer(message: discord.Message | None, subject: str) -> Medium:
    """Return the file of a select of `offer`, from its own message. Raises InputError."""
    link = message.embeds[0].url if message is not None and message.embeds else None
    if link is None or subject not in set(MediaKind):
        raise InputError(GONE)
    # As a link, so that it is renewed if expired.
    return Medium(kinds=(MediaKind(subject),), ref=SourceRef(url=link))


DRAWINGS = "image/svg+xml"
"""An image type that neither Cannon Studio nor Discord accepts."""


@dataclass(frozen=True, slots=True)
class MessageFile:
    """A file of a message; `kind` is None if its type does not say."""

    link: str
    name: str
    kind: MediaKind | None


async def find(interaction: Interaction, message: discord.Message, kinds: Collection[MediaKind]) -> Medium | None:
    """Return the first medium of one of `kinds` in a message, None if there is none.

    A result of the bot is returned as its job, which has more: a fresh link, Sora's id, its prompt.
    """
    own = interaction.client.user
    if own is not None and message.author.id == own.id:
        medium = await use(interaction, NextSteps).medium_in_message(await viewer_of(interaction), message.id, kinds)
        if medium is not None:
            return medium
    for part in parts_of(message):
        if part.kind is not None and part.kind in kinds:
            return Medium(kinds=(part.kind,), ref=SourceRef(attachment=(part.link, part.name)))
    return None


def parts_of(message: discord.Message) -> Iterator[MessageFile]:
    """Yield the files of a message in order: attachments, embeds, forwarded ones."""
    sources: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
    for source in sources:
        for attachment in source.attachments:
            yield MessageFile(attachment.url, attachment.filename, _kind(attachment.content_type, attachment.filename))
        for embed in source.embeds:
            yield from _embedded(embed)


def _embedded(embed: discord.Embed) -> Iterator[MessageFile]:
    if embed.video.url:
        yield MessageFile(embed.video.url, _name_in(embed.video.url), _kind(None, _name_in(embed.video.url)))
    for image in (embed.image, embed.thumbnail):
        if image.url:
            yield MessageFile(image.url, _name_in(image.url), MediaKind.IMAGE)


def _name_in(link: str) -> str:
    return re.split(r"[?#]", link)[0].rpartition("/")[2] or "file"


def _kind(content_type: str | None, name: str) -> MediaKind | None:
    """Return the kind by MIME type, else by file name; None if unknown."""
    if content_type is None or content_type.startswith("application/octet-stream"):
        content_type = mimetypes.guess_type(name)[0]
    if content_type is None or content_type.startswith(DRAWINGS):
        return None
    main = content_type.partition("/")[0]
    return MediaKind(main) if main in set(MediaKind) else None
