"""The tour's card: one step at a time, with buttons. Only in the demo, unknown to the bot.

There is one card. A press moves it to the end of the channel, below what was tried last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.language import Text
from bot.sandbox.demo import texts

if TYPE_CHECKING:
    from collections.abc import Callable
import contextlib
from typing import TYPE_CHECKING, Any

import discord

from bot.language import from_discord, speaking

if TYPE_CHECKING:
    from bot.app.client import CannonBot

_CHANNEL = re.compile(r"\{#([a-z-]+)\}")


@dataclass(frozen=True, slots=True)
class TourStep:
    """A step. The text names channels as `{#gallery}`."""

    emoji: str
    heading: Text
    text: Text

    def filled(self, channel: Callable[[str], str]) -> str:
        return _CHANNEL.sub(lambda found: channel(found[1]), str(self.text))


STEPS = (
    TourStep("🖼️", texts.PICTURE, texts.PICTURE_TRY),
    TourStep("⭐", texts.REACT, texts.REACT_TRY),
    TourStep("🎲", texts.VARY, texts.VARY_TRY),
    TourStep("🎬", texts.STEP, texts.STEP_TRY),
    TourStep("📜", texts.RECIPE, texts.RECIPE_TRY),
    TourStep("💥", texts.FAULTS, texts.FAULTS_TRY),
    TourStep("🛡️", texts.MODERATE, texts.MODERATE_TRY),
    TourStep("🧭", texts.SET_UP, texts.SET_UP_TRY),
)


COLOUR = 0x7C6CF0


class Tour:
    """Sends the tour's card and turns its pages."""

    def __init__(self, bot: CannonBot) -> None:
        self._bot = bot
        self._card: discord.Message | None = None

    async def open(self, channel_id: int) -> None:
        """Send the first step to a channel, replacing its card."""
        channel = self._bot.get_channel(channel_id)
        if isinstance(channel, discord.TextChannel):
            before, self._card = (
                self._card,
                await channel.send(embed=self.embed(0, channel.guild), view=TourView(self, 0)),
            )
            if before is not None:
                with contextlib.suppress(discord.NotFound):
                    await before.delete()

    async def turn(self, interaction: discord.Interaction[Any], number: int) -> None:
        """Show a step: in place if the card is the last message, else in a new card at the end."""
        message, guild = interaction.message, interaction.guild
        if message is None or guild is None:
            return
        with speaking(from_discord(str(interaction.locale))):
            shown: dict[str, Any] = {"embed": self.embed(number, guild), "view": TourView(self, number)}
        if getattr(interaction.channel, "last_message_id", None) == message.id:
            await interaction.response.edit_message(**shown)
            return
        answered = await interaction.response.send_message(**shown)
        self._card = answered.resource if isinstance(answered.resource, discord.InteractionMessage) else None
        await message.delete()

    def embed(self, number: int, guild: discord.Guild) -> discord.Embed:
        """Return the card of a step, from 0."""
        step = STEPS[number]

        def channel(name: str) -> str:
            found = discord.utils.get(guild.text_channels, name=name)
            return f"#{name}" if found is None else found.mention

        text = step.filled(channel)
        title = texts.TITLE(number=number + 1, count=len(STEPS), heading=f"{step.emoji} {step.heading}")
        description = f"{texts.WELCOME}\n\n{text}" if number == 0 else text
        return discord.Embed(title=title, description=description, colour=COLOUR)


class TourView(discord.ui.View):
    """Back, next, and a list of all steps."""

    def __init__(self, tour: Tour, number: int) -> None:
        super().__init__(timeout=None)
        self._tour = tour
        last = number == len(STEPS) - 1
        if number > 0:
            self._add(texts.BACK, number - 1, discord.ButtonStyle.secondary)
        self._add(texts.AGAIN if last else texts.NEXT, 0 if last else number + 1, discord.ButtonStyle.primary)
        jump: discord.ui.Select[Any] = discord.ui.Select(
            placeholder=str(texts.JUMP),
            custom_id="tour:jump",
            row=1,
            options=[
                discord.SelectOption(label=f"{each + 1}. {step.heading}", emoji=step.emoji, value=str(each))
                for each, step in enumerate(STEPS)
            ],
        )

        async def jumped(interaction: discord.Interaction[Any]) -> None:
            await tour.turn(interaction, int(jump.values[0]))

        jump.callback = jumped  # type: ignore[method-assign]  # as discord.py's own decorator does
        self.add_item(jump)

    def _add(self, label: Text, number: int, style: discord.ButtonStyle) -> None:
        button: discord.ui.Button[Any] = discord.ui.Button(
            label=str(label), style=style, custom_id=f"tour:{number}", row=0
        )

        async def pressed(interaction: discord.Interaction[Any]) -> None:
            await self._tour.turn(interaction, number)

        button.callback = pressed  # type: ignore[method-assign]  # as discord.py's own decorator does
        self.add_item(button)
