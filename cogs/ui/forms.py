"""Forms (modals): with a timeout, so that dismissed ones do not stay in memory, and one place for their errors."""

import secrets
from typing import cast

import discord

from bot.app.client import CannonBot
from bot.app.open_forms import FORM_PREFIX
from bot.app.responses import speak_to
from cogs.ui.interaction import Interaction

FORM_TIMEOUT_S = 900.0
INPUTS, TITLE_CHARS, LABEL_CHARS, ABOUT_CHARS, INPUT_CHARS = 5, 45, 45, 100, 4000
"""Discord's limits of a modal."""


class Form(discord.ui.Modal):
    """A modal; a subclass answers it. After a restart its custom id is unknown, and the bot says so."""

    def __init__(self, bot: CannonBot, *, title: str, name: str) -> None:
        super().__init__(title=title, custom_id=f"{FORM_PREFIX}{name}:{secrets.token_hex(8)}", timeout=FORM_TIMEOUT_S)
        self.bot = bot
        bot.forms.add(self.custom_id)

    async def answer(self, interaction: Interaction) -> None:
        """Answer the member who has sent the form."""
        raise NotImplementedError

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        """Answer, with the interaction typed as one of the bot's own client."""
        await self.answer(cast("Interaction", interaction))

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Speak the member's language; record that the form was sent, here and on the interaction."""
        speak_to(interaction)
        self.bot.forms.take(self.custom_id, interaction)
        return True

    async def on_timeout(self) -> None:
        """Forget the form: it was dismissed."""
        self.bot.forms.discard(self.custom_id)

    async def on_error(  # type: ignore[override]  # discord.py types a modal as a view, whose hook has an item too
        self, interaction: discord.Interaction, error: Exception, /
    ) -> None:
        """Report the error at the one boundary, in the member's language: what was sent may be unreadable already."""
        speak_to(interaction)
        await self.bot.responses.report(interaction, error)
