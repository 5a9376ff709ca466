"""Who looks at something, and whose request it is: the member of an interaction, by what it carries itself."""

import discord

from bot.app.client import CannonBot
from bot.domain.visibility import Viewer
from bot.errors import Refused
from bot.jobs.card_spec import Origin
from cogs.ui.interaction import Interaction, PostableChannel, place_of
from cogs.ui.permissions import is_moderator, moderates
from cogs.ui.texts import IN_SERVER_ONLY

_MADE = "viewer"
"""Under this name an interaction keeps its viewer once it was made."""


async def viewer_of(interaction: Interaction) -> Viewer:
    """Return who sent the interaction, with the roles that came with it. Raises Refused outside servers."""
    made = interaction.extras.get(_MADE)
    if isinstance(made, Viewer):
        return made
    if not isinstance(interaction.user, discord.Member):
        raise Refused(IN_SERVER_ONLY)
    viewer = interaction.client.parts.sights.viewer(
        interaction.user, here_id=interaction.channel_id, is_moderator=await is_moderator(interaction)
    )
    interaction.extras[_MADE] = viewer
    return viewer


async def viewer_in(bot: CannonBot, member: discord.Member, channel: PostableChannel | None) -> Viewer:
    """Return a member without an interaction as a viewer; `channel` is where they are right now, None for nowhere."""
    rules = await bot.parts.store.settings.get(member.guild.id)
    is_moderator = moderates(member.guild_permissions, member, rules)
    return bot.parts.sights.reactor(member, channel, is_moderator=is_moderator)


async def origin_of(interaction: Interaction) -> Origin:
    """Return the author of a request and its place. Raises Refused outside servers."""
    interaction.client.parts.delivery.authors.note(interaction.guild_id or 0, interaction.user)
    return Origin(
        place=place_of(interaction),
        author_id=interaction.user.id,
        viewer=await viewer_of(interaction),
        locale=str(interaction.locale),
        interaction_id=interaction.id,
        token=interaction.token,
    )
