"""`/privacy`: what this server's bot keeps of a member, for them to read and to have blanked."""

from collections.abc import Sequence
from contextlib import ExitStack

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.delivery.discord_facts import FILE_LIMIT_BYTES
from bot.errors import InputError
from bot.store import Erased
from cogs.member.export import own_jobs
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of
from cogs.ui.texts import GONE

QUESTION = (
    "This blanks the prompts, inputs, outputs and links to files of all your ended jobs on this server, and your "
    "drafts. It cannot be undone. What each job cost stays in the server's books, with your Discord id as a bare "
    "number. Messages in Discord stay: take results down with Remove on their cards first."
)
KEPT = "Nothing was deleted."


@app_commands.guild_only()
class PrivacyCommands(
    commands.GroupCog, group_name="privacy", group_description="What is kept of you here: read it, delete it"
):
    """A member's own data."""

    @app_commands.command(name="export", description="All that is kept of your jobs on this server, as a file for you")
    async def export(self, interaction: Interaction) -> None:
        """Give the member their jobs as JSON, privately."""
        guild_id = guild_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        limit = interaction.guild.filesize_limit if interaction.guild is not None else FILE_LIMIT_BYTES
        with ExitStack() as stack:
            files = await own_jobs(
                stack, interaction.client.parts.store, guild_id, interaction.user.id, file_limit=limit
            )
            await interaction.edit_original_response(
                content="Your jobs on this server. Links to files in it may have ended.", attachments=files
            )

    @app_commands.command(name="delete", description="Blank your prompts, inputs and links to files on this server")
    async def delete(self, interaction: Interaction) -> None:
        """Ask whether the member means it."""
        guild_of(interaction)
        await interaction.response.send_message(QUESTION, view=answers_for(interaction.user.id), ephemeral=True)


def answers_for(member_id: int) -> discord.ui.View:
    """Return what the member can say to the question."""
    return view_of(
        [
            Control.button("privacy_delete", str(member_id), label="Delete", style=discord.ButtonStyle.danger),
            Control.button("privacy_keep", str(member_id), label="Keep"),
        ]
    )


@on("privacy_delete")
async def delete(interaction: Interaction, member_id: str, _values: Sequence[str]) -> None:
    """Blank what is the member's own; nobody can do so for another."""
    if member_id != str(interaction.user.id):
        raise InputError(GONE)
    erased = await interaction.client.parts.store.privacy.erase(guild_of(interaction), interaction.user.id)
    await interaction.response.edit_message(content=outcome(erased), view=None)


@on("privacy_keep")
async def keep(interaction: Interaction, _member_id: str, _values: Sequence[str]) -> None:
    """Delete nothing."""
    await interaction.response.edit_message(content=KEPT, view=None)


def outcome(erased: Erased) -> str:
    """Say what was deleted, and what was left."""
    text = f"Deleted: what {_count(erased.jobs, 'ended job')} said, and {_count(erased.drafts, 'draft')}."
    if not erased.left:
        return text
    if erased.left == 1:
        return f"{text} 1 job is still open and was left alone: ask again when it has ended."
    return f"{text} {erased.left} jobs are still open and were left alone: ask again when they have ended."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(PrivacyCommands())
