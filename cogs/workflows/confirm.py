"""The member's own answer to a question, before any credits are held: yes, no, or what was missing."""

from collections.abc import Sequence

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.errors import InputError
from cogs.ui.controls import on
from cogs.ui.interaction import Interaction
from cogs.workflows import texts
from cogs.workflows.operation_form import OperationForm
from cogs.workflows.submit import submit


@on("confirm")
async def confirm(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Submit the draft for its author, with all checks repeated. A second press finds no draft."""
    generations = interaction.client.parts.generation.generations
    generation = await generations.take_draft(interaction.guild_id or 0, interaction.user.id, draft_id)
    if generation is None:
        raise InputError(texts.PRICE_EXPIRED)
    await submit(interaction, generation)


@on("dismiss")
async def dismiss(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Delete the draft."""
    generations = interaction.client.parts.generation.generations
    await generations.take_draft(interaction.guild_id or 0, interaction.user.id, draft_id)
    await in_time(interaction.response.edit_message(content=texts.NOT_MADE, view=None))


@on("ask_moderators")
async def ask_moderators(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Submit what a limit refused as a question to the moderators, with all checks repeated."""
    asking = interaction.client.parts.generation.asking
    await submit(interaction, await asking.take(interaction.guild_id or 0, interaction.user.id, draft_id))


@on("fill")
async def fill_in(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Open the form of what a draft lacks, for its author, as often as they like until it expires."""
    generations = interaction.client.parts.generation.generations
    incomplete = await generations.incomplete(interaction.guild_id or 0, interaction.user.id, draft_id)
    if incomplete is None:
        raise InputError(texts.PRICE_EXPIRED)
    form = OperationForm(interaction.client, incomplete.generation, only=incomplete.fields, send=submit)
    await in_time(interaction.response.send_modal(form))


async def setup(_bot: CannonBot) -> None:
    """Do nothing more: the actions are registered when this module is imported."""
