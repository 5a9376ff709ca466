"""What is reported to the host: one function for each rule, from a snapshot of what the process knows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.delivery.host import texts
from bot.store.processes import ListedProcess
from bot.store.texts import size

LATE_S = 240.0
"""How long a job may wait for its turn."""
ERRORS_MAX = 5
"""Failed transactions in ten minutes that are no reason to report."""
DISK_LEAST_BYTES = 500 * 1024 * 1024
MISSING_S = 60.0
"""How long a process may be silent; what it had has been taken over by then."""
BEATS_AGAIN_S = 30.0
"""When all that run have been heard of again after an outage of the database."""
MISSING_FOR_S = 86_400.0
"""How long a missing process is reported."""
UPGRADE_S = 3600.0
"""How long an upgrade may take."""
BACKUPS_MISSED = 1.5
RUNBOOK = "docs/runbook.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a process knows of the bot. The defaults are those of a healthy one; sizes are bytes."""

    at: float
    """Unix seconds."""
    database_is_up: bool = True
    silent_s: float = 0.0
    """Seconds since something was last stored."""
    failure: str | None = None
    """The database's last error since then, for the host."""
    errors: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Failed transactions within ten minutes, by kind."""
    oldest_due_s: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """The longest overdue time by lane."""
    host_key_refused_to: int = 0
    """Servers for which the host's key is rejected."""
    refused_keys: int = 0
    """Servers whose own key is rejected."""
    disk_free: int | None = None
    disk_needed: int = 0
    """What an upgrade's backup takes."""
    backup_every_s: float | None = None
    """None: the bot makes no backups."""
    backup_age_s: float | None = None
    """Infinity without one, None if not known yet."""
    rehearsal: str | None = None
    """Why the newest backup could not be restored in a rehearsal; None if it could, or there was none."""
    differing_accounts: int = 0
    """Servers whose own account was charged more than is booked."""
    has_second_copy: bool = False
    peers: tuple[ListedProcess, ...] = ()
    """What runs or ran on the database, this process too."""

    @property
    def alive(self) -> tuple[ListedProcess, ...]:
        return tuple(each for each in self.peers if not each.has_left and each.silent_s < MISSING_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A reason for an alert. `judge` returns the sentence, None while all is well."""

    name: str
    """Part of custom ids on old messages: never change it."""
    title: str
    action: str
    guide: str
    """The page and its part that say more."""
    judge: Callable[[Snapshot], str | None]
    for_s: float = 0.0
    """How long it has to apply first."""
    is_critical: bool = False
    of_each: bool = False
    """Whether it is about the process that judges it and its machine, rather than the whole bot."""


def _database(seen: Snapshot) -> str | None:
    if seen.database_is_up:
        return None
    reason = seen.failure or texts.DATABASE_SILENT
    return texts.DATABASE_GONE(silence=texts.span(seen.silent_s), reason=reason)


def _database_errors(seen: Snapshot) -> str | None:
    count = sum(seen.errors.values())
    if count <= ERRORS_MAX and not seen.errors.get("full"):  # a full PostgreSQL changes rows, but adds none
        return None
    kinds = ", ".join(sorted(kind for kind, number in seen.errors.items() if number))
    return texts.DATABASE_ERRORS_SEEN(transactions=texts.transactions(count), kinds=kinds)


def _late(seen: Snapshot) -> str | None:
    lane, wait_s = max(seen.oldest_due_s.items(), key=lambda each: each[1], default=("", 0.0))
    if wait_s <= LATE_S:
        return None
    return texts.LATE_SEEN(wait=texts.span(wait_s), lane=texts.LANES.get(lane, lane))


def _host_key(seen: Snapshot) -> str | None:
    count = seen.host_key_refused_to
    return texts.HOST_KEY_SEEN(servers=texts.servers(count)) if count else None


def _server_keys(seen: Snapshot) -> str | None:
    return texts.SERVER_KEYS_SEEN(servers=texts.servers(seen.refused_keys)) if seen.refused_keys else None


def _disk(seen: Snapshot) -> str | None:
    if seen.disk_free is None or seen.disk_free >= max(DISK_LEAST_BYTES, seen.disk_needed):
        return None
    return texts.DISK_SEEN(free=size(seen.disk_free), needed=size(seen.disk_needed))


def _backup(seen: Snapshot) -> str | None:
    every_s, age_s = seen.backup_every_s, seen.backup_age_s
    if every_s is None or age_s is None or age_s <= every_s * BACKUPS_MISSED:
        return None
    if math.isinf(age_s):
        return texts.BACKUP_NONE
    return texts.BACKUP_SEEN(age=texts.span(age_s), every=texts.span(every_s))


def _rehearsal(seen: Snapshot) -> str | None:
    return seen.rehearsal


def _books(seen: Snapshot) -> str | None:
    count = seen.differing_accounts
    return texts.BOOKS_SEEN(servers=texts.servers(count)) if count else None


def missing(seen: Snapshot) -> list[ListedProcess]:
    """Return the processes that stopped without a word, but those that another of their role has replaced since."""
    silent = [each for each in seen.peers if not each.has_left and MISSING_S <= each.silent_s < MISSING_FOR_S]
    fresh = list(seen.alive)
    left = []
    for peer in silent:
        heirs = [
            each for each in fresh if each.role == peer.role and each.started_at > seen.at - peer.silent_s - MISSING_S
        ]
        if heirs:
            fresh.remove(heirs[0])
        else:
            left.append(peer)
    return left


def _workers(seen: Snapshot) -> str | None:
    gone = missing(seen)
    if not gone:
        return None
    silence = texts.span(min(each.silent_s for each in gone))
    return texts.WORKERS_SEEN(names=", ".join(each.name for each in gone), silence=silence)


def _versions(seen: Snapshot) -> str | None:
    versions = sorted({each.build for each in seen.alive})
    youngest = max((each.started_at for each in seen.alive), default=seen.at)
    if len(versions) < 2 or seen.at - youngest < UPGRADE_S:
        return None
    return texts.VERSIONS_SEEN(versions=", ".join(versions))


def _second_copy(seen: Snapshot) -> str | None:
    return texts.SECOND_COPY_SEEN if seen.has_second_copy else None


DATABASE = Rule(
    name="database", title=texts.DATABASE, action=texts.DATABASE_ACTION, guide=f"{RUNBOOK}#cannonbotdatabasedown",
    judge=_database, is_critical=True, of_each=True,
)  # fmt: skip
RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in (
    DATABASE,
    Rule(
        name="database_errors", title=texts.DATABASE_ERRORS, action=texts.DATABASE_ERRORS_ACTION,
        guide=f"{RUNBOOK}#cannonbotdatabaseerrors", judge=_database_errors, of_each=True,
    ),
    Rule(
        name="late", title=texts.LATE, action=texts.LATE_ACTION, guide=f"{RUNBOOK}#cannonbotjobsdonotmove",
        judge=_late, is_critical=True, of_each=True,
    ),
    Rule(
        name="host_key", title=texts.HOST_KEY, action=texts.HOST_KEY_ACTION, guide=f"{RUNBOOK}#keysarerefused",
        judge=_host_key, is_critical=True,
    ),
    Rule(
        name="server_keys", title=texts.SERVER_KEYS, action=texts.SERVER_KEYS_ACTION, guide=f"{RUNBOOK}#keysarerefused",
        judge=_server_keys,
    ),
    Rule(
        name="disk", title=texts.DISK, action=texts.DISK_ACTION, guide=f"{RUNBOOK}#diskisalmostfull", judge=_disk,
        of_each=True,
    ),
    Rule(
        name="books", title=texts.BOOKS, action=texts.BOOKS_ACTION, guide=f"{RUNBOOK}#booksdiffer", judge=_books,
    ),
    Rule(
        name="backup", title=texts.BACKUP, action=texts.BACKUP_ACTION, guide="docs/operations.md#backups",
        judge=_backup,
    ),
    Rule(
        name="rehearsal", title=texts.REHEARSAL, action=texts.REHEARSAL_ACTION, guide="docs/operations.md#backups",
        judge=_rehearsal,
    ),
    Rule(
        name="workers", title=texts.WORKERS, action=texts.WORKERS_ACTION, guide=f"{RUNBOOK}#processismissing",
        judge=_workers, for_s=BEATS_AGAIN_S,
    ),
    Rule(name="versions", title=texts.VERSIONS, action=texts.VERSIONS_ACTION, guide=f"{RUNBOOK}#twoversionsrun",
        judge=_versions),
    Rule(
        name="second_copy", title=texts.SECOND_COPY, action=texts.SECOND_COPY_ACTION,
        guide=f"{RUNBOOK}#secondcopyruns", judge=_second_copy, is_critical=True,
    ),
)})  # fmt: skip
"""All rules by name."""
