"""*Post here again* and *Send to my DMs*: show a posted result in another place too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import discord

from bot.delivery.answers.deferral import defer
from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.facts import BUTTONS_PER_MESSAGE, FILE_LIMIT_BYTES, in_time
from bot.delivery.channels.messages import Messages
from bot.delivery.channels.view import message_link
from bot.delivery.posting.copies import ResultCopies, shown_jobs
from bot.delivery.posting.refresh import CardRefresh
from bot.delivery.texts import NOT_REVIEWED
from bot.domain.models import Card, Job
from bot.domain.texts import NOT_NOW
from bot.errors import InputError, MediaGone, NotAllowed
from bot.generation.sources import LookPace, Sources, require_kept
from bot.generation.texts import ERASED, NO_RESULT
from bot.language import current
from bot.store import Cards, Reviews
from cogs.results import texts
from cogs.results.pressing import refuse_double_press
from cogs.ui.controls import Control, on_job, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import is_outside, refused_places, require_unblocked
from cogs.ui.texts import GONE
from cogs.workflows.asked.submit import require_may_post

POST_AGAIN, TO_DMS = "post_again", "to_dms"
KIND = "again"
"""The kind of its messages among the copies: they are removed with the result."""


def copy_buttons(job: Job) -> list[Control]:
    return [
        Control.button(POST_AGAIN, job.id, label=texts.POST_AGAIN, emoji="📌"),
        Control.button(TO_DMS, job.id, label=texts.TO_DMS, emoji="✉️"),
    ]


@on_job(POST_AGAIN)
async def post_again(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Post the result here, if it and the member may. Free."""
    await require_may_copy(interaction)
    card = await use(interaction, Cards).get(job.guild_id, job.card_id)
    if card is None or not shown_jobs([job]):
        raise InputError(NO_RESULT)
    refuse_double_press(interaction, job, f"post {interaction.channel_id} {job.id}")
    await defer(interaction, ephemeral=True, thinking=True)
    posted = await post_copy(interaction, card, job, kind=KIND, subject_id=job.id)
    await in_time(interaction.edit_original_response(content=texts.POSTED_AGAIN(link=posted.jump_url)))


@on_job(TO_DMS)
async def to_direct_messages(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Send the result to who presses. Free."""
    card = await use(interaction, Cards).get(job.guild_id, job.card_id)
    if card is None or is_outside(interaction) or not shown_jobs([job]):
        raise InputError(NO_RESULT)
    refuse_double_press(interaction, job, f"{TO_DMS} {job.id}")
    await defer(interaction, ephemeral=True, thinking=True)
    try:
        direct = await use(interaction, Messages).direct_message(interaction.user.id)
        await post_copy(interaction, card, job, kind="dm", subject_id=job.id, direct=direct)
    except discord.Forbidden:
        raise InputError(texts.DMS_CLOSED) from None
    await in_time(interaction.edit_original_response(content=str(texts.SENT)))


async def require_may_copy(interaction: Interaction) -> None:
    """Raise unless the member may post here: NotAllowed, Refused, or InputError outside channels.

    The gate decides about the result itself.
    """
    if is_outside(interaction) or not isinstance(interaction.channel, discord.abc.Messageable):
        raise InputError(GONE)
    await require_unblocked(interaction)
    if not _may_write(interaction):
        raise NotAllowed(texts.MAY_NOT_WRITE_HERE)
    require_may_post(interaction)


async def post_copy(
    interaction: Interaction,
    card: Card,
    job: Job,
    *,
    kind: str,
    subject_id: str,
    view: discord.ui.View | None = None,
    reply: discord.MessageReference | None = None,
    direct: discord.DMChannel | None = None,
) -> discord.Message:
    """Post the result here, after `require_may_copy`, or to who presses: a `subject_id` once within a few minutes.

    Raises Refused if it can't be shown there.
    """
    bot, guild = interaction.client, cast("discord.Guild", interaction.guild)
    channel = direct or cast("discord.TextChannel", interaction.channel)
    language = await use(bot, GuildLanguages).of(guild.id) if direct is None else current()
    embed, documents = await use(bot, CardRefresh).copied(card, [job], language=language)
    if not card.private:
        embed.url = message_link(card)
    with refused_places():
        async with use(bot, LookPace).request(interaction.user.id):
            return await use(bot, ResultCopies).post(
                channel,
                card,
                [job],
                kind=kind,
                subject_id=subject_id,
                place_id=channel.id,
                embed=embed,
                to_member=interaction.user.id if direct else None,
                documents=documents,
                file_limit=FILE_LIMIT_BYTES if direct else guild.filesize_limit,
                view=view,
                reply=reply,
            )


def _may_write(interaction: Interaction) -> bool:
    permissions = interaction.permissions
    is_thread = isinstance(interaction.channel, discord.Thread)
    return permissions.send_messages_in_threads if is_thread else permissions.send_messages


KEPT_DAYS = 7
"""How long Cannon Studio keeps results (its docs)."""


@on_job("link")
async def fresh_link(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    await send(interaction, job)


async def send(interaction: Interaction, job: Job) -> None:
    """Answer ephemerally with fresh links to the card's files, and put them on the card. Raises InputError."""
    require_kept(job)
    await defer(interaction, ephemeral=True, thinking=True)
    bot = interaction.client
    found = await use(bot, Cards).with_jobs(job.guild_id, job.card_id)
    if found is None:
        raise InputError(GONE)
    card, jobs = found
    withheld = await use(bot, Reviews).withheld_of(card.guild_id, [each.id for each in jobs])
    if job.id in withheld:
        raise InputError(NOT_REVIEWED)
    async with use(bot, LookPace).request(interaction.user.id):
        fresh = await renew(bot, [each for each in jobs if each.id not in withheld])
    buttons: list[discord.ui.Item[Any]] = [
        discord.ui.Button(
            label=texts.OPEN_NUMBERED(number=number) if len(fresh) > 1 else str(texts.OPEN_RESULT), url=link
        )
        for number, link in enumerate(list(fresh.values())[:BUTTONS_PER_MESSAGE], start=1)
    ]
    await in_time(interaction.edit_original_response(content=str(texts.LINKS), view=view_of(buttons)))
    await use(bot, CardRefresh).renew_links(card, jobs, fresh)


async def renew(bot: Bot, jobs: Sequence[Job]) -> dict[str, str]:
    """Return fresh links by the delivered ones. Raises InputError for an expired file."""
    fresh: dict[str, str] = {}
    for job in jobs:
        for medium in job.media:
            try:
                source = await use(bot, Sources).of_job(job, medium, frozenset({medium.kind}), "result")
            except MediaGone as error:
                raise InputError(gone_text(bot, job)) from error
            fresh[medium.url] = source.url
    if not fresh:
        raise InputError(ERASED)
    return fresh


def gone_text(bot: Bot, job: Job) -> str:
    """Explain a missing fresh link."""
    age_s = bot.clock.wall() - (job.finished_at or job.created_at)
    if age_s > KEPT_DAYS * 86400:
        return texts.TOO_OLD(count=KEPT_DAYS)
    return str(NOT_NOW)
