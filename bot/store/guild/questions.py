"""What moderators are asked, and what an answer does: approvals, reviews, refunds, and reports.

Each question is a row, and its first answer counts. An approval's row exists while its card waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from bot.domain.jobs.card_jobs import is_linked
from bot.domain.models import Job, JobState
from bot.domain.server.guild_rules import Grant
from bot.store import texts
from bot.store.engine.columns import read_as
from bot.store.engine.repository import REFUND_REQUEST, REPORT, REVIEW, RecordOf, Repository
from bot.store.guild.reviews import review_channel_of
from bot.store.jobs.ending import cancel_dependents, close_approval, end_unsent, feed
from bot.store.jobs.rows import job_in, jobs_of_card, update_job
from bot.store.money import purses
from bot.store.money.limits import add_grant
from bot.store.money.spending import grants_of
from bot.store.sql import Connection
from bot.store.vault.secret_box import forget_unneeded_keys

REVIEW_LIFE_S = 7 * 24 * 3600.0
"""As long as Cannon Studio keeps results (its docs)."""
DAY_S = 24 * 3600.0

_GET = "SELECT * FROM questions WHERE guild_id = ? AND kind = ? AND subject = ?"
# The condition of the index.
_APPROVALS = """
SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY guild_id ORDER BY expires_at) AS place
    FROM questions WHERE kind = 'approval' AND verdict IS NULL AND {}
) AS found WHERE place <= ? ORDER BY expires_at
"""
_UNASKED = _APPROVALS.format(
    "message_id IS NULL AND EXISTS (SELECT 1 FROM cards WHERE cards.id = subject AND cards.answered = 1)"
)
_OVERDUE = _APPROVALS.format("expires_at <= ?")
_ASK = """
INSERT INTO questions (kind, subject, guild_id, member_id, asked_at)
SELECT ?, id, guild_id, ?, ? FROM jobs WHERE guild_id = ? AND id = ?
ON CONFLICT (kind, subject, member_id) DO NOTHING
"""
_ANSWER = """
UPDATE questions SET verdict = ?, decided_by = ?, sentence = ?
WHERE guild_id = ? AND kind = ? AND subject = ? AND verdict IS NULL
"""
_REPORTED_SINCE = """
SELECT count(*) FROM questions WHERE kind = 'report' AND guild_id = ? AND member_id = ? AND asked_at > ?
"""
_IS_REVIEWED = """
SELECT EXISTS (SELECT 1 FROM review_rules WHERE guild_id = :guild_id)
    OR EXISTS (SELECT 1 FROM questions WHERE kind = 'review' AND subject = :job_id AND guild_id = :guild_id)
"""


class Answer(StrEnum):
    """A moderator's decision."""

    PUBLISHED = "published"
    REFUSED = "refused"
    GRANTED = "granted"
    DISMISSED = "dismissed"


