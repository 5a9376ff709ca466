"""Any operation with its input as JSON: what `/studio request` opens."""

import discord

from bot.app.client import CannonBot
from bot.catalogue import Operation
from bot.delivery.deadlines import in_time
from bot.domain.text import shortened
from bot.generation.json_input import generation_typed, skeleton
from bot.language import tr
from cogs.ui.forms import INPUT_CHARS, TITLE_CHARS, Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_moderator
from cogs.workflows import texts
from cogs.workflows.submit import submit


async def open_request(interaction: Interaction, operation_id: str, private: bool) -> None:
    """Open the form for an operation's input. Raises InputError for one that does not exist, Refused if it is off."""
    await require_moderator(interaction)
    operation = interaction.client.catalogue.resolve_raw(operation_id.strip())
    interaction.client.parts.switches.require_on(guild_of(interaction), operation)
    await in_time(interaction.response.send_modal(RequestForm(interaction.client, operation, private)))


class RequestForm(Form):
    """Takes an operation's input as JSON."""

    def __init__(self, bot: CannonBot, operation: Operation, private: bool) -> None:
        super().__init__(bot, title=shortened(tr(operation.title), TITLE_CHARS), name="request")
        self.operation_id = operation.id
        self.private = private
        self.typed: discord.ui.TextInput[RequestForm] = discord.ui.TextInput(
            label=str(texts.JSON_INPUT),
            style=discord.TextStyle.paragraph,
            default=skeleton(operation, max_chars=INPUT_CHARS),
            max_length=INPUT_CHARS,
        )
        self.add_item(self.typed)

    async def answer(self, interaction: Interaction) -> None:
        """Submit what was typed, if the sender still is a moderator. Its links are checked before anything is spent."""
        await require_moderator(interaction)
        catalogue = interaction.client.catalogue
        typed, local = self.typed.value, catalogue.allow_local
        generation = generation_typed(
            catalogue.resolve_raw(self.operation_id), typed, private=self.private, allow_local=local
        )
        await submit(interaction, generation)
