"""`/studio key`: the server's API key is set, replaced by another, or removed."""

import discord

from bot.app.client import CannonBot
from bot.delivery.colours import ATTENTION, SUCCESS
from bot.domain.models import AccountStatus, GuildKey, credits_text
from bot.errors import InputError, KeyRefused, NoKey
from cogs.ui.audit import record
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_moderator

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
    guild_id, bot = guild_of(interaction), interaction.client
    secret = typed.strip()
    if not secret.isascii() or not secret.isprintable() or " " in secret or len(secret) < KEY_LENGTH_MIN:
        raise InputError(
            "The key is one word of plain letters, digits and underscores, such as `cs_live_…`; "
            "copy it once more from the developer console."
        )
    await interaction.response.defer(ephemeral=True, thinking=True)
    parts = bot.parts
    try:
        status = await parts.client.status(secret)
    except KeyRefused:
        raise InputError(
            "Cannon Studio does not accept this key: it is mistyped or revoked. The earlier setting was not changed."
        ) from None
    before = await parts.store.keys.current(guild_id)
    key = await parts.store.keys.set(guild_id, secret, set_by=interaction.user.id, status=status)
    parts.worker.resume()
    text = (
        f"set the API key `…{key.last4}`."
        if before is None
        else (f"replaced the API key `…{before.last4}` by `…{key.last4}`.")
    )
    about = {"last4": key.last4, "before": None if before is None else before.last4}
    await record(bot, guild_id, interaction.user.id, "key", text, about)
    embed = key_embed("Key stored", key, status)
    if before is not None:
        embed.add_field(name="Earlier key", value=await _fate(bot, before), inline=False)
    await interaction.edit_original_response(embed=embed)


async def remove_key(interaction: Interaction) -> None:
    """Remove this server's key, and say what that means."""
    await require_moderator(interaction)
    guild_id, bot = guild_of(interaction), interaction.client
    await interaction.response.defer(ephemeral=True, thinking=True)
    before = await bot.parts.store.keys.current(guild_id)
    if before is None or not await bot.parts.store.keys.remove(guild_id):
        raise InputError("This server has no key of its own, so there is none to remove.")
    text = f"removed the API key `…{before.last4}`."
    await record(bot, guild_id, interaction.user.id, "key", text, {"last4": None, "before": before.last4})
    try:
        await bot.parts.keys.for_guild(guild_id)
        after = "New jobs are paid by the key of this bot's host."
    except NoKey:
        after = "New jobs need a new key: `/studio key`."
    await interaction.edit_original_response(content=f"Done: {text} {await _fate(bot, before)} {after}")


async def _fate(bot: CannonBot, before: GuildKey) -> str:
    """Say what becomes of a key that was replaced or removed."""
    if await bot.parts.store.keys.get(before.guild_id, before.id) is None:
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
