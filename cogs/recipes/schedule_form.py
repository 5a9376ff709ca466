"""The form of a schedule: of a recipe with its inputs, or of a prompt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import discord

from bot.domain.server.schedules import DAILY, ONCE, VARIABLES
from bot.language import Text, listed
from bot.server.community.schedules import TypedSchedule
from bot.server.community.texts import WEEKDAYS
from cogs.recipes import texts
from cogs.ui.forms import INPUT_CHARS, Form
from cogs.ui.interaction import Bot, Interaction

TIME_CHARS, LIMIT_CHARS = 20, 10
CHANNELS = [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.voice]
Send = Callable[[Interaction, TypedSchedule], Awaitable[None]]


class ScheduleForm(Form):
    """Takes a schedule's texts and gives them to `send`; `asks`: for a prompt or inputs, too."""

    def __init__(self, bot: Bot, typed: TypedSchedule, *, zone: str, asks: bool, send: Send) -> None:
        super().__init__(bot, title=str(texts.NEW_SCHEDULE), name="schedule")
        self._typed, self._send = typed, send
        label, about = texts.INPUTS_LABEL if typed.recipe else texts.PROMPT, texts.VARIABLES_HELP
        self._texts: dict[str, discord.ui.TextInput[Any]] = {}
        if asks:
            self._add("inputs", label, about(variables=listed(VARIABLES)), INPUT_CHARS, long=True)
        self._repeat = self.ask(texts.REPEAT, discord.ui.Select[Any](options=_repeats(typed.repeat or DAILY)))
        self._add("time", texts.TIME, texts.TIME_HELP(zone=zone), TIME_CHARS)
        kind = discord.SelectDefaultValueType.channel
        chosen = [discord.SelectDefaultValue(id=typed.channel_id, type=kind)] if typed.channel_id else []
        self._channel = self.ask(
            texts.CHANNEL, discord.ui.ChannelSelect[Any](channel_types=CHANNELS, default_values=chosen)
        )
        self._add("limit", texts.LIMIT, str(texts.LIMIT_HELP), LIMIT_CHARS)

    def _add(self, name: str, label: Text, about: str, chars: int, *, long: bool = False) -> None:
        text = getattr(self._typed, name)
        self._texts[name] = self.ask_text(label, about, text=text, chars=chars, long=long)

    async def answer(self, interaction: Interaction) -> None:
        written = {name: item.value for name, item in self._texts.items()}
        channel_id = next((each.id for each in self._channel.values), 0)
        repeat = next(iter(self._repeat.values), "")
        await self._send(interaction, replace(self._typed, **written, repeat=repeat, channel_id=channel_id))


def _repeats(chosen: str) -> list[discord.SelectOption]:
    weekly = [(texts.RUNS_WEEKLY(weekday=day), str(number)) for number, day in enumerate(WEEKDAYS)]
    offered = [(str(texts.RUNS_DAILY), DAILY), *weekly, (str(texts.RUNS_ONCE), ONCE)]
    return [discord.SelectOption(label=label, value=value, default=value == chosen) for label, value in offered]
