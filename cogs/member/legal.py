"""Links to what the bot's host has published about the bot: a privacy policy, terms of service."""

from typing import Any

import discord

from cogs.member import texts
from cogs.ui.interaction import Interaction


def legal_links(interaction: Interaction) -> list[discord.ui.Button[Any]]:
    """Return a link button for each of the two that the host has set."""
    settings = interaction.client.settings
    found = ((texts.PRIVACY_POLICY, settings.privacy_url), (texts.TERMS, settings.terms_url))
    return [discord.ui.Button(label=str(label), url=url) for label, url in found if url is not None]
