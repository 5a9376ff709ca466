"""Whether a key works. Only the free status call can deny it; refused keys are retried automatically."""

from __future__ import annotations

import asyncio
import math
import weakref
from collections.abc import Callable, Hashable
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum, auto

import structlog

from bot.account import texts
from bot.account.api_keys import ApiKeys, RefusedKey, UsableKey
from bot.cannon.client import CannonClient
from bot.domain.models import AccountStatus
from bot.errors import CannonError, EmailNotVerified, KeyRefused, Refused
from bot.runtime.clock import Clock
from bot.runtime.pace import TokenBucket

log = structlog.get_logger(__name__)

VERDICT_LIFE_S = 10.0
"""A verdict is shared by jobs within this time."""
FIRST_CHECK_S, FIRST_CHECK_AGAIN_S = 5.0, 60.0
"""How long creates wait for the first check of their key, and until the next one after one without an answer."""
PROBE_WAITS_S = (60.0, 300.0, 900.0, 3600.0)
"""Waits before retries of a refused key; the last repeats."""
BALANCE_EVERY_S = 60.0
"""Minimum time between balance requests of an account."""
BALANCE_TIMEOUT_S = 1.5
"""A member waits for it."""


UNVERIFIED = AccountStatus(credits=None, plan=None, scopes=(), must_verify=True)


class KeyVerdict(Enum):
    """The status call's verdict on a key."""

    ALIVE = auto()
    REFUSED = auto()
    UNKNOWN = auto()
    """The call failed."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict; `is_news`: the first refusal since the key worked, so moderators are alerted."""

    verdict: KeyVerdict
    is_news: bool = False
    status: AccountStatus | None = None
    """The answer, of a living key."""


@dataclass(slots=True)
class _Checked:
    """The last status call of a key."""

    verdict: KeyVerdict
    status: AccountStatus | None
    at: float
    """Monotonic seconds."""
    noted: set[int] = field(default_factory=set)
    """Servers for which a refusal is stored."""


class KeyHealth:
    """Requests key status, seldom."""

    def __init__(self, keys: ApiKeys, client: CannonClient, clock: Clock) -> None:
        self._keys = keys
        self._client = client
        self._clock = clock
        self._checked: dict[Hashable, _Checked] = {}
        self._locks: weakref.WeakValueDictionary[Hashable, asyncio.Lock] = weakref.WeakValueDictionary()
        self._first_due: dict[str, float] = {}
        """When to check a key before its next create, in monotonic seconds; infinite once that was done."""
        self._balances = TokenBucket(clock, 1, BALANCE_EVERY_S)
        self._probe_due: dict[tuple[int, int | None], float] = {}

    def is_checked(self, guild_id: int, key: UsableKey) -> bool:
        """Whether `first_check` would make no call."""
        return key.is_practice or self._clock.monotonic() < self._first_due.get(key.slot(guild_id), 0.0)

    async def first_check(self, guild_id: int, key: UsableKey) -> Judgement | None:
        """Check a key before its first create in this process; None later, and for practice.

        Those who ask at the same time share one call, the host's key over all servers. Without an answer in
        `FIRST_CHECK_S` the key counts as unknown, and no one waits for it for a minute.
        """
        if self.is_checked(guild_id, key):
            return None
        slot = key.slot(guild_id)
        judgement = await self._check(slot, guild_id, key, life_s=0.0, timeout_s=FIRST_CHECK_S)
        if judgement.status is not None:
            self._first_due[slot] = math.inf
        elif judgement.verdict is KeyVerdict.UNKNOWN:
            self._first_due[slot] = self._clock.monotonic() + FIRST_CHECK_AGAIN_S
        return judgement

    async def judge(self, guild_id: int, key: UsableKey) -> Judgement:
        """Check a key after a job's refusal, and store a refusal."""
        return await self._check((guild_id, key.slot(guild_id)), guild_id, key, life_s=VERDICT_LIFE_S, timeout_s=None)

    async def _check(
        self, name: Hashable, guild_id: int, key: UsableKey, *, life_s: float, timeout_s: float | None
    ) -> Judgement:
        """Call for the status, or share the call of this name that ended at most `life_s` before."""
        asked = self._clock.monotonic()
        async with self._locks.setdefault(name, asyncio.Lock()):
            checked = self._checked.get(name)
            if checked is None or checked.at < asked - life_s:
                verdict, status = await self._status(guild_id, key, timeout_s)
                checked = self._checked[name] = _Checked(verdict, status, self._clock.monotonic())
            is_news = checked.verdict is KeyVerdict.REFUSED and await self._is_first_refusal(guild_id, key, checked)
            return Judgement(checked.verdict, is_news, checked.status)

    async def _status(
        self, guild_id: int, key: UsableKey, timeout_s: float | None
    ) -> tuple[KeyVerdict, AccountStatus | None]:
        try:
            async with asyncio.timeout(timeout_s):
                status = await self._client.status(key.secret)
        except EmailNotVerified:
            return KeyVerdict.ALIVE, UNVERIFIED
        except KeyRefused:
            return KeyVerdict.REFUSED, None
        except (CannonError, TimeoutError) as error:
            log.info("key.unknown", guild=guild_id, error=type(error).__name__)
            return KeyVerdict.UNKNOWN, None
        await self._keys.note_status(guild_id, key, status)
        return KeyVerdict.ALIVE, status

    async def _is_first_refusal(self, guild_id: int, key: UsableKey, checked: _Checked) -> bool:
        """Store a refusal, once for each server; return whether the key worked before."""
        if guild_id in checked.noted:
            return False
        checked.noted.add(guild_id)
        probe_at = self._clock.wall() + PROBE_WAITS_S[0]
        is_news = await self._keys.note_refused(guild_id, key, probe_at=probe_at)
        if is_news:
            log.warning("key.refused", guild=guild_id)
        return is_news

    async def refresh_balance(self, guild_id: int, key: UsableKey) -> bool:
        """Request the account's balance, at most once a minute; return whether it was reported."""
        if self._balances.wait_s(key.slot(guild_id)):
            return False
        try:
            async with asyncio.timeout(BALANCE_TIMEOUT_S):
                status = await self._client.status(key.secret)
        except (CannonError, TimeoutError) as error:
            log.info("key.balance_unknown", guild=guild_id, error=type(error).__name__)
            return False
        await self._keys.note_status(guild_id, key, status)
        return True

    async def check_host(self) -> None:
        """Ask once for the status of the host's key: who set a wrong one reads it before a member does."""
        if self._keys.host_key is None:
            return
        try:
            async with asyncio.timeout(BALANCE_TIMEOUT_S):
                status = await self._client.status(self._keys.host_key)
        except KeyRefused:
            log.warning("host_key.rejected")
            self._keys.note_host(None)
        except (CannonError, TimeoutError) as error:
            log.info("host_key.unknown", error=type(error).__name__)
        else:
            log.info("host_key.works", credits=None if status.credits is None else str(status.credits))
            self._keys.note_host(status)

    async def probe(self) -> list[RefusedKey]:
        """Retry due refused keys; return those that work again."""
        refused = await self._keys.refused()
        names = {(each.guild_id, each.key.id) for each in refused}
        self._probe_due = {name: due for name, due in self._probe_due.items() if name in names}
        return [each for each in refused if self._is_due(each) and await self._heals(each)]

    def _is_due(self, refused: RefusedKey) -> bool:
        """Whether it is due, by monotonic time: a clock set back must not lock a server out."""
        name, now = (refused.guild_id, refused.key.id), self._clock.monotonic()
        if name not in self._probe_due:
            left_s = min(max(0.0, refused.probe_at - self._clock.wall()), _wait_s(refused.probes))
            self._probe_due[name] = now + left_s
        return now >= self._probe_due[name]

    async def _heals(self, refused: RefusedKey) -> bool:
        try:
            status = await self._client.status(refused.key.secret)
        except CannonError as error:
            log.info("key.probed", guild=refused.guild_id, error=type(error).__name__)
            says_no = isinstance(error, KeyRefused)  # other errors say nothing about the key
            wait_s = _wait_s(refused.probes + 1 if says_no else 0)
            self._probe_due[refused.guild_id, refused.key.id] = self._clock.monotonic() + wait_s
            if says_no:
                await self._keys.note_probe(refused, probe_at=self._clock.wall() + wait_s)
            return False
        await self._keys.note_status(refused.guild_id, refused.key, status)
        log.info("key.healed", guild=refused.guild_id)
        return True


