"""Greets each server once: when the bot joins, or when it starts after joining.

A server that reinvites the bot is greeted again only if all its data was erased.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from bot.account.api_keys import ApiKeys
from bot.domain.models import JobState
from bot.domain.server.first_contact import SetupStep, WelcomePlace
from bot.errors import NoKey
from bot.runtime.clock import Clock
from bot.server.absences import Absences
from bot.store import Store

log = structlog.get_logger(__name__)

FOUND_WITHIN_S = 3 * 86_400.0
"""A server without a row that the bot joined earlier is an old one, from another database or unused."""
GIVE_UP_S = 86_400.0
EVERY_S = 60.0

SendWelcome = Callable[[int, bool], Awaitable[WelcomePlace | None]]
"""Greets a server; the second argument says whether an earlier attempt may have left a message.

Returns where, None to retry later. Raises no Discord error.
"""


class Welcomes:
    """Has servers greeted, noting it before and after, so that a crash repeats nothing."""

    def __init__(self, store: Store, clock: Clock, *, absences: Absences, send: SendWelcome) -> None:
        self._store = store
        self._clock = clock
        self._absences = absences
        self._send = send
        self.woken = asyncio.Event()
        """Set once a server is to be greeted."""
        self._lock = asyncio.Lock()

    async def joined(self, guild_id: int) -> None:
        """Greet a server that the bot joins now, once."""
        await self._expect({guild_id: self._clock.wall()})

    async def found(self, joined: Mapping[int, float]) -> None:
        """Greet servers that the bot joined while it was off; `joined` is in Unix seconds."""
        since = self._clock.wall() - FOUND_WITHIN_S
        await self._expect({guild_id: at for guild_id, at in joined.items() if at >= since})

    async def run_once(self) -> float:
        """Greet pending servers; return the seconds until it is tried again, infinity if none remains."""
        async with self._lock:
            waiting = [
                guild_id
                for guild_id, joined_at, was_tried in await self._store.welcomes.due()
                if not await self._greet(guild_id, joined_at, again=was_tried)
            ]
        return EVERY_S if waiting else math.inf

    async def _expect(self, joined: Mapping[int, float]) -> None:
        if joined and await self._store.welcomes.expect(joined):
            self.woken.set()

    async def _greet(self, guild_id: int, joined_at: float, *, again: bool) -> bool:
        place = None
        if not self._absences.is_absent(guild_id):
            await self._store.welcomes.begin(guild_id)
            place = await self._send(guild_id, again)
        if place is None and self._clock.wall() - joined_at > GIVE_UP_S:
            place = WelcomePlace.NOWHERE
        if place is None:
            return False
        await self._store.welcomes.end(guild_id, place)
        log.info("welcome.ended", guild=guild_id, place=place.value)
        return True


SEARCHED = 100
"""How many of the newest results are checked for one."""

Exists = Callable[[int], bool]


@dataclass(frozen=True)
class FirstSetup:
    """Knows which steps are done, no matter how: by the settings, the key, and the results."""

    store: Store
    keys: ApiKeys

    async def done(self, guild_id: int, exists: Exists) -> frozenset[SetupStep]:
        rules = await self.store.settings.get(guild_id)
        thresholds = (rules.job_ceiling, rules.confirm_above, rules.approve_above)
        found = {
            SetupStep.KEY: await self._has_key(guild_id),
            SetupStep.TEST: await self._has_result(guild_id),
            SetupStep.LIMITS: await self.store.limits.all(guild_id) or any(each is not None for each in thresholds),
            SetupStep.ROLE: rules.moderator_role is not None and exists(rules.moderator_role),
            SetupStep.CHANNELS: any(map(exists, await self.channels(guild_id))),
        }
        return frozenset(step for step, is_done in found.items() if is_done)

    async def _has_key(self, guild_id: int) -> bool:
        """Whether a key works: the server's, or the host's. A practice key does not count: it pays for nothing."""
        try:
            key = await self.keys.for_guild(guild_id)
        except NoKey:
            return False
        own = await self.store.keys.current(guild_id)
        return not key.refused and (own is None or not own.practice)

    async def _has_result(self, guild_id: int) -> bool:
        """Whether there is a result: a practice one in practice mode, else a paid one."""
        practises = await self.store.practice.is_on(guild_id)
        newest = await self.store.job_lists.recent(guild_id, limit=SEARCHED, states={JobState.DELIVERED})
        return any(each.practice is practises for each in newest)

    async def channels(self, guild_id: int) -> list[int]:
        """Return the channels that are set for something, once each."""
        rules = await self.store.settings.get(guild_id)
        reviews = await self.store.reviews.rules(guild_id)
        chosen = [
            rules.log_channel,
            rules.approval_channel,
            rules.gallery_channel,
            *(each.review_channel for each in reviews),
        ]
        return list(dict.fromkeys([*filter(None, chosen), *sorted(rules.allowed_channels)]))
