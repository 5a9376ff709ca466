"""The controls of a rewritten prompt: generate an image or a video from it, or rewrite it again."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord

from bot.delivery.card.card import rewritten_prompt
from bot.domain.models import Job
from bot.errors import InputError
from bot.generation.again.next_steps import IMAGE, VIDEO, NextSteps
from bot.generation.generation import Generation
from cogs.results import texts
from cogs.results.pressing import rerun_price, submit_once
from cogs.ui.controls import Control, job_of, on_job
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import viewer_of
from cogs.ui.prices import priced
from cogs.ui.texts import GONE
from cogs.workflows.asked.form import OperationForm
from cogs.workflows.asked.submit import submit

LABELS = {IMAGE: texts.GENERATE_IMAGE, VIDEO: texts.GENERATE_VIDEO}
ICONS = {IMAGE: "🖼️", VIDEO: "🎬"}
ACTIONS = {IMAGE: "prompt_image", VIDEO: "prompt_video"}


def of_prompt(bot: Bot, job: Job, shown_above: Decimal | None) -> list[discord.ui.Item[Any]]:
    targets = use(bot, NextSteps).targets_of_prompt(job)
    controls: list[discord.ui.Item[Any]] = [
        Control.button(
            ACTIONS[target],
            job.id,
            label=LABELS[target],
            emoji=ICONS[target],
            style=discord.ButtonStyle.primary if target == targets[0] else discord.ButtonStyle.secondary,
        )
        for target in targets
    ]
    again = priced(texts.REWRITE_AGAIN, rerun_price(bot, job), shown_above)
    controls.append(Control.button("prompt_again", job.id, label=again, emoji="🔁"))
    if targets:
        controls.append(Control.button("prompt_edit", job.id, label=texts.EDIT_FIRST, emoji="✏️"))
    return controls


async def _generation(interaction: Interaction, job: Job, target: str) -> Generation:
    """Return the generation of `target` from the prompt on the job's card. Raises InputError without a prompt."""
    bot = interaction.client
    prompt = rewritten_prompt((job,), bot.catalogue)
    if prompt is None:
        raise InputError(GONE)
    return await use(bot, NextSteps).of_prompt(job, prompt, target, await viewer_of(interaction))


def _makes(target: str) -> None:
    @on_job(ACTIONS[target])
    async def generate(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
        await submit_once(interaction, job, target, await _generation(interaction, job, target))


for _target in ACTIONS:
    _makes(_target)


@on_job("prompt_edit")
async def edit_first(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Open a form with the prompt, and generate an image or a video from the edited one."""
    targets = use(interaction, NextSteps).targets_of_prompt(job)
    if not targets:
        raise InputError(GONE)
    generation = await _generation(interaction, job, targets[0])

    async def still_may(sent: Interaction) -> None:
        await job_of(sent, job.id)

    form = OperationForm(
        interaction.client,
        replace(generation, values={}),
        prefilled={name: str(value) for name, value in generation.values.items()},
        also=targets[1:],
        title=str(texts.EDIT_PROMPT),
        still_may=still_may,
        send=submit,
    )
    await form.open(interaction)
