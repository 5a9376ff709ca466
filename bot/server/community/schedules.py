"""A server's schedules: what moderators typed, their acts, and what stops a run. Runs: cogs/community/scheduled.py."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain.models import new_id
from bot.domain.money.spend_request import ShownPrice
from bot.domain.plain import to_plain
from bot.domain.server.guild_rules import Rules
from bot.domain.server.schedules import DATE, SCHEDULES_MAX, VARIABLES, WEEKDAY, Schedule, filled, unknown_variable
from bot.domain.server.setting import credits_in
from bot.domain.texts import AMOUNT, LIST_FULL
from bot.domain.words.text import harmless, harmless_within, shortened
from bot.errors import InputError
from bot.language import listed, tr
from bot.server.community import texts
from bot.store import Change, Record
from bot.store.acts import ModeratorActs

LIMIT_MAX = 1_000_000
"""Most credits a month: more was mistyped."""
TITLE_CHARS = 60
TYPED_CHARS = 40


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

    def read(self, guild_id: int, rules: Rules, *, by_id: int, now: float) -> Schedule:
        """Return the schedule, off. Raises InputError, whose sentence names the field."""
        values = {"prompt": self.inputs.strip()} if not self.recipe else {}
        for line in filter(str.strip, self.inputs.splitlines() if self.recipe else ()):
            name, _, value = line.partition(":")
            values[name.strip()] = value.strip()
        unknown = next(filter(None, map(unknown_variable, values.values())), None)
        if unknown is not None:
            typed, known = harmless_within(unknown, TYPED_CHARS), listed([f"`{each}`" for each in VARIABLES])
            raise InputError(texts.UNKNOWN_VARIABLE(typed=typed, known=known), "inputs")
        limit = credits_in(self.limit.strip())
        if limit is None or not 1 <= limit <= LIMIT_MAX:
            raise InputError(AMOUNT(field=tr("Monthly limit"), low=1, high=LIMIT_MAX), "limit")
        schedule = Schedule(
            id=new_id(), guild_id=guild_id, recipe=self.recipe, operation=self.operation, values=values,
            repeat=self.repeat, time=self.time.strip(), channel_id=self.channel_id, made_by=by_id, made_at=now,
            limit=limit,
        )  # fmt: skip
        _next_of(schedule, rules, now)
        return schedule


class ScheduleChanges(ModeratorActs):
    """Changes schedules: by moderators, and by the bot where a run can't take place."""

    async def add(self, schedule: Schedule) -> None:
        """Store a new schedule, which is off. Raises InputError if the server has too many."""
        if not await self._store.schedules.add(schedule):
            raise InputError(LIST_FULL(most=SCHEDULES_MAX))

    async def turn_on(
        self, guild_id: int, schedule_id: str, *, shown: ShownPrice, rules: Rules, now: float, by_id: int, once: bool
    ) -> None:
        """Have it run in the name of `by_id`, who was shown this price of a run: `once` is one run now, and no other.

        Raises InputError if its only time has passed.
        """

        def on(old: Schedule) -> Schedule:
            return replace(
                old, agreed=shown.credits, is_price_known=shown.known, made_by=by_id,
                next_at=now if once else _next_of(old, rules, now), once=once, reason="", is_off=False,
            )  # fmt: skip

        def said(new: Schedule) -> str:
            if once:
                return texts.RUN_NOW(who=by_id, title=title_of(new))
            return texts.TURNED_ON(
                who=by_id, title=title_of(new), when=texts.when_words(new), channel=new.channel_id, limit=new.limit
            )

        await self._change(guild_id, schedule_id, on, said, by_id)

    async def turn_off(self, guild_id: int, schedule_id: str, *, by_id: int) -> None:
        def said(new: Schedule) -> str:
            return texts.TURNED_OFF(who=by_id, title=title_of(new))

        await self._change(guild_id, schedule_id, lambda old: replace(old, next_at=None, is_off=True), said, by_id)

    async def delete(self, guild_id: int, schedule_id: str, *, by_id: int) -> None:
        def record(gone: Schedule) -> Record:
            return _line(gone, texts.DELETED(who=by_id, title=title_of(gone)), by_id)

        await self._store.schedules.delete(guild_id, schedule_id, record=record)

    async def stop(self, due: Schedule, reason: str) -> None:
        """Turn off a schedule whose run is still due; the record says why."""

        def off(old: Schedule) -> Schedule:
            is_due = old.next_at == due.next_at
            return replace(old, next_at=None, is_off=True, reason=reason) if is_due else old

        def said(new: Schedule) -> str:
            return texts.WAS_TURNED_OFF(title=title_of(new), reason=reason)

        await self._change(due.guild_id, due.id, off, said, 0)

    async def postpone(self, due: Schedule, until: float) -> None:
        """Have a run that is still due take place later (Unix seconds)."""

        def later(old: Schedule) -> Schedule:
            return replace(old, next_at=until) if old.next_at == due.next_at else old

        await self._store.schedules.change(due.guild_id, due.id, later)

    async def _change(
        self,
        guild_id: int,
        schedule_id: str,
        change: Callable[[Schedule], Schedule],
        said: Callable[[Schedule], str],
        by_id: int,
    ) -> None:
        def record(done: Change[Schedule]) -> Record | None:
            return None if done.before == done.after else _line(done.after, said(done.after), by_id)

        await self._store.schedules.change(guild_id, schedule_id, change, record=record)


def values_of(schedule: Schedule, at: float, zone: dt.tzinfo) -> dict[str, str]:
    """Return the inputs of a run at this time, with its variables filled in."""
    day = dt.datetime.fromtimestamp(at, zone).date()
    known = {DATE: day.isoformat(), WEEKDAY: str(texts.WEEKDAYS[day.weekday()])}
    return {name: filled(value, known, secrets.choice) for name, value in schedule.values.items()}


def _next_of(schedule: Schedule, rules: Rules, now: float) -> float:
    next_at = schedule.next_after(now, rules.zone)
    if next_at is None:
        typed = harmless_within(schedule.time, TYPED_CHARS)
        raise InputError(texts.NOT_A_TIME(typed=typed, zone=rules.timezone), "time")
    return next_at


def title_of(schedule: Schedule) -> str:
    """Return what a schedule is called, escaped."""
    return harmless(shortened(schedule.title, TITLE_CHARS))


def _line(schedule: Schedule, text: str, by_id: int) -> Record:
    return Record(kind="schedule", text=text, by_id=by_id, about={"schedule": to_plain(schedule)})
