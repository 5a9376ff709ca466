"""What a generation lacks is requested in a form: at once, or behind a button where Discord opens no form any more."""

import discord

from bot.delivery.deadlines import in_time
from bot.generation.generations import Incomplete
from cogs.ui.controls import Control, view_of
from cogs.ui.interaction import Interaction
from cogs.workflows import texts
from cogs.workflows.operation_form import OperationForm, Send


async def ask(interaction: Interaction, incomplete: Incomplete, send: Send) -> None:
    """Open the form for what is missing, or offer a button that opens it; `send` submits what was filled in."""
    can_open = not interaction.response.is_done() and interaction.type is not discord.InteractionType.modal_submit
    if can_open:
        form = OperationForm(interaction.client, incomplete.generation, only=incomplete.fields, send=send)
        if form.has_inputs:
            await in_time(interaction.response.send_modal(form))
            return
    generations = interaction.client.parts.generation.generations
    draft_id = await generations.keep_incomplete(incomplete, interaction.guild_id or 0, interaction.user.id)
    button = Control.button("fill", draft_id, label=texts.FILL_IN, style=discord.ButtonStyle.primary)
    await interaction.client.responses.reply_privately(interaction, f"⚠️ {incomplete.sentence}", view_of([button]))
