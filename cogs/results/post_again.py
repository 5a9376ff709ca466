"""*Post here again*: a result that is posted somewhere is shown in the channel where somebody asks for it, too."""

from collections.abc import Sequence

import discord

from bot.delivery.copies import shown_jobs
from bot.delivery.deadlines import in_time
from bot.delivery.formatting import message_link
from bot.domain.models import Job
from bot.domain.spending_policy import refuse_blocked
from bot.errors import InputError, NotAllowed, Refused
from bot.generation.texts import NO_RESULT
from bot.jobs.surface import Later, NoPlace
from cogs.results import texts
from cogs.results.double_press import refuse_double_press
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


@on_job(POST_AGAIN)
async def post_again(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Post the result here, if it may be shown here and the member may write here. It costs nothing."""
    bot, channel = interaction.client, interaction.channel
    if interaction.guild is None or not isinstance(channel, discord.abc.Messageable):
        raise InputError(GONE)
    refuse_blocked(await bot.parts.store.blocks.active(interaction.guild.id, interaction.user.id), bot.clock.wall())
    if not _may_write(interaction):
        raise NotAllowed(texts.MAY_NOT_WRITE_HERE)
    require_may_post(interaction)
    card = await bot.parts.store.cards.get(job.guild_id, job.card_id)
    if card is None or not shown_jobs([job]):
        raise InputError(NO_RESULT)
    refuse_double_press(interaction, job, f"post {interaction.channel_id} {job.id}")
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    embed, documents = await bot.parts.delivery.cards.first_answer(card, [job])
    if not card.private:
        embed.url = message_link(card)
    try:
        async with bot.parts.sources.pace.request(interaction.user.id):
            posted = await bot.parts.copies.post(
                channel,
                card,
                [job],
                kind=KIND,
                place_id=interaction.channel_id or 0,
                embed=embed,
                documents=documents,
                file_limit=interaction.guild.filesize_limit,
            )
    except (NoPlace, Later) as error:
        raise Refused(error.sentence if isinstance(error, NoPlace) else texts.NOT_POSTED_NOW) from error
    await in_time(interaction.edit_original_response(content=texts.posted_again(posted.jump_url)))


def _may_write(interaction: Interaction) -> bool:
    permissions = interaction.permissions
    is_thread = isinstance(interaction.channel, discord.Thread)
    return permissions.send_messages_in_threads if is_thread else permissions.send_messages
