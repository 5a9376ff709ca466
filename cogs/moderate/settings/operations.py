"""The page Operations of `/studio settings`: enabled here and, for the host, everywhere."""

from collections.abc import Sequence

import discord

from bot.catalogue import Operation
from bot.catalogue.checks.cautions import passed_end
from bot.catalogue.operation import End
from bot.delivery.channels.facts import OPTIONS_PER_SELECT
from bot.domain.server.setting import SettingsPage
from bot.domain.words.text import harmless, harmless_within, shortened
from bot.errors import InputError
from bot.jobs.signals import WorkerSignals
from bot.language import named, sentences, tr
from bot.server.operations import OperationSwitches
from cogs.moderate.settings import texts
from cogs.ui.controls import Control, on
from cogs.ui.interaction import Interaction, use
from cogs.ui.panels import OPTION_CHARS, PanelPage, Part, number_in, part_of, settings_page, show_page
from cogs.ui.permissions import guild_of, is_host, require_host, require_moderator
from cogs.ui.texts import GONE
from cogs.workflows.asked.options import command_names

SHOWN = OPTIONS_PER_SELECT
TITLE_CHARS, LINE_CHARS = 60, 155
"""A page has SHOWN lines in the 4096 characters of an embed's description."""
HERE, EVERYWHERE = "operation_switch", "operation_everywhere"
ON, OFF = "on", "off"


async def operations_page(interaction: Interaction, number: int = 0) -> PanelPage:
    known = [
        each for each in interaction.client.catalogue.operations.values() if len(_value(OFF, each)) <= OPTION_CHARS
    ]
    part = part_of(known, number, SHOWN)
    names = command_names(interaction.client)
    lines = [_line(interaction, each, names.get(each.id)) for each in part.items]
    controls = [_select(interaction, part, everywhere=False)]
    if is_host(interaction):
        controls.append(_select(interaction, part, everywhere=True))
    return settings_page(SettingsPage.OPERATIONS, "\n".join(lines), controls, part=part)


def _line(interaction: Interaction, operation: Operation, command: str | None) -> str:
    switches, guild_id = use(interaction, OperationSwitches), guild_of(interaction)
    is_off_everywhere, end = switches.is_off_everywhere(operation.id), _end(interaction, operation)
    notes = [
        str(texts.BY_REQUEST_ONLY) if command is None else named(f"/{command}"),
        *([str(texts.OFF_EVERYWHERE)] if is_off_everywhere else []),
        *([] if operation.offered else [str(texts.NO_LONGER_OFFERED)]),
        *([] if end is None else [texts.ENDED(date=end.date)]),
    ]
    mark = "✅" if switches.is_on(guild_id, operation.id) else "🚫"
    return shortened(f"{mark} {harmless_within(tr(operation.title), TITLE_CHARS)} · {' · '.join(notes)}", LINE_CHARS)


def _end(interaction: Interaction, operation: Operation) -> End | None:
    return passed_end(operation, None, interaction.client.clock.wall())


def _select(interaction: Interaction, part: Part[Operation], *, everywhere: bool) -> Control:
    options = []
    for each in part.items:
        is_on = not _is_off(interaction, each.id, everywhere=everywhere)
        about = str(texts.TURN_OFF if is_on else texts.TURN_ON)
        if (end := _end(interaction, each)) is not None:
            about = sentences(about, texts.ENDED_SENTENCE(date=end.date))
        options.append(
            discord.SelectOption(
                label=shortened(tr(each.title), OPTION_CHARS),
                value=_value(OFF if is_on else ON, each),
                description=shortened(about, OPTION_CHARS),
            )
        )
    words = texts.SWITCH_EVERYWHERE if everywhere else texts.SWITCH_HERE
    return Control.select(EVERYWHERE if everywhere else HERE, str(part.number), placeholder=str(words), options=options)


def _value(switch: str, operation: Operation) -> str:
    """Return an option's value: the target state, so that an old panel cannot undo others' changes."""
    return f"{switch} {operation.id}"


def _is_off(interaction: Interaction, operation_id: str, *, everywhere: bool) -> bool:
    switches = use(interaction, OperationSwitches)
    if everywhere:
        return switches.is_off_everywhere(operation_id)
    return switches.is_off_here(guild_of(interaction), operation_id)


@on(HERE)
async def switch_operation(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await _switch(interaction, subject, values, everywhere=False)


@on(EVERYWHERE)
async def switch_everywhere(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    """Switch an operation for the whole bot; host only."""
    await require_moderator(interaction)
    require_host(interaction)
    await _switch(interaction, subject, values, everywhere=True)


async def _switch(interaction: Interaction, subject: str, values: Sequence[str], *, everywhere: bool) -> None:
    switch, _, operation_id = (values[0] if values else "").partition(" ")
    number = number_in(subject)
    if switch not in {ON, OFF}:
        raise InputError(GONE)
    operation = interaction.client.catalogue.resolve(operation_id)
    is_on, by_id, switches = switch == ON, interaction.user.id, use(interaction, OperationSwitches)
    if everywhere:
        await switches.switch_everywhere(operation, on=is_on, by_id=by_id)
    else:
        await switches.switch(guild_of(interaction), operation, on=is_on, by_id=by_id)
    use(interaction, WorkerSignals).wake()  # jobs waiting for a disabled operation end now
    said = [texts.switched(harmless(tr(operation.title)), is_on=is_on, everywhere=everywhere)]
    if is_on and not everywhere and switches.is_off_everywhere(operation.id):
        said.append(str(texts.STILL_OFF_EVERYWHERE))
    if (end := _end(interaction, operation)) is not None:
        said.append(texts.ENDED_SENTENCE(date=end.date))
    note = sentences(*said)
    await show_page(interaction, await operations_page(interaction, number), note)
