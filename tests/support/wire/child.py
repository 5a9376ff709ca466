"""Run the real bot against a wire Discord: `python -m tests.support.wire.child run …` for `cannon-bot run …`.

discord.py 2.7.1 has its addresses as class attributes and no setting for them; they are set here, in the child
process, and nothing else of it is changed. The bot itself may download from one more origin.
WIRE_DISCORD_URL names the server (`http://127.0.0.1:port`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from typing import Any

from bot.runtime.machine import keep_little, permanent
from cannon_bot import keep_out

READY_AFTER_S = 0.1
"""How long discord.py itself waits for a server that does not come, 2 s by itself."""
NEVER_READY_S = 3600.0
"""The same for the real bot: what waits for that hangs in a test."""


def point_discord_at(url: str, *, ready_after_s: float | None = READY_AFTER_S) -> None:
    """Send every request and connection of discord.py to the server at this address.

    The gateway's address carries our process id, which distinguishes the lives of a bot. `ready_after_s` is how long
    discord.py waits for servers before it says on_ready; None: its own 2 s.
    """
    import yarl
    from discord.asset import Asset
    from discord.gateway import DiscordWebSocket
    from discord.http import INTERNAL_API_VERSION, HTTPClient, Route
    from discord.state import ConnectionState

    # As `bot.app.connection.gate` does, which versions of the bot that an upgrade begins with have not.
    Route.BASE = f"{url}/api/v{INTERNAL_API_VERSION}"
    Asset.BASE = f"{url}/cdn"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url.replace("http", "ws", 1)) / "gateway" / str(os.getpid())
    gateway_of = HTTPClient.get_bot_gateway

    async def own_gateway(self: HTTPClient) -> Any:
        shards, _, limit = await gateway_of(self)
        return shards, str(DiscordWebSocket.DEFAULT_GATEWAY), limit

    HTTPClient.get_bot_gateway = own_gateway  # type: ignore[method-assign]  # the address alone is another one
    if ready_after_s is None:
        return
    original = ConnectionState.__init__

    def init(self: ConnectionState[Any], **options: Any) -> None:
        original(self, **{"guild_ready_timeout": ready_after_s, **options})

    ConnectionState.__init__ = init  # type: ignore[method-assign]  # an option with another default


def allow_downloads_from(url: str) -> None:
    """Let the bot read attachments from this loopback server, in place of Discord's public CDN.

    Every list of allowed origins in the bot is read by one function; it must not have been imported by name yet.
    """
    assert "bot.runtime.network.transport" not in sys.modules
    assert "bot.media.fetcher" not in sys.modules
    from bot.runtime.network import safe_urls as addresses

    original = addresses.origins_of

    def origins_of(urls: Collection[str]) -> frozenset[addresses.Origin]:
        return original((*urls, url))

    addresses.origins_of = origins_of


if __name__ == "__main__":
    keep_out()
    server = os.environ["WIRE_DISCORD_URL"]
    keep_little()
    with permanent():  # as everything that `cannon-bot run` imports
        point_discord_at(server, ready_after_s=NEVER_READY_S)
    allow_downloads_from(server)
    from bot.cli import main

    sys.exit(main(sys.argv[1:]))
