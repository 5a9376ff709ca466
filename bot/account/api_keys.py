"""Which API key serves a guild: its own, else the host's if allowed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from decimal import Decimal

from bot.account import texts
from bot.domain.models import AccountStatus, Books, CreditPack, GuildKey, Job, JobState
from bot.domain.practice import is_practice_key
from bot.errors import InputError, NoKey
from bot.runtime.pace import Recent
from bot.store import Store

STATUSES_MAX = 5000
"""How many keys' last status answers are cached."""
DOCUMENT_KEYS_MAX = 3
"""How many servers' keys one reading of the API description tries."""
KEY_LENGTH_MIN, KEY_LENGTH_MAX = 8, 200


def key_typed(typed: str) -> str:
    """Parse a typed API key. Raises InputError if it can't be one."""
    secret = typed.strip()
    if not secret.isascii() or not secret.isprintable() or " " in secret or len(secret) < KEY_LENGTH_MIN:
        raise InputError(texts.NOT_A_KEY)
    if is_practice_key(secret):
        raise InputError(texts.NOT_A_KEY)
    return secret


@functools.lru_cache(STATUSES_MAX)  # jobs that keep it share one string
def slot_of(guild_id: int, key_id: int | None) -> str:
    """Return the name of a key's waits; `key_id` is None for the host's, which guilds share."""
    return "host" if key_id is None else f"{guild_id}:{key_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsableKey:
    """A key for the API. `id` is None for the host's."""

    id: int | None
    secret: str = field(repr=False)
    balance: Decimal | None = None
    refused: bool = False
    own: bool = False
    """Whether it is a member's."""
    is_limited: bool = False
    """Whether its owner limits servers' spending: then they do not set prices."""

    @property
    def is_practice(self) -> bool:
        return is_practice_key(self.secret)

    @property
    def books(self) -> Books:
        if self.own:
            return Books.OWN
        return Books.PRACTICE if self.is_practice else Books.SERVER

    def slot(self, guild_id: int) -> str:
        """Return the name of this key's waits, shared by all guilds of the host's key."""
        return slot_of(guild_id, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedKey:
    """A key that the status call has refused for a guild."""

    guild_id: int
    key: UsableKey
    probe_at: float
    """Next retry, Unix seconds."""
    probes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentKey:
    """A key for reading what is the same for all servers."""

    slot: str
    secret: str = field(repr=False)


@dataclass
class ApiKeys:
    """Finds the key of a guild or job, and stores what the API says about it.

    `host_key_serves`: whether the host pays for a guild; `is_absent`: whether it has removed the bot.
    `is_limited`: the host limits spending on their key, so jobs accepted on another are not moved to it.
    `on_sale` returns the credit packs that may be bought.
    """

    store: Store
    _: KW_ONLY
    host_key: str | None = field(repr=False)
    host_key_serves: Callable[[int], bool]
    is_absent: Callable[[int], bool]
    on_sale: Callable[[], Sequence[CreditPack]] = tuple
    is_limited: bool = False
    _host_balance: Decimal | None = field(default=None, init=False)
    _host_refused_to: set[int] = field(default_factory=set, init=False)
    _is_host_rejected: bool = field(default=False, init=False)
    _statuses: Recent[str, AccountStatus] = field(default_factory=functools.partial(Recent, STATUSES_MAX), init=False)

    def __post_init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None
        """Called after the servers changed to which the host's key is refused."""

    async def load(self) -> None:
        """Load the guilds for which the host's key was refused."""
        self._host_refused_to = {refusal.guild_id for refusal in await self.store.host_key_refusals.all()}

    @property
    def is_host_refused(self) -> bool:
        """Whether Cannon Studio rejects the host's key, to any server."""
        return self._is_host_rejected or bool(self._host_refused_to)

    def _host(self, guild_id: int) -> UsableKey | None:
        if self.host_key is None or not self.host_key_serves(guild_id):
            return None
        return UsableKey(
            id=None,
            secret=self.host_key,
            balance=self._host_balance,
            refused=guild_id in self._host_refused_to,
            is_limited=self.is_limited,
        )

    async def for_guild(self, guild_id: int) -> UsableKey:
        """Return the key for the guild's new jobs. Raises NoKey if there is none."""
        own = await self.store.keys.current(guild_id)
        if own is not None:
            return _usable(own)
        host = self._host(guild_id)
        if host is None:
            raise NoKey(texts.NO_KEY)
        return host

    async def own(self, member_id: int) -> UsableKey | None:
        """Return the key of a member's own account; None without one."""
        key = await self.store.keys.current(member_id)
        return None if key is None or not key.own else _usable(key)

    async def of_payer(self, payer_id: int, *, own: bool) -> UsableKey:
        """Return the key for new jobs of a guild, or with `own` of a member. Raises NoKey."""
        if not own:
            return await self.for_guild(payer_id)
        key = await self.own(payer_id)
        if key is None:
            raise NoKey(texts.NO_ACCOUNT_OF_YOURS)
        return key

    async def for_job(self, job: Job) -> UsableKey | None:
        """Return the key for a job, as in `_for_job`; practice jobs use only practice keys, others never."""
        key = await self._for_job(job)
        return key if key is not None and key.is_practice == job.practice else None

    async def _present(self, job: Job) -> UsableKey | None:
        """Return the payer's current key of the job's kind: practice or not."""
        if job.own:
            return await self.own(job.author_id)
        own = await self.store.keys.current(job.guild_id)
        if own is not None and own.practice == job.practice:
            return _usable(own)
        return None if job.practice or job.is_at_home else self._host(job.guild_id)

    async def _for_job(self, job: Job) -> UsableKey | None:
        """Return the key that the job was submitted with, else the guild's current one, else None.

        The API wants the same key for a request's whole life, so a retired key serves until its jobs end. A refused one
        yields to a newer one: keys of one account may see each other's requests. For a guild that removed the bot
        nothing is submitted, and only the original key polls.
        """
        is_absent = self.is_absent(job.guild_id)
        if is_absent and job.state is JobState.SUBMITTING:
            return None
        # From the first POST on: after a lost reply only the same key may repeat it.
        started = job.remote_id is not None or job.attempts > 0
        if started and job.key_id is not None:
            first = await self.store.keys.get(job.payer_id, job.key_id)
            if first is not None and first.refused_at is None:
                return _usable(first)
        if started and job.key_id is None and self.host_key is not None and job.guild_id not in self._host_refused_to:
            # The host's key finishes its jobs, even where it serves no new ones.
            return UsableKey(id=None, secret=self.host_key, balance=self._host_balance)
        if is_absent:
            return None
        key = await self._present(job)
        if key is None:
            return None
        was_not_counted = key.id is None and job.key_id is not None and self.is_limited
        return None if key.refused or was_not_counted else key

    async def note_refused(self, guild_id: int, key: UsableKey, *, probe_at: float) -> bool:
        """Store that the status call refuses the key to the guild, and the next retry (Unix seconds).

        Returns True the first time.
        """
        if key.id is not None:
            return await self.store.keys.note_refused(guild_id, key.id, probe_at=probe_at)
        self._host_refused_to.add(guild_id)
        is_first = await self.store.host_key_refusals.note(guild_id, probe_at=probe_at)
        self.on_change()
        return is_first

    def note_host(self, status: AccountStatus | None) -> None:
        """Note what the status call says of the host's key without a guild; None: it is rejected."""
        self._is_host_rejected = status is None
        if status is not None:
            self._host_balance = status.credits

    async def note_status(self, guild_id: int, key: UsableKey, status: AccountStatus) -> None:
        """Store a status answer: the balance, and that the key works."""
        self._statuses[key.slot(guild_id)] = status
        if key.id is not None:
            await self.store.keys.note_status(guild_id, key.id, status)
            await self.store.keys.clear_refused(guild_id, key.id)
            return
        self._host_balance = status.credits
        self._is_host_rejected = False
        if guild_id in self._host_refused_to:
            self._host_refused_to.discard(guild_id)
            await self.store.host_key_refusals.clear(guild_id)
            self.on_change()

    def last_status(self, guild_id: int, key: UsableKey) -> AccountStatus | None:
        """Return the account's last status; None if not requested since the start."""
        return self._statuses.get(key.slot(guild_id))

    def packs(self, key: UsableKey) -> Sequence[CreditPack]:
        """Return what a guild's own account can buy; () if unknown, and for the host's."""
        return () if key.id is None or key.is_practice or key.own else self.on_sale()

    async def for_document(self) -> list[DocumentKey]:
        """Return keys for the API description: the host's, else servers' working ones.

        Of those a few, newest first. The description is public to all servers and holds no account data.
        """
        if self.host_key is not None:
            return [DocumentKey(slot="host", secret=self.host_key)]
        found = await self.store.keys.newest(DOCUMENT_KEYS_MAX, without=self.is_absent)
        return [DocumentKey(slot=slot_of(key.guild_id, key.id), secret=key.secret) for key in found]

    async def refused(self) -> list[RefusedKey]:
        found = [
            RefusedKey(guild_id=key.guild_id, key=_usable(key), probe_at=key.probe_at or 0.0, probes=key.probes)
            for key in await self.store.keys.refused()
        ]
        if self.host_key is not None:
            host = UsableKey(id=None, secret=self.host_key, balance=self._host_balance, refused=True)
            found += [
                RefusedKey(guild_id=each.guild_id, key=host, probe_at=each.probe_at, probes=each.probes)
                for each in await self.store.host_key_refusals.all()
            ]
        return found

    async def note_probe(self, refused: RefusedKey, *, probe_at: float) -> None:
        """Store a failed retry of a refused key, and the next one (Unix seconds)."""
        if refused.key.id is not None:
            await self.store.keys.note_probe(refused.guild_id, refused.key.id, probe_at=probe_at)
        else:
            await self.store.host_key_refusals.note_probe(refused.guild_id, probe_at=probe_at)


def _usable(key: GuildKey) -> UsableKey:
    return UsableKey(id=key.id, secret=key.secret, balance=key.balance, refused=key.refused_at is not None, own=key.own)
