"""simcord, the simulated Discord, as the demo needs it: one that waits for an answer, not for all that follows."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

from bot.errors import BotError, StartError
from bot.language import LANGUAGES, SOURCE
from bot.runtime.clock import SystemClock
from bot.sandbox.demo import texts

_state_log = logging.getLogger("discord.state")
_state_log.disabled = True  # simcord builds a client without intents on import, and discord.py warns about that
try:
    import simcord
    from simcord.backend.access import channel_accessible
    from simcord.backend.errors import BackendError, SetupError
    from simcord.results import ResponseMessage
except ImportError as error:  # pragma: no cover - the extra is installed wherever the tests run
    raise StartError(texts.DEMO_EXTRA_MISSING) from error
finally:
    _state_log.disabled = False

__all__ = ["BackendError", "DemoEnv", "ResponseMessage", "SetupError", "channel_accessible", "simcord"]

ANSWER_S = 3.0
"""How long a press on the page waits for the bot, like Discord. What it does later is published like all else."""
GLANCE_S = 0.02
"""How long a look at the page, or a timer of the bot that is due, waits for the rest of the bot."""


class DemoEnv(simcord.Env):
    """A simulated Discord for somebody who watches.

    A test waits until the bot has nothing left to do, and fails after `settle_timeout`. On a page that would block
    every control for as long as one download lasts, and a timeout shows as "Action outcome uncertain". Here waiting
    ends in time and is no error; the bot's work goes on.
    """

    hurried = False
    """Whether the demo has started: the start itself is awaited whole."""
    language = SOURCE
    """The language of Discord for everybody who has not chosen another one."""
    glancing = False
    """Whether the page is only published again, and nothing was done that the bot would answer."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.languages: dict[int, str] = {}
        """The languages of those who have chosen one, by account."""
        self._emit = self.backend.emit
        self.backend.emit = self._told  # type: ignore[method-assign]  # the one place that every event passes

    def _told(self, event: str, payload: Any, *more: Any, **options: Any) -> Any:
        """Tell the bot what happened; an interaction in its member's language, which simcord says is English always."""
        if event == "INTERACTION_CREATE":
            who = int((payload.get("member") or payload)["user"]["id"])
            payload["locale"] = LANGUAGES[self.languages.get(who, self.language)][0]
            if (guild := self.backend.guilds.get(int(payload.get("guild_id") or 0))) is not None:
                payload["guild_locale"] = guild.preferred_locale
        return self._emit(event, payload, *more, **options)

    def _record_error(self, error: BaseException) -> None:
        """Keep what went wrong for the press that met it. A refusal is an answer: its member has read the reason.

        simcord takes every exception that a command or a form raises for a failure of the bot.
        """
        if not _is_refusal(error):
            super()._record_error(error)

    async def _settle_internal(self, **limits: Any) -> None:
        if not self.hurried:
            await super()._settle_internal(**limits)
            return
        patience_s = GLANCE_S if self.glancing or "_deadline" in limits else ANSWER_S
        limits["_deadline"] = asyncio.get_running_loop().time() + patience_s
        with contextlib.suppress(TimeoutError):
            await super()._settle_internal(**limits)


def _is_refusal(error: BaseException | None) -> bool:
    """Whether the bot's own error is what discord.py has wrapped, however often."""
    return error is not None and (isinstance(error, BotError) or _is_refusal(error.__cause__))


class DemoClock(SystemClock):
    """One time for the whole bot, which may begin in the past and is led to the present.

    While simcord runs, `time.monotonic` answers with the simulation's time in what handles an event of Discord, and
    with the machine's in the worker. A command that wakes the worker would name a time that the worker never reaches.
    `time.perf_counter` is the machine's everywhere.
    """

    def __init__(self, *, behind_s: float = 0.0) -> None:
        self._behind_s = behind_s
        self._skipped_s = 0.0

    def wall(self) -> float:
        """Return the Unix time, in seconds: the machine's, or an earlier one while the past is told."""
        return super().wall() - self._behind_s

    def monotonic(self) -> float:
        """Return the machine's monotonic reading, in seconds, with what was skipped."""
        return time.perf_counter() + self._skipped_s

    def skip(self, seconds: float) -> None:
        """Let so much time pass at once, but never more than leads to the present."""
        skipped_s = min(max(seconds, 0.0), self._behind_s)
        self._behind_s -= skipped_s
        self._skipped_s += skipped_s

    def skip_to(self, ago_s: float) -> None:
        """Let time pass until so many seconds before the present; 0 is the present."""
        self.skip(self._behind_s - ago_s)
