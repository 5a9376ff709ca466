"""What moderators read without a command: credit alerts, rejected members, each other's decisions.

Runs next to the worker, so that no one waits for the log channel. Decisions wait in the store's outbox and survive a
crash; alerts wait in memory, since a later check finds lost ones again.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Protocol

import structlog

from bot.account.api_keys import ApiKeys, UsableKey
from bot.account.texts import with_packs
from bot.cannon.client import CannonClient
from bot.domain.money.account import DAY_S, HISTORY_DAYS, HOUR_S, Alert, of_balance, of_hour, of_limits
from bot.domain.money.limit_rules import alert_headrooms
from bot.domain.money.spend_request import SpendRequest
from bot.errors import CannonError, CannonUnavailable, NoKey, Refused
from bot.language import speaking
from bot.runtime.background import CommonWork
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.runtime.pace import TokenBucket
from bot.server import texts
from bot.server.settings import Languages
from bot.store import Decision, Record, Store
from bot.store.money.reports import Report

log = structlog.get_logger(__name__)

LINES_PER_RUN = 50
RETRY_S = 60.0
KEPT_S = 24 * 3600.0
"""A line unposted for so long stays in the record only; its author gets a DM."""


class Posted(StrEnum):
    """The outcome of posting a line."""

    DONE = "done"
    NEVER = "never"
    """No log channel, or a permanent rejection."""
    LATER = "later"


class LogSink(Protocol):
    """Where moderators read. No method raises because of Discord."""

    async def post(self, guild_id: int, line: str) -> Posted: ...

    async def show(self, decision: Decision) -> Posted:
        """Post a record line where its guild reads it; once, if called twice within minutes."""
        ...

    async def tell_unreached(self, decision: Decision) -> Posted:
        """DM the member that their request did not reach the moderators."""
        ...


class DecisionLog:
    """Empties the outbox, one line per guild at a time, so that no guild waits for another's backlog."""

    def __init__(self, store: Store, *, clock: Clock, channel: LogSink) -> None:
        self._store = store
        self._clock = clock
        self._channel = channel
        self._paused: dict[int, float] = {}

    @property
    def retry_at(self) -> float:
        """When an unposted line is due again, in monotonic seconds; infinity if none is."""
        return min(self._paused.values(), default=math.inf)

    async def post_due(self) -> bool:
        """Post waiting lines, at most LINES_PER_RUN per guild; return whether more are ready."""
        now = self._clock.monotonic()
        self._paused = {guild_id: at for guild_id, at in self._paused.items() if at > now}
        for _ in range(LINES_PER_RUN):
            lines = await self._store.outbox.next_lines(without=self._paused)
            if not lines:
                return False
            for outcome in await asyncio.gather(*map(self._post, lines), return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
        return True

    async def _post(self, line: Decision) -> None:
        try:
            outcome = await self._outcome(line)
        except Exception:
            log.exception("decision_log.failed", guild=line.guild_id, decision=line.id)  # the others are still posted
            outcome = Posted.LATER
        is_broken = outcome is Posted.NEVER and line.is_promised
        if is_broken:
            outcome = await self._channel.tell_unreached(line)
        if outcome is Posted.LATER:
            self._paused[line.guild_id] = self._clock.monotonic() + RETRY_S
            return
        failpoint("decision.posted")
        if is_broken:
            log.warning("decision_log.unreached", guild=line.guild_id, decision=line.id)
            await self._store.outbox.take_back(line)
        else:
            await self._store.outbox.remove(line.guild_id, line.id)

    async def _outcome(self, line: Decision) -> Posted:
        age_s = self._clock.wall() - line.at
        outcome = Posted.LATER
        if age_s <= KEPT_S or line.is_promised:
            outcome = await self._channel.show(line)
        if outcome is Posted.LATER and age_s > KEPT_S:
            log.warning("decision_log.too_late", guild=line.guild_id, decision=line.id)
            return Posted.NEVER
        return outcome


CHECK_EVERY_S = 300.0
BALANCE_EVERY_S = 3600.0
"""Interval of balance requests while credits are spent."""
REFUSAL_QUIET_S = 600.0
"""In this time, a member's refusals for one reason are one line."""
POSTING_S = 900.0
PENDING_MAX = 1000

MakeAlerts = Callable[[], Sequence[Alert]]


@dataclass
class Alerts:
    """Reports to moderators; not in guilds without a log channel.

    Posting the record and checking guilds is common work; alerts are reported where they are made.
    """

    store: Store
    _: KW_ONLY
    keys: ApiKeys
    client: CannonClient
    clock: Clock
    channel: LogSink
    languages: Languages
    common: CommonWork
    _pending: deque[tuple[int, MakeAlerts]] = field(default_factory=lambda: deque(maxlen=PENDING_MAX), init=False)
    woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Set to run soon."""
    _look_due: float = field(default=0.0, init=False)
    _ask_due: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._decisions = DecisionLog(self.store, clock=self.clock, channel=self.channel)
        self.store.outbox.listen(self.woken.set)
        self._balances = TokenBucket(self.clock, 1, BALANCE_EVERY_S)

    def tell(self, guild_id: int, alerts: MakeAlerts) -> None:
        """Report new alerts soon, made in the guild's language."""
        self._pending.append((guild_id, alerts))
        self.woken.set()

    async def tell_limits(self, guild_id: int, request: SpendRequest) -> None:
        """Report soon which limits a refused request has used up, or nearly."""
        view = self.store.spending.view(guild_id, request.spender.member_id, partial(alert_headrooms, request))
        self.tell(guild_id, partial(of_limits, await view, request, taken=False))

    async def refused(self, guild_id: int, member_id: int, operation: str, error: Refused) -> None:
        """Record that the server's rules rejected a member; once per reason for a while."""
        with speaking(await self.languages.of_guild(guild_id)):
            text = texts.WAS_REFUSED(member=member_id, operation=operation, sentence=error.sentence)
        await self.store.alerts.note(
            guild_id,
            f"refusal:{member_id}:{error.reason}",
            until=self.clock.wall() + REFUSAL_QUIET_S,
            record=Record(
                kind="refusal",
                text=text,
                by_id=member_id,
                about={"reason": error.reason, "operation": operation},
            ),
        )

    async def once(self, guild_id: int, name: str, *, quiet_s: float) -> bool:
        """Note that `name` is reported now; False if it was within `quiet_s` seconds."""
        return await self.store.alerts.note(guild_id, name, until=self.clock.wall() + quiet_s)

    async def run_once(self) -> float:
        """Report pending alerts; check every guild if due. Return the seconds until the next is due."""
        is_here = self.common.is_here()
        if is_here and await self._decisions.post_due():
            self.woken.set()
        await self._tell_pending()
        if not is_here:
            return CHECK_EVERY_S
        if self.clock.monotonic() >= self._look_due:
            self._look_due = self.clock.monotonic() + CHECK_EVERY_S
            for guild_id in await self.store.settings.guilds_with_log():
                try:
                    with speaking(await self.languages.of_guild(guild_id)):
                        await self._look(guild_id)
                except Exception:
                    log.exception("watch.look_failed", guild=guild_id)  # the others are still checked
                await self._tell_pending()
        due_in_s = min(self._look_due, self._decisions.retry_at) - self.clock.monotonic()
        return min(CHECK_EVERY_S, due_in_s) if due_in_s > 0 else CHECK_EVERY_S

    async def _tell_pending(self) -> None:
        while self._pending:
            guild_id, alerts = self._pending.popleft()
            with speaking(await self.languages.of_guild(guild_id)):
                for alert in alerts():
                    await self._tell(guild_id, alert)

    async def _tell(self, guild_id: int, alert: Alert) -> None:
        """Post an alert once in its period. Only a posted one counts as reported."""
        if (await self.store.settings.get(guild_id)).log_channel is None:
            return
        again_at = min(alert.until, self.clock.wall() + POSTING_S)
        if not await self.store.alerts.note(guild_id, alert.name, until=again_at):
            return
        if await self.channel.post(guild_id, texts.ALERT(text=alert.text)) is Posted.DONE:
            for name in (alert.name, *alert.covers):
                await self.store.alerts.keep(guild_id, name, until=alert.until)

    async def _look(self, guild_id: int) -> None:
        now = self.clock.wall()
        spans = [(now - HISTORY_DAYS * DAY_S, now - HOUR_S), (now - HOUR_S, now)]
        found = await self.store.reports.totals(guild_id, spans)
        if found.practice:
            return  # spending there can't run out
        if not found.total or found.first_at is None:
            return
        before, last = found.spans
        known_s = min(now - found.first_at, HISTORY_DAYS * DAY_S)
        for alert in (
            await self._of_balance(guild_id, found, known_s / DAY_S, now),
            of_hour(last, before, (known_s - HOUR_S) / HOUR_S, now),
        ):
            if alert is not None:
                await self._tell(guild_id, alert)

    async def _of_balance(self, guild_id: int, found: Report, days: float, now: float) -> Alert | None:
        try:
            key = await self.keys.for_guild(guild_id)
        except NoKey:
            return None
        balance = await self._balance(guild_id, key)
        if balance is None:
            return None
        held = (await self.store.ledger.balance(guild_id)).held
        alert = of_balance(balance - held, found.total, days, now, is_shown=key.id is not None)
        return alert if alert is None else replace(alert, text=with_packs(alert.text, self.keys.packs(key)))

    async def _balance(self, guild_id: int, key: UsableKey) -> Decimal | None:
        """Return the paying account's credits, requested at most hourly."""
        too_soon = self.clock.monotonic() < self._ask_due
        if key.refused or too_soon or self._balances.wait_s(key.slot(guild_id)):
            return key.balance
        return await self._ask(guild_id, key)

    async def _ask(self, guild_id: int, key: UsableKey) -> Decimal | None:
        try:
            status = await self.client.status(key.secret)
        except CannonError as error:
            log.info("watch.balance_unknown", guild=guild_id, error=type(error).__name__)
            if isinstance(error, CannonUnavailable):
                self._ask_due = self.clock.monotonic() + CHECK_EVERY_S  # it would not answer for the next guild either
            return key.balance
        await self.keys.note_status(guild_id, key, status)
        return status.credits
