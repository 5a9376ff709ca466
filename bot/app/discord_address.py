"""Where discord.py sends its calls of Discord's REST API."""

from __future__ import annotations

from discord.http import INTERNAL_API_VERSION, Route


def call_discord_at(url: str) -> None:
    """Send all calls of this process from now on to the API at this address: Discord's own is `https://discord.com`.

    discord.py 2.7.1 has it as an attribute of a class, and no setting for it.
    """
    Route.BASE = f"{url}/api/v{INTERNAL_API_VERSION}"
