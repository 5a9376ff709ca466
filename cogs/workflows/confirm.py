"""The member's own confirmation of an expensive job, before anything is held."""

from collections.abc import Sequence

from bot.app.client import CannonBot
from bot.errors import InputError
from cogs.ui.controls import on
from cogs.ui.interaction import Interaction
from cogs.workflows.submit import submit

OVER = "This price was answered before, or too long ago; please ask again."


@on("confirm")
async def confirm(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Submit the draft for its author, checked again. A second press finds nothing."""
    generations = interaction.client.parts.generation.generations
    generation = await generations.take_draft(interaction.guild_id or 0, interaction.user.id, draft_id)
    if generation is None:
        raise InputError(OVER)
    await submit(interaction, generation)


@on("dismiss")
async def dismiss(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Forget the draft."""
    generations = interaction.client.parts.generation.generations
    await generations.take_draft(interaction.guild_id or 0, interaction.user.id, draft_id)
    await interaction.response.edit_message(content="Not made; nothing was spent.", view=None)


async def setup(_bot: CannonBot) -> None:
    """Do nothing more: the actions are registered as this is read."""