def _wait_s(probes: int) -> float:
    return PROBE_WAITS_S[min(probes, len(PROBE_WAITS_S) - 1)]


OF_SERVER, OF_ALL, OF_ALL_MEMBERS = 5, 30, 300
"""Calls per hour: for the moderators of a server, or for a member about their own account; for all servers, and for all
members, since they share an address."""
HOUR_S = 3600.0
MINUTE_S = 60.0


class StatusPace:
    """Counts moderators' status calls."""

    def __init__(self, clock: Clock, *, of_all: int = OF_ALL) -> None:
        self._of_server = TokenBucket(clock, OF_SERVER, HOUR_S)
        self._of_all = TokenBucket(clock, of_all, HOUR_S)
        self.tell: Callable[[str], None] = lambda _guild_id: None
        """Called for each counted call, with what others' `heard` takes."""

    def allows(self, guild_id: int) -> bool:
        """Count a call for the guild if allowed; return whether it is."""
        return self._wait_s(guild_id) == 0

    def require(self, guild_id: int) -> None:
        """Count a call for the guild. Raises Refused at more than the hourly limit."""
        wait_s = self._wait_s(guild_id)
        if wait_s:
            raise Refused(texts.TOO_MANY_KEYS(count=max(1, round(wait_s / MINUTE_S))))

    def _wait_s(self, guild_id: int) -> float:
        wait_s = self._of_server.wait_s(guild_id) or self._of_all.wait_s(None)
        if not wait_s:
            self.tell(str(guild_id))
        return wait_s

    def heard(self, guild_id: str) -> None:
        """Count a call for the guild that was made elsewhere."""
        self._of_server.note(int(guild_id))
        self._of_all.note(None)


@dataclass(frozen=True)
class StatusChecks:
    """Requests an account's status for a member who wants to see it."""

    pace: StatusPace
    _: KW_ONLY
    client: CannonClient
    keys: ApiKeys

    async def status(self, guild_id: int, key: UsableKey) -> AccountStatus | None:
        """Return the key's account and store its balance; None without a call if there were too many.

        Raises CannonError.
        """
        if not self.pace.allows(guild_id):
            return None
        status = await self.client.status(key.secret)
        await self.keys.note_status(guild_id, key, status)
        return status
