"""Guilds' API keys: sealed, one active per guild, older ones kept while open jobs need them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter

from bot.domain.models import AccountStatus, GuildKey, Job, JobState
from bot.errors import Refused
from bot.store import texts
from bot.store.engine.columns import from_milli_or_none, read_as, to_json, to_milli_or_none, to_text_or_none
from bot.store.engine.repository import RecordOf, Repository
from bot.store.jobs.ending import close_approval
from bot.store.jobs.rows import job_of, update_job
from bot.store.money import ledger
from bot.store.money.spending import practises
from bot.store.sql import Connection, Row
from bot.store.vault.secret_box import KEY_PURPOSE, SecretBox, forget_unneeded_keys

# Must match the condition of its index.
_OPEN = """
SELECT * FROM jobs WHERE practice = 1
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
"""
_SENT = """
SELECT * FROM jobs
WHERE practice = 1 AND remote_id IN (SELECT value FROM json_each(?)) AND submitted_at IS NOT NULL AND erased_at IS NULL
"""
_GUILDS = "SELECT guild_id FROM guild_keys WHERE practice = 1 AND retired_at IS NULL"


class Practice(Repository):
    """Guilds in practice mode: their active key is a practice key."""

    async def is_on(self, guild_id: int) -> bool:
        return await self._database.look(lambda db: practises(db, guild_id))

    async def guilds(self) -> set[int]:
        return set(await self._all(itemgetter(0), _GUILDS))

    async def sent(self, remote_ids: Collection[str]) -> list[tuple[Job, GuildKey]]:
        """Return the practice jobs with these requests whose input and key are kept, with the key of each."""

        def read(db: Connection) -> list[tuple[Job, GuildKey]]:
            jobs = [job_of(row) for row in db.execute(_SENT, (to_json(sorted(remote_ids)),)).fetchall()]
            keys = [db.execute(_KEY, (job.guild_id, job.key_id)).fetchone() for job in jobs]
            return [(job, key_of(row, self._box)) for job, row in zip(jobs, keys, strict=True) if row is not None]

        return await self._database.read(read)


def end_practice_jobs(db: Connection, guild_id: int, now: float) -> tuple[str, ...]:
    """Cancel and release all open practice jobs of a guild; return their cards."""
    rows = db.execute(f"{_OPEN} AND guild_id = ?", (guild_id,)).fetchall()
    cards = dict.fromkeys(_end(db, job_of(row), now) for row in rows)
    for card_id in cards:
        close_approval(db, guild_id, card_id)
    db.execute(
        "UPDATE jobs SET recheck_at = NULL WHERE guild_id = ? AND practice = 1 AND recheck_at IS NOT NULL", (guild_id,)
    )
    return tuple(cards)


def _end(db: Connection, job: Job, now: float) -> str:
    if not ledger.is_closed(db, job.id):
        ledger.release(db, job, now)
    ended = replace(job, state=JobState.CANCELLED, error=str(texts.PRACTICE_ENDED), finished_at=now)
    update_job(db, replace(ended, cost=None, waits_for=None, recheck_at=None), job)
    return job.card_id


_KEY = "SELECT * FROM guild_keys WHERE guild_id = ? AND id = ? AND secret IS NOT NULL"
_WORKING = """
SELECT * FROM guild_keys WHERE retired_at IS NULL AND refused_at IS NULL AND secret IS NOT NULL AND practice = 0
    AND own = 0
ORDER BY set_at DESC, id DESC
"""
_REFUSED = "SELECT * FROM guild_keys WHERE refused_at IS NOT NULL AND secret IS NOT NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetiredKey:
    """A replaced or removed key. Its secret may be lost."""

    id: int
    guild_id: int
    last4: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """A guild's new key, and the replaced one: None if there was none."""

    key: GuildKey
    before: RetiredKey | None
    ended_practice: bool = False
    """Whether it has ended the guild's practice."""
    ended: tuple[str, ...] = ()
    """Cards whose practice jobs were cancelled with it."""


