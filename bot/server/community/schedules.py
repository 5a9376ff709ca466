"""A server's schedules: what moderators typed, their acts, and what stops a run. Runs: cogs/community/scheduled.py."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from bot.domain.money.spend_request import Consent, ShownPrice
from bot.domain.server.guild_rules import Rules
from bot.domain.server.schedules import (
    BEST,
    DATE,
    SCHEDULES_MAX,
    VARIABLES,
    WEEKDAY,
    DueRun,
    Plan,
    Schedule,
    When,
    filled,
    has_best,
    is_best,
    unknown_variable,
)
from bot.domain.server.setting import credits_in
from bot.domain.texts import AMOUNT, EXPIRED, LIST_FULL
from bot.domain.words.text import harmless, harmless_within, shortened
from bot.errors import InputError
from bot.language import Text, listed, tr
from bot.server.community import texts
from bot.store import Change, Record
from bot.store.acts import ModeratorActs

DRAFT_LIFE_S = 900.0
LIMIT_MAX = 1_000_000
"""Most credits a month: more was mistyped."""
TITLE_CHARS = 60
TYPED_CHARS = 40
_INPUT = re.compile(r"\s*([a-z][a-z0-9_]{0,31})\s*:(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedSchedule:
    """A schedule as typed: of a recipe, or with '' of an operation with a prompt."""

    recipe: str = ""
    operation: str = ""
    inputs: str = ""
    repeat: str = ""
    time: str = ""
    channel_id: int = 0
    limit: str = ""

    def plan(self, names: Sequence[str], files: Collection[str], rules: Rules, now: float) -> tuple[Plan, Decimal]:
        """Return the plan, of no price yet, and the monthly limit; `files` are the inputs that take one.

        Raises InputError, whose sentence names the field.
        """
        values = self._values(names)
        for name, value in values.items():
            unknown = unknown_variable(value)
            if unknown is not None:
                typed, known = harmless_within(unknown, TYPED_CHARS), listed([f"`{each}`" for each in VARIABLES])
                raise InputError(texts.UNKNOWN_VARIABLE(typed=typed, known=known), "inputs")
            if has_best(value) and not (name in files and is_best(value)):
                raise InputError(texts.BEST_NOT_HERE(variable=BEST, input=name), "inputs")
        when = When.read(self.repeat, self.time)
        if when is None:
            raise InputError(
                texts.NOT_A_TIME(typed=harmless_within(self.time, TYPED_CHARS), zone=rules.timezone), "time"
            )
        _next_of(when, rules, now)
        limit = credits_in(self.limit.strip())
        if limit is None or not 1 <= limit <= LIMIT_MAX:
            raise InputError(AMOUNT(field=tr("Monthly limit"), low=1, high=LIMIT_MAX), "limit")
        plan = Plan(
            recipe=self.recipe, operation=self.operation, values=values, when=when, agreed=Decimal(0),
            is_price_known=True,
        )  # fmt: skip
        return plan, limit

    def _values(self, names: Sequence[str]) -> dict[str, str]:
        if not self.recipe:
            return {"prompt": self.inputs.strip()}
        values: dict[str, str] = {}
        name = ""
        for line in self.inputs.splitlines():
            match = _INPUT.fullmatch(line)
            if match is not None and match[1] in names:
                name, values[match[1]] = match[1], match[2].strip()
            elif name:
                values[name] = f"{values[name]}\n{line}".strip()
            elif line.strip():
                raise InputError(texts.NOT_AN_INPUT(names=listed(names)), "inputs")
        return values


class ScheduleChanges(ModeratorActs):
    """Changes schedules: by moderators, and by the bot where a run can't take place."""

    async def add(self, schedule: Schedule) -> None:
        """Store a new schedule, which runs once it is resumed. Raises InputError if the server has too many."""
        if not await self._store.schedules.add(schedule):
            raise InputError(LIST_FULL(most=SCHEDULES_MAX))

    async def keep(self, guild_id: int, member_id: int, typed: TypedSchedule, now: float) -> str:
        """Keep what was typed, for its author alone and a while, and return its id."""
        draft, expires_at = {"schedule": asdict(typed)}, now + DRAFT_LIFE_S
        return await self._store.drafts.keep(guild_id, member_id, draft, expires_at=expires_at)

    async def kept(self, guild_id: int, member_id: int, draft_id: str) -> TypedSchedule:
        """Return what was kept. Raises InputError if it has expired."""
        draft = await self._store.drafts.get(guild_id, member_id, draft_id)
        if draft is None or "schedule" not in draft:
            raise InputError(EXPIRED)
        return TypedSchedule(**draft["schedule"])

    async def pause(self, guild_id: int, schedule_id: str, *, by_id: int) -> None:
        def change(old: Schedule) -> Schedule:
            return old if old.next_at is None else _paused(old)

        await self._change(guild_id, schedule_id, change, texts.PAUSED, by_id)

    async def resume(
        self, guild_id: int, schedule_id: str, *, shown: ShownPrice, rules: Rules, now: float, by_id: int
    ) -> None:
        """Have it run again, in the name of `by_id`, who was shown this price of a run.

        Raises InputError if its only time has passed.
        """

        def change(old: Schedule) -> Schedule:
            if not old.is_paused:
                return old
            plan = replace(old.plan, agreed=shown.credits, is_price_known=shown.known)
            next_at = _next_of(plan.when, rules, now)
            return replace(old, plan=plan, made_by=by_id, next_at=next_at, reason="", is_paused=False)

        await self._change(guild_id, schedule_id, change, texts.RESUMED, by_id)

    async def delete(self, guild_id: int, schedule_id: str, *, by_id: int) -> None:
        def record(gone: Schedule) -> Record:
            return _line(gone, texts.DELETED(who=by_id, title=title_of(gone.plan)), by_id)

        await self._store.schedules.delete(guild_id, schedule_id, record=record)

    async def stop(self, run: DueRun, reason: str) -> None:
        """Pause the schedule of a run that is still due; the record says why."""
        await self._by_bot(run, lambda old: replace(_paused(old), reason=reason), texts.WAS_PAUSED, reason)

    async def skip(self, run: DueRun, reason: str) -> None:
        """Leave out a run that is still due; the record says why, the first time."""
        await self._by_bot(run, lambda old: replace(old, next_at=run.next_at, reason=reason), texts.SKIPPED, reason)

    async def _by_bot(self, run: DueRun, change: Callable[[Schedule], Schedule], said: Text, reason: str) -> None:
        def of_due(old: Schedule) -> Schedule:
            return change(old) if old.next_at == run.due_at else old

        def record(done: Change[Schedule]) -> Record | None:
            if done.after.reason in {"", done.before.reason}:
                return None
            return _line(done.after, said(title=title_of(done.after.plan), reason=reason), 0)

        await self._store.schedules.change(run.guild_id, run.schedule_id, of_due, record=record)

    async def _change(
        self,
        guild_id: int,
        schedule_id: str,
        change: Callable[[Schedule], Schedule],
        said: Text,
        by_id: int,
    ) -> None:
        def record(done: Change[Schedule]) -> Record | None:
            if done.before == done.after:
                return None
            now, title = done.after, title_of(done.after.plan)
            text = said(who=by_id, title=title)
            if now.plan.agreed and not done.before.plan.agreed:
                when = texts.when_words(now.plan.when)
                text = texts.CREATED(who=by_id, title=title, when=when, channel=now.channel_id, limit=now.limit)
            return _line(now, text, by_id)

        await self._store.schedules.change(guild_id, schedule_id, change, record=record)


