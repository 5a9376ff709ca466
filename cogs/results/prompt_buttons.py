"""What a rewritten prompt is good for: controls that make a picture or a video of it, or rewrite it again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.catalogue import Catalogue
from bot.delivery.card_texts import rewritten_prompt
from bot.domain.models import Card, Job
from bot.errors import InputError
from bot.generation.generation import Generation
from cogs.results.rerun import is_private, may_go_on, not_twice, same_again
from cogs.ui.controls import GONE, Control, on_job
from cogs.ui.interaction import Interaction
from cogs.workflows.operation_form import OperationForm
from cogs.workflows.submit import submit

IMAGE, VIDEO = "image.generate", "video.generate"
LABELS = {IMAGE: "Generate image", VIDEO: "Generate video"}
ACTIONS = {IMAGE: "prompt_image", VIDEO: "prompt_video"}
CARRIED = {"aspectRatio": "aspect_ratio", "duration": "duration"}
"""What a prompt was rewritten for goes along; its style is in the words by now."""


def is_prompt(bot: CannonBot, job: Job) -> bool:
    """Whether the job rewrites a prompt."""
    operation = bot.catalogue.find(job.operation)
    return operation is not None and operation.workflow == "prompt"


def of_prompt(bot: CannonBot, card: Card, job: Job) -> list[discord.ui.Item[Any]]:
    """Return the controls of a rewritten prompt."""
    makers = [target for target in targets(bot.catalogue, job) if bot.parts.switches.is_on(card.guild_id, target)]
    controls: list[discord.ui.Item[Any]] = [
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


async def request_of(interaction: Interaction, job: Job, target: str) -> Generation:
    """Return the request to make `target` of a rewritten prompt, as private as its card. Raises InputError."""
    bot = interaction.client
    prompt = rewritten_prompt((job,), bot.catalogue)
    if prompt is None:
        raise InputError(GONE)
    known = {field.name for field in bot.catalogue.resolve(target).fields}
    carried = {CARRIED[name]: value for name, value in job.input.items() if CARRIED.get(name) in known}
    return Generation(
        operation=target,
        values={**carried, "prompt": prompt},
        private=await is_private(bot, job),
        parent_id=job.id,
    )


@on_job("prompt_image")
async def make_image(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Make a picture of a rewritten prompt."""
    request = await request_of(interaction, job, IMAGE)
    not_twice(interaction, job, IMAGE)
    await submit(interaction, request)


@on_job("prompt_video")
async def make_video(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Make a video of a rewritten prompt."""
    request = await request_of(interaction, job, VIDEO)
    not_twice(interaction, job, VIDEO)
    await submit(interaction, request)


@on_job("prompt_again")
async def rewrite_again(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Rewrite the same words once more."""
    bot = interaction.client
    await may_go_on(interaction, job, "again")
    await submit(interaction, await same_again(bot, interaction.user.id, job, private=await is_private(bot, job)))


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
