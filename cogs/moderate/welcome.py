"""The welcome message of a server, with *Set up*, *Practice* and *Help*.

It goes to the system channel, else to the owner. Plain text needs only permission to write. In a direct message the
custom ids hold the server's id, as the press comes without a server.
"""

from collections.abc import Sequence

import discord
import structlog

from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import DISCORD_ERRORS, SEND_MESSAGES, VIEW_CHANNEL, in_time, is_closed, missing_of
from bot.delivery.channels.messages import Messages, custom_ids_of, nonce_of
from bot.domain.custom_ids import custom_id
from bot.domain.server.first_contact import WelcomePlace
from bot.domain.server.setting import SettingsPage
from bot.domain.words.text import harmless
from bot.errors import InputError, NotAllowed
from bot.server.practice import PracticeMode
from cogs.member.help import show_help
from cogs.moderate.practice import ON, switch_practice
from cogs.moderate.settings.commands import open_settings
from cogs.moderate.setup import texts
from cogs.moderate.texts import PRACTICE_ON
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.texts import GONE

log = structlog.get_logger(__name__)


async def send_welcome(bot: Bot, guild_id: int, *, again: bool) -> WelcomePlace | None:
    """Greet a server, and return where; None to retry later. Raises no Discord error.

    `again`: searches first for the message of an earlier attempt.
    """
    guild = await bot.known_guilds.find(guild_id)
    if guild is None or guild.unavailable:
        return None
    try:
        if await _to_channel(bot, guild, again=again):
            return WelcomePlace.CHANNEL
        return await _to_owner(bot, guild, again=again)
    except DISCORD_ERRORS as error:
        log.info("welcome.later", guild=guild_id, error=type(error).__name__)
        return None


async def _to_channel(bot: Bot, guild: discord.Guild, *, again: bool) -> bool:
    channel = guild.system_channel
    if channel is None or missing_of(channel.permissions_for(guild.me), (VIEW_CHANNEL, SEND_MESSAGES)):
        return False
    return await _sent(bot, guild, channel, to_owner=False, again=again)


async def _to_owner(bot: Bot, guild: discord.Guild, *, again: bool) -> WelcomePlace:
    if guild.owner_id is not None:
        try:
            channel = await use(bot, Messages).direct_message(guild.owner_id)
            if await _sent(bot, guild, channel, to_owner=True, again=again):
                return WelcomePlace.OWNER
        except discord.NotFound:
            pass  # the owner's account is deleted
    log.warning("welcome.nowhere", guild=guild.id, hint="/studio setup")
    return WelcomePlace.NOWHERE


async def _sent(
    bot: Bot,
    guild: discord.Guild,
    channel: discord.TextChannel | discord.DMChannel,
    *,
    to_owner: bool,
    again: bool,
) -> bool:
    """Send the message, unless it is there; return False if the place accepts none."""
    subject = f".{guild.id}" if to_owner else ""
    mark = custom_id("welcome", f"help{subject}")

    def is_greeting(message: discord.Message) -> bool:
        return mark in custom_ids_of(message)

    if again and await use(bot, Messages).search(channel, is_greeting):
        return True
    practice = use(bot, PracticeMode).is_allowed
    text = texts.greeting(
        harmless(guild.name),
        to_owner=to_owner,
        missing=missing_of(guild.me.guild_permissions),
        practice=practice,
    )
    try:
        nonce = nonce_of("welcome", str(guild.id), channel.id)
        await in_time(channel.send(text, view=_buttons(subject, practice=practice), nonce=nonce))
    except discord.HTTPException as error:
        if not is_closed(error):
            raise
        log.info("welcome.closed", guild=guild.id, channel=channel.id, code=error.code)
        return False
    return True


def _buttons(subject: str, *, practice: bool) -> discord.ui.View:
    primary = discord.ButtonStyle.primary
    made = [Control.button("welcome", f"setup{subject}", label=str(texts.SET_UP), style=primary)]
    if practice:
        made.append(Control.button("welcome", f"practice{subject}", label=str(texts.PRACTICE)))
    return view_of([*made, Control.button("welcome", f"help{subject}", label=str(texts.HELP))])


# ---------------------------------------------------------------------- the buttons


@on("welcome")
async def pressed(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Open the setup, start practice, or show help."""
    name, _, owner_id = subject.partition(".")
    if interaction.guild_id is None:
        await _pressed_by_owner(interaction, name, int(owner_id) if owner_id.isdecimal() else 0)
    elif name == "setup":
        await open_settings(interaction, SettingsPage.SETUP)
    elif name == "practice":
        await switch_practice(interaction, ON)
    elif name == "help":
        await show_help(interaction)
    else:
        raise InputError(GONE)


async def _pressed_by_owner(interaction: Interaction, name: str, guild_id: int) -> None:
    """Answer a press in a direct message: practice starts there, the others say where to go."""
    guild = interaction.client.get_guild(guild_id)
    if guild is None:
        raise InputError(GONE)
    if name == "practice":
        if guild.owner_id != interaction.user.id:
            raise NotAllowed(texts.ONLY_OWNER)
        await defer(interaction, thinking=True)  # a process has to start
        await use(interaction, PracticeMode).start(guild_id, by_id=interaction.user.id)
        await in_time(interaction.edit_original_response(content=str(PRACTICE_ON)))
        return
    command = {"setup": "/studio setup", "help": "/help"}.get(name)
    if command is None:
        raise InputError(GONE)
    await in_time(interaction.response.send_message(texts.OPEN_THERE(command=command, link=guild_id)))