class GuildKeys(Repository):
    """The table `guild_keys`."""

    async def set(
        self,
        guild_id: int,
        secret: str,
        *,
        set_by: int,
        status: AccountStatus,
        practice: bool = False,
        own: bool = False,
        record: RecordOf[KeyChange] | None = None,
    ) -> KeyChange:
        """Set the guild's key; the previous one is retired, and deleted once no open job needs it.

        `status` is the API's answer when the key was tried. A real key ends practice, with its jobs; a practice
        key replaces none: raises Refused if the guild has a key. With `own`, `guild_id` is a member's id.
        """
        sealed = self._box.seal(KEY_PURPOSE, guild_id, secret)
        now = self._clock.wall()

        def change(db: Connection) -> KeyChange:
            is_practice = practises(db, guild_id)
            if practice and _current(db, guild_id) is not None:
                raise Refused(texts.HAS_A_KEY, "practice")
            ended = end_practice_jobs(db, guild_id, now) if is_practice else ()
            before = retire(db, guild_id, now)
            row = db.execute(
                "INSERT INTO guild_keys"
                " (guild_id, secret, last4, set_by, set_at, practice, own, plan, scopes, balance_milli, balance_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (guild_id, sealed, secret[-4:], set_by, now, practice, own, *_status_columns(status, now)),
            ).fetchone()
            return KeyChange(
                key=key_of(row, self._box),
                before=None if is_practice else before,
                ended_practice=is_practice,
                ended=ended,
            )

        changed = await self._recorded(guild_id, change, record)
        if changed.before is not None or changed.ended_practice:  # its secret may be forgotten
            await self._database.scrub()
        return changed

    async def current(self, guild_id: int) -> GuildKey | None:
        """Return the guild's active key, None if it has none."""
        return await self._database.look(lambda db: self._key_or_none(_current(db, guild_id)))

    async def get(self, guild_id: int, key_id: int) -> GuildKey | None:
        """Return one of the guild's keys, retired or not; None if deleted or another guild's."""
        return self._key_or_none(await self._row(_KEY, (guild_id, key_id)))

    def _key_or_none(self, row: Row | None) -> GuildKey | None:
        return None if row is None else key_of(row, self._box)

    async def remove(self, guild_id: int, *, record: RecordOf[RetiredKey] | None = None) -> RetiredKey | None:
        """Retire the guild's key, deleted once no open job needs it, and return it; None if there was none.

        A practice key ends with `end_practice` instead.
        """
        now = self._clock.wall()

        def change(db: Connection) -> RetiredKey | None:
            return None if practises(db, guild_id) else retire(db, guild_id, now)

        removed = await self._recorded(guild_id, change, record)
        await self._database.scrub()
        return removed

    async def end_practice(
        self, guild_id: int, *, record: RecordOf[tuple[str, ...]] | None = None
    ) -> tuple[str, ...] | None:
        """Retire the practice key and cancel its open jobs; return their cards, None without practice."""
        now = self._clock.wall()

        def change(db: Connection) -> tuple[str, ...] | None:
            if not practises(db, guild_id):
                return None
            ended = end_practice_jobs(db, guild_id, now)
            retire(db, guild_id, now)
            return ended

        done = await self._recorded(guild_id, change, record)
        await self._database.scrub()
        return done

    async def note_status(self, guild_id: int, key_id: int, status: AccountStatus) -> None:
        now = self._clock.wall()

        await self._execute(
            guild_id,
            "UPDATE guild_keys SET plan = ?, scopes = ?, balance_milli = ?, balance_at = ?"
            " WHERE guild_id = ? AND id = ?",
            (*_status_columns(status, now), guild_id, key_id),
        )

    async def note_refused(self, guild_id: int, key_id: int, *, probe_at: float) -> bool:
        """Note that the status call rejected the key, and when to retry (Unix seconds).

        True the first time, so that moderators are notified once.
        """
        now = self._clock.wall()
        return (
            await self._execute(
                guild_id,
                "UPDATE guild_keys SET refused_at = ?, probe_at = ?, probes = 0"
                " WHERE guild_id = ? AND id = ? AND refused_at IS NULL",
                (now, probe_at, guild_id, key_id),
            )
            == 1
        )

    async def clear_refused(self, guild_id: int, key_id: int) -> None:
        await self._execute(
            guild_id,
            "UPDATE guild_keys SET refused_at = NULL, probe_at = NULL, probes = 0 WHERE guild_id = ? AND id = ?",
            (guild_id, key_id),
        )

    async def newest(self, limit: int, *, without: Callable[[int], bool]) -> list[GuildKey]:
        """Return the active, unrejected keys, newest first; none of guilds for which `without` is true."""

        def look(db: Connection) -> list[GuildKey]:
            rows = (row for row in db.execute(_WORKING) if not without(row["guild_id"]))
            return [key_of(row, self._box) for row in islice(rows, limit)]

        return await self._database.read(look)

    async def refused(self) -> list[GuildKey]:
        """Return the rejected keys of all guilds whose secret is not forgotten."""
        rows = await self._rows(_REFUSED)
        return [key_of(row, self._box) for row in rows]

    async def note_probe(self, guild_id: int, key_id: int, *, probe_at: float) -> None:
        """Note a failed probe of a rejected key, and when to retry (Unix seconds)."""
        await self._execute(
            guild_id,
            "UPDATE guild_keys SET probe_at = ?, probes = probes + 1 WHERE guild_id = ? AND id = ?",
            (probe_at, guild_id, key_id),
        )