class ReportOutcome(StrEnum):
    """Outcome of a report."""

    TAKEN = "taken"
    BEFORE = "before"
    """The member has reported this result already."""
    TOO_MANY = "too many"
    """The member has reached the daily number of reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An approval or a review. Times are Unix seconds."""

    subject: str
    """The card that awaits approval; the job under review."""
    guild_id: int
    channel_id: int
    """Where it is asked, 0 if not yet known."""
    message_id: int | None
    """The message that asks, None if not posted."""
    asked_at: float
    expires_at: float
    reason: str = ""
    """The exceeded bound that an approval is about: `limit` or `ceiling`; '' if it only needs one."""
    verdict: Answer | None = None
    """None as long as it waits."""
    decided_by: int | None = None
    """The moderator; 0 after a timeout."""
    sentence: str = ""
    """Why a result was rejected, for the member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantNote:
    """Who grants credits, and for what."""

    by_id: int
    note: str


class Questions(Repository):
    """The table `questions`."""

    async def get(self, guild_id: int, kind: str, subject: str) -> Question | None:
        return await self._database.look(lambda db: _question(db, guild_id, kind, subject))

    async def note_message(self, guild_id: int, kind: str, subject: str, *, channel_id: int, message_id: int) -> None:
        await self._execute(
            guild_id,
            "UPDATE questions SET channel_id = ?, message_id = ? WHERE guild_id = ? AND kind = ? AND subject = ?",
            (channel_id, message_id, guild_id, kind, subject),
        )

    # ------------------------------------------------------------------ approvals

    async def unasked(self, limit: int = 5) -> list[Question]:
        """Return approvals not posted yet, of cards that Discord has, `limit` per guild."""
        return [read_as(Question, row) for row in await self._rows(_UNASKED, (limit,))]

    async def overdue(self, now: float, limit: int = 5) -> list[Question]:
        """Return approvals expired by `now` (Unix seconds), `limit` per guild."""
        return [read_as(Question, row) for row in await self._rows(_OVERDUE, (now, limit))]

    async def approve(
        self,
        guild_id: int,
        card_id: str,
        *,
        grant: GrantNote | None = None,
        record: RecordOf[tuple[Job, ...]] | None = None,
    ) -> tuple[Job, ...] | None:
        """Queue the card's jobs. Returns them; None if already decided.

        With `grant` their author is granted the credits that the jobs hold, once and without expiry. It pays
        for the jobs themselves if they exceed a limit.
        """
        now = self._clock.wall()

        def change(db: Connection) -> tuple[Job, ...] | None:
            exceeded = close_approval(db, guild_id, card_id)
            if exceeded is None:
                return None
            jobs = _awaiting(db, guild_id, card_id)
            if grant is not None:
                _grant_held(db, guild_id, jobs, grant, now, is_drawn=bool(exceeded))
            gone_on = tuple(replace(job, state=JobState.WAITING) for job in jobs)
            for job, was in zip(gone_on, jobs, strict=True):
                update_job(db, job, was)
            if exceeded:
                db.execute("UPDATE jobs SET allowed = 1 WHERE guild_id = ? AND card_id = ?", (guild_id, card_id))
            return gone_on

        return await self._recorded(guild_id, change, record)

    async def turn_down(
        self,
        guild_id: int,
        card_id: str,
        to: JobState,
        sentence: str,
        *,
        record: RecordOf[tuple[Job, ...]] | None = None,
    ) -> tuple[Job, ...] | None:
        """End the card's jobs as REFUSED or EXPIRED and release their credits. None if already decided."""
        now = self._clock.wall()

        def change(db: Connection) -> tuple[Job, ...] | None:
            if close_approval(db, guild_id, card_id) is None:
                return None
            ended = tuple(end_unsent(db, job, to, sentence, now) for job in _awaiting(db, guild_id, card_id))
            forget_unneeded_keys(db, [guild_id])
            return ended

        return await self._recorded(guild_id, change, record)

    # ------------------------------------------------------------------ reviews

    async def begin_review(self, guild_id: int, job_id: str, *, also: Sequence[int] = ()) -> Question | None:
        """Return the job's review, created if a rule applies to its card or to the place `also`; else None.

        Until posted, it follows the rule to another channel. Dependents on its card may start from then on: a
        chain is reviewed as one card, and feeds its own steps unseen.
        """
        now = self._clock.wall()

        def change(db: Connection) -> Question | None:
            job = job_in(db, guild_id, job_id)
            place = None if job is None else review_channel_of(db, guild_id, job.card_id, also)
            if job is not None and place is not None:
                db.execute(
                    "INSERT INTO questions (kind, subject, guild_id, channel_id, asked_at, expires_at)"
                    " VALUES (?, ?, ?, ?, ?, ?)"
                    " ON CONFLICT (kind, subject, member_id) DO UPDATE SET channel_id = excluded.channel_id"
                    " WHERE questions.message_id IS NULL",
                    (REVIEW, job_id, guild_id, place, now, now + REVIEW_LIFE_S),
                )
                feed(db, job, now)
            return _question(db, guild_id, REVIEW, job_id)

        is_reviewed = await self._row(_IS_REVIEWED, {"guild_id": guild_id, "job_id": job_id})
        return await self._write(guild_id, change) if is_reviewed[0] else None

    async def review(
        self,
        guild_id: int,
        job_id: str,
        answer: Answer,
        *,
        by_id: int,
        sentence: str = "",
        record: RecordOf[Job] | None = None,
    ) -> Job | None:
        """Publish or refuse a waiting result, or all waiting ones of a chain's card.

        Returns its job; all of them are due now. None if it does not wait. Jobs that depend on a rejected
        result are rejected too, and their credits are released.
        """
        now = self._clock.wall()

        def change(db: Connection) -> Job | None:
            job = job_in(db, guild_id, job_id)
            if job is None:
                return None
            decided = [
                each
                for each in _together(db, job)
                if each.state is JobState.READY and _answer(db, guild_id, REVIEW, each.id, answer, by_id, sentence)
            ]
            for each in decided:
                db.execute("UPDATE jobs SET next_at = 0 WHERE id = ? AND guild_id = ?", (each.id, guild_id))
                if answer is Answer.REFUSED:
                    cancel_dependents(db, each, str(texts.STEP_LOST), now, to=JobState.REFUSED)
            return job_in(db, guild_id, job_id) if decided else None

        return await self._recorded(guild_id, change, record)

    async def withdraw_review(self, guild_id: int, job_id: str) -> None:
        """End the review of a result that is not to be posted; it stays withheld where a rule says so."""
        await self._execute(
            guild_id,
            "DELETE FROM questions WHERE guild_id = ? AND kind = 'review' AND subject = ? AND verdict IS NULL",
            (guild_id, job_id),
        )

    # ------------------------------------------------------------------ reports

    async def report(
        self, guild_id: int, job_id: str, member_id: int, *, most_a_day: int, record: RecordOf[ReportOutcome]
    ) -> ReportOutcome:
        """Store a member's report of a result, unless repeated or beyond `most_a_day` within 24 hours."""
        now = self._clock.wall()

        def change(db: Connection) -> ReportOutcome:
            if db.execute(_REPORTED_SINCE, (guild_id, member_id, now - DAY_S)).fetchone()[0] >= most_a_day:
                return ReportOutcome.TOO_MANY
            is_new = _ask(db, guild_id, REPORT, job_id, now, member_id)
            return ReportOutcome.TAKEN if is_new else ReportOutcome.BEFORE

        return await self._recorded(guild_id, change, record)

    async def is_reported(self, guild_id: int, job_id: str, member_id: int) -> bool:
        return await self._row(f"{_GET} AND member_id = ?", (guild_id, REPORT, job_id, member_id)) is not None

    async def dismiss(self, guild_id: int, job_id: str, *, by_id: int, record: RecordOf[bool]) -> bool:
        """Close the open reports of a result; False if there is none."""
        return await self._recorded(
            guild_id, lambda db: _answer(db, guild_id, REPORT, job_id, Answer.DISMISSED, by_id) > 0, record
        )

    # ------------------------------------------------------------------ refunds

    async def ask_refund(self, guild_id: int, job_id: str, *, record: RecordOf[bool]) -> bool:
        """Note the author's request for a refund; False if already requested or granted."""
        now = self._clock.wall()
        return await self._recorded(guild_id, lambda db: _ask(db, guild_id, REFUND_REQUEST, job_id, now), record)

    async def refund(
        self, guild_id: int, job_id: str, *, note: str, by_id: int, posted: bool = False, record: RecordOf[Grant]
    ) -> Grant | None:
        """Grant the author the cost of a job without a result; None if it cost nothing or was refunded.

        The account was charged, so the ledger stays. With `posted` also of a job whose result was posted.
        """
        now = self._clock.wall()

        def change(db: Connection) -> Grant | None:
            job = job_in(db, guild_id, job_id)
            if job is None or job.practice or job.own or job.is_secret:
                return None  # while members vote on it, its cost is secret
            is_posted = posted and job.state is JobState.DELIVERED
            amount = job.charge if job.is_charged_for_nothing or is_posted else Decimal(0)
            if not amount:
                return None
            _ask(db, guild_id, REFUND_REQUEST, job_id, now)
            if not _answer(db, guild_id, REFUND_REQUEST, job_id, Answer.GRANTED, by_id):
                return None
            made = add_grant(db, guild_id, job.author_id, amount, note=note, by_id=by_id, expires_at=None, now=now)
            grants = grants_of(db, guild_id, job.author_id, now, used_up=True)
            return next((each for each in grants if each.id == made), None)

        return await self._recorded(guild_id, change, record)


