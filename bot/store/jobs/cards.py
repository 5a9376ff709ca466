"""Cards: accepting work, and the state of the card's message."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.domain.models import Card, Job, JobState
from bot.domain.money.spend_request import ZERO, Verdict
from bot.domain.server.guild_rules import APPROVAL_LIFE_S, Limit, Scope
from bot.domain.server.reaction_rules import ReactionKey
from bot.domain.server.schedules import Schedule
from bot.domain.server.shootouts import ShootoutTerms
from bot.errors import Refused
from bot.runtime.failpoints import failpoint
from bot.store import texts
from bot.store.engine.columns import to_text
from bot.store.engine.repository import APPROVAL, RecordOf, Repository
from bot.store.jobs.ending import close_approval, end_unsent
from bot.store.jobs.erasing import ModelTest, erase_jobs, no_model
from bot.store.jobs.rechecks import POST_AGAIN_S
from bot.store.jobs.rows import TOKEN_PURPOSE, card_of, insert_card, insert_job, job_of, jobs_of_card
from bot.store.money import ledger, purses
from bot.store.money.schedule_runs import give_run_back, take_run
from bot.store.money.spending import Spending, spending
from bot.store.sql import Connection
from bot.store.vault.secret_box import forget_unneeded_keys

LIVING_SAMPLE = """
SELECT job_id FROM voice_samples JOIN jobs ON jobs.id = voice_samples.job_id
WHERE voice_samples.guild_id = :guild_id AND voice_samples.key_id = :key_id AND voice_id = :voice_id
    AND jobs.guild_id = :guild_id AND jobs.erased_at IS NULL
    AND jobs.state NOT IN ('failed', 'cancelled', 'refused', 'expired')
"""
"""The job of a voice's sample, done or not; its parameters are the table's key."""
_CLAIM = """
INSERT INTO voice_samples (guild_id, key_id, voice_id, job_id) VALUES (:guild_id, :key_id, :voice_id, :job_id)
ON CONFLICT (guild_id, key_id, voice_id) DO UPDATE SET job_id = excluded.job_id
"""


def claim_sample(db: Connection, job: Job, voice_id: str) -> None:
    """Make the job, stored in this transaction, the voice's sample. Raises Refused if it has one."""
    values: dict[str, str | int] = {
        "guild_id": job.guild_id,
        "key_id": job.key_id or 0,
        "voice_id": to_text(voice_id),
        "job_id": job.id,
    }
    if db.execute(LIVING_SAMPLE, values).fetchone() is not None:
        raise Refused(texts.SAMPLE_MADE)
    db.execute(_CLAIM, values)


_SHOOTOUT = "INSERT INTO shootouts (guild_id, card_id, kind, minutes) VALUES (?, ?, ?, ?)"
_DONE = """
UPDATE reaction_acts SET waits = 0, made_card = :made_card
WHERE guild_id = :guild_id AND message_id = :message_id AND emoji = :emoji AND member_id = :member_id AND waits = 1
"""


def note_acted(db: Connection, key: ReactionKey, made_card: str | None) -> bool:
    """Note that a pending reaction has acted, and its new card; False if none was pending."""
    return db.execute(_DONE, {**key_values(key), "made_card": made_card}).rowcount > 0


def require_waiting(db: Connection, key: ReactionKey, made_card: str) -> None:
    """Like `note_acted`, but raises Refused if the reaction was withdrawn meanwhile."""
    if not note_acted(db, key, made_card):
        raise Refused(texts.REACTION_WITHDRAWN)


def key_values(key: ReactionKey) -> dict[str, int | str]:
    return {"guild_id": key.guild_id, "message_id": key.message_id, "emoji": key.emoji, "member_id": key.member_id}


