"""Jobs that cost more than was held: what exceeds a limit, and what may not start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.domain.models import Job, credits_words
from bot.domain.money.limit_rules import all_headrooms, allowance, zone_of
from bot.domain.money.spend_request import ZERO, Headroom, Spender, SpendItem, SpendRequest
from bot.domain.money.spending_policy import binding_limits
from bot.domain.server.guild_rules import Limit
from bot.store import texts
from bot.store.engine.repository import Record, write_decision
from bot.store.jobs.ending import cancel_in
from bot.store.jobs.rows import CARDS, job_in, job_of
from bot.store.money.spending import Spending, end_of, rules_of, spending
from bot.store.sql import Connection

# Unsent jobs that count for a limit, newest first. Jobs paid by grants don't count for a member's.
_UNSENT = """
SELECT jobs.* FROM jobs JOIN cards ON cards.id = jobs.card_id
WHERE jobs.guild_id = :guild_id AND jobs.created_at >= :since AND jobs.created_at < :until AND jobs.attempts = 0
    AND jobs.practice = :practice AND (CASE WHEN :host = 1 THEN jobs.key_id IS NULL ELSE jobs.allowed = 0 END)
    AND jobs.state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
    AND (:operation = '' OR jobs.operation = :operation) AND (:member_id IS NULL OR jobs.author_id = :member_id)
    AND (:channel_id = 0 OR :channel_id IN (cards.channel_id, cards.parent_channel_id, cards.category_id))
    AND jobs.held_milli + jobs.raised_milli > CASE WHEN :member_id IS NULL THEN 0 ELSE
        coalesce((SELECT sum(credits_milli) FROM draws WHERE draws.job_id = jobs.id), 0) END
ORDER BY jobs.created_at DESC, jobs.position DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overshoot:
    """Outcome of a job that costs more than was held."""

    sentence: str
    """For moderators: its cost, the exceeded limit, and the number of stopped jobs."""
    card_ids: tuple[str, ...]
    """The cards of the stopped, refunded jobs."""


def account_for(db: Connection, job: Job, now: float, host_limits: tuple[Limit, ...]) -> Overshoot | None:
    """Stop what exceeds a limit after the hold was raised, and record it; None if nothing does.

    Unsent jobs are cancelled and refunded, newest first, until the limit holds. A cost above the guild's ceiling
    per job is recorded too. The job is as in the database.
    """
    broken, stopped = _stop_what_exceeds(db, job, now, host_limits, str(texts.LIMIT_OVERSHOT))
    ceiling = rules_of(db, job.guild_id).job_ceiling
    if not broken and (ceiling is None or job.reserved <= ceiling):
        return None
    what = _what(job, broken, len(stopped))
    about = {"job": job.id, "cost": str(job.reserved), "held": str(job.held), "stopped": [each.id for each in stopped]}
    write_decision(db, job.guild_id, Record(kind="overshoot", text=what, by_id=0, about=about), now)
    return Overshoot(sentence=what, card_ids=tuple(dict.fromkeys(each.card_id for each in stopped)))


def end_what_exceeds(db: Connection, job: Job, now: float, host_limits: tuple[Limit, ...]) -> list[str]:
    """Recheck a job's limits before it starts, and stop what exceeds them; return the changed cards.

    Since acceptance, other servers or late results may have spent the rest, or a limit was lowered. The newest are
    stopped first, perhaps the job itself. Jobs a moderator allowed above the server's limits are checked against
    the host's only.
    """
    return [each.card_id for each in _stop_what_exceeds(db, job, now, host_limits, str(texts.LIMIT_USED_UP))[1]]


def _stop_what_exceeds(
    db: Connection, job: Job, now: float, host_limits: tuple[Limit, ...], sentence: str
) -> tuple[list[Headroom], list[Job]]:
    # In the job's own mode and period: practice may have begun or ended since it was accepted, and a period ended.
    known = spending(db, job.guild_id, job.author_id, now, host_limits)
    known = replace(known, practice=job.practice, now=job.created_at)
    request = request_of(db, job, ZERO)
    allowed = db.execute("SELECT allowed FROM jobs WHERE id = ?", (job.id,)).fetchone()[0]
    found = [each for each in _headrooms(known, request) if each.limit.scope.is_host or not allowed]
    broken = [each for each in found if each.left < 0]

    def cancel(unsent: Job) -> Job:
        return cancel_in(db, unsent, sentence, now, steps=sentence).job

    return broken, [stopped for headroom in broken for stopped in _stop(known, request, headroom.limit, cancel)]


def request_of(db: Connection, job: Job, credits_: Decimal) -> SpendRequest:
    """Return a stored job as a request of so many credits, by its author with their roles of that time."""
    row = db.execute("SELECT * FROM cards WHERE guild_id = ? AND id = ?", (job.guild_id, job.card_id)).fetchone()
    item = SpendItem(operation=job.operation, title=f"`{job.operation}`", credits=credits_, exact=True)
    return replace(SpendRequest.of(Spender.of(CARDS.read(row, token=None)), [item]), host_pays=job.key_id is None)


def _headrooms(known: Spending, request: SpendRequest) -> Sequence[Headroom]:
    return all_headrooms(binding_limits(request, known), request, known)


def _stop(known: Spending, request: SpendRequest, limit: Limit, cancel: Callable[[Job], Job]) -> list[Job]:
    """Cancel unsent jobs that count for the limit until it holds; return them."""
    zone = zone_of(limit, known.rules)
    values = {
        "guild_id": known.guild_id,
        "practice": known.practice,
        "since": limit.period.start(known.now, zone),
        "until": end_of(limit.period.end(known.now, zone)),
        "host": int(limit.scope.is_host),
        "operation": limit.operation,
        "channel_id": limit.channel_id,
        "member_id": None if limit.scope.is_shared else known.author_id,
    }
    stopped: list[Job] = []
    for row in known.db.execute(_UNSENT, values).fetchall():
        if _left(known, request, limit) >= 0:
            break
        job = job_in(known.db, known.guild_id, job_of(row).id)
        if job is not None and not job.state.ended:  # perhaps cancelled with a previous one
            stopped.append(cancel(job))
    return stopped


def _left(known: Spending, request: SpendRequest, limit: Limit) -> Decimal:
    return next((each.left for each in _headrooms(known, request) if each.limit == limit), ZERO)


def _what(job: Job, broken: Sequence[Headroom], stopped: int) -> str:
    over = None
    if broken:
        most = min(broken, key=lambda each: each.left)
        over = (most.limit.scope, allowance(most.limit), credits_words(-most.left))
    return texts.overshot(job.id, credits_words(job.reserved), credits_words(job.held), over, stopped)
