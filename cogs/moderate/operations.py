"""Which operations a server uses: what `/studio operations` shows and does."""

import discord

from bot.catalogue import Operation
from bot.delivery.colours import NEUTRAL
from bot.delivery.formatting import plain
from bot.errors import InputError
from bot.guild.operation_switches import OperationSwitches
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_host, require_moderator

LIST_CHARS = 4000
"""Discord takes 4096 in an embed's description."""


async def operations(interaction: Interaction, operation_id: str | None, switch: str | None, everywhere: bool) -> None:
    """Show which operations are on, or switch one: for this server, or for the whole bot."""
    await require_moderator(interaction)
    guild_id = guild_of(interaction)
    if everywhere:
        require_host(interaction)
    if operation_id is None and switch is None:
        await interaction.response.send_message(embed=_list(interaction, guild_id), ephemeral=True)
        return
    if operation_id is None:
        raise InputError(f"Say which operation to switch {switch}: give `operation` too.", "operation")
    operation = interaction.client.catalogue.resolve(operation_id.strip())
    if switch is None:
        raise InputError(f"Say what to do with {operation.title}: give `switch` too, on or off.", "switch")
    is_on, by_id = switch == "on", interaction.user.id
    switches = interaction.client.parts.switches
    if everywhere:
        changed = await switches.switch_everywhere(operation, on=is_on, by_id=by_id)
    else:
        changed = await switches.switch(guild_id, operation, on=is_on, by_id=by_id)
    sentence = _done(operation, is_on=is_on, everywhere=everywhere, changed=changed)
    if is_on and not everywhere and switches.is_off_everywhere(operation.id):
        sentence += " It still cannot be used: the host of this bot has switched it off for all servers."
    await interaction.response.send_message(sentence, ephemeral=True)


def _done(operation: Operation, *, is_on: bool, everywhere: bool, changed: bool) -> str:
    state, where = "on" if is_on else "off", "in all servers" if everywhere else "in this server"
    when = "is now" if changed else "was already"
    ends = f" Its provider announced its end for {operation.ends}." if operation.ends is not None else ""
    return f"{plain(operation.title)} {when} switched {state} {where}.{ends}"


def _list(interaction: Interaction, guild_id: int) -> discord.Embed:
    switches = interaction.client.parts.switches
    known = list(interaction.client.catalogue.operations.values())
    lines: list[str] = []
    used = 0
    for operation in known:
        line = _line(switches, guild_id, operation)
        used += len(line) + 1
        if used > LIST_CHARS:
            lines.append(f"and {len(known) - len(lines)} more")
            break
        lines.append(line)
    embed = discord.Embed(title="Operations in this server", description="\n".join(lines), colour=NEUTRAL)
    embed.set_footer(text="To switch one: /studio operations with operation and switch")
    return embed


def _line(switches: OperationSwitches, guild_id: int, operation: Operation) -> str:
    mark, note = "✅", ""
    if switches.is_off_everywhere(operation.id):
        mark, note = "🚫", " · switched off in all servers by the host"
    elif not switches.is_on(guild_id, operation.id):
        mark, note = "🚫", " · switched off in this server"
    if operation.ends is not None:
        note += f" · announced end: {operation.ends}"
    return f"{mark} {plain(operation.title)} `{operation.id}`{note}"