_CARD = "SELECT * FROM cards WHERE guild_id = ? AND id = ?"
# `+` steers SQLite to the message's index: a message belongs to one card.
_CARD_IN_MESSAGE = """
SELECT * FROM cards WHERE +guild_id = :guild_id AND private = 0 AND id IN (
    SELECT id FROM cards WHERE message_id = :message_id
    UNION SELECT card_id FROM jobs WHERE message_id = :message_id
)
"""
# All open states are named, as in the condition of the index jobs_open.
_WITH_OPEN = """
SELECT guild_id, id FROM cards WHERE answered = 1 AND message_id IS NOT NULL AND id IN (
    SELECT card_id FROM jobs
    WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready') AND state IN ({})
) ORDER BY created_at DESC LIMIT ?
"""
_QUEUED = _WITH_OPEN.format("'waiting'")
_BEING_MADE = _WITH_OPEN.format("'waiting', 'submitting', 'queued', 'processing'")
_UNDRAWN = """
SELECT guild_id, id FROM cards
WHERE undrawn = 1 AND answered = 1 AND message_id IS NOT NULL
    AND guild_id NOT IN (SELECT guild_id FROM absent_guilds)
    AND NOT EXISTS (
        SELECT 1 FROM jobs WHERE card_id = cards.id
        AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
    )
ORDER BY created_at DESC LIMIT ?
"""
_ANSWERED = "UPDATE cards SET answered = 1, message_id = ?, message_channel_id = ? WHERE guild_id = ? AND id = ?"
_BEGIN_FIRST = """
UPDATE jobs SET lease = :lease, claimed_by = :process, attempts = 1, first_attempt_at = :now, in_doubt = 1,
    key_id = :key_id
WHERE guild_id = :guild_id AND card_id = :card_id AND id IN (SELECT value FROM json_each(:job_ids))
    AND state = 'submitting' AND lease IS NULL AND attempts = 0 AND in_doubt = 0
RETURNING *
"""
_KEEP_DIRECT_MESSAGE = """
INSERT INTO copies (job_id, guild_id, channel_id, message_id, kind)
SELECT jobs.id, jobs.guild_id, message_channel_id, cards.message_id, 'card'
FROM cards JOIN jobs ON jobs.card_id = cards.id AND jobs.position = 0
WHERE cards.guild_id = :guild_id AND cards.id = :card_id AND private = 1 AND message_channel_id <> channel_id
    AND cards.message_id IS NOT NULL
ON CONFLICT (job_id, message_id) DO NOTHING
"""
_SHARE = """
UPDATE cards SET private = 0, message_id = NULL, message_channel_id = :channel_id, token = NULL, token_expires_at = 0,
    pinged_at = :now
WHERE guild_id = :guild_id AND id = :card_id AND private = 1
"""
_HOLD_AGAIN = """
UPDATE jobs SET state = 'held', message_id = NULL, delivered_at = NULL, recheck_at = :post_again_at
WHERE guild_id = :guild_id AND id IN (SELECT value FROM json_each(:posted)) AND state = 'delivered'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAttempts:
    """A new card's jobs that the holder of `lease` sends at once, with the key of this id (None: the host's)."""

    job_ids: Sequence[str]
    lease: str
    key_id: int | None


class Cards(Repository):
    """The table `cards`."""

    async def accept(
        self,
        card: Card,
        jobs: Sequence[Job],
        decide: Callable[[Spending], Verdict | None],
        *,
        reaction: ReactionKey | None = None,
        sample_of: str = "",
        shootout: ShootoutTerms | None = None,
        run: Schedule | None = None,
    ) -> tuple[Card, tuple[Job, ...], Verdict | None]:
        """Store a card with its jobs and hold their credits, if `decide` allows it: one transaction.

        `decide` runs on the store's thread and sees current spending. It returns each job's initial state and
        the grants that pay (None: as `jobs` say, no grant), or raises to refuse: nothing is stored and its
        error propagates. Returns what is stored and the verdict, None if this interaction already has a card.

        `reaction` starts the card and has acted from then on. Raises Refused if it was withdrawn. `sample_of`
        is the voice of which the last job is the sample. Raises Refused if it has one. With `shootout` members vote
        on its jobs. The card is a due run of the schedule `run`. Raises Refused if it is not due, or exceeds the
        schedule's limit.
        """
        _check(card, jobs)
        now = self._clock.wall()

        def change(db: Connection) -> tuple[Card, tuple[Job, ...], Verdict | None]:
            earlier = self._card_where(
                db,
                "SELECT * FROM cards WHERE guild_id = ? AND interaction_id = ?",
                (card.guild_id, card.interaction_id),
            )
            if earlier is not None:
                return *earlier, None
            # As of the time from which its jobs count: with a midnight in between they would count nowhere.
            known = spending(
                db, card.guild_id, card.author_id, card.created_at, self._database.host_limits, own=jobs[0].own
            )
            verdict = decide(known)
            if verdict is None:
                verdict = Verdict(states=tuple(job.state for job in jobs))
            insert_card(db, _with_limited_roles(card, known.limits), self._box)
            if reaction is not None:
                require_waiting(db, reaction, card.id)
            if run is not None:
                take_run(db, run, card, jobs, known)
            for place, state in enumerate(verdict.states):
                job = _decided(jobs[place], place, state, verdict)
                insert_job(db, job)
                ledger.hold(db, job, now)
            if shootout is not None:
                db.execute(_SHOOTOUT, (card.guild_id, card.id, shootout.kind.value, shootout.minutes))
            if sample_of:
                claim_sample(db, jobs[-1], sample_of)
            _note_verdict(db, card, jobs, verdict, now)
            # Don't read the card back: its token would be unsealed for nothing, delaying the member's answer.
            return card, jobs_of_card(db, card.guild_id, card.id), verdict

        return await self._write(card.guild_id, change, host=any(job.key_id is None for job in jobs))

    async def mark_answered(
        self, guild_id: int, card_id: str, message_id: int | None, channel_id: int, first: FirstAttempts | None = None
    ) -> list[Job]:
        """Store that and where Discord accepted our first response: its jobs become claimable.

        With `first`, its jobs' attempts are stored in the same transaction, if they are still unsent. Returns
        those jobs.
        """
        now = self._clock.wall()

        def change(db: Connection) -> list[Job]:
            db.execute(_ANSWERED, (message_id, channel_id, guild_id, card_id))
            if first is None:
                return []
            values = {
                "guild_id": guild_id, "card_id": card_id, "job_ids": json.dumps(first.job_ids), "lease": first.lease,
                "key_id": first.key_id, "now": now,
                "process": self._database.process,
            }  # fmt: skip
            begun = [job_of(row) for row in db.execute(_BEGIN_FIRST, values).fetchall()]
            failpoint("answer.begun")
            return begun

        return await self._write(guild_id, change)

    async def move(
        self,
        guild_id: int,
        card_id: str,
        *,
        message_id: int,
        channel_id: int,
        token: str | None = None,
        token_expires_at: float = 0.0,
    ) -> None:
        """Store the card's new message, which no interaction token can edit except perhaps `token`.

        Its previous message becomes a copy of its results, to be deleted with them.
        """
        sealed = None if token is None else self._box.seal(TOKEN_PURPOSE, guild_id, token)

        def change(db: Connection) -> None:
            db.execute(
                "INSERT INTO copies (job_id, guild_id, channel_id, message_id, kind)"
                " SELECT jobs.id, jobs.guild_id, coalesce(message_channel_id, channel_id), cards.message_id, 'card'"
                " FROM cards JOIN jobs ON jobs.card_id = cards.id AND jobs.position = 0"
                " WHERE cards.guild_id = ? AND cards.id = ? AND cards.message_id <> ?"
                " ON CONFLICT (job_id, message_id) DO NOTHING",
                (guild_id, card_id, message_id),
            )
            db.execute(
                "UPDATE cards SET answered = 1, message_id = ?, message_channel_id = ?,"
                " token = ?, token_expires_at = ? WHERE guild_id = ? AND id = ?",
                (message_id, channel_id, sealed, token_expires_at, guild_id, card_id),
            )

        await self._write(guild_id, change)

    async def drop(self, guild_id: int, card_id: str, reason: str) -> int:
        """Abandon a card whose response never reached Discord: unsubmitted jobs are cancelled and released.

        `reason` is stored with them. Returns how many; 0 if the card was answered meanwhile.
        """
        now = self._clock.wall()

        def change(db: Connection) -> int:
            dropped = db.execute(
                "UPDATE cards SET dropped_at = ?, token = NULL, token_expires_at = 0"
                " WHERE guild_id = ? AND id = ? AND answered = 0 AND dropped_at IS NULL",
                (now, guild_id, card_id),
            ).rowcount
            if not dropped:
                return 0
            give_run_back(db, guild_id, card_id)
            close_approval(db, guild_id, card_id)
            unsent = [job for job in jobs_of_card(db, guild_id, card_id) if not job.state.ended and job.attempts == 0]
            for job in unsent:
                end_unsent(db, job, JobState.CANCELLED, reason, now)
            forget_unneeded_keys(db, [job.payer_id for job in unsent])
            return len(unsent)

        return await self._write(guild_id, change)

    async def unanswered(self, limit: int | None = None) -> list[Card]:
        """Return all guilds' cards, oldest first, whose response may not have been accepted."""
        rows = await self._rows(
            "SELECT * FROM cards WHERE answered = 0 AND dropped_at IS NULL ORDER BY created_at LIMIT ?",
            (-1 if limit is None else limit,),
        )
        return [card_of(row, self._box) for row in rows]

    async def queued(self, limit: int) -> list[tuple[int, str]]:
        """Return all guilds' cards with queued jobs, newest first, as in `being_made`."""
        return await self._shown(_QUEUED, limit)

    async def being_made(self, limit: int) -> list[tuple[int, str]]:
        """Return all guilds' cards with open jobs, newest first, as (guild's id, own id)."""
        return await self._shown(_BEING_MADE, limit)

    async def _shown(self, query: str, limit: int) -> list[tuple[int, str]]:
        rows = await self._database.glance(lambda db: db.execute(query, (limit,)).fetchall())
        return [(row["guild_id"], row["id"]) for row in rows]

    async def undrawn(self, limit: int) -> list[tuple[int, str]]:
        """Return all guilds' cards whose message may be outdated after their jobs ended, as in `being_made`."""
        return await self._shown(_UNDRAWN, limit)

    async def note_drawn(self, guild_id: int, card_id: str) -> None:
        """Store that the card's message is final, or can't be edited any more."""
        await self._execute(
            guild_id, "UPDATE cards SET undrawn = 0 WHERE guild_id = ? AND id = ? AND undrawn = 1", (guild_id, card_id)
        )

    async def get(self, guild_id: int, card_id: str) -> Card | None:
        row = await self._row(_CARD, (guild_id, card_id))
        return None if row is None else card_of(row, self._box)

    async def with_jobs(self, guild_id: int, card_id: str) -> tuple[Card, tuple[Job, ...]] | None:
        return await self._database.look(lambda db: self._card_where(db, _CARD, (guild_id, card_id)))

    async def in_message(self, guild_id: int, message_id: int) -> tuple[Card, tuple[Job, ...]] | None:
        """Return the card of the message, with its jobs; None if there is none or it is private."""

        def look(db: Connection) -> tuple[Card, tuple[Job, ...]] | None:
            row = db.execute(_CARD_IN_MESSAGE, {"guild_id": guild_id, "message_id": message_id}).fetchone()
            return None if row is None else (card_of(row, self._box), jobs_of_card(db, guild_id, row["id"]))

        return await self._database.read(look)

    async def share(self, guild_id: int, card_id: str, *, channel_id: int) -> tuple[Job, ...] | None:
        """Publish a private card, in no message yet: its results are to be posted in `channel_id`.

        Returns those, held and paid for as they were; None if the card is not private, has none, or is
        unfinished. Its direct message is deleted with the results, which its author knows: they are not pinged.
        """
        now = self._clock.wall()

        def change(db: Connection) -> tuple[Job, ...] | None:
            jobs = jobs_of_card(db, guild_id, card_id)
            posted = [job.id for job in jobs if job.state is JobState.DELIVERED and job.erased_at is None]
            if not posted or not all(job.state.ended for job in jobs):
                return None
            values = {
                "guild_id": guild_id, "card_id": card_id, "channel_id": channel_id, "posted": json.dumps(posted),
                "post_again_at": now + POST_AGAIN_S, "now": now,
            }  # fmt: skip
            db.execute(_KEEP_DIRECT_MESSAGE, values)
            if not db.execute(_SHARE, values).rowcount:
                return None
            db.execute(_HOLD_AGAIN, values)
            return tuple(job for job in jobs_of_card(db, guild_id, card_id) if job.id in posted)

        return await self._write(guild_id, change)

    async def take_down(self, guild_id: int, card_id: str) -> None:
        """Store that the card's message was deleted: no message, no token."""
        await self._execute(
            guild_id,
            "UPDATE cards SET message_id = NULL, message_channel_id = NULL, token = NULL, token_expires_at = 0"
            " WHERE guild_id = ? AND id = ?",
            (guild_id, card_id),
        )

    async def erase(
        self, guild_id: int, card_id: str, *, is_known_model: ModelTest = no_model, record: RecordOf[int] | None = None
    ) -> int:
        """Erase the contents of the card's ended jobs, as `Privacy.erase`, and empty the log. Returns how many."""
        now = self._clock.wall()

        def change(db: Connection) -> int:
            ended = [job for job in jobs_of_card(db, guild_id, card_id) if job.state.ended]
            return erase_jobs(
                db, guild_id, [job.id for job in ended], now, is_known_model=is_known_model, with_copies=True
            )

        erased = await self._recorded(guild_id, change, record)
        await self._database.scrub()
        return erased

    def _card_where(
        self, db: Connection, query: str, values: tuple[int, str | int | None]
    ) -> tuple[Card, tuple[Job, ...]] | None:
        row = db.execute(query, values).fetchone()
        return None if row is None else (card_of(row, self._box), jobs_of_card(db, row["guild_id"], row["id"]))


