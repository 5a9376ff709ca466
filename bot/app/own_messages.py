"""The bot's own messages, as Discord's gateway tells of them: one that nobody here has made shows a second copy."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.delivery.messages import custom_ids_of
from bot.domain.custom_ids import marks_of
from bot.jobs.second_copy import SecondCopy


class OwnMessages:
    """Looks at who has made them. Other applications' messages prove nothing, whatever they carry."""

    def __init__(self, bot: commands.AutoShardedBot, second_copy: SecondCopy) -> None:
        self._bot = bot
        self._second_copy = second_copy

    def listen(self) -> None:
        """Look at what the gateway tells from now on."""
        self._bot.add_listener(self._interacted, "on_interaction")
        self._bot.add_listener(self._made, "on_message")
        self._bot.add_listener(self._edited, "on_raw_message_edit")

    async def _interacted(self, interaction: discord.Interaction[Any]) -> None:
        self._second_copy.lives(interaction.id)

    async def _made(self, message: discord.Message) -> None:
        self._second_copy.lives(message.id)
        if self._is_own(message):
            await self._second_copy.look(message.id, custom_ids_of(message))

    async def _edited(self, event: discord.RawMessageUpdateEvent) -> None:
        """After a deferral a card gets its controls by an edit. Most edits are this process's own."""
        names = custom_ids_of(event.message)
        if self._is_own(event.message) and marks_of(names).is_foreign:
            await self._second_copy.look(event.message_id, names)

    def _is_own(self, message: discord.Message) -> bool:
        return self._bot.user is not None and message.author.id == self._bot.user.id
