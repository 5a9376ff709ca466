"""How far the setup of a server is: seen from its settings, so that the list is true whatever changed them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.domain.first_contact import SetupChecklist, SetupStep, StepOutcome, StepState
from bot.domain.guild_rules import Limit, Rules
from bot.domain.models import JobState
from bot.errors import NoKey
from bot.guild.api_keys import ApiKeys
from bot.guild.texts import settings as texts
from bot.store import Record, Store

SEARCHED = 100
"""How many of the newest results are checked for one."""

Exists = Callable[[int], bool]
"""Whether the server still has a role or a channel of this id."""


class FirstSetup:
    """Knows what is set, and who has done or skipped which step."""

    def __init__(self, store: Store, keys: ApiKeys) -> None:
        self._store = store
        self._keys = keys

    async def note_done(self, guild_id: int, step: SetupStep, *, by_id: int) -> None:
        """Note that a moderator has done a step; what was set is in the record already."""
        await self._store.setup_steps.note(guild_id, step, StepOutcome.DONE, by_id=by_id)

    async def skip(self, guild_id: int, step: SetupStep, *, by_id: int) -> None:
        """Note that a moderator has skipped a step, with a line of the record unless it is skipped already."""

        def record(is_new: bool) -> Record | None:
            if not is_new:
                return None
            return Record(kind="setup", text=texts.setup_skipped(by_id, step), by_id=by_id, about={"step": step.value})

        await self._store.setup_steps.note(guild_id, step, StepOutcome.SKIPPED, by_id=by_id, record=record)

    async def checklist(self, guild_id: int, exists: Exists) -> SetupChecklist:
        """Return the state of each step.

        A step is done if what it sets is set, no matter how. What is not set is skipped if somebody said so, else open.
        """
        noted = await self._store.setup_steps.of(guild_id)
        rules = await self._store.settings.get(guild_id)
        found = {
            SetupStep.KEY: await self._key(guild_id),
            SetupStep.TEST: await self._result(guild_id),
            SetupStep.LIMITS: _limited(await self._store.limits.all(guild_id), rules),
            SetupStep.ROLE: _set(rules.moderator_role is not None and exists(rules.moderator_role)),
            SetupStep.CHANNELS: _set(any(map(exists, await self._channels(guild_id, rules)))),
        }
        return SetupChecklist({step: _state(found[step], noted.get(step)) for step in SetupStep})

    async def _key(self, guild_id: int) -> StepState | None:
        """Return the state of a key that works: the server's own, or the host's, which nobody here has set.

        That of practice is none: it pays for nothing.
        """
        try:
            key = await self._keys.for_guild(guild_id)
        except NoKey:
            return None
        if key.refused:
            return None
        own = await self._store.keys.current(guild_id)
        if own is not None and own.practice:
            return None
        return _set(True) if own is None else _done(own.set_by, own.set_at)

    async def _result(self, guild_id: int) -> StepState | None:
        """Return the state of a result: while the server practises, one of practice; else one that was paid."""
        practises = await self._store.practice.is_on(guild_id)
        newest = await self._store.job_lists.recent(guild_id, limit=SEARCHED, states={JobState.DELIVERED})
        jobs = [each for each in newest if each.practice is practises]
        return _done(jobs[0].author_id, jobs[0].finished_at) if jobs else None

    async def _channels(self, guild_id: int, rules: Rules) -> list[int]:
        """Return the channels that are set for something."""
        reviews = await self._store.reviews.rules(guild_id)
        gallery = (await self._store.reactions.get(guild_id)).gallery_channel
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
