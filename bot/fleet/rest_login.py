"""Checks the bot's token: polls Discord, for processes without a gateway."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import discord
import structlog

from bot.delivery.channels.facts import DISCORD_ERRORS, in_time
from bot.runtime.clock import Clock

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 60.0
BELIEVED_S = 180.0
"""How long a successful check counts."""


class RestLogin:
    """Discord's REST API, as a connection that can be lost."""

    def __init__(self, client: discord.Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._reached_at: float | None = None

    @property
    def is_good(self) -> bool:
        """Whether Discord accepted the token within the last minutes."""
        return self._reached_at is not None and self._clock.monotonic() - self._reached_at < BELIEVED_S

    async def keep(self) -> None:
        """Check until cancelled, first a while after the login. Raises LoginFailure for a refused token."""
        pause = asyncio.Event()  # never set: the clock ends each wait
        self._reached_at = self._clock.monotonic()
        while True:
            await self._clock.wait(pause, LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Check the token once. Raises LoginFailure if Discord refuses it."""
        try:
            await in_time(self._client.http.request(discord.http.Route("GET", "/users/@me")))
        except discord.HTTPException as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                raise discord.LoginFailure from None
            log.info("login.not_asked", status=error.status)
        except DISCORD_ERRORS as error:
            log.info("login.not_asked", error=type(error).__name__)
        else:
            self._reached_at = self._clock.monotonic()