def _question(db: Connection, guild_id: int, kind: str, subject: str) -> Question | None:
    row = db.execute(_GET, (guild_id, kind, subject)).fetchone()
    if row is None:
        return None
    return read_as(Question, row, verdict=None if row["verdict"] is None else Answer(row["verdict"]))


def _ask(db: Connection, guild_id: int, kind: str, job_id: str, now: float, member_id: int = 0) -> bool:
    """Note a question about the guild's job; False if it was asked before. `member_id`: one of several who may ask."""
    return db.execute(_ASK, (kind, member_id, now, guild_id, job_id)).rowcount == 1


def _answer(
    db: Connection, guild_id: int, kind: str, subject: str, answer: Answer, by_id: int, sentence: str = ""
) -> int:
    """Answer what still waits of a kind about the subject; return how many rows that were."""
    return db.execute(_ANSWER, (answer, by_id, sentence, guild_id, kind, subject)).rowcount


def _awaiting(db: Connection, guild_id: int, card_id: str) -> tuple[Job, ...]:
    return tuple(job for job in jobs_of_card(db, guild_id, card_id) if job.state is JobState.AWAITING_APPROVAL)


def _grant_held(
    db: Connection, guild_id: int, jobs: Sequence[Job], grant: GrantNote, now: float, *, is_drawn: bool
) -> None:
    """Grant the author what the jobs hold; with `is_drawn` the grant pays for them, so that no limit counts them."""
    held = sum((job.held for job in jobs), Decimal(0))
    if held <= 0:
        return
    made = add_grant(
        db, guild_id, jobs[0].author_id, held, note=grant.note, by_id=grant.by_id, expires_at=None, now=now
    )
    if is_drawn:
        purses.draw(db, guild_id, ((job.id, made, job.held) for job in jobs if job.held > 0))


def _together(db: Connection, job: Job) -> Sequence[Job]:
    """Return the jobs reviewed together: all steps of a chain, else the job alone."""
    jobs = jobs_of_card(db, job.guild_id, job.card_id)
    return jobs if is_linked(jobs) else [job]
