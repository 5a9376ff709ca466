"""What a card offers once it has a result or has ended: controls that carry it on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.delivery.discord_facts import OPTIONS_PER_SELECT
from bot.domain.card_jobs import main_job
from bot.domain.models import Card, Job, JobState
from bot.domain.text import shortened
from bot.errors import InputError
from cogs.results.cancel import stop_controls
from cogs.results.next_step import JOB_ACTION
from cogs.results.prompt_buttons import is_prompt, of_prompt
from cogs.results.rerun import (
    NOTHING_FAILED,
    alike,
    another_try,
    can_vary,
    cards_jobs,
    edited,
    is_private,
    may_go_on,
    not_twice,
    require_payer,
    results,
    same_again,
    to_retry,
    varied,
)
from cogs.ui.controls import GONE, Control, on_job, view_of
from cogs.ui.interaction import Interaction
from cogs.workflows.operation_form import OperationForm
from cogs.workflows.submit import submit

STRENGTHS = {"subtle": "Subtle", "strong": "Strong"}


def offered(bot: CannonBot, card: Card, jobs: Sequence[Job], *, linked: bool) -> list[discord.ui.Item[Any]]:
    """Return the controls of a card: Cancel while steps are to come, the others once it has a result or has ended.

    `linked`: some results are links.
    """
    made = [job for job in results(jobs) if job.state is JobState.DELIVERED]
    ended = all(job.state.ended for job in jobs)
    items: list[discord.ui.Item[Any]] = [*stop_controls(jobs)]
    if not made and not ended:
        return items
    job = main_job(jobs)
    if ended and any(each.state in {JobState.FAILED, JobState.EXPIRED} for each in to_retry(jobs)):
        items.append(_try_again(jobs))
    if any(each.state is JobState.HELD for each in jobs):
        items.append(Control.button("recover", job.id, label="Post it"))
    if made and is_prompt(bot, job):
        items += of_prompt(bot, card, job)
    elif len(made) == 1:
        items += of_result(bot, made[0])
    elif made:
        items += [_button("again_all", job, "Re-run"), _button("edit", job, "Edit and run")]
    elif len(jobs) == 1 and ended and job.state is not JobState.HELD:
        items.append(_button("edit", job, "Edit and run"))
    if linked:
        items.append(_button("link", job, "Fresh link"))
    items.append(_button("remove", job, "Remove"))
    if len(made) > 1 and not is_prompt(bot, job):
        items.append(_choice(made))
    return items


def of_result(bot: CannonBot, job: Job) -> list[discord.ui.Item[Any]]:
    """Return the controls that carry one result on."""
    items: list[discord.ui.Item[Any]] = [_button("again", job, "Re-run")]
    if can_vary(bot, job):
        items.append(_button("vary", job, "Vary"))
    items.append(_button("edit", job, "Edit and run"))
    if job.media:
        items.append(_button(JOB_ACTION, job, "Next step…"))
    return items


def _button(action: str, job: Job, label: str) -> Control:
    return Control.button(action, job.id, label=label)


def _try_again(jobs: Sequence[Job]) -> Control:
    left = to_retry(jobs)
    label = "Try again" if len(left) == len(jobs) else "Try again from here"
    return Control.button("retry", left[0].id, label=label, style=discord.ButtonStyle.primary)


def _choice(made: Sequence[Job]) -> Control:
    options = [
        discord.SelectOption(
            label=shortened(f"{job.position + 1}. {job.prompt.strip() or job.operation}", 100), value=job.id
        )
        for job in made[:OPTIONS_PER_SELECT]
    ]
    return Control.select("pick", made[0].id, placeholder="Go on with one of them…", options=options)


@on_job("again")
async def run_again(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Make the same once more, with a new seed."""
    await may_go_on(interaction, job, f"again {job.id}")
    bot = interaction.client
    await submit(interaction, await same_again(bot, interaction.user.id, job, private=await is_private(bot, job)))