def _decided(job: Job, place: int, state: JobState, verdict: Verdict) -> Job:
    if place in verdict.unheld:
        return replace(job, state=state, held=ZERO, expected=job.held)
    return replace(job, state=state, held=verdict.guesses.get(place, job.held))


def _note_verdict(db: Connection, card: Card, jobs: Sequence[Job], verdict: Verdict, now: float) -> None:
    """Store which grants pay, and the question to moderators, if any."""
    draws = ((jobs[each.item].id, each.grant_id, each.credits) for each in verdict.draws)
    purses.draw(db, card.guild_id, draws)
    if JobState.AWAITING_APPROVAL in verdict.states:
        db.execute(
            "INSERT INTO questions (kind, subject, guild_id, asked_at, expires_at, reason) VALUES (?, ?, ?, ?, ?, ?)",
            (APPROVAL, card.id, card.guild_id, now, now + APPROVAL_LIFE_S, verdict.asked),
        )


def _with_limited_roles(card: Card, limits: Sequence[Limit]) -> Card:
    limited = {limit.scope_id for limit in limits if limit.scope is Scope.ROLE}
    return replace(card, role_ids=tuple(each for each in card.role_ids if each in limited))


def _check(card: Card, jobs: Sequence[Job]) -> None:
    if not jobs:
        raise ValueError("a card needs at least one job")
    for job in jobs:
        if (job.card_id, job.guild_id) != (card.id, card.guild_id):
            raise ValueError(f"job {job.id} is not of card {card.id}")
        if not set(job.after_ids) <= {other.id for other in jobs} - {job.id}:
            raise ValueError(f"job {job.id} waits for one of another card")
        if job.state.ended or job.lease is not None:
            raise ValueError(f"job {job.id} is not new")
