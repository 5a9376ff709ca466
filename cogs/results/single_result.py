"""*U1* to *U4*: one result alone, large, with its controls. Free.

Posted once in each channel. Private, and outside servers: ephemeral, each time.
"""

from collections.abc import Sequence
from typing import Any, cast

import discord

from bot.delivery.answers.deferral import defer
from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import DISCORD_ERRORS, UPLOAD_TIMEOUT_S, in_time
from bot.delivery.channels.view import message_view
from bot.delivery.posting.copies import ResultCopies
from bot.delivery.posting.refresh import CardRefresh
from bot.domain.models import Card, Job
from bot.errors import InputError
from bot.generation.sources import LookPace
from bot.generation.texts import NO_RESULT
from bot.language import speaking
from bot.store import Cards, Copies, GuildSettings
from cogs.results import texts
from cogs.results.buttons import ALONE, of_result
from cogs.results.details import details_button
from cogs.results.post_again import post_copy, require_may_copy
from cogs.ui.controls import on_job
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import file_limit_of, is_outside, refused_places


@on_job(ALONE)
async def show_alone(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Post the result in a message of its own, or link the existing one."""
    found = await use(interaction, Cards).get(job.guild_id, job.card_id)
    if found is None or not job.media:
        raise InputError(NO_RESULT)
    if found.private or is_outside(interaction):
        await _show_privately(interaction, found, job)
        return
    await require_may_copy(interaction)
    await defer(interaction, ephemeral=True, thinking=True)
    there, gone = await _posted(interaction, job)
    if there is not None:
        await in_time(interaction.edit_original_response(content=texts.ALREADY_POSTED(link=there)))
        return
    reply = None
    if found.message_id is not None and found.message_channel_id == interaction.channel_id:
        reply = discord.MessageReference(
            message_id=found.message_id, channel_id=found.place_id, fail_if_not_exists=False
        )
    with speaking(await use(interaction, GuildLanguages).of(job.guild_id)):  # public message
        view = message_view([await _controls(interaction, job)], ())
    subject_id = f"{job.id} {gone}"
    posted = await post_copy(interaction, found, job, kind=ALONE, subject_id=subject_id, view=view, reply=reply)
    await in_time(interaction.edit_original_response(content=texts.POSTED_AGAIN(link=posted.jump_url)))


async def _show_privately(interaction: Interaction, card: Card, job: Job) -> None:
    bot = interaction.client
    await defer(interaction, ephemeral=True, thinking=True)
    embed, documents = await use(bot, CardRefresh).copied(card, [job])
    opened = use(bot, ResultCopies).opened(
        card, [job], member_id=interaction.user.id, file_limit=file_limit_of(interaction)
    )
    with refused_places():
        async with use(bot, LookPace).request(interaction.user.id), opened as files:
            view = message_view([await _controls(interaction, job)], ())
            await in_time(
                interaction.edit_original_response(embed=embed, attachments=[*files, *documents], view=view),
                UPLOAD_TIMEOUT_S,
            )


async def _posted(interaction: Interaction, job: Job) -> tuple[str | None, int]:
    """Return the link of the message in this channel that shows the result alone, None if there is none.

    Also the number of deleted ones: Discord would return such a one again for its nonce.
    """
    channel, gone = cast("discord.abc.Messageable", interaction.channel), 0
    for copy in await use(interaction, Copies).of_card(job.guild_id, job.card_id):
        if (copy.job_id, copy.kind, copy.channel_id) != (job.id, ALONE, interaction.channel_id):
            continue
        try:
            return (await in_time(channel.fetch_message(copy.message_id))).jump_url, gone
        except discord.NotFound:
            gone += 1
        except DISCORD_ERRORS:  # unreadable just now: it is more likely there than not
            return texts.LINK_IN(guild_id=job.guild_id, channel_id=copy.channel_id, message_id=copy.message_id), gone
    return None, gone


async def _controls(interaction: Interaction, job: Job) -> list[discord.ui.Item[Any]]:
    rules = await use(interaction, GuildSettings).get(job.guild_id)
    return [*of_result(interaction.client, job, rules.confirm_above), details_button(job)]