def values_of(plan: Plan, at: float, zone: dt.tzinfo, best: str) -> dict[str, str]:
    """Return the inputs of a run at this time, with its variables filled in; `best` is last week's best result."""
    day = dt.datetime.fromtimestamp(at, zone).date()
    known = {DATE: day.isoformat(), WEEKDAY: str(texts.WEEKDAYS[day.weekday()]), BEST: best}
    return {name: filled(value, known, secrets.choice) for name, value in plan.values.items()}


def _next_of(when: When, rules: Rules, now: float) -> float:
    next_at = when.next_after(now, rules.zone)
    if next_at is None:
        raise InputError(texts.NOT_A_TIME(typed=when.typed, zone=rules.timezone), "time")
    return next_at


def consent_of(plan: Plan) -> Consent:
    """Return what its moderator has accepted: the price of a run, and a tenth more."""
    agreed = ShownPrice(credits=plan.agreed, known=plan.is_price_known)
    return Consent(agreed=agreed, pressed=True, labelled=plan.agreed)


def _paused(schedule: Schedule) -> Schedule:
    return replace(schedule, next_at=None, is_paused=True)


def title_of(plan: Plan) -> str:
    """Return what a schedule is called, escaped."""
    return harmless(shortened(plan.title, TITLE_CHARS))


def _line(schedule: Schedule, text: str, by_id: int) -> Record:
    about: Mapping[str, Any] = {"schedule": schedule.id, "plan": schedule.plan.to_json()}
    return Record(kind="schedule", text=text, by_id=by_id, about=about)
