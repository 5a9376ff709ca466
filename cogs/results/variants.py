"""*Vary*: asks privately how different the variant should be, with the price, before anything is spent."""

from collections.abc import Sequence

from bot.delivery.channels.facts import in_time
from bot.domain.models import Job, credits_words
from bot.domain.server.guild_rules import Strength
from bot.errors import InputError
from bot.generation.again.rerun import Reruns
from bot.generation.generation import Generation
from cogs.results import texts
from cogs.results.pressing import refuse_double_press, submit_pressed, variant_price
from cogs.ui.controls import Control, on_job, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import require_unblocked, viewer_of
from cogs.ui.prices import priced
from cogs.ui.texts import GONE

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
    question = texts.strength_question(None if price is None else credits_words(price))
    await in_time(interaction.response.send_message(question, view=view_of(answers), ephemeral=True))


async def _look_button(bot: Bot, job: Job, generation: Generation) -> Control:
    price = await variant_price(bot, job, generation)
    return Control.button(VARY_LOOK, job.id, label=priced(texts.LOOK, price), emoji="👗")


@on_job("vary_subtle")
async def vary_subtly(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    await _vary(interaction, job, Strength.SUBTLE)


@on_job("vary_strong")
async def vary_strongly(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    await _vary(interaction, job, Strength.STRONG)


async def _vary(interaction: Interaction, job: Job, strength: Strength) -> None:
    generation = await use(interaction, Reruns).vary(job, await viewer_of(interaction), strength)
    refuse_double_press(interaction, job, f"vary {job.id}")
    await submit_pressed(interaction, generation)


@on_job(VARY_LOOK)
async def vary_look(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Make a picture's variant with another look of the character."""
    generation = await use(interaction, Reruns).vary_look(job, await viewer_of(interaction))
    refuse_double_press(interaction, job, f"vary {job.id}")
    await submit_pressed(interaction, generation)
