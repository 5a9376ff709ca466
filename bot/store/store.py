"""The store: all persistence, behind one class. No SQL outside this package."""

from __future__ import annotations

import functools
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, cast, get_type_hints

import structlog

from bot.domain.server.guild_rules import Limit, Rules
from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.runtime.clock import Clock
from bot.runtime.progress import Progress, no_progress
from bot.settings import PostgresUrl
from bot.store import texts
from bot.store.by_name import server_module
from bot.store.engine.connection import BUSY_TIMEOUT_S
from bot.store.engine.database import REBUILT_BYTES, Database
from bot.store.engine.pulse import Pulse
from bot.store.engine.repository import Meta, Repository, signature_in
from bot.store.engine.sqlite_database import ProcessLock, SqliteDatabase
from bot.store.guild.account import AccountChecks, ApiChanges, ApiFacts
from bot.store.guild.community.cast import Cast
from bot.store.guild.community.events import Events
from bot.store.guild.community.own_accounts import MemberAccounts
from bot.store.guild.community.recipes import Recipes
from bot.store.guild.community.schedules import Schedules
from bot.store.guild.community.shootouts import Shootouts
from bot.store.guild.community.weekly import BestOfWeek
from bot.store.guild.gone import AbsentGuilds, FormerMembers
from bot.store.guild.keys import GuildKeys, HostKeyRefusals, Practice
from bot.store.guild.members import Drafts, MemberSettingsRows, Voices
from bot.store.guild.privacy import Privacy, Retention
from bot.store.guild.questions import Questions
from bot.store.guild.reactions import ReactionActs
from bot.store.guild.record import AlertTimes, Decisions, Outbox
from bot.store.guild.reviews import Reviews
from bot.store.guild.settings import GuildSettings, SwitchedOff, WelcomeRows
from bot.store.host.integrity import problems_of, problems_of_file, problems_of_rows
from bot.store.host.jobs import HostJobs
from bot.store.host.moved import refuse_moved
from bot.store.jobs.cards import Cards
from bot.store.jobs.copies import Copies, Pings
from bot.store.jobs.ending import Cancellation
from bot.store.jobs.figures import Figures, Histograms
from bot.store.jobs.job_lists import JobLists, Lineage
from bot.store.jobs.jobs import Jobs
from bot.store.jobs.queue import Queue
from bot.store.jobs.rechecks import Rechecks
from bot.store.money.ledger import Ledger
from bot.store.money.limits import Blocks, Grants, Limits
from bot.store.money.prices import Prices, TrueCosts
from bot.store.money.reports import Reports
from bot.store.money.spending import SpendingViews, rules_of
from bot.store.processes import JobLeases, forget_followers
from bot.store.sql import Connection
from bot.store.vault import secret_box as sealed
from bot.store.vault.secret_box import SecretBox, key_file_of, load_box

log = structlog.get_logger(__name__)

R = TypeVar("R", bound=Repository)

DOUBTFUL = ("damaged", "disk")
"""Failures after which the next start checks the file."""


