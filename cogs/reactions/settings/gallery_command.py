"""`/studio gallery`: where starred results go, and how many stars they need."""

import discord

from bot.delivery.deadlines import in_time
from bot.errors import InputError
from bot.guild.reactions import gallery_text
from cogs.reactions.settings import texts
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, missing_permissions, require_moderator
from cogs.ui.texts import done


async def set_gallery(
    interaction: Interaction, channel: discord.TextChannel | None, stars: int | None, switch: str | None
) -> None:
    """Show where the gallery is, move it, or switch it off."""
    await require_moderator(interaction)
    if channel is None and stars is None and switch is None:
        now = await interaction.client.parts.store.reactions.get(guild_of(interaction))
        await in_time(interaction.response.send_message(texts.gallery_now(gallery_text(now)), ephemeral=True))
        return
    if channel is not None and interaction.guild is not None:
        missing = missing_permissions(channel.permissions_for(interaction.guild.me), is_thread=False)
        if missing:
            raise InputError(texts.cannot_post_in(channel.mention, missing), "channel")
    text = await interaction.client.parts.moderation.reactions.set_gallery(
        guild_of(interaction),
        channel_id=None if channel is None else channel.id,
        stars=stars,
        off=switch == "off",
        by_id=interaction.user.id,
    )
    await in_time(interaction.response.send_message(done(text), ephemeral=True))
