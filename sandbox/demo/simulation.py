"""simcord, the simulated Discord, for the demo: waits for an answer only, not for everything after it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from typing import Any

from bot import install_line
from bot.errors import BotError, StartError
from bot.language import LANGUAGES, SOURCE
from bot.runtime.clock import SystemClock
from sandbox.demo import texts

_state_log = logging.getLogger("discord.state")
_state_log.disabled = True  # simcord builds a client without intents on import, and discord.py warns about that
try:
    import simcord
    from simcord.backend.access import channel_accessible, message_accessible
    from simcord.backend.errors import BackendError, SetupError
    from simcord.http.router import _ROUTES, RequestContext, route
    from simcord.http.routes.interactions import delete_original_response
    from simcord.results import ResponseMessage
except ImportError as error:  # pragma: no cover - the extra is installed wherever the tests run
    raise StartError(texts.DEMO_EXTRA_MISSING(command=install_line("demo"))) from error
finally:
    _state_log.disabled = False

__all__ = [
    "BackendError",
    "DemoEnv",
    "ResponseMessage",
    "SetupError",
    "channel_accessible",
    "message_accessible",
    "simcord",
]

ANSWER_S = 3.0
"""How long a press waits for the bot, like Discord. Later results are published like all else."""
GLANCE_S = 0.02
"""How long a check of the page, or a due timer, waits for the rest of the bot."""


@route("GET", "/applications/{application_id}/guilds/{guild_id}/commands/permissions")
def command_permissions(context: RequestContext) -> list[dict[str, Any]]:
    """Answer Discord's list of a server's changed command permissions, of which simcord knows only single ones."""
    guild_id = context.int_arg("guild_id")
    return [
        {
            "id": str(command_id),
            "application_id": context.args["application_id"],
            "guild_id": str(guild_id),
            "permissions": list(permissions),
        }
        for (of_guild, command_id), permissions in context.backend.command_permissions.items()
        if of_guild == guild_id
    ]


@route("DELETE", "/webhooks/{webhook_id}/{token}/messages/@original")
def delete_original(context: RequestContext) -> None:
    """Delete an answer, and let the next follow-up of a deferred one be a message of its own.

    Discord mended this in 2021 (discord-api-docs issue 2739); simcord still edits the deleted answer and gives 404.
    """
    delete_original_response(context)
    record = context.backend.interaction_by_token(context.args["token"])
    if record.loading:
        record.complete_deferred()


_ROUTES["DELETE"].insert(0, _ROUTES["DELETE"].pop())  # simcord takes the first of two that fit as well


class DemoEnv(simcord.Env):
    """A simulated Discord for a viewer.

    A test waits until the bot is idle, and fails after `settle_timeout`. On a page that would block every control
    during a download, and a timeout shows as "Action outcome uncertain". Here waiting ends in time, and the bot's work
    continues.
    """

    hurried = False
    """Whether the demo has started: startup is awaited whole."""
    language = SOURCE
    """The language of Discord, for everyone: cards are shared, so a language of one member's own would leak."""
    glancing = False
    """Whether the page is only republished, with nothing for the bot to answer."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._emit = self.backend.emit
        self.backend.emit = self._emitted  # type: ignore[method-assign]  # the one place that every event passes

    @contextlib.contextmanager
    def glance(self) -> Iterator[None]:
        """Wait only for a moment for the bot meanwhile."""
        self.glancing = True
        try:
            yield
        finally:
            self.glancing = False

    def _emitted(self, event: str, payload: Any, *more: Any, **options: Any) -> Any:
        """Dispatch an event; an interaction in the language of Discord, which simcord always gives as English."""
        if event == "INTERACTION_CREATE":
            payload["locale"] = LANGUAGES[self.language][0]
            if (guild := self.backend.guilds.get(int(payload.get("guild_id") or 0))) is not None:
                payload["guild_locale"] = guild.preferred_locale
        return self._emit(event, payload, *more, **options)

    def _record_error(self, error: BaseException) -> None:
        """Keep an error for the press that caused it. A refusal is an answer: the member has read the reason.

        simcord takes every exception of a command or a form for a failure of the bot.
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
    return error is not None and (isinstance(error, BotError) or _is_refusal(error.__cause__))


class DemoClock(SystemClock):
    """One time for the whole bot, which may begin in the past and is moved to the present.

    While simcord runs, `time.monotonic` is the simulation's time in event handlers, and the machine's in the worker. A
    command that wakes the worker would name a time that the worker never reaches. `time.perf_counter` is the machine's
    everywhere.
    """

    def __init__(self, *, behind_s: float = 0.0) -> None:
        self._behind_s = behind_s
        self._skipped_s = 0.0

    def wall(self) -> float:
        """Return the Unix time in seconds: the machine's, or an earlier one during the history."""
        return super().wall() - self._behind_s

    def monotonic(self) -> float:
        """Return the machine's monotonic time in seconds, plus skipped time."""
        return time.perf_counter() + self._skipped_s

    def skip(self, seconds: float) -> None:
        """Skip time, but never past the present."""
        skipped_s = min(max(seconds, 0.0), self._behind_s)
        self._behind_s -= skipped_s
        self._skipped_s += skipped_s

    def skip_to(self, ago_s: float) -> None:
        """Skip to so many seconds before the present; 0 is the present."""
        self.skip(self._behind_s - ago_s)
