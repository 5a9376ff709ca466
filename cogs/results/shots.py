"""More of a result: the next shot of a film, its shots as one file; a picture with more around it, or larger."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.delivery.channels.facts import in_time
from bot.delivery.posting.copies import ResultCopies
from bot.domain.models import Job, MediaKind
from bot.domain.words.orders import Variation
from bot.errors import InputError, Refused
from bot.generation.again.next_steps import NextSteps
from bot.generation.again.rerun import Reruns
from bot.generation.again.shots import Shots, is_film
from bot.jobs.surface import Later, NoPlace
from bot.media import film
from bot.store import Cards
from cogs.results import texts
from cogs.results.pressing import refuse_double_press, submit_pressed, variant_price
from cogs.ui.controls import Control, on_job
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import require_unblocked, viewer_of
from cogs.ui.prices import priced
from cogs.workflows.asked.form import OperationForm
from cogs.workflows.asked.own import as_typed
from cogs.workflows.asked.submit import submit

ENLARGED = {
    "zoom_out": (Variation.ZOOM_OUT, texts.ZOOM_OUT, "🔍"),
    "upscale_4k": (Variation.UPSCALE, texts.TO_4K, "🔼"),
}


async def shot_buttons(interaction: Interaction, job: Job) -> list[Control]:
    """Return the buttons for a result: of a film *Continue* and *Join*, of a picture *Zoom out* and *Upscale*."""
    if is_film(job):
        buttons = [Control.button("shot_next", job.id, label=texts.CONTINUE, emoji="🎬")]
        has_line = len(await use(interaction, Shots).line(await viewer_of(interaction), job)) > 1
        if has_line and film.is_possible():
            buttons.append(Control.button("shot_join", job.id, label=texts.JOIN, emoji="🎞️"))
        return buttons
    if not any(each.kind is MediaKind.IMAGE for each in job.media):
        return []
    found = []
    for action, (variation, label, icon) in ENLARGED.items():
        try:
            generation = await use(interaction, Reruns).enlarged(job, await viewer_of(interaction), variation)
        except (InputError, Refused):
            return []
        price = await variant_price(interaction.client, job, generation)
        found.append(Control.button(action, job.id, label=priced(label, price), emoji=icon))
    return found


@on_job("shot_next")
async def continue_film(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Open the form of the next shot."""
    await require_unblocked(interaction)
    step = await use(interaction, NextSteps).continued(job)
    form = OperationForm(
        interaction.client, as_typed(step.generation), prefilled=step.prefilled, source=step.source, send=submit
    )
    await in_time(interaction.response.send_modal(form))


@on_job("shot_join")
async def join(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Post the line of shots that ends with this one as one file, in this channel. Costs nothing."""
    await require_unblocked(interaction)
    channel, guild = interaction.channel, interaction.guild
    if guild is None or not isinstance(channel, discord.abc.Messageable):
        raise InputError(texts.NO_CHANNEL_HERE)
    refuse_double_press(interaction, job, "join")
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    shots = await use(interaction, Shots).line(await viewer_of(interaction), job)
    async with use(interaction, Shots).joined(interaction.user.id, shots, max_bytes=guild.filesize_limit) as file:
        cards = [card for each in shots if (card := await use(interaction, Cards).get(each.guild_id, each.card_id))]
        try:
            posted = await use(interaction, ResultCopies).post_film(
                channel, list(zip(cards, shots, strict=True)), file, place_id=interaction.channel_id or 0
            )
        except (NoPlace, Later) as error:
            raise Refused(error.sentence if isinstance(error, NoPlace) else texts.NOT_NOW) from error
    await in_time(interaction.edit_original_response(content=texts.JOINED(count=len(shots), link=posted.jump_url)))


async def _enlarge(interaction: Interaction, job: Job, variation: Variation) -> None:
    await require_unblocked(interaction)
    generation = await use(interaction, Reruns).enlarged(job, await viewer_of(interaction), variation)
    refuse_double_press(interaction, job, f"vary {job.id}")
    await submit_pressed(interaction, generation)


@on_job("zoom_out")
async def zoom_out(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    await _enlarge(interaction, job, Variation.ZOOM_OUT)


@on_job("upscale_4k")
async def upscale_picture(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Make the picture again in the largest size."""
    await _enlarge(interaction, job, Variation.UPSCALE)
