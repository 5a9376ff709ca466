"""*Post here again*: a result that is posted somewhere is shown in the channel where somebody asks for it, too."""

from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.delivery.copies import shown_jobs
from bot.delivery.deadlines import in_time
from bot.delivery.formatting import message_link
from bot.domain.models import Card, Job
from bot.errors import InputError, NotAllowed, Refused
from bot.generation.texts import NO_RESULT
from bot.jobs.surface import Later, NoPlace
from cogs.results import texts
from cogs.results.double_press import refuse_double_press
from cogs.ui.blocked import require_unblocked
from cogs.ui.controls import Control, on_job
from cogs.ui.interaction import Interaction
from cogs.ui.texts import GONE
from cogs.workflows.submit import require_may_post

POST_AGAIN = "post_again"
KIND = "again"
"""The kind of its messages among the copies: they are taken down with the result."""


def post_again_button(job: Job) -> Control:
    """Return the button that posts one result again."""
    return Control.button(POST_AGAIN, job.id, label=texts.POST_AGAIN, emoji="📌")


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySpec:
    """How a result is posted again: as which kind of copy, with which controls, in reply to what."""

    kind: str
    subject_id: str
    """What is posted once in a channel within a few minutes, whoever presses."""
    view: discord.ui.View | None = None
    reply: discord.MessageReference | None = None


@on_job(POST_AGAIN)
async def post_again(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Post the result here, if it may be shown here and the member may write here. It costs nothing."""
    await require_may_copy(interaction)
    card = await interaction.client.parts.store.cards.get(job.guild_id, job.card_id)
    if card is None or not shown_jobs([job]):
        raise InputError(NO_RESULT)
    refuse_double_press(interaction, job, f"post {interaction.channel_id} {job.id}")
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    posted = await post_copy(interaction, card, job, CopySpec(kind=KIND, subject_id=job.id))
    await in_time(interaction.edit_original_response(content=texts.posted_again(posted.jump_url)))


async def require_may_copy(interaction: Interaction) -> None:
    """Raise unless the member may have a result posted here: NotAllowed, Refused, or InputError where it is no channel.

    Whether the result itself may come here is for the gate to say.
    """
    if interaction.guild is None or not isinstance(interaction.channel, discord.abc.Messageable):
        raise InputError(GONE)
    await require_unblocked(interaction)
    if not _may_write(interaction):
        raise NotAllowed(texts.MAY_NOT_WRITE_HERE)
    require_may_post(interaction)


async def post_copy(interaction: Interaction, card: Card, job: Job, spec: CopySpec) -> discord.Message:
    """Post the result in the interaction's channel, after `require_may_copy`. Raises Refused where it may not come."""
    bot, channel, guild = interaction.client, interaction.channel, interaction.guild
    assert guild is not None
    assert isinstance(channel, discord.abc.Messageable)
    language = await bot.parts.languages.of(guild.id)
    embed, documents = await bot.parts.delivery.cards.first_answer(card, [job], language=language)
    if not card.private:
        embed.url = message_link(card)
    try:
        async with bot.parts.sources.pace.request(interaction.user.id):
            return await bot.parts.copies.post(
                channel,
                card,
                [job],
                kind=spec.kind,
                subject_id=spec.subject_id,
                place_id=interaction.channel_id or 0,
                embed=embed,
                documents=documents,
                file_limit=guild.filesize_limit,
                view=spec.view,
                reply=spec.reply,
            )
    except (NoPlace, Later) as error:
        raise Refused(error.sentence if isinstance(error, NoPlace) else texts.NOT_POSTED_NOW) from error


def _may_write(interaction: Interaction) -> bool:
    permissions = interaction.permissions
    is_thread = isinstance(interaction.channel, discord.Thread)
    return permissions.send_messages_in_threads if is_thread else permissions.send_messages
