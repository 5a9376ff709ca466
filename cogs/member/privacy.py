"""`/privacy`: the data that the bot stores about a member on this server: export and deletion."""

from collections.abc import Sequence
from contextlib import ExitStack

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.delivery.deadlines import UPLOAD_TIMEOUT_S, in_time
from bot.delivery.discord_facts import FILE_LIMIT_BYTES
from bot.errors import InputError
from bot.store import Erased
from cogs.member import texts
from cogs.member.export import own_jobs
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of
from cogs.ui.texts import DELETE, GONE


@app_commands.guild_only()
class PrivacyCommands(commands.GroupCog, group_name="privacy", group_description=texts.PRIVACY_GROUP):
    """A member's own data."""

    @app_commands.command(name="export", description=texts.PRIVACY_EXPORT)
    async def export(self, interaction: Interaction) -> None:
        """Send the member their jobs as JSON, ephemerally."""
        guild_id = guild_of(interaction)
        await in_time(interaction.response.defer(ephemeral=True, thinking=True))
        limit = interaction.guild.filesize_limit if interaction.guild is not None else FILE_LIMIT_BYTES
        with ExitStack() as stack:
            files = await own_jobs(
                stack, interaction.client.parts.store, guild_id, interaction.user.id, file_limit=limit
            )
            await in_time(
                interaction.edit_original_response(content=texts.OWN_JOBS, attachments=files), UPLOAD_TIMEOUT_S
            )

    @app_commands.command(name="delete", description=texts.PRIVACY_DELETE)
    async def delete(self, interaction: Interaction) -> None:
        """Ask the member for confirmation."""
        guild_of(interaction)
        await in_time(
            interaction.response.send_message(
                texts.DELETE_QUESTION, view=confirmation_for(interaction.user.id), ephemeral=True
            )
        )


def confirmation_for(member_id: int) -> discord.ui.View:
    """Return the buttons that answer the question."""
    return view_of(
        [
            Control.button("privacy_delete", str(member_id), label=str(DELETE), style=discord.ButtonStyle.danger),
            Control.button("privacy_keep", str(member_id), label=texts.KEEP),
        ]
    )


@on("privacy_delete")
async def delete(interaction: Interaction, member_id: str, _values: Sequence[str]) -> None:
    """Erase the member's own data; nobody can do so for another member."""
    if member_id != str(interaction.user.id):
        raise InputError(GONE)
    parts, guild_id = interaction.client.parts, guild_of(interaction)
    erased = await parts.member_data.erase(guild_id, interaction.user.id)
    await in_time(interaction.response.edit_message(content=outcome(erased), view=None))
    await parts.delivery.takedown.delete_erased(guild_id)  # the upkeep deletes the rest


@on("privacy_keep")
async def keep(interaction: Interaction, _member_id: str, _values: Sequence[str]) -> None:
    """Delete nothing."""
    await in_time(interaction.response.edit_message(content=texts.KEPT, view=None))


def outcome(erased: Erased) -> str:
    """Return what was deleted, and what was not."""
    text = texts.deleted(erased.jobs, erased.drafts)
    return f"{text} {texts.still_open(erased.left)}" if erased.left else text


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(PrivacyCommands())
