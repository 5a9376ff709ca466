"""`/studio key`: the server's API key is set, replaced by another, or removed."""

import discord

from bot.app.client import CannonBot
from bot.delivery.colours import ATTENTION, SUCCESS
from bot.domain.models import AccountStatus, GuildKey, credits_text
from bot.errors import NoKey
from bot.guild.server_key import KEY_LENGTH_MIN, key_typed
from bot.store.guild.guild_keys import RetiredKey
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_moderator

KEY_LENGTH_MAX = 200
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

    async def answer(self, interaction: Interaction) -> None:
        """Check the key with the status call, then store it."""
        await store_key(interaction, self.secret.value)


async def store_key(interaction: Interaction, typed: str) -> None:
    """Check a key and keep it for this server. Nothing of it is echoed but its last four characters."""
    await require_moderator(interaction)  # again: the role may be gone since the form was opened
    secret = key_typed(typed)
    await interaction.response.defer(ephemeral=True, thinking=True)
    service = interaction.client.parts.moderation.key
    done = await service.set(guild_of(interaction), secret, by_id=interaction.user.id)
    embed = key_embed("Key stored", done.key, done.status)
    if done.before is not None:
        embed.add_field(name="Earlier key", value=_fate(done.before, is_kept=done.before_is_kept), inline=False)
    await interaction.edit_original_response(embed=embed)


async def remove_key(interaction: Interaction) -> None:
    """Remove this server's key, and say what that means."""
    await require_moderator(interaction)
    guild_id, bot = guild_of(interaction), interaction.client
    await interaction.response.defer(ephemeral=True, thinking=True)
    done = await bot.parts.moderation.key.remove(guild_id, by_id=interaction.user.id)
    try:
        await bot.parts.keys.for_guild(guild_id)
        after = "New jobs are paid by the key of this bot's host."
    except NoKey:
        after = "New jobs need a new key: `/studio key`."
    fate = _fate(done.before, is_kept=done.is_kept)
    await interaction.edit_original_response(content=f"Done: {done.text} {fate} {after}")


def _fate(before: RetiredKey, *, is_kept: bool) -> str:
    """Say what becomes of a key that was replaced or removed."""
    if not is_kept:
        return f"`…{before.last4}` was forgotten."
    return f"`…{before.last4}` is kept until the jobs that were taken with it are done, then forgotten."


def key_embed(title: str, key: GuildKey, status: AccountStatus) -> discord.Embed:
    """Draw what a key is worth; of the key itself only the last four characters."""
    embed = discord.Embed(title=title, colour=SUCCESS)
    embed.add_field(name="Key", value=f"`…{key.last4}`")
    embed.add_field(name="Plan", value=discord.utils.escape_markdown(status.plan or "not told"))
    embed.add_field(name="Credits left", value="not told" if status.credits is None else credits_text(status.credits))
    scopes = ", ".join(f"`{scope}`" for scope in status.scopes) or "not told"
    missing = [scope for scope in NEEDED_SCOPES if status.scopes and scope not in status.scopes]
    if missing:
        scopes += f"\n⚠️ lacks {', '.join(f'`{scope}`' for scope in missing)}: jobs will be refused"
        embed.colour = discord.Colour(ATTENTION)
    embed.add_field(name="Scopes", value=scopes, inline=False)
    return embed
