"""Reports to the host in Discord that something began, or ended: once a change, and at most six times a day."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field

import discord
import structlog

from bot.delivery.channels.facts import CALL_TIMEOUT_S, DISCORD_ERRORS, in_time
from bot.delivery.channels.messages import Messages, nonce_of
from bot.delivery.host import texts
from bot.errors import StoreError
from bot.runtime.clock import Clock
from bot.store import Store

log = structlog.get_logger(__name__)

DATABASE = "database"
"""The problem that no round can report: nothing is in charge of it then."""
EVERY_S = 15.0
LASTS_S = 60.0
"""How long a change has to last before it is reported."""
MESSAGES_A_DAY, DAY_S = 6, 86_400.0
META = "host_messages"
"""What was reported, and when (Unix seconds): a restart reports nothing again."""


@dataclass
class HostMessages:
    """Posts to the channel `place`, None: to the application's owner by direct message.

    `look` returns a sentence for each problem, by a name; `is_in_charge`: whether this process does the common work.
    """

    place: int | None
    _: KW_ONLY
    client: discord.Client
    messages: Messages
    store: Store
    look: Callable[[], Mapping[str, str]]
    is_in_charge: Callable[[], bool]
    clock: Clock
    _reported: dict[str, str] | None = field(default=None, init=False)
    """The problems that the host knows of; None before they were read."""
    _sent: list[float] = field(default_factory=list, init=False)
    _changed_at: float | None = field(default=None, init=False)
    """Since when there is something to report, in monotonic seconds."""

    async def run_once(self) -> float:
        """Report what is due; return the seconds until the next time."""
        problems = self.look()
        if not self.is_in_charge() and DATABASE not in problems:
            self._reported = None
            return EVERY_S
        try:
            await self._report(problems)
        except StoreError as error:
            log.info("host_message.later", error=error.sentence)
        except DISCORD_ERRORS as error:
            log.warning("host_message.failed", place=str(self.place or "owner"), error=type(error).__name__)
        return EVERY_S

    async def _report(self, problems: Mapping[str, str]) -> None:
        reported = await self._known(is_up=DATABASE not in problems)
        begun = [name for name in problems if name not in reported]
        ended = [name for name in reported if name not in problems]
        now = self.clock.monotonic()
        if not begun and not ended:
            self._changed_at = None
            return
        self._changed_at = now if self._changed_at is None else self._changed_at
        if now - self._changed_at < LASTS_S or not self._has_room():
            return
        lines = [texts.BEGINS(problem=problems[name]) for name in begun]
        text = "\n".join([*lines, *(texts.OVER(problem=reported[name]) for name in ended)])
        await self._post(text)
        self._sent.append(self.clock.wall())
        self._reported = {name: reported.get(name, sentence) for name, sentence in problems.items()}
        self._changed_at = None
        log.warning("host_message.sent", begun=begun, ended=ended)
        await self.store.meta.set(META, json.dumps({"reported": self._reported, "sent": self._sent}))

    async def _known(self, *, is_up: bool) -> dict[str, str]:
        if self._reported is None and is_up:
            kept = json.loads(await self.store.meta.get(META) or "{}")
            self._reported, self._sent = kept.get("reported", {}), kept.get("sent", [])
        return self._reported or {}

    def _has_room(self) -> bool:
        since = self.clock.wall() - DAY_S
        self._sent = [at for at in self._sent if at > since]
        return len(self._sent) < MESSAGES_A_DAY

    async def _post(self, text: str) -> None:
        """Post once: Discord knows the nonce."""
        place = self.place or await self._owner_id()
        if self.place is not None:
            channel: discord.abc.Messageable = self.messages.channel(place, None)
        else:
            channel = await self.messages.direct_message(place)
        name = nonce_of("host", f"{text} {self.clock.wall() // (10 * LASTS_S)}", place)
        async with asyncio.timeout(CALL_TIMEOUT_S):
            await channel.send(text, nonce=name, allowed_mentions=discord.AllowedMentions.none())

    async def _owner_id(self) -> int:
        known = self.client.application
        application = await in_time(self.client.application_info()) if known is None else known
        team = application.team
        return application.owner.id if team is None or team.owner_id is None else team.owner_id