@on_job("again_all")
async def run_all_again(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Make all results of a card that were asked for alike once more."""
    await may_go_on(interaction, job, "again")
    bot = interaction.client
    count = alike(await cards_jobs(bot, job), job)
    private = await is_private(bot, job)
    await submit(interaction, await same_again(bot, interaction.user.id, job, private=private, count=count))


@on_job("vary")
async def ask_how_strongly(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Ask privately how far the variant may go from the result."""
    require_payer(await interaction.client.parts.store.settings.get(job.guild_id), job, interaction.user.id)
    if not can_vary(interaction.client, job):
        raise InputError(GONE)
    answers = [Control.button(f"vary_{strength}", job.id, label=label) for strength, label in STRENGTHS.items()]
    await interaction.response.send_message(
        "How far may the variant go from this result?", view=view_of(answers), ephemeral=True
    )


@on_job("vary_subtle")
async def vary_subtly(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Make a variant that keeps most of the result."""
    await _vary(interaction, job, "subtle")


@on_job("vary_strong")
async def vary_strongly(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Make a variant that keeps little of the result."""
    await _vary(interaction, job, "strong")


async def _vary(interaction: Interaction, job: Job, strength: str) -> None:
    await may_go_on(interaction, job, f"vary {job.id}")
    bot = interaction.client
    private = await is_private(bot, job)
    await submit(interaction, await varied(bot, interaction.user.id, job, strength, private=private))


@on_job("edit")
async def edit_and_run(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Open a form with the job's own words and main fields, that makes what they are changed to."""
    bot = interaction.client
    require_payer(await bot.parts.store.settings.get(job.guild_id), job, interaction.user.id)
    bot.parts.switches.require_on(job.guild_id, bot.catalogue.resolve(job.operation))
    request, texts, kept = await edited(bot, interaction.user.id, job, private=await is_private(bot, job))
    form = OperationForm(bot, request, prefilled=texts, kept=kept)
    if not form.asks:
        not_twice(interaction, job, "edit")
        await submit(interaction, replace(request, values=kept))
        return
    await interaction.response.send_modal(form)


@on_job("pick")
async def pick(interaction: Interaction, job: Job, values: Sequence[str]) -> None:
    """Offer privately what one of a card's results is good for."""
    jobs = {each.id: each for each in await cards_jobs(interaction.client, job)}
    chosen = jobs.get(values[0]) if values else job
    if chosen is None or chosen.state is not JobState.DELIVERED:
        raise InputError(GONE)
    view = discord.ui.View(timeout=None)
    for item in of_result(interaction.client, chosen):
        view.add_item(item)
    await interaction.response.send_message(f"Result {chosen.position + 1} (`{chosen.id}`):", view=view, ephemeral=True)


@on_job("retry")
async def retry(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Make once more what failed, from what the steps before have made."""
    await retry_job(interaction, job)


async def retry_job(interaction: Interaction, job: Job) -> None:
    """Ask for what the job's card still lacks. Raises InputError, Refused or a MediaError."""
    bot = interaction.client
    jobs = await cards_jobs(bot, job)
    if not to_retry(jobs):
        raise InputError(NOTHING_FAILED)
    await may_go_on(interaction, job, "retry")
    private = await is_private(bot, job)
    if len(jobs) > 1:
        await interaction.response.defer(ephemeral=private, thinking=True)  # links may have to be looked at
    request = await another_try(bot, interaction.user.id, jobs, private=private)
    card = await bot.parts.store.cards.get(job.guild_id, job.card_id)
    await submit(interaction, replace(request, label="" if card is None else card.label))


async def setup(bot: CannonBot) -> None:
    """Let the controls of all messages work, old ones too."""
    bot.add_dynamic_items(Control)


async def teardown(bot: CannonBot) -> None:
    """Let the controls rest."""
    bot.remove_dynamic_items(Control)
