"""Which operations a server uses: what `/studio operations` shows and does."""

import discord

from bot.catalogue import Operation
from bot.delivery.colours import NEUTRAL
from bot.delivery.deadlines import in_time
from bot.domain.harmless_text import harmless
from bot.errors import InputError
from bot.guild.operation_switches import OperationSwitches
from cogs.moderate import texts
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_host, require_moderator
from cogs.workflows.options import command_names

LIST_CHARS = 4000
"""Discord takes 4096 in an embed's description."""


async def operations(interaction: Interaction, operation_id: str | None, switch: str | None, everywhere: bool) -> None:
    """Show which operations are on, or switch one: for this server, or for the whole bot."""
    await require_moderator(interaction)
    guild_id = guild_of(interaction)
    if everywhere:
        require_host(interaction)
    if operation_id is None:
        if switch is None:
            await in_time(interaction.response.send_message(embed=_list(interaction, guild_id), ephemeral=True))
            return
        raise InputError(texts.operation_missing(switch), "operation")
    operation = interaction.client.catalogue.resolve(operation_id.strip())
    if switch is None:
        raise InputError(texts.switch_missing(operation.title), "switch")
    is_on, by_id = switch == "on", interaction.user.id
    switches = interaction.client.parts.switches
    if everywhere:
        changed = await switches.switch_everywhere(operation, on=is_on, by_id=by_id)
    else:
        changed = await switches.switch(guild_id, operation, on=is_on, by_id=by_id)
    interaction.client.parts.worker.wake()  # what waits for an operation that is off ends now
    sentence = _outcome(operation, is_on=is_on, everywhere=everywhere, changed=changed)
    if is_on and not everywhere and switches.is_off_everywhere(operation.id):
        sentence += texts.STILL_OFF_EVERYWHERE
    await in_time(interaction.response.send_message(sentence, ephemeral=True))


def _outcome(operation: Operation, *, is_on: bool, everywhere: bool, changed: bool) -> str:
    sentence = texts.switched(harmless(operation.title), is_on=is_on, everywhere=everywhere, changed=changed)
    return sentence if operation.ends is None else sentence + texts.end_announced(operation.ends)


def _list(interaction: Interaction, guild_id: int) -> discord.Embed:
    switches, names = interaction.client.parts.switches, command_names(interaction.client)
    known = list(interaction.client.catalogue.operations.values())
    lines: list[str] = []
    used = 0
    for operation in known:
        line = _line(switches, guild_id, operation, names.get(operation.id))
        used += len(line) + 1
        if used > LIST_CHARS:
            lines.append(texts.more_operations(len(known) - len(lines)))
            break
        lines.append(line)
    embed = discord.Embed(title=texts.OPERATIONS_TITLE, description="\n".join(lines), colour=NEUTRAL)
    embed.set_footer(text=texts.OPERATIONS_FOOTER)
    return embed


def _line(switches: OperationSwitches, guild_id: int, operation: Operation, command: str | None) -> str:
    mark, note = "✅", ""
    if switches.is_off_everywhere(operation.id):
        mark, note = "🚫", texts.OFF_EVERYWHERE
    elif not switches.is_on(guild_id, operation.id):
        mark, note = "🚫", texts.OFF_HERE
    if not operation.offered:
        note += texts.NO_LONGER_OFFERED
    if operation.ends is not None:
        note += texts.listed_end(operation.ends)
    return f"{mark} {harmless(operation.title)} `{operation.id}`{texts.reached_by(command)}{note}"
