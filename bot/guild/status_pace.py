"""How often Cannon Studio is asked about accounts: nobody can use the bot to try keys that they have found."""

from __future__ import annotations

import secrets

from bot.errors import Refused
from bot.guild.texts import account as texts
from bot.runtime.clock import Clock
from bot.runtime.rate_limiter import RateLimiter
from bot.store.signals import Signals

OF_SERVER, OF_ALL = 5, 30
"""Calls for members in an hour: of one server, and of all together, because they come from one address."""
HOUR_S = 3600.0
MINUTE_S = 60.0
ASKED = "status.asked"
"""The signal that a call was counted: by whom, and for which server."""


class StatusPace:
    """Counts the status calls that moderators cause, in whichever process."""

    def __init__(self, clock: Clock, signals: Signals) -> None:
        self._of_server = RateLimiter(clock, OF_SERVER, HOUR_S)
        self._of_all = RateLimiter(clock, OF_ALL, HOUR_S)
        self._signals = signals
        self._own = secrets.token_hex(8)
        signals.listen(ASKED, self._heard)

    def allows(self, guild_id: int) -> bool:
        """Whether a call may be made for the guild now; then it is counted."""
        return self._wait_s(guild_id) == 0

    def require(self, guild_id: int) -> None:
        """Count a call for the guild. Raises Refused if there were too many in the last hour."""
        wait_s = self._wait_s(guild_id)
        if wait_s:
            raise Refused(texts.too_many_keys(max(1, round(wait_s / MINUTE_S))))

    def _wait_s(self, guild_id: int) -> float:
        wait_s = self._of_server.wait_s(guild_id) or self._of_all.wait_s(None)
        if not wait_s:
            self._signals.send(ASKED, self._own, str(guild_id))
        return wait_s

    def _heard(self, whose: str, guild_id: str) -> None:
        if whose != self._own:
            self._of_server.note(int(guild_id))
            self._of_all.note(None)
