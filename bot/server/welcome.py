"""Greets each server once: when the bot joins, or when it starts after joining.

A server that reinvites the bot is greeted again only if all its data was erased.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from bot.account.api_keys import ApiKeys
from bot.domain.models import JobState
from bot.domain.server.first_contact import SetupChecklist, SetupStep, StepOutcome, StepState, WelcomePlace
from bot.domain.server.guild_rules import Limit, Rules
from bot.errors import NoKey
from bot.runtime.clock import Clock
from bot.server import texts
from bot.server.absences import Absences
from bot.store import Record, Store

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
    """Knows which steps are done or skipped, and by whom."""

    store: Store
    keys: ApiKeys

    async def note_done(self, guild_id: int, step: SetupStep, *, by_id: int) -> None:
        """Note that a moderator did a step; the setting itself is already recorded."""
        await self.store.setup_steps.note(guild_id, step, StepOutcome.DONE, by_id=by_id)

    async def skip(self, guild_id: int, step: SetupStep, *, by_id: int) -> None:
        """Note and record that a moderator skipped a step, once."""

        def record(is_new: bool) -> Record | None:
            if not is_new:
                return None
            return Record(kind="setup", text=texts.setup_skipped(by_id, step), by_id=by_id, about={"step": step.value})

        await self.store.setup_steps.note(guild_id, step, StepOutcome.SKIPPED, by_id=by_id, record=record)

    async def checklist(self, guild_id: int, exists: Exists) -> SetupChecklist:
        """Return each step's state.

        Done if its setting is set, no matter how; else skipped if a moderator said so, else open.
        """
        noted = await self.store.setup_steps.of(guild_id)
        rules = await self.store.settings.get(guild_id)
        found = {
            SetupStep.KEY: await self._key(guild_id),
            SetupStep.TEST: await self._result(guild_id),
            SetupStep.LIMITS: _limited(await self.store.limits.all(guild_id), rules),
            SetupStep.ROLE: _set(rules.moderator_role is not None and exists(rules.moderator_role)),
            SetupStep.CHANNELS: _set(any(map(exists, await self._channels(guild_id, rules)))),
        }
        return SetupChecklist({step: _state(found[step], noted.get(step)) for step in SetupStep})

    async def _key(self, guild_id: int) -> StepState | None:
        """Return the state of a working key: the server's, or the host's.

        A practice key does not count: it pays for nothing.
        """
        try:
            key = await self.keys.for_guild(guild_id)
        except NoKey:
            return None
        if key.refused:
            return None
        own = await self.store.keys.current(guild_id)
        if own is not None and own.practice:
            return None
        return _set(True) if own is None else _done(own.set_by, own.set_at)

    async def _result(self, guild_id: int) -> StepState | None:
        """Return the state of a result: a practice one in practice mode, else a paid one."""
        practises = await self.store.practice.is_on(guild_id)
        newest = await self.store.job_lists.recent(guild_id, limit=SEARCHED, states={JobState.DELIVERED})
        jobs = [each for each in newest if each.practice is practises]
        return _done(jobs[0].author_id, jobs[0].finished_at) if jobs else None

    async def _channels(self, guild_id: int, rules: Rules) -> list[int]:
        reviews = await self.store.reviews.rules(guild_id)
        gallery = (await self.store.reactions.get(guild_id)).gallery_channel
        chosen = [rules.log_channel, rules.approval_channel, gallery, *(each.review_channel for each in reviews)]
        return [*rules.allowed_channels, *(each for each in chosen if each is not None)]


def _done(by_id: int | None, at: float | None) -> StepState:
    return StepState(outcome=StepOutcome.DONE, by_id=by_id, at=at)


def _set(is_set: bool) -> StepState | None:
    return _done(None, None) if is_set else None


def _limited(limits: Sequence[Limit], rules: Rules) -> StepState | None:
    if limits:
        newest = max(limits, key=lambda each: each.set_at)
        return _done(newest.set_by, newest.set_at)
    return _set(any(each is not None for each in (rules.job_ceiling, rules.confirm_above, rules.approve_above)))


def _state(found: StepState | None, noted: StepState | None) -> StepState:
    if found is not None:
        by_hand = noted if noted is not None and noted.outcome is StepOutcome.DONE else None
        return found if found.by_id is not None or by_hand is None else by_hand
    return noted if noted is not None and noted.outcome is StepOutcome.SKIPPED else StepState()
