"""The member's own yes to a dear job, before anything is held."""

from collections.abc import Sequence

from bot.app.client import CannonBot
from bot.errors import InputError
from cogs.ui.controls import on
from cogs.ui.interaction import Interaction
from cogs.workflows.submit import ask, request_from_draft

OVER = "This price was answered before, or too long ago; please ask again."


@on("confirm")
async def confirm(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Take the draft in as its author's request, checked anew. A second press finds nothing."""
    store = interaction.client.parts.store
    data = await store.drafts.take(interaction.guild_id or 0, interaction.user.id, draft_id)
    if data is None or "operation" not in data:
        raise InputError(OVER)
    await ask(interaction, request_from_draft(data))


@on("dismiss")
async def dismiss(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Forget the draft."""
    await interaction.client.parts.store.drafts.take(interaction.guild_id or 0, interaction.user.id, draft_id)
    await interaction.response.edit_message(content="Not made; nothing was spent.", view=None)


async def setup(_bot: CannonBot) -> None:
    """Do nothing more: the actions are registered as this is read."""
