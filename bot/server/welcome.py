"""Each server is greeted once: when the bot joins it, or when it starts and finds that it has joined meanwhile.

A server that removes the bot and invites it again is greeted again only if all of it was erased in between.
"""

from __future__ import annotations

import asyncio
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
"""A server without a row that the bot joined before this is an old one, of another database or without any use."""
GIVE_UP_S = 86_400.0
"""For how long a greeting that Discord does not take just now is tried again."""
EVERY_S = 60.0

SendWelcome = Callable[[int, bool], Awaitable[WelcomePlace | None]]
"""Sends the message to a server, where the second argument says whether an earlier attempt may have left one there.

Returns where it is, None if it should be tried again later. Raises no error of Discord.
"""


class Welcomes:
    """Has servers greeted, and remembers that in the store before and after, so that a crash repeats nothing."""

    def __init__(self, store: Store, clock: Clock, *, absences: Absences, send: SendWelcome) -> None:
        self._store = store
        self._clock = clock
        self._absences = absences
        self._send = send
        self._wake = asyncio.Event()
        self._lock = asyncio.Lock()

    async def joined(self, guild_id: int) -> None:
        """Have a server greeted that the bot joins now, unless it was before."""
        await self._expect({guild_id: self._clock.wall()})

    async def found(self, joined: Mapping[int, float]) -> None:
        """Have those servers greeted that the bot joined while it was off; `joined` is when, in Unix seconds."""
        since = self._clock.wall() - FOUND_WITHIN_S
        await self._expect({guild_id: at for guild_id, at in joined.items() if at >= since})

    async def run(self) -> None:
        """Greet until cancelled; what fails is tried again."""
        while True:
            self._wake.clear()
            try:
                waits = await self.run_once()
            except Exception:
                log.exception("welcome.failed")
                waits = True
            await self._clock.wait(self._wake, EVERY_S if waits else None)

    async def run_once(self) -> bool:
        """Greet whoever is to be greeted; return whether somebody still is."""
        async with self._lock:
            waiting = [
                guild_id
                for guild_id, joined_at, was_tried in await self._store.welcomes.due()
                if not await self._greet(guild_id, joined_at, again=was_tried)
            ]
        return bool(waiting)

    async def _expect(self, joined: Mapping[int, float]) -> None:
        if joined and await self._store.welcomes.expect(joined):
            self._wake.set()

    async def _greet(self, guild_id: int, joined_at: float, *, again: bool) -> bool:
        """Greet a server, or give up; return whether that is over."""
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
"""Whether the server still has a role or a channel of this id."""


@dataclass(frozen=True)
class FirstSetup:
    """Knows what is set, and who has done or skipped which step."""

    store: Store
    keys: ApiKeys

    async def note_done(self, guild_id: int, step: SetupStep, *, by_id: int) -> None:
        """Note that a moderator has done a step; what was set is in the record already."""
        await self.store.setup_steps.note(guild_id, step, StepOutcome.DONE, by_id=by_id)

    async def skip(self, guild_id: int, step: SetupStep, *, by_id: int) -> None:
        """Note that a moderator has skipped a step, with a line of the record unless it is skipped already."""

        def record(is_new: bool) -> Record | None:
            if not is_new:
                return None
            return Record(kind="setup", text=texts.setup_skipped(by_id, step), by_id=by_id, about={"step": step.value})

        await self.store.setup_steps.note(guild_id, step, StepOutcome.SKIPPED, by_id=by_id, record=record)

    async def checklist(self, guild_id: int, exists: Exists) -> SetupChecklist:
        """Return the state of each step.

        A step is done if what it sets is set, no matter how. What is not set is skipped if somebody said so, else open.
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
        """Return the state of a key that works: the server's own, or the host's, which nobody here has set.

        That of practice is none: it pays for nothing.
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
        """Return the state of a result: while the server practises, one of practice; else one that was paid."""
        practises = await self.store.practice.is_on(guild_id)
        newest = await self.store.job_lists.recent(guild_id, limit=SEARCHED, states={JobState.DELIVERED})
        jobs = [each for each in newest if each.practice is practises]
        return _done(jobs[0].author_id, jobs[0].finished_at) if jobs else None

    async def _channels(self, guild_id: int, rules: Rules) -> list[int]:
        """Return the channels that are set for something."""
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
    """Return a step's state by what is set and what somebody has said about it."""
    if found is not None:
        by_hand = noted if noted is not None and noted.outcome is StepOutcome.DONE else None
        return found if found.by_id is not None or by_hand is None else by_hand
    return noted if noted is not None and noted.outcome is StepOutcome.SKIPPED else StepState()
