"""More of a result: *Vary*, with its price asked privately; the next shot, shots as one file; a larger image."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import discord

from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import in_time
from bot.delivery.posting.copies import ResultCopies
from bot.delivery.texts import NOT_IN_THIS_CHANNEL
from bot.domain.models import Job, MediaKind
from bot.domain.server.guild_rules import Strength
from bot.domain.server.places import Viewer
from bot.domain.words.orders import Variation
from bot.errors import InputError, Refused
from bot.generation.again.next_steps import NextStep, NextSteps
from bot.generation.again.rerun import Reruns
from bot.generation.again.shots import Shots, is_film
from bot.generation.generation import Generation
from bot.jobs.admission import Admission
from bot.media import film
from bot.store import Cards
from cogs.results import texts
from cogs.results.pressing import submit_once, variant_price
from cogs.ui.controls import Control, on_job, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import is_outside, origin_of, refused_places, require_unblocked, viewer_of
from cogs.ui.prices import priced
from cogs.ui.texts import GONE
from cogs.workflows.asked.form import OperationForm
from cogs.workflows.asked.own import as_typed
from cogs.workflows.asked.submit import submit

VARY, VARY_LOOK = "vary", "vary_look"
LABELS = {Strength.SUBTLE: texts.SUBTLE, Strength.STRONG: texts.STRONG}


@on_job(VARY)
async def ask_strength(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Ask ephemerally how much the variant may differ; for a character also whether its look does."""
    await require_unblocked(interaction)
    bot, reruns, viewer = interaction.client, use(interaction, Reruns), await viewer_of(interaction)
    await reruns.require_payer(job, interaction.user.id)
    if not reruns.can_vary(job):
        raise InputError(GONE)
    price = await variant_price(bot, job, await reruns.vary(job, viewer, Strength.SUBTLE))
    answers = [
        Control.button(f"vary_{strength}", job.id, label=priced(label, price)) for strength, label in LABELS.items()
    ]
    if await reruns.can_change_look(job):
        answers.append(await _look_button(bot, job, await reruns.vary_look(job, viewer)))
    question = str(texts.HOW_DIFFERENT_UNPRICED) if price is None else texts.HOW_DIFFERENT(price=price)
    await in_time(interaction.response.send_message(question, view=view_of(answers), ephemeral=True))


async def _look_button(bot: Bot, job: Job, generation: Generation) -> Control:
    price = await variant_price(bot, job, generation)
    return Control.button(VARY_LOOK, job.id, label=priced(texts.LOOK, price), emoji="👗")


def _makes(action: str, vary: Callable[[Reruns, Job, Viewer], Awaitable[Generation]]) -> None:
    @on_job(action)
    async def make(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
        await require_unblocked(interaction)
        generation = await vary(use(interaction, Reruns), job, await viewer_of(interaction))
        await submit_once(interaction, job, f"vary {job.id}", generation)


_makes("vary_subtle", lambda reruns, job, viewer: reruns.vary(job, viewer, Strength.SUBTLE))
_makes("vary_strong", lambda reruns, job, viewer: reruns.vary(job, viewer, Strength.STRONG))
_makes(VARY_LOOK, Reruns.vary_look)
_makes("zoom_out", lambda reruns, job, viewer: reruns.enlarged(job, viewer, Variation.ZOOM_OUT))
_makes("enlarge", lambda reruns, job, viewer: reruns.enlarged(job, viewer, Variation.UPSCALE))
ENLARGED = {
    "zoom_out": (Variation.ZOOM_OUT, texts.ZOOM_OUT, "🔍"),
    "enlarge": (Variation.UPSCALE, texts.TO_4K, "🔼"),
}


async def shot_buttons(interaction: Interaction, job: Job) -> list[Control]:
    """Return the buttons for a result: of a film *Continue* and *Join*, of a picture *Zoom out* and *Upscale*."""
    if is_film(job):
        buttons = [Control.button("shot_next", job.id, label=texts.CONTINUE, emoji="🎬")]
        has_line = len(await use(interaction, Shots).line(await viewer_of(interaction), job)) > 1
        if has_line and film.is_possible() and not job.is_at_home:
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


def form_of(bot: Bot, step: NextStep) -> OperationForm:
    generation = as_typed(step.generation)
    return OperationForm(bot, generation, prefilled=step.prefilled, source=step.source, send=submit)


@on_job("shot_next")
async def continue_film(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Open the form of the next shot."""
    await require_unblocked(interaction)
    await form_of(interaction.client, await use(interaction, NextSteps).continued(job)).open(interaction)


@on_job("shot_join")
async def join(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Post the line of shots that ends with this one as one file, in this channel.

    Costs nothing, but takes minutes of a core: for those who may request a video here.
    """
    await require_unblocked(interaction)
    channel, guild = interaction.channel, interaction.guild
    if guild is None or is_outside(interaction) or not isinstance(channel, discord.abc.Messageable):
        raise InputError(NOT_IN_THIS_CHANNEL)
    await use(interaction, Admission).require(await origin_of(interaction), [job.operation])
    await defer(interaction, ephemeral=True, thinking=True)
    shots = await use(interaction, Shots).line(await viewer_of(interaction), job)
    async with use(interaction, Shots).joined(interaction.user.id, shots, max_bytes=guild.filesize_limit) as file:
        cards = [card for each in shots if (card := await use(interaction, Cards).get(each.guild_id, each.card_id))]
        with refused_places():
            posted = await use(interaction, ResultCopies).post_film(
                channel, list(zip(cards, shots, strict=True)), file, place_id=interaction.channel_id or 0
            )
    await in_time(interaction.edit_original_response(content=texts.JOINED(count=len(shots), link=posted.jump_url)))
