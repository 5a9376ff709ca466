"""The form that asks a moderator why something is refused."""

from collections.abc import Awaitable, Callable

import discord

from bot.app.client import CannonBot
from cogs.moderate.decisions import texts
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction

Refuse = Callable[[Interaction, str, str], Awaitable[None]]
"""Refuses: takes the interaction, the id of what is refused, and the reason (may be empty)."""


class RefusalForm(Form):
    """Asks for the reason, which the author reads. Whether the sender may refuse is checked by `refuse`."""

    def __init__(self, bot: CannonBot, title: str, refuse: Refuse, subject: str, *, chars: int) -> None:
        super().__init__(bot, title=title, name="refusal")
        self._refuse = refuse
        self._subject = subject
        self.reason: discord.ui.TextInput[RefusalForm] = discord.ui.TextInput(
            label=str(texts.REASON_INPUT), max_length=chars, required=False
        )
        self.add_item(self.reason)

    async def answer(self, interaction: Interaction) -> None:
        """Refuse for this reason."""
        await self._refuse(interaction, self._subject, self.reason.value.strip())