def _current(db: Connection, guild_id: int) -> Row | None:
    found: Row | None = db.execute(
        "SELECT * FROM guild_keys WHERE guild_id = ? AND retired_at IS NULL", (guild_id,)
    ).fetchone()
    return found


def retire(db: Connection, guild_id: int, now: float) -> RetiredKey | None:
    row = _current(db, guild_id)
    db.execute("UPDATE guild_keys SET retired_at = ? WHERE guild_id = ? AND retired_at IS NULL", (now, guild_id))
    forget_unneeded_keys(db, [guild_id])
    return None if row is None else RetiredKey(id=row["id"], guild_id=guild_id, last4=row["last4"])


def _status_columns(status: AccountStatus, now: float) -> tuple[str | None, str, int | None, float | None]:
    balance = to_milli_or_none(status.credits)
    return to_text_or_none(status.plan), to_json(list(status.scopes)), balance, None if balance is None else now


def key_of(row: Row, box: SecretBox) -> GuildKey:
    """Return the key of a row whose secret is not forgotten. Raises StoreError if sealed for another guild."""
    return read_as(
        GuildKey,
        row,
        secret=box.open(KEY_PURPOSE, row["guild_id"], row["secret"]),
        practice=bool(row["practice"]),
        own=bool(row["own"]),
        scopes=tuple(json.loads(row["scopes"])),
        balance=from_milli_or_none(row["balance_milli"]),
    )


@dataclass(frozen=True, slots=True)
class HostKeyRefusal:
    """The host's key is unused for this guild until a probe at `probe_at` (Unix seconds) or later succeeds."""

    guild_id: int
    probe_at: float
    probes: int


class HostKeyRefusals(Repository):
    """The table `host_key_refusals`."""

    async def all(self) -> list[HostKeyRefusal]:
        rows = await self._rows("SELECT * FROM host_key_refusals")
        return [HostKeyRefusal(row["guild_id"], row["probe_at"], row["probes"]) for row in rows]

    async def note(self, guild_id: int, *, probe_at: float) -> bool:
        """Note that the host's key was rejected for the guild, and when to retry; True the first time."""
        now = self._clock.wall()

        def change(db: Connection) -> bool:
            return (
                db.execute(
                    "INSERT INTO host_key_refusals (guild_id, refused_at, probe_at) VALUES (?, ?, ?)"
                    " ON CONFLICT (guild_id) DO NOTHING",
                    (guild_id, now, probe_at),
                ).rowcount
                == 1
            )

        return await self._write(guild_id, change)

    async def note_probe(self, guild_id: int, *, probe_at: float) -> None:
        """Note a failed probe, and when to retry (Unix seconds)."""
        await self._execute(
            guild_id,
            "UPDATE host_key_refusals SET probe_at = ?, probes = probes + 1 WHERE guild_id = ?",
            (probe_at, guild_id),
        )

    async def clear(self, guild_id: int) -> None:
        await self._execute(guild_id, "DELETE FROM host_key_refusals WHERE guild_id = ?", (guild_id,))
