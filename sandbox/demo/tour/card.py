"""The tour's card: one step at a time, with buttons. Only in the demo, unknown to the bot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import discord

from bot.language import Text
from sandbox.demo import texts
from sandbox.demo.tour.steps import STEPS

COLOUR = 0x7C6CF0
FIRST, LAST = 0, len(STEPS)
"""The first step, and the card after the last one."""

Turn: TypeAlias = Callable[[discord.Interaction[Any], int], Awaitable[None]]
Press: TypeAlias = Callable[[discord.Interaction[Any]], Awaitable[None]]


def step_embed(number: int, guild: discord.Guild, *, praised: bool = False) -> discord.Embed:
    """Return the card of a step, from FIRST to LAST; `praised`: the step before has just been done."""
    if number == LAST:
        embed = discord.Embed(title=str(texts.DONE), description=str(texts.DONE_TRY), colour=COLOUR)
    else:
        step = STEPS[number]
        title = texts.TITLE(number=number + 1, count=len(STEPS), heading=f"{step.emoji} {step.heading}")
        text = step.filled({channel.name: channel.mention for channel in guild.text_channels})
        welcome = f"\n-# {texts.WELCOME}" if number == FIRST else ""
        embed = discord.Embed(title=title, description=text + welcome, colour=COLOUR)
    if praised:
        embed.set_author(name=str(STEPS[number - 1].praise))
    return embed


class StepView(discord.ui.View):
    """*Try it*, back and next."""

    def __init__(
        self,
        number: int,
        *,
        turn: Callable[[discord.Interaction[Any], int], Awaitable[None]],
        attempt: Press,
        busy: bool,
    ) -> None:
        """Prepare the buttons of a step; `busy`: it is being tried."""
        super().__init__(timeout=None)
        if number < LAST:
            self._add(texts.TRYING if busy else texts.TRY_IT, f"tour:try:{number}", attempt, busy=busy, primary=True)

        def to(other: int) -> Press:
            async def pressed(interaction: discord.Interaction[Any]) -> None:
                await turn(interaction, other)

            return pressed

        if number > FIRST:
            self._add(texts.BACK, f"tour:{number - 1}", to(number - 1))
        if number < LAST:
            self._add(texts.NEXT, f"tour:{number + 1}", to(number + 1))
        else:
            self._add(texts.AGAIN, f"tour:{FIRST}", to(FIRST))

    def _add(self, label: Text, name: str, pressed: Press, *, busy: bool = False, primary: bool = False) -> None:
        style = discord.ButtonStyle.primary if primary else discord.ButtonStyle.secondary
        button: discord.ui.Button[Any] = discord.ui.Button(label=str(label), style=style, custom_id=name, disabled=busy)
        button.callback = pressed  # type: ignore[method-assign, assignment]  # as discord.py's own decorator does
        self.add_item(button)
