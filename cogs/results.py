"""What a delivered card offers: here the controls of a rewritten prompt."""

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.app import CannonBot
from bot.catalogue import Catalogue
from bot.delivery.card import main_job, operation_of, rewritten_prompt
from bot.errors import InputError
from bot.models import Card, Job, JobState
from cogs.asking import Interaction, Request, ask
from cogs.controls import GONE, Control, on_job
from cogs.forms import OperationForm

IMAGE, VIDEO = "image.generate", "video.generate"
LABELS = {IMAGE: "Generate image", VIDEO: "Generate video"}
ACTIONS = {IMAGE: "prompt_image", VIDEO: "prompt_video"}
CARRIED = {"aspectRatio": "aspect_ratio", "duration": "duration"}
"""What a prompt was rewritten for goes along; its style is in the words by now."""


def offered(bot: CannonBot, card: Card, jobs: Sequence[Job]) -> Sequence[discord.ui.Item[Any]]:
    """Return the controls of a card."""
    job = main_job(jobs)
    operation = operation_of(bot.catalogue, job)
    if operation is None or operation.workflow != "prompt" or job.state is not JobState.DELIVERED:
        return []
    makers = [target for target in targets(bot.catalogue, job) if bot.parts.switches.is_on(card.guild_id, target)]
    controls = [
        Control.button(
            ACTIONS[target],
            job.id,
            label=LABELS[target],
            style=discord.ButtonStyle.primary if target == makers[0] else discord.ButtonStyle.secondary,
        )
        for target in makers
    ]
    controls.append(Control.button("prompt_again", job.id, label="Rewrite again"))
    if makers:
        controls.append(Control.button("prompt_edit", job.id, label="Edit first"))
    return controls


def targets(catalogue: Catalogue, job: Job) -> list[str]:
    """Return what a rewritten prompt is good for, the best first: one for a video is for videos only."""
    if job.operation == catalogue.resolve("prompt.enhance.video").id:
        return [VIDEO]
    return [IMAGE, VIDEO]


async def request_of(interaction: Interaction, job: Job, target: str) -> Request:
    """Return the request to make `target` of a rewritten prompt, as private as its card. Raises InputError."""
    bot = interaction.client
    prompt = rewritten_prompt((job,), bot.catalogue)
    if prompt is None:
        raise InputError(GONE)
    known = {field.name for field in bot.catalogue.resolve(target).fields}
    carried = {CARRIED[name]: value for name, value in job.input.items() if CARRIED.get(name) in known}
    return Request(
        operation=target,
        values={**carried, "prompt": prompt},
        private=await is_private(bot, job),
        parent_id=job.id,
    )


async def is_private(bot: CannonBot, job: Job) -> bool:
    """Whether only its author sees the job's card."""
    card = await bot.parts.store.card(job.guild_id, job.card_id)
    return card is not None and card.private


@on_job("prompt_image")
async def make_image(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Make a picture of a rewritten prompt."""
    await ask(interaction, await request_of(interaction, job, IMAGE))


@on_job("prompt_video")
async def make_video(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Make a video of a rewritten prompt."""
    await ask(interaction, await request_of(interaction, job, VIDEO))


@on_job("prompt_again")
async def rewrite_again(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Rewrite the same words once more."""
    private = await is_private(interaction.client, job)
    await ask(interaction, Request(operation=job.operation, values=job.input, private=private, parent_id=job.id))


@on_job("prompt_edit")
async def edit_first(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Open a form with the rewritten prompt, that makes a picture or a video of what it is changed to."""
    bot = interaction.client
    makers = [target for target in targets(bot.catalogue, job) if bot.parts.switches.is_on(job.guild_id, target)]
    if not makers:
        raise InputError(GONE)
    request = await request_of(interaction, job, makers[0])
    prefilled = {name: str(value) for name, value in request.values.items()}
    form = OperationForm(
        bot, replace(request, values={}), prefilled=prefilled, also=makers[1:], title="Edit the prompt"
    )
    await interaction.response.send_modal(form)


async def setup(bot: CannonBot) -> None:
    """Let the controls of all messages work, old ones too, and offer them on cards."""
    bot.add_dynamic_items(Control)
    if hasattr(bot, "parts"):  # not where the surface is only loaded to be described
        bot.parts.delivery.controls = functools.partial(offered, bot)


async def teardown(bot: CannonBot) -> None:
    """Let the controls rest."""
    bot.remove_dynamic_items(Control)