class Store:
    """One repository per subject, on one database. Times are Unix seconds, amounts credits.

    Every repository method is one transaction, and raises StoreError, with nothing done, when the file is busy,
    full or damaged.
    """

    signature = ""
    """Six characters, made with the database: they begin idempotency keys and name daily backups."""
    settings: GuildSettings
    limits: Limits
    grants: Grants
    blocks: Blocks
    prices: Prices
    decisions: Decisions
    outbox: Outbox
    spending: SpendingViews
    job_lists: JobLists
    jobs: Jobs
    leases: JobLeases
    lineage: Lineage
    copies: Copies
    cards: Cards
    pings: Pings
    cancellation: Cancellation
    alerts: AlertTimes
    reaction_acts: ReactionActs
    histograms: Histograms
    meta: Meta
    api_changes: ApiChanges
    api_facts: ApiFacts
    ledger: Ledger
    figures: Figures
    true_costs: TrueCosts
    keys: GuildKeys
    practice: Practice
    switched_off: SwitchedOff
    privacy: Privacy
    former_members: FormerMembers
    weekly: BestOfWeek
    events: Events
    recipes: Recipes
    cast: Cast
    voices: Voices
    shootouts: Shootouts
    member_settings: MemberSettingsRows
    own_accounts: MemberAccounts
    drafts: Drafts
    schedules: Schedules
    questions: Questions
    reviews: Reviews
    reports: Reports
    queue: Queue
    rechecks: Rechecks
    account_checks: AccountChecks
    host_key_refusals: HostKeyRefusals
    absent_guilds: AbsentGuilds
    welcomes: WelcomeRows
    retention: Retention
    host_jobs: HostJobs

    def __init__(self, database: Database, box: SecretBox, clock: Clock, lock: ProcessLock | None = None) -> None:
        self._database, self._box, self._lock = database, box, lock
        for name, kind in _repositories().items():
            setattr(self, name, kind(database, box, clock))
        self._clock = clock
        self.resealed = 0
        """The number of secrets resealed on opening."""

    def rows(self, kind: type[R]) -> R:
        return kind(self._database, self._box, self._clock)

    def record_in(self, language_of: Callable[[int, Rules], str]) -> None:
        """Write record lines in each guild's language; `language_of` takes its id and settings."""
        self._database.language_of = lambda db, guild_id: language_of(guild_id, rules_of(db, guild_id))

    def limit_host_key(self, limits: Sequence[Limit]) -> None:
        self._database.host_limits = tuple(limits)

    @classmethod
    async def open(
        cls,
        address: Path | PostgresUrl,
        *,
        clock: Clock,
        secret_keys: Sequence[str] = (),
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        alone: bool = False,
        progress: Progress | None = None,
    ) -> Store:
        """Open the database, created or migrated as needed. `secret_keys`, newest first, decrypt the sealed columns.

        Without any, a key file next to an SQLite database is used. Raises StoreError, with what to do, if the
        database is unusable or a needed secret key is missing. With `alone` (SQLite) also if it is open so
        elsewhere; otherwise what followed jobs before is dead, these are freed, and everything is resealed with the
        newest key. `progress` gets the progress of long work; without it the log does.
        """
        if isinstance(address, PostgresUrl):
            if not secret_keys:
                raise StoreError(texts.KEYS_OF_SECRETS_MISSING, exit_code=RESTART_CANNOT_HELP)
            opener = server_module("database").PostgresDatabase
            return await cls._of(await opener.open(address, clock=clock, progress=progress), secret_keys)
        lock = ProcessLock.take(address) if alone else None
        try:
            is_intact = lock is not None and lock.is_intact
            database = await SqliteDatabase.open(
                address, clock=clock, busy_timeout_s=busy_timeout_s, is_intact=is_intact, progress=progress
            )
            return await cls._of(database, secret_keys, address, lock)
        except BaseException:
            if lock is not None:
                lock.release()
            raise

    @classmethod
    async def _of(
        cls, database: Database, secret_keys: Sequence[str], path: Path | None = None, lock: ProcessLock | None = None
    ) -> Store:
        """Return the store of an opened database, which is closed if that fails; `path` is an SQLite file's."""
        now = database.clock.wall()

        def begin(db: Connection) -> None:
            sealed.forget_expired_tokens(db, now)
            if lock is not None:
                forget_followers(db)

        try:
            if path is not None:
                await database.read(lambda db: refuse_moved(db, path))
            needed = await database.read(lambda db: sealed.needed_fingerprints(db, now))
            box = load_box(secret_keys, None if path is None else key_file_of(path), needed=needed)
            await database.write(begin)
            store = cls(database, box, database.clock, lock)
            store.signature = await database.read(signature_in)
            if path is None or lock is not None:
                await store._rotate_if_needed()
        except BaseException:
            await database.close()
            raise
        return store

    async def _rotate_if_needed(self) -> None:
        if len(self._box.fingerprints) == 1:
            return
        try:
            self.resealed = await self.rotate_secrets()
        except StoreError as error:  # one damaged secret must not stop all servers
            log.warning("secrets.not_resealed", error=error.sentence)
            return
        if self.resealed:
            log.info("secrets.resealed", count=self.resealed)

    @property
    def pulse(self) -> Pulse:
        return self._database.pulse

    async def probe(self) -> None:
        """Write a row, to update `pulse`. Raises StoreError."""
        await self._database.probe()

    @property
    def path(self) -> Path | None:
        """The path of an SQLite database, None for PostgreSQL."""
        return self._database.path if isinstance(self._database, SqliteDatabase) else None

    def name_process(self, name: str) -> None:
        self._database.process = name

    async def close(self) -> None:
        """Finish pending calls and close the file. Idempotent."""
        await self._database.close()
        if self._lock is not None:
            if not any(self.pulse.errors[kind] for kind in DOUBTFUL):
                self._lock.note_closed()
            self._lock.release()

    async def rotate_secrets(self) -> int:
        """Reseal all secrets with the newest key. Returns how many were changed.

        One transaction. Raises StoreError, with nothing changed, if no key opens one.
        """
        count = await self._database.write(lambda db: sealed.reseal(db, self._box))
        if count:
            await self.scrub()
        return count

    async def truncate_log(self) -> bool:
        """Empty the write-ahead log, which still holds erased data. False if impossible now."""
        return await self._database.truncate_log()

    async def scrub(self, *, at_most_bytes: int | None = REBUILT_BYTES) -> bool:
        """Leave no copy of erased data, as `Database.scrub`; None rebuilds a database of any size."""
        return await self._database.scrub(at_most_bytes=at_most_bytes)

    def sign(self, text: str) -> str:
        """Sign `text` with this installation's newest secret key: for URLs given to others."""
        return self._box.sign(text)

    async def check(self) -> list[str]:
        if isinstance(self._database, SqliteDatabase):
            return await self._database.read(lambda db: problems_of(cast("sqlite3.Connection", db), self._box))
        return await self._database.read(lambda db: problems_of_rows(db, self._box))

    @staticmethod
    def check_server(url: PostgresUrl, secret_keys: Sequence[str] = ()) -> list[str]:
        """Like `check` for an unopened PostgreSQL database; read-only. Blocks."""
        try:
            problems: list[str] = server_module("server").problems_of_server(url, secret_keys, time.time())
        except StoreError as error:
            return [error.sentence]
        return problems

    @staticmethod
    def check_file(path: Path, secret_keys: Sequence[str] = (), progress: Progress = no_progress) -> list[str]:
        """Like `check` for an unopened file; read-only. Blocks: not for the event loop."""
        return problems_of_file(path, secret_keys, time.time(), progress)


@functools.cache
def _repositories() -> dict[str, type[Repository]]:
    return {name: kind for name, kind in get_type_hints(Store).items() if issubclass(kind, Repository)}
