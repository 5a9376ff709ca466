"""`/studio`: what moderators set for their server."""

import time
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import CannonBot
from bot.errors import CannonError, InputError, KeyRefused, NoKey
from bot.models import AccountStatus, GuildKey, JobState, credits_text
from cogs.asking import Interaction
from cogs.forms import Form
from cogs.moderators import guild_of, moderators_only, require_moderator
from cogs.operations import operations
from cogs.options import PRIVATE_HELP
from cogs.request import open_request

KEY_LENGTH_MIN, KEY_LENGTH_MAX = 8, 200
NEEDED_SCOPES = ("requests:read", "requests:write")


class KeyForm(Form):
    """Takes the API key: a modal's text reaches the bot only, never the channel."""

    secret: discord.ui.TextInput["KeyForm"] = discord.ui.TextInput(
        label="API key from Cannon Studio's console",
        placeholder="cs_live_…",
        min_length=KEY_LENGTH_MIN,
        max_length=KEY_LENGTH_MAX,
    )

    def __init__(self, bot: CannonBot) -> None:
        super().__init__(bot, title="Cannon Studio key", name="key")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Check the key with the status call, then store it."""
        await store_key(interaction, self.secret.value)  # type: ignore[arg-type]  # our client's type


async def store_key(interaction: Interaction, typed: str) -> None:
    """Check a key and keep it for this server. Nothing of it is echoed but its last four characters."""
    await require_moderator(interaction)  # again: the role may be gone since the form was opened
    guild_id = guild_of(interaction)
    secret = typed.strip()
    if not secret.isascii() or not secret.isprintable() or " " in secret or len(secret) < KEY_LENGTH_MIN:
        raise InputError(
            "The key is one word of plain letters, digits and underscores, such as `cs_live_…`; "
            "copy it once more from the developer console."
        )
    await interaction.response.defer(ephemeral=True, thinking=True)
    parts = interaction.client.parts
    try:
        status = await parts.client.status(secret)
    except KeyRefused:
        raise InputError(
            "Cannon Studio does not accept this key: it is mistyped or revoked. The earlier setting was not changed."
        ) from None
    key = await parts.store.set_key(guild_id, secret, set_by=interaction.user.id, status=status)
    parts.poller.resume()
    await interaction.edit_original_response(embed=key_embed("Key stored", key, status))


def key_embed(title: str, key: GuildKey, status: AccountStatus) -> discord.Embed:
    """Draw what a key is worth; of the key itself only the last four characters."""
    embed = discord.Embed(title=title, colour=0x3BA55D)
    embed.add_field(name="Key", value=f"`…{key.last4}`")
    embed.add_field(name="Plan", value=discord.utils.escape_markdown(status.plan or "not told"))
    embed.add_field(name="Credits left", value="not told" if status.credits is None else credits_text(status.credits))
    scopes = ", ".join(f"`{scope}`" for scope in status.scopes) or "not told"
    missing = [scope for scope in NEEDED_SCOPES if status.scopes and scope not in status.scopes]
    if missing:
        scopes += f"\n⚠️ lacks {', '.join(f'`{scope}`' for scope in missing)}: jobs will be refused"
        embed.colour = discord.Colour(0xF0B232)
    embed.add_field(name="Scopes", value=scopes, inline=False)
    return embed


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Studio(commands.GroupCog, group_name="studio", group_description="Cannon Studio on this server"):
    """Moderators' settings; the right to them is checked on every step."""

    def __init__(self, bot: CannonBot) -> None:
        super().__init__()
        self.bot = bot

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let moderators through only."""
        return await moderators_only(interaction)

    @app_commands.command(name="key", description="Set this server's Cannon Studio API key")
    async def key(self, interaction: Interaction) -> None:
        """Open the form for the key."""
        guild_of(interaction)
        await interaction.response.send_modal(KeyForm(self.bot))

    @app_commands.command(name="status", description="Key, credits, running jobs, and whether the API answers")
    async def status(self, interaction: Interaction) -> None:
        """Show how the server stands with Cannon Studio."""
        guild_id = guild_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        embed = discord.Embed(title="Cannon Studio on this server", colour=0x5865F2)
        await self._add_account(embed, guild_id)
        await self._add_jobs(embed, guild_id)
        await interaction.edit_original_response(embed=embed)

    @app_commands.command(name="operations", description="Which operations are on here; switch one on or off")
    @app_commands.describe(
        operation="The operation to switch; left out, all are listed",
        switch="Whether it may be used",
        everywhere="In all servers of this bot; for the bot's owner only",
    )
    async def operations(
        self,
        interaction: Interaction,
        operation: str | None = None,
        switch: Literal["on", "off"] | None = None,
        everywhere: bool = False,
    ) -> None:
        """Show which operations are on, or switch one."""
        await operations(interaction, operation, switch, everywhere)

    @operations.autocomplete("operation")
    async def _any_operation(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        offered = interaction.client.catalogue.suggest_operations(typed)
        return [app_commands.Choice(name=label, value=value) for label, value in offered]

    @app_commands.command(name="request", description="Run any operation, with its input as JSON")
    @app_commands.describe(operation="The operation, e.g. three_d.location.generate", private=PRIVATE_HELP)
    async def request(self, interaction: Interaction, operation: str, private: bool = False) -> None:
        """Open the form for an operation's input."""
        await open_request(interaction, operation, private)

    @request.autocomplete("operation")
    async def _usable_operation(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        off = interaction.client.parts.switches.off(interaction.guild_id or 0)
        offered = interaction.client.catalogue.suggest_operations(typed, without=off)
        return [app_commands.Choice(name=label, value=value) for label, value in offered]

    async def _add_account(self, embed: discord.Embed, guild_id: int) -> None:
        parts = self.bot.parts
        try:
            key = await parts.keys.for_guild(guild_id)
        except NoKey as error:
            embed.add_field(name="Key", value=error.sentence, inline=False)
            return
        own = await parts.store.key(guild_id)
        shown = f"`…{own.last4}`, set by <@{own.set_by}> <t:{int(own.set_at)}:R>" if own else "the host's own"
        embed.add_field(name="Key", value=shown, inline=False)
        started = time.monotonic()
        try:
            status = await parts.client.status(key.secret)
        except CannonError as error:
            embed.add_field(name="API", value=f"⚠️ {error.sentence}", inline=False)
            if key.balance is not None:
                embed.add_field(name="Credits at the last look", value=credits_text(key.balance))
            return
        await parts.keys.note_status(guild_id, key, status)
        if key.refused:
            parts.poller.resume()  # it works again
        took_ms = (time.monotonic() - started) * 1000
        embed.add_field(name="API", value=f"answers ({took_ms:.0f} ms)")
        embed.add_field(name="Plan", value=discord.utils.escape_markdown(status.plan or "not told"))
        embed.add_field(
            name="Credits left", value="not told" if status.credits is None else credits_text(status.credits)
        )

    async def _add_jobs(self, embed: discord.Embed, guild_id: int) -> None:
        store = self.bot.parts.store
        counts = await store.counts(guild_id)
        running = {state: count for state, count in counts.items() if not state.ended and count}
        words = ", ".join(f"{count} {state.value.replace('_', ' ')}" for state, count in running.items())
        embed.add_field(name="Jobs running", value=words or "none")
        sums = await store.balance(guild_id)
        embed.add_field(name="Spent through this bot", value=f"{credits_text(sums.spent)} credits")
        embed.add_field(name="Held for running jobs", value=f"{credits_text(sums.held)} credits")
        held = counts.get(JobState.HELD, 0)
        if held:
            embed.add_field(name="Made but not posted", value=str(held))


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(Studio(bot))
