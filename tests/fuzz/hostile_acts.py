"""What members and moderators do at random: options, forms, and the controls of an answer."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from discord import AppCommandOptionType, app_commands
from simcord.backend.errors import BackendError, SetupError

from tests.fuzz.hostile import Chance
from tests.support.rig import Rig
from tests.support.surface import png

BUTTON, TEXT, CHOICES = 2, 4, 3
DISCORD_REFUSES = (SetupError, BackendError)
"""What Discord itself would not let through."""


def commands_of(rig: Rig) -> list[app_commands.Command[Any, ..., Any]]:
    return [each for each in rig.bot.tree.walk_commands() if isinstance(each, app_commands.Command)]


async def subjects_of(rig: Rig) -> list[str]:
    """Return ids and links of jobs, those included that the attackers may know nothing of."""
    store, found = rig.bot.parts.store, []
    for guild_id in list(rig.env.backend.guilds):
        for job in await store.job_lists.recent(guild_id):
            found += [job.id, job.card_id, job.media[0].url if job.media else "x"]
    return found[:60]


def options_for(
    rig: Rig, chance: Chance, command: app_commands.Command[Any, ..., Any], subjects: list[str]
) -> dict[str, Any]:
    """Return values for a command: for what it requires, and for some of the rest."""
    return {
        each.display_name: option(rig, chance, each, subjects)
        for each in command.parameters
        if each.required or chance.dice.random() < 0.4
    }


def option(rig: Rig, chance: Chance, parameter: app_commands.Parameter, subjects: list[str]) -> Any:
    """Return a value that Discord would let through for the option."""
    if parameter.choices:
        return chance.dice.choice(parameter.choices).value
    lowest, highest = parameter.min_value, parameter.max_value
    file = ("b.txt", chance.text(3000).encode("utf-8", "replace"))
    typed = chance.text(int(highest or 6000), int(lowest or 1))
    made: dict[AppCommandOptionType, Any] = {
        AppCommandOptionType.string: chance.dice.choice([typed, typed, chance.dice.choice(subjects)])[
            : int(highest or 6000)
        ],
        AppCommandOptionType.integer: int(chance.number(lowest, highest)),
        AppCommandOptionType.number: float(chance.number(lowest, highest)),
        AppCommandOptionType.boolean: chance.dice.random() < 0.5,
        AppCommandOptionType.attachment: chance.dice.choice([("a.png", png()), file, ("c", b"")]),
        AppCommandOptionType.channel: rig.channel,
        AppCommandOptionType.role: rig.moderators,
    }
    return made.get(parameter.type, rig.member)


async def follow(rig: Rig, chance: Chance, who: Any, result: Any, subjects: list[str]) -> AsyncIterator[Any]:
    """Answer what an act has shown, and what that shows: forms with anything, controls at random. Gives the answers."""
    for _ in range(3):
        with contextlib.suppress(*DISCORD_REFUSES):
            if getattr(result, "modal", None) is not None:
                result = await who.submit_modal(result, filled(chance, result.modal, subjects))
            else:
                result = await pressed(chance, who, result)
            if result is None:
                return
            yield result


def filled(chance: Chance, modal: dict[str, Any], subjects: list[str]) -> dict[str, Any]:
    """Return values for the fields of a form."""
    values: dict[str, Any] = {}
    for row in modal["components"]:
        for item in [row["component"]] if "component" in row else row.get("components", []):
            if item["type"] == TEXT:
                most, least = item.get("max_length", 4000), item.get("min_length", 1 if item.get("required") else 0)
                typed = chance.dice.choice(subjects) if chance.dice.random() < 0.2 else chance.text(most, least)
                values[item["custom_id"]] = typed[:most]
            elif item["type"] == CHOICES:
                values[item["custom_id"]] = [chance.dice.choice(item["options"])["value"]]
    return values


async def pressed(chance: Chance, who: Any, result: Any) -> Any:
    """Press or choose something on the newest message of an answer. None if there is nothing to press."""
    messages = [each for each in (result.response, *result.followups) if each is not None]
    items = [] if not messages else [item for row in messages[-1].components for item in _items(row)]
    if not items:
        return None
    item = chance.dice.choice(items)
    if item["type"] == BUTTON:
        return await who.click(messages[-1], custom_id=item["custom_id"])
    value = chance.dice.choice(item["options"])["value"]
    return await who.select(messages[-1], [value], custom_id=item["custom_id"])


def _items(row: Any) -> list[dict[str, Any]]:
    """Return the buttons and lists of choices of a row that can be used."""
    items = (row if isinstance(row, dict) else row.to_dict()).get("components", [])
    return [
        each
        for each in items
        if each.get("custom_id") and not each.get("disabled") and (each["type"] == BUTTON or each.get("options"))
    ]
